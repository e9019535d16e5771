"""Statements that Django writes once and that run many times, with other values each time.

To write a statement costs Django ten to twenty times what SQLite takes to carry it out, and each
delivery needs a dozen. So those that every delivery or page needs are written when they run first,
with places (`Given`) for what is only known then. They stay Django's: names, types and what a
database has its own words for are told nowhere else. Here, since a person's permissions are the
first to need it, and everything that asks the database may import this folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.db import connection, transaction
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import UpdateQuery

Row = TypeVar("Row")
Params = tuple[Any, ...]


class Given(Expression):
    """The place of a value that is told when the statement runs."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name
        self._for_save = False

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Django's: told whether it is to be stored, or compared with."""
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        resolved._for_save = for_save
        return resolved

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # Django's
        """A place, and itself as what stands for its value."""
        return "%s", (self,)

    def stored(self, value: Any) -> Any:
        """The value as this thread's database takes it."""
        field = self.output_field
        if self._for_save:
            return field.get_db_prep_save(value, connection)
        return field.get_db_prep_value(value, connection)


def places(model: type[Model], *names: str) -> dict[str, Given]:
    """A place for a value of each of these columns."""
    return {
        name: Given(name, cast("Field[Any, Any]", model._meta.get_field(name))) for name in names
    }


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement as one kind of database takes it; `read` makes of a row what is asked for."""

    sql: str
    params: Params
    read: Callable[[Any], Any] = tuple

    def told(self, values: dict[str, Any]) -> Params:
        """Its parameters."""
        return tuple(
            each.stored(values[each.name]) if isinstance(each, Given) else each
            for each in self.params
        )


class _Once:
    """Written when it is first needed, for each kind of database."""

    def __init__(self) -> None:
        self._known: dict[str, _Written] = {}

    def _written(self) -> _Written:
        known = self._known.get(connection.vendor)
        if known is None:
            known = self._known[connection.vendor] = self._write()
        return known

    def _write(self) -> _Written:
        raise NotImplementedError


class Update(_Once):
    """`rows.update(**changes)`, with places in both."""

    def __init__(self, rows: QuerySet[Any], **changes: Any) -> None:
        super().__init__()
        self._rows = rows
        self._changes = changes

    def run(self, **values: Any) -> int:
        """Carry it out; how many rows it changed."""
        written = self._written()
        with transaction.mark_for_rollback_on_error("default"), connection.cursor() as cursor:
            cursor.execute(written.sql, written.told(values))
            return int(cursor.rowcount)

    def _write(self) -> _Written:
        query: Any = self._rows.query.chain(UpdateQuery)
        query.clear_ordering(force=True)
        query.clear_select_clause()
        query.add_update_values(self._changes)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return _Written(sql, tuple(params))


class Select(_Once, Generic[Row]):
    """Rows of a query, with places in it: of one model with its annotations, or of
    `values_list`.
    """

    def __init__(self, rows: QuerySet[Any, Row]) -> None:
        super().__init__()
        self._query = rows.query
        self._of_model = issubclass(rows._iterable_class, ModelIterable)

    def all(self, **values: Any) -> list[Row]:
        """All of them."""
        written = self._written()
        with connection.cursor() as cursor:
            cursor.execute(written.sql, written.told(values))
            return [written.read(row) for row in cursor.fetchall()]

    def first(self, **values: Any) -> Row | None:
        """The first of them; None: there is none."""
        return next(iter(self.all(**values)), None)

    def _write(self) -> _Written:
        compiler = self._query.clone().get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([each[0] for each in compiler.select])

        def converted(row: Iterable[Any]) -> list[Any]:
            values = list(row)
            for position, (functions, expression) in converters.items():
                for convert in functions:
                    values[position] = convert(values[position], expression, connection)
            return values

        info = compiler.klass_info
        if info is None or not self._of_model:
            return _Written(sql, tuple(params), lambda row: tuple(converted(row)))
        model, places = info["model"], info["select_fields"]
        names = [compiler.select[place][0].target.attname for place in places]
        beside = compiler.annotation_col_map.items()

        def instance(row: Iterable[Any]) -> Any:
            values = converted(row)
            found = model.from_db("default", names, [values[place] for place in places])
            for name, place in beside:
                setattr(found, name, values[place])
            return found

        return _Written(sql, tuple(params), instance)
