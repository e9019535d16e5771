"""Whether the picture of Rootly's configuration is kept up to date."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now

from incidentportal.catalog.fetch import plain
from incidentportal.catalog.models import SyncState

FIRST_FAILURES = 5
"""Failed syncs in a row before there is any picture: a portal that is being set up has some."""
LONGEST = 300


def stale(upstream: str) -> str:
    """`judged` of this upstream, by the database's clock. One query."""
    clock = ExpressionWrapper(Now(), output_field=DateTimeField())
    state = SyncState.objects.filter(upstream=upstream).annotate(clock=clock).first()
    return judged(state, state.clock) if state is not None else ""


def judged(state: SyncState | None, now: datetime) -> str:
    """A sentence where the last good sync is too long ago, else blank.

    Too long is more than ALERT_STUCK_AFTER, and more than two syncs.
    """
    if state is None:
        return ""
    why = f" {plain(state.error)[:LONGEST]}" if state.error else ""
    if state.good_at is None:
        is_late = state.failures >= FIRST_FAILURES
        return f"Rootly's configuration was never fetched.{why}" if is_late else ""
    most = max(2 * settings.SYNC_INTERVAL, settings.ALERT_STUCK_AFTER * 60)
    if (now - state.good_at).total_seconds() <= most:
        return ""
    at = f"{state.good_at:%Y-%m-%d %H:%M} UTC"
    return f"Rootly's configuration was last fetched at {at}.{why or NO_WORKER}"


NO_WORKER = " Is a worker running?"
