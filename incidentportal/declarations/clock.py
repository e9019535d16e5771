"""The database's clock, held against this process's steady one.

Leases, due times and the budget of writes are moments by the database's clock. Were it set back by
an hour, all of them would lie an hour further ahead; were it set forward, all would be over at
once, and an attempt of a second ago would seem old enough to be sent again. So the worker watches
it, and moves what lies ahead along with it; how long ago an attempt began is believed only as far
back as the clock is known to have run steadily.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from incidentportal.declarations.alert_model import Alert
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Declaration, Upstream

TOLERANCE = 2.0
"""Seconds: below that it is no jump, but a clock that is put right little by little."""
_SLOW = 0.5
"""Seconds: a look that took longer tells nothing of the clock."""
_TIMED = (
    (Declaration, ("due_at", "claimed_until", "second_look_at", "teller_until")),
    (Upstream, ("wait_until", "rate_at")),
    (Alert, ("teller_until",)),
)

log = logging.getLogger(__name__)


class Watch:
    """Knows since when the database's clock has run steadily, at most since this process began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._apart: float | None = None
        self._since = time.monotonic()

    def jumped(self, now: datetime) -> float:
        """Seconds that it jumped by since the last look, by what it says now; 0: it ran on."""
        steady = time.monotonic()
        apart = now.timestamp() - steady
        with self._lock:
            jump = 0.0 if self._apart is None else apart - self._apart
            self._apart = apart
            if abs(jump) < TOLERANCE:
                return 0.0
            self._since = steady
            return jump

    def steady_for(self, now: datetime) -> float:
        """Seconds that it has run steadily; 0: it jumped since the last look."""
        steady = time.monotonic()
        with self._lock:
            if self._apart is None:
                self._apart = now.timestamp() - steady
            has_jumped = abs(now.timestamp() - steady - self._apart) >= TOLERANCE
            return 0.0 if has_jumped else steady - self._since


_watch = Watch()


def watch() -> None:
    """Look at the clock, and where it jumped move along what lay ahead before. For the worker."""
    began = time.monotonic()
    now = Upstream.objects.values_list(Now(), flat=True).first()
    if now is None or time.monotonic() - began > _SLOW:
        return
    jump = _watch.jumped(now)
    if jump:
        log.warning("the database's clock was set %+.0f seconds: what waits moves along", jump)
        _move_along(jump)


def _move_along(jump: float) -> None:
    """Set forward: leases go on; that all else is due early does no harm. Set back: what is timed
    by the old time is as far ahead, or as long over, as it was. A lease of the new time, taken
    since, stays; what else is of the new time is due early.
    """
    step = timedelta(seconds=jump)
    if jump > 0:
        held = Declaration.objects.filter(claimed_until__gt=from_now(-jump))
        held.filter(claimed_until__lte=Now()).update(claimed_until=F("claimed_until") + step)
        return
    for model, names in _TIMED:
        for name in names:
            least = settings.DELIVERY_LEASE if name == "claimed_until" else 0.0
            rows = model._default_manager.filter(**{f"{name}__gt": from_now(least)})
            rows.update(**{name: F(name) + step})


def seconds_since(moment: datetime, now: datetime) -> float:
    """How long ago this was, at least: not longer than the clock has run steadily."""
    seconds, steady = (now - moment).total_seconds(), _watch.steady_for(now)
    return seconds if 0 <= seconds <= steady else steady
