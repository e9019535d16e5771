"""Which declarations are worked on first."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import CharField
from django.db.models.functions import Now

from incidentportal.accounts.prepared import Given, Select
from incidentportal.declarations.models import Declaration, DeclarationQuerySet
from incidentportal.declarations.states import State

WAITS_LONG = 600
"""Seconds after which a declaration goes before all that have waited less long."""
UNSENT = (State.QUEUED, State.DELIVERING)
"""What is to become an incident; delivering: a dead worker held it."""


class Due(NamedTuple):
    """A declaration that is due, with the claim and the state that it was found with."""

    pk: UUID
    claim: int
    state: str


def first_due(upstream: str, most: int) -> list[Due]:
    """The first of what is due to become an incident: what waited too long, most urgent and then
    oldest first; after that the most urgent, and then newest.
    """
    long_ago, recent, _ = _prepared(most)
    found = long_ago.all(upstream=upstream)
    if len(found) < most:
        found += recent.all(upstream=upstream)
    return [Due(*row) for row in found[:most]]


@lru_cache(maxsize=64)
def _prepared(most: int) -> list[Select[tuple[UUID, int, str]]]:
    """So many at most: both halves of what is to be sent, and what is to be followed up."""
    upstream = Given("upstream", CharField())
    halves = (*ranked(upstream), _followed(upstream))
    return [Select(each.values_list("pk", "claim", "state")[:most]) for each in halves]


def ranked(upstream: str | Given) -> tuple[DeclarationQuerySet, DeclarationQuerySet]:
    """Both halves. Each is in its index's order, so that a long queue isn't sorted as a whole."""
    since = Now() - timedelta(seconds=WAITS_LONG)
    rows = Declaration.objects.due(upstream).filter(state__in=UNSENT)
    return (
        rows.filter(queued_at__lte=since).order_by("severity_rank", "queued_at"),
        rows.filter(queued_at__gt=since).order_by("severity_rank", "-queued_at"),
    )


def first_to_follow(upstream: str, most: int) -> list[Due]:
    """The first of the incidents for which something is due: urgent ones first."""
    *_, followed = _prepared(most)
    return [Due(*row) for row in followed.all(upstream=upstream)]


def _followed(upstream: str | Given) -> DeclarationQuerySet:
    rows = Declaration.objects.due(upstream).filter(state=State.DELIVERED)
    return rows.order_by("severity_rank", "queued_at")
