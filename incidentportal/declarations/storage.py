"""How much the database holds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from incidentportal.catalog.models import Snapshot
from incidentportal.declarations.models import Attempt, Draft


@dataclass(frozen=True, slots=True)
class Storage:
    """`size` in bytes; None where the database doesn't say. `rows`: what, and how many."""

    vendor: str
    size: int | None
    rows: tuple[tuple[str, int], ...]


_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def storage(declarations: int) -> Storage:
    """What lies there; how many declarations is known already. Four queries."""
    rows = (
        ("Declarations", declarations),
        ("Attempts", Attempt.objects.count()),
        ("Drafts", Draft.objects.count()),
        ("Pictures of Rootly's configuration", Snapshot.objects.count()),
    )
    return Storage(connection.display_name, _size(), rows)


def _size() -> int | None:
    sql = _SIZES.get(connection.vendor)
    if sql is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return int(row[0]) if row else None
