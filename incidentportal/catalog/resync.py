"""A sync out of turn, because Rootly contradicted the picture: begun at once, waited for briefly.

However many people meet the contradiction, and however often Rootly repeats it, syncs out of turn
keep a distance that grows with what they cost, and with each one that fails.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connections
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now

from incidentportal.catalog import connection, current, scheduler
from incidentportal.catalog.models import SyncState

PATIENCE = 2.0
"""Seconds that a person waits for a new picture; a large organisation's takes longer."""
LEAST_APART = 5.0
"""Seconds between the beginnings of two syncs out of turn; at least ten times what one takes."""
WAITING = 4
"""Requests that wait for a sync at once: well below a web process's threads."""
_LOOK_EVERY = 0.05

Progress = Literal["newer", "under_way", "later"]
"""`newer`: the picture was fetched since. `under_way`: it is being fetched. `later`: in its turn,
for the last sync is too recent, or failed."""

logger = logging.getLogger(__name__)


def newer_than(moment: datetime) -> Progress:
    """Have a picture whose fetching began after `moment` (by the database's clock).

    Blocks for at most `PATIENCE` seconds, and not at all where many wait already; what Rootly
    does wrong is never raised. After "newer", `current.current()` has it.
    """
    upstream = connection.upstream()
    has_place = _places.acquire(blocking=False)
    end = time.monotonic() + (PATIENCE if has_place else 0)
    try:
        while True:
            progress = _progress(upstream, moment)
            if progress != "under_way" or time.monotonic() >= end:
                return progress
            time.sleep(_LOOK_EVERY)
    finally:
        if has_place:
            _places.release()


def refresh() -> Progress:
    """Have a picture whose fetching begins now, as `newer_than` does it, because an admin asks."""
    seen = _look(connection.upstream())
    if seen is None:  # there was none yet: the worker's to begin with
        scheduler.sync_soon()
        return "under_way"
    return newer_than(seen.clock)


def join(timeout: float = 30) -> None:
    """Wait until this process's sync out of turn has ended, if there is one."""
    _runner.join(timeout)


def _progress(upstream: str, moment: datetime) -> Progress:
    """How it stands; begins a sync where there has to be one, and may be."""
    seen = _look(upstream)
    if seen is None:
        return "later"
    if seen.good_since is not None and seen.good_since >= moment:
        current.look_at_once()
        return "newer"
    if seen.claimed:
        return "under_way"
    if not seen.may_begin:
        return "later"
    _runner.begin(upstream)
    return "under_way"


@dataclass(frozen=True, slots=True)
class _Standing:
    """How syncing stands, by the database's clock."""

    state: SyncState
    clock: datetime

    @property
    def claimed(self) -> bool:
        return self.state.claimed_until is not None and self.state.claimed_until > self.clock

    @property
    def good_since(self) -> datetime | None:
        """When the last sync began, if it was a good one."""
        began, ended = self.state.tried_at, self.state.good_at
        return began if began is not None and ended is not None and began <= ended else None

    @property
    def may_begin(self) -> bool:
        """Whether the last one is far enough back."""
        state = self.state
        if self.claimed or state.tried_at is None:
            return not self.claimed
        apart = LEAST_APART
        if self.good_since is not None and state.good_at is not None:
            apart = max(apart, 10 * (state.good_at - self.good_since).total_seconds())
        if state.failures:
            apart = max(apart, scheduler.wait(state))
        passed = (self.clock - state.tried_at).total_seconds()
        return not 0 <= passed < apart  # below 0: the clock was set back


def _look(upstream: str) -> _Standing | None:
    clock = ExpressionWrapper(Now(), output_field=DateTimeField())
    row = SyncState.objects.filter(upstream=upstream).annotate(clock=clock).first()
    return None if row is None else _Standing(row, row.clock)


class _Runner:
    """The one thread of this process that syncs out of turn."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, upstream: str) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                # A daemon: who stops the portal needn't wait, for the claim ends by itself.
                self._thread = threading.Thread(
                    target=_sync, args=(upstream,), name="catalog-resync", daemon=True
                )
                self._thread.start()

    def join(self, timeout: float) -> None:
        if self._thread is not None:
            self._thread.join(timeout)


def _sync(upstream: str) -> None:
    try:
        seen = _look(upstream)
        if seen is None or not seen.may_begin:
            return  # another was faster
        # As a wish the worker takes it over should this process end; only while none began.
        SyncState.objects.filter(pk=seen.state.pk, claim=seen.state.claim).update(wanted=True)
        scheduler.sync_if_due()
    except Exception:  # it is tried again in its turn
        logger.exception("the configuration could not be fetched out of turn")
    finally:
        connections.close_all()


_places = threading.BoundedSemaphore(WAITING)
_runner = _Runner()


def _forked() -> None:
    global _places, _runner
    _places, _runner = threading.BoundedSemaphore(WAITING), _Runner()


os.register_at_fork(after_in_child=_forked)
