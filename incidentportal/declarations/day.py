"""The last day's attempts in figures: how many, what came of them, how long Rootly took.

They are counted by the database in one query that an index answers alone, whatever their number.
They are this portal's attempts, for whichever upstream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil

from django.db.models import Count, TextField
from django.db.models.functions import Cast, Now, Substr
from django.utils import timezone

from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Attempt

HOURS = 24
DELIVERED, UNDER_WAY = "Delivered", ""
OUTCOMES = {
    DELIVERED: "Rootly made the incident",
    "Rejected": "Rootly refused it",
    "NotSent": "Rootly could not be reached",
    "OutcomeUnknown": "No clear answer",
    "RateLimited": "Rootly asked to slow down",
    "Misconfigured": "Rootly didn't let the portal in: token, rights or address",
    UNDER_WAY: "Under way, or cut off",
}
"""`Attempt.outcome` in words."""


@dataclass(slots=True)
class Hour:
    """The attempts that began within an hour from `at` on. `took` counts deliveries by how many
    milliseconds Rootly took.
    """

    at: datetime
    outcomes: Counter[str] = field(default_factory=Counter)
    took: Counter[int] = field(default_factory=Counter)

    @property
    def delivered(self) -> int:
        """How many incidents were made."""
        return self.outcomes[DELIVERED]

    @property
    def other(self) -> int:
        """How many attempts came to anything else, or to nothing yet."""
        return self.outcomes.total() - self.delivered

    @property
    def p50(self) -> int | None:
        """Milliseconds within which half of the deliveries were made."""
        return percentile(self.took, 50)

    @property
    def p95(self) -> int | None:
        """Milliseconds within which 95 of 100 were."""
        return percentile(self.took, 95)


@dataclass(frozen=True, slots=True)
class Day:
    """The last `HOURS` hours, the running one last; `whole` is all of them as one."""

    hours: tuple[Hour, ...]
    whole: Hour

    @property
    def attempts(self) -> int:
        """How many began."""
        return self.whole.outcomes.total()

    @property
    def ended(self) -> int:
        """How many came to an end."""
        return self.attempts - self.whole.outcomes[UNDER_WAY]

    @property
    def share(self) -> int | None:
        """Of a hundred attempts that ended, how many delivered, rounded down; None: none ended."""
        return self.whole.delivered * 100 // self.ended if self.ended else None

    @property
    def outcomes(self) -> list[tuple[str, int]]:
        """What came of them, in words, the most frequent first."""
        found = self.whole.outcomes.most_common()
        return [(OUTCOMES.get(name, name), count) for name, count in found]


def day(now: datetime | None = None) -> Day:
    """The hours up to this moment. One query."""
    running = (now or timezone.now()).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [Hour(running - timedelta(hours=back)) for back in reversed(range(HOURS))]
    # As text, in UTC on either database: SQLite would call back into Python for each row.
    begun = Substr(Cast("started_at", TextField()), 1, 13)
    counted = Attempt.objects.filter(started_at__gte=hours[0].at).order_by()
    rows = counted.annotate(hour=begun).values("hour", "outcome", "milliseconds")
    by_hour = {f"{hour.at:%Y-%m-%d %H}": hour for hour in hours}
    whole = Hour(hours[0].at)
    for row in rows.annotate(count=Count("started_at")):
        # One that began in this very moment may belong to an hour that our clock doesn't know yet.
        _add((by_hour.get(row["hour"], hours[-1]), whole), row)
    return Day(tuple(hours), whole)


def _add(to: Iterable[Hour], row: Mapping[str, object]) -> None:
    outcome, count, took = str(row["outcome"]), int(str(row["count"])), row["milliseconds"]
    for hour in to:
        hour.outcomes[outcome] += count
        if outcome == DELIVERED and isinstance(took, int):
            hour.took[took] += count


def percentile(counts: Counter[int], percent: int) -> int | None:
    """The smallest value that so many of a hundred don't exceed (nearest rank); None: no value."""
    left = ceil(counts.total() * percent / 100)
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return None


def last_minute() -> int:
    """How many attempts began within the last 60 seconds, by the database's clock."""
    began = Attempt.objects.filter(started_at__gt=from_now(-60), started_at__lte=Now())
    return began.count()
