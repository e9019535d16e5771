"""Small lists beside a row, in the same query: what else would be a query each."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet, Subquery, TextField

PLAIN = "(SELECT json_group_array(gathered.one) FROM (%(subquery)s) AS gathered)"
POSTGRES = "(SELECT json_agg(gathered.one)::text FROM (%(subquery)s) AS gathered)"


class Gathered(Subquery):
    """All that a query has in its only column, which is called `one`, as a JSON list in any order;
    null or an empty list where it has none.
    """

    template = PLAIN

    def __init__(self, rows: QuerySet[Model, Any]) -> None:
        super().__init__(rows.order_by(), output_field=TextField())

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """PostgreSQL has another name for it."""
        return self.as_sql(compiler, connection, template=POSTGRES, **extra)
