"""The delivery worker: takes what is due, keeps Rootly's configuration fresh, and tells
authors by mail.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from uuid import UUID

from django.db import DatabaseError, close_old_connections, connections

from incidentportal.catalog import connection, scheduler
from incidentportal.declarations import alerts, claims, clock, drafts, order, queue, telling, turns
from incidentportal.declarations.announce import Listener
from incidentportal.declarations.beats import Heart
from incidentportal.declarations.standby import Place
from incidentportal.declarations.work import work_on

log = logging.getLogger(__name__)

AT_ONCE = 16
POLL = 0.4
"""Seconds between looks for work where the database tells of none: a new row is taken up within a
second."""
POLL_TOLD = 1.0
"""The same where it does: for what becomes due by the clock."""
PACE = 0.1
"""Seconds between rounds while the budget of writes is what bounds them."""
FOLLOWING = 2
"""How many incidents are followed up in a round while declarations wait to become some."""
GRACE = 20.0
"""Seconds that calls under way get once it was told to end."""
SYNC_GRACE = 1.0
"""Seconds that the jobs beside it get then: none of them is lost, the next worker does it."""
JOBS = (
    scheduler.sync_if_due, drafts.purge_if_due, telling.mail_if_due, alerts.watch_if_due,
)  # fmt: skip
"""What is done beside deliveries; each knows itself whether it is time."""
PLACE_EVERY = 1.0
"""Seconds between a standing-by worker's looks whether it is its turn."""


class Worker:
    """Delivers until `end` is called; calls under way are then waited for."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._wake = threading.Event()
        self._hands = Hands(self.stop, self._wake)
        self._listener = Listener(self._wake, self.stop)
        self._place = Place()
        self._syncing = threading.Thread(target=self._keep_synced, name="catalog-sync", daemon=True)

    def end(self) -> None:
        """Take nothing more, and come to an end."""
        self.stop.set()
        self._wake.set()

    def run(self, grace: float = GRACE) -> bool:
        """Work until told to end; False: some calls were still under way `grace` seconds later.

        On SQLite a second worker stands by until the first one ended.
        """
        heart = Heart()
        try:
            with heart.beating():
                self._stand_by(heart)
                self._deliver()
                self.end()  # it may have been an error
                self._listener.join()
                is_done = self._hands.rest(grace)
                if self._syncing.is_alive():
                    self._syncing.join(SYNC_GRACE)
                return is_done
        finally:
            self._place.leave()
            connections.close_all()

    def _stand_by(self, heart: Heart) -> None:
        if not self._place.take():
            heart.deliver(False)
            log.warning("another worker delivers from this database: this one stands by")
            while not self.stop.wait(PLACE_EVERY) and not self._place.take():
                pass
            if not self.stop.is_set():
                log.warning("the other worker ended: this one delivers now")
        heart.deliver(not self.stop.is_set())

    def _deliver(self) -> None:
        if self.stop.is_set():
            return
        self._syncing.start()
        self._listener.start()
        while not self.stop.is_set():
            self._wake.clear()
            seconds = self._round()
            if seconds > 0 and not self.stop.is_set():
                self._wake.wait(seconds)

    def _round(self) -> float:
        """Start what may be started; seconds until the next look, should nothing happen before."""
        try:
            clock.watch()
            return self._take_up()
        except DatabaseError as error:
            log.error("the database does not answer: %s", type(error).__name__)  # noqa: TRY400  # its message may show rows
            self.stop.wait(2)
            return 0
        finally:
            close_old_connections()

    def _take_up(self) -> float:
        idle = POLL_TOLD if self._listener.hears else POLL
        upstream = connection.upstream()
        hands = AT_ONCE - self._hands.busy
        if not upstream or hands <= 0:
            return idle
        course = queue.course(upstream)
        if course.is_probe_due and (found := queue.probe(upstream)):
            self._hands.give(*found)
        if not course.runs:
            return idle
        # What can't be sent is not claimed.
        most = max(0, min(hands, course.free - self._hands.promised))
        rows = order.first_due(upstream, most) if most else []
        # An incident that isn't there yet is more urgent than what follows one that is.
        due = len(rows)
        spare = hands - due if due < most else min(FOLLOWING, hands - due)
        rows += order.first_to_follow(upstream, spare) if spare > 0 else []
        started = sum(
            [self._start(row, will_write=number < due) for number, row in enumerate(rows)]
        )
        if started < len(rows):  # another worker was faster: not in step with it
            return random.uniform(0, PACE)  # noqa: S311  # no secret
        return PACE if most < hands and len(rows) >= most else idle

    def _start(self, row: order.Due, *, will_write: bool) -> bool:
        claim = claims.take(row.pk, (row.claim, row.state))
        if claim is not None:
            self._hands.give(row.pk, claim, will_write=will_write)
        return claim is not None

    def _keep_synced(self) -> None:
        try:
            while not self.stop.is_set():
                began = time.monotonic()
                for job in JOBS:
                    try:
                        job()
                    except Exception:  # the next round may do better; deliveries go on meanwhile
                        log.exception("%s failed", job.__qualname__)
                    finally:
                        close_old_connections()
                self.stop.wait(max(0.5, 1 - (time.monotonic() - began)))
        finally:
            connections.close_all()


class Hands:
    """Threads that work on claimed rows: `AT_ONCE` of them, made when they are needed."""

    def __init__(self, stop: threading.Event, wake: threading.Event) -> None:
        self._stop = stop
        self._wake = wake
        self._given: SimpleQueue[tuple[UUID, int] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._busy = 0
        self._promised: set[UUID] = set()

    @property
    def promised(self) -> int:
        """How many of them have yet to take their part of the budget."""
        with self._lock:
            return len(self._promised)

    @property
    def busy(self) -> int:
        """How many rows are under way."""
        with self._lock:
            return self._busy

    def give(self, pk: UUID, claim: int, *, will_write: bool = True) -> None:
        """Have a claimed row worked on; only while fewer than `AT_ONCE` are."""
        with self._lock:
            self._busy += 1
            if will_write:
                self._promised.add(pk)
            needed = self._busy > len(self._threads)
        if needed:
            name = f"delivery-{len(self._threads)}"
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._given.put((pk, claim))

    def rest(self, seconds: float) -> bool:
        """Let them finish what they have begun; False: some had not after so many seconds."""
        for _ in self._threads:
            self._given.put(None)
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        left = sum(thread.is_alive() for thread in self._threads)
        if left:
            log.warning("%s calls were cut off: their outcome is looked up later", left)
        return not left

    def _run(self) -> None:
        turns.ending.set(self._stop)
        try:
            for pk, claim in iter(self._given.get, None):
                turns.over.set(partial(self._promise_over, pk))
                try:
                    self._one(pk, claim)
                finally:
                    self._promise_over(pk)
                    with self._lock:
                        self._busy -= 1
                    self._wake.set()
        finally:
            connections.close_all()

    def _promise_over(self, pk: UUID) -> None:
        with self._lock:
            self._promised.discard(pk)

    def _one(self, pk: UUID, claim: int) -> None:
        with suppress(DatabaseError):  # the claim's end brings the row back
            if self._stop.is_set():
                turns.hand_back(pk, claim)
            else:
                work_on(pk, claim, then_follow=False)
