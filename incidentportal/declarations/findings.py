"""What admins are told of incidents that aren't as they should be: numbers, nothing of content."""

from __future__ import annotations

from typing import Any

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Declaration, DeclarationQuerySet

MOST = 5
DAYS = 7
"""So long admins are told of an incident that isn't as was asked for."""


def exposed(url: str) -> list[str]:
    """The newest incidents of the last `DAYS` that were to be private and aren't known to be.
    Nothing of their content.
    """
    return [_first(row) for row in exposed_rows(url).order_by("-delivered_at")[:MOST].tolerant()]


def exposed_rows(url: str) -> DeclarationQuerySet:
    """All of them."""
    return _recent(url, "delivered_at").filter(is_exposed=True)


def mistaken_tests(url: str) -> list[str]:
    """The newest incidents of the last `DAYS` that were to be tests, and don't show that they are:
    people may have been called.
    """
    return [_first(row) for row in mistaken_rows(url).order_by("-delivered_at")[:MOST].tolerant()]


def mistaken_rows(url: str) -> DeclarationQuerySet:
    """All of them."""
    return _recent(url, "delivered_at").filter(is_mistaken_real=True)


def twins(url: str) -> list[str]:
    """The newest declarations that were found to have several incidents in the last `DAYS`: what
    these are called, as `#12 and #13`.
    """
    rows = twin_rows(url).order_by("-twins_at")
    return [" and ".join([_first(row), *_others(row)]) for row in rows[:MOST].tolerant()]


def twin_rows(url: str) -> DeclarationQuerySet:
    """All of them."""
    return _recent(url, "twins_at")


def shared(url: str) -> list[str]:
    """The incidents that were found to be several declarations' in the last `DAYS`, the newest
    first.
    """
    rows = shared_rows(url).order_by("-shared_at")
    return list(dict.fromkeys(_first(row) for row in rows[: 2 * MOST].tolerant()))[:MOST]


def shared_rows(url: str) -> DeclarationQuerySet:
    """All of them."""
    return _recent(url, "shared_at")


def _recent(url: str, moment: str) -> DeclarationQuerySet:
    return Declaration.objects.filter(
        **{"upstream": url, f"{moment}__gt": from_now(-DAYS * 86_400)}
    )


def _first(row: Declaration) -> str:
    try:
        return _called(row.incident_id, row.incident)
    except UnreadableError:
        return row.incident_id


def _others(row: Declaration) -> list[str]:
    try:
        return [_called(twin["id"], twin) for twin in row.twins]
    except UnreadableError:
        return ["another one"]


def _called(incident_id: str, known: dict[str, Any]) -> str:
    """An incident's number, else its id."""
    number = known.get("number")
    return incident_id if number is None else f"#{number}"
