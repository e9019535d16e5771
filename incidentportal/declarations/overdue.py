"""What has waited for longer than ALERT_STUCK_AFTER: for Rootly, or for a person. Counts only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Attempt, Declaration, DeclarationQuerySet
from incidentportal.declarations.order import UNSENT
from incidentportal.declarations.states import State


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many, and since when the oldest and the newest of them stand so (None: there is none)."""

    count: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


def stuck(url: str) -> Overdue:
    """Those that wait for Rootly. One query."""
    found = long_unsent().filter(upstream=url).aggregate(
        count=Count("queued_at"), oldest=Min("queued_at"), newest=Max("queued_at")
    )  # fmt: skip
    return Overdue(found["count"], found["oldest"], found["newest"])


def long_unsent() -> DeclarationQuerySet:
    """Declarations that wait for Rootly for so long, whichever it is."""
    limit = from_now(-settings.ALERT_STUCK_AFTER * 60)
    return Declaration.objects.filter(state__in=UNSENT, queued_at__lte=limit)


def left(url: str) -> dict[State, Overdue]:
    """Those that wait for a person, by state: unconfirmed, rejected. One query.

    Since when is known by their last attempt: what became of it made them so.
    """
    last = Attempt.objects.filter(declaration=OuterRef("pk")).order_by("-pk")
    ended = last.annotate(at=Coalesce("finished_at", "started_at")).values("at")[:1]
    rows = Declaration.objects.filter(
        upstream=url, state__in=[State.UNCONFIRMED, State.REJECTED]
    ).annotate(since=Coalesce(Subquery(ended), "queued_at"))
    late = rows.filter(since__lte=from_now(-settings.ALERT_STUCK_AFTER * 60))
    found = late.order_by().values("state").annotate(
        count=Count("queued_at"), oldest=Min("since"), newest=Max("since")
    )  # fmt: skip
    return {
        State(each["state"]): Overdue(each["count"], each["oldest"], each["newest"])
        for each in found
    }
