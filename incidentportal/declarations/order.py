"""Which declarations are worked on first."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from incidentportal.declarations.models import Declaration, DeclarationQuerySet
from incidentportal.declarations.states import State

WAITS_LONG = 600
"""Seconds after which a declaration goes before all that have waited less long."""
UNSENT = (State.QUEUED, State.DELIVERING)
"""What is to become an incident; delivering: a dead worker held it."""


def first_due(upstream: str, most: int) -> list[UUID]:
    """The first of what is due to become an incident: what waited too long, most urgent and then
    oldest first; after that the most urgent, and then newest.
    """
    long_ago, recent = ranked(upstream)
    found = list(long_ago.values_list("pk", flat=True)[:most])
    if len(found) < most:
        found += recent.values_list("pk", flat=True)[: most - len(found)]
    return found


def ranked(upstream: str) -> tuple[DeclarationQuerySet, DeclarationQuerySet]:
    """Both halves. Each is in its index's order, so that a long queue isn't sorted as a whole."""
    since = Now() - timedelta(seconds=WAITS_LONG)
    rows = Declaration.objects.due(upstream).filter(state__in=UNSENT)
    return (
        rows.filter(queued_at__lte=since).order_by("severity_rank", "queued_at"),
        rows.filter(queued_at__gt=since).order_by("severity_rank", "-queued_at"),
    )


def first_to_follow(upstream: str, most: int) -> list[UUID]:
    """The first of the incidents for which something is due: urgent ones first."""
    rows = Declaration.objects.due(upstream).filter(state=State.DELIVERED)
    ordered = rows.order_by("severity_rank", "queued_at")
    return list(ordered.values_list("pk", flat=True)[:most])
