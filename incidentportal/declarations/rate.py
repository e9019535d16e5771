"""How many writes Rootly may get: one token's budget, counted in the database by its clock.

Requests, workers and machines share it. `Upstream.rate_at` is the moment until which it is spent:
each write moves it on by an interval, and none is allowed that would move it further ahead of now
than a small burst (the generic cell rate algorithm). One UPDATE counts a write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import CharField, DateTimeField, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce, Greatest, Now

from incidentportal.accounts.prepared import Given, Update
from incidentportal.declarations.claims import after
from incidentportal.declarations.models import Upstream

WRITES = 3000
"""A minute, sliding, for one token (Rootly's API reference, Rate Limiting), where its answers name
no other limit."""
LEAST, MOST = 60, 60_000
"""Limits a minute that are believed: what lies outside counts other things, or another time."""
WINDOW = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """`burst` writes at once, then one every `interval` seconds.

    Any `WINDOW` then holds at most burst - 1 + WINDOW / interval of them.
    """

    burst: int
    interval: float

    def free(self, spent: float) -> int:
        """How many writes may begin now, `spent` seconds of intervals being taken already."""
        return max(0, int(self.burst - spent / self.interval + 1e-6))

    def wait(self, spent: float) -> float:
        """Seconds until the next write may begin."""
        return max(0.0, spent - (self.burst - 1) * self.interval)


def budget(limit: int | None) -> Budget:
    """What the portal allows itself of so many writes a minute (None: `WRITES`).

    A fiftieth may go at once, and as much again is never used: what began at different moments may
    arrive in the same one.
    """
    allowed = max(1, int((limit or WRITES) * settings.DELIVERY_RATE_SHARE))
    burst = max(1, allowed // 50)
    return Budget(burst, WINDOW / max(1, allowed - 2 * burst + 1))


def take(url: str, limit: int | None) -> bool:
    """Count a write that is about to begin; False: it has to wait. `limit` is `write_limit`."""
    most = budget(limit)
    interval = timedelta(seconds=most.interval)
    return bool(_TAKE.run(url=url, interval=interval, ahead=(most.burst - 1) * interval))


_INTERVAL = Given("interval", DurationField())
_TAKE = Update(
    Upstream.objects.filter(
        Q(rate_at=None) | Q(rate_at__lte=after(Given("ahead", DurationField()))),
        url=Given("url", CharField()),
    ),
    rate_at=ExpressionWrapper(
        Greatest(Coalesce(F("rate_at"), Now()), Now()) + _INTERVAL, output_field=DateTimeField()
    ),
)


def spent(rate_at: datetime | None, clock: datetime) -> float:
    """Seconds of intervals that are taken at this moment of the database's clock."""
    return max(0.0, (rate_at - clock).total_seconds()) if rate_at else 0.0


def learn(upstream: Upstream, limit: int | None) -> None:
    """Remember the limit that an answer names, where it can be one of writes a minute."""
    if limit is not None and LEAST <= limit <= MOST and limit != upstream.write_limit:
        Upstream.objects.filter(pk=upstream.pk).update(write_limit=limit)
