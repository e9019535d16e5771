"""What admins are told of incidents that aren't as they should be: numbers, nothing of content."""

from __future__ import annotations

from typing import Any

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Declaration, DeclarationQuerySet
from incidentportal.declarations.queue import EXPOSED_DAYS

MOST = 5


def mistaken_tests(url: str) -> list[str]:
    """The newest incidents of the last `EXPOSED_DAYS` that were to be tests, and don't show that
    they are: people may have been called.
    """
    rows = mistaken_rows(url).order_by("-delivered_at")
    return [_first(row) for row in rows[:MOST].tolerant()]


def mistaken_rows(url: str) -> DeclarationQuerySet:
    """Those of the last `EXPOSED_DAYS`."""
    recent = from_now(-EXPOSED_DAYS * 86_400)
    return Declaration.objects.filter(upstream=url, is_mistaken_real=True, delivered_at__gt=recent)


def twins(url: str) -> list[str]:
    """The newest declarations that were found to have several incidents in the last
    `EXPOSED_DAYS`: what these are called, as `#12 and #13`.
    """
    rows = twin_rows(url).order_by("-twins_at")
    return [" and ".join([_first(row), *_others(row)]) for row in rows[:MOST].tolerant()]


def shared(url: str) -> list[str]:
    """The incidents that were found to be several declarations' in the last `EXPOSED_DAYS`, the
    newest first.
    """
    rows = shared_rows(url).order_by("-shared_at")
    return list(dict.fromkeys(_first(row) for row in rows[: 2 * MOST].tolerant()))[:MOST]


def shared_rows(url: str) -> DeclarationQuerySet:
    """Those of the last `EXPOSED_DAYS`."""
    recent = from_now(-EXPOSED_DAYS * 86_400)
    return Declaration.objects.filter(upstream=url, shared_at__gt=recent)


def twin_rows(url: str) -> DeclarationQuerySet:
    """Those of the last `EXPOSED_DAYS`."""
    recent = from_now(-EXPOSED_DAYS * 86_400)
    return Declaration.objects.filter(upstream=url, twins_at__gt=recent)


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
