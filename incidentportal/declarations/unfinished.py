"""What a person has not finished: drafts, and declarations that wait for them. One query for both,
on the pages that tell of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import BigAutoField, CharField, F, Value
from django.db.models.functions import Cast
from django.http import HttpRequest

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given, Select
from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.declarations import drafts, telling
from incidentportal.declarations.models import Declaration, Draft

_DRAFT = "draft"
"""Stands before every state in the alphabet, so that drafts come first."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The latest `drafts`, and what else is the person's `to_decide`."""

    drafts: list[drafts.Row]
    to_decide: list[telling.Banner]


def told(request: HttpRequest, most: int) -> list[drafts.Row]:
    """The latest drafts of whoever asks, at most so many; the page needn't ask for the rest."""
    found = of(person(request), most)
    request.to_decide = found.to_decide  # type: ignore[attr-defined]  # read by portal/context.py
    return found.drafts


def of(reader: User, most: int) -> Unfinished:
    """What this person has not finished; of drafts at most so many."""
    try:
        rows = _both(most).all(reader=reader.pk, upstream=connection.upstream())
    except UnreadableError:  # one by one, so that the others are told
        return Unfinished(drafts.rows(reader, most), telling.to_decide(reader))
    begun = [drafts.Row(pk, title, at) for what, pk, title, at in rows if what == _DRAFT]
    waiting = [
        Declaration(pk=pk, state=what, title=title) for what, pk, title, _ in rows if what != _DRAFT
    ]
    return Unfinished(begun, telling.told_of(waiting))


@lru_cache(maxsize=8)
def _both(most: int) -> Select[tuple[str, UUID, str, datetime]]:
    reader = Given("reader", BigAutoField())
    names = ("what", "pk", "title", "at")
    # An arm of a union can't be cut, for SQLite; what it looks for can.
    latest = drafts.own(reader, Given("upstream", CharField())).values("pk")[:most]
    begun = (
        Draft.objects.filter(pk__in=latest)
        .order_by()
        .annotate(what=Cast(Value(_DRAFT), CharField()), at=F("updated_at"))
    )
    waiting = telling.waiting_for(reader).annotate(what=F("state"), at=F("submitted_at"))
    both = begun.values_list(*names).union(waiting.values_list(*names), all=True)
    return Select(both.order_by("what", "-at")[: most + telling.MOST + 1])
