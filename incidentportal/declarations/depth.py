"""How much waits, and for how long: numbers alone, nothing of any declaration's content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State

ELSEWHERE = "elsewhere"
"""Saved for another upstream than the one that is set: it stays until an admin decides."""
FOLLOWED = "followed"
"""An incident already; what is done after it is not finished."""
DEPTHS = (
    State.QUEUED.value, State.DELIVERING.value, FOLLOWED, State.REJECTED.value,
    State.UNCONFIRMED.value, ELSEWHERE,
)  # fmt: skip


@dataclass(slots=True)
class Depth:
    """How many are in one state, and since when the oldest of them waits (None: there is none)."""

    count: int = 0
    since: datetime | None = None

    def add(self, count: int, since: datetime | None) -> None:
        """Take more of them in."""
        self.count += count
        self.since = min(filter(None, (self.since, since)), default=None)


def depths(upstream: str) -> dict[str, Depth]:
    """All that isn't over, by each of `DEPTHS`: one query, answered from the indexes of what is due
    and of what waits for a person.
    """
    found = {name: Depth() for name in DEPTHS}
    open_ones = Q(due_at__isnull=False) | Q(state__in=[State.REJECTED, State.UNCONFIRMED])
    groups = (
        Declaration.objects.filter(open_ones)
        .values("state", "upstream")
        .annotate(count=Count("pk"), queued=Min("queued_at"), delivered=Min("delivered_at"))
    )
    for group in groups:
        is_followed = group["state"] == State.DELIVERED
        name = FOLLOWED if is_followed else group["state"]
        since = group["delivered"] if is_followed else group["queued"]
        found[name if group["upstream"] == upstream else ELSEWHERE].add(group["count"], since)
    return found
