"""When to sync: for the worker, which asks about once a second."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now

from incidentportal.catalog import connection
from incidentportal.catalog import sync as syncing
from incidentportal.catalog.models import SyncState

FIRST_RETRY = 5.0
"""Seconds after a first failed sync; doubled with each further one, up to `SYNC_INTERVAL`."""
UNTIL_FIRST = 3.0
"""Seconds between tries while there is no picture at all: people wait for the form."""

logger = logging.getLogger(__name__)


def sync_if_due() -> syncing.Outcome | None:
    """Sync with the configured upstream if it is time to; None where it wasn't, or it failed.

    Blocks as long as the sync takes: call it from a thread of its own. Failures are recorded in
    `SyncState` and logged, not raised.
    """
    upstream = connection.upstream()
    if connection.config_problem() is not None or not _is_due(upstream):
        return None
    try:
        outcome = syncing.sync_catalog(connection.client(), upstream)
    except syncing.SyncBusyError:
        return None
    except syncing.SyncFailedError as error:
        logger.warning("Rootly's configuration could not be fetched: %s", error)
        return None
    if outcome.changed:
        logger.info("Rootly's configuration changed: snapshot %s is in use.", outcome.snapshot_id)
    return outcome


def sync_soon() -> None:
    """Have the worker sync with the configured upstream at once."""
    if upstream := connection.upstream():
        syncing.sync_soon(upstream)


def _is_due(upstream: str) -> bool:
    clock = ExpressionWrapper(Now(), output_field=DateTimeField())
    row = SyncState.objects.filter(upstream=upstream).annotate(clock=clock).first()
    if row is None or row.tried_at is None or row.wanted:
        return True
    other_form = row.form != settings.ROOTLY_FORM and not row.failures
    return other_form or _passed(row.clock, row.tried_at) >= wait(row)


def _passed(now: datetime, since: datetime) -> float:
    seconds = (now - since).total_seconds()
    return seconds if seconds >= 0 else float("inf")  # the clock was set back


def wait(state: SyncState) -> float:
    """Seconds from the last try to the next."""
    interval = float(settings.SYNC_INTERVAL)
    if state.snapshot_id is None:
        return min(UNTIL_FIRST, interval)
    if not state.failures:
        return interval
    return min(FIRST_RETRY * 2.0 ** min(state.failures - 1, 20), interval)
