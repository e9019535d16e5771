"""The delivery worker: takes what is due, keeps Rootly's configuration fresh, and tells
authors by mail.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import DatabaseError, close_old_connections

from incidentportal.catalog import connection, scheduler
from incidentportal.declarations import claims, drafts, queue, telling
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.work import work_on

log = logging.getLogger(__name__)

AT_ONCE = 16
POLL = 0.4
"""Seconds between looks for work: a new row is taken up within a second."""


class Worker:
    """Runs until `stop` is set; calls under way are then waited for."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._busy: set[UUID] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Work until told to stop."""
        syncing = threading.Thread(target=self._keep_synced, name="catalog-sync", daemon=True)
        syncing.start()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="delivery") as threads:
            while not self.stop.is_set():
                if not self._round(threads):
                    self.stop.wait(POLL)

    def _round(self, threads: ThreadPoolExecutor) -> bool:
        """Start what can be started; True where there may be more at once."""
        try:
            return self._take_up(threads)
        except DatabaseError:
            log.exception("the database does not answer")
            self.stop.wait(2)
            return False
        finally:
            close_old_connections()

    def _take_up(self, threads: ThreadPoolExecutor) -> bool:
        upstream = connection.upstream()
        with self._lock:
            free = AT_ONCE - len(self._busy)
        if not upstream or not free or not Declaration.objects.due(upstream).exists():
            return False
        if not queue.take_probe(upstream):
            return False
        held = bool(queue.is_held(upstream))
        rows = Declaration.objects.due(upstream)
        # While held, a probe each time with another declaration: the one that waits longest.
        rows = rows.filter(state=State.QUEUED).order_by("due_at")[:1] if held else rows[:free]
        for pk in rows.values_list("pk", flat=True):
            claim = claims.take(pk)
            if claim is not None:
                with self._lock:
                    self._busy.add(pk)
                threads.submit(self._one, pk, claim)
        return not held

    def _one(self, pk: UUID, claim: int) -> None:
        try:
            work_on(pk, claim)
        finally:
            with self._lock:
                self._busy.discard(pk)

    def _keep_synced(self) -> None:
        while not self.stop.is_set():
            began = time.monotonic()
            for job in (scheduler.sync_if_due, drafts.purge_if_due, telling.mail_if_due):
                try:
                    job()
                except Exception:  # the next round may do better; deliveries go on meanwhile
                    log.exception("%s failed", job.__qualname__)
            close_old_connections()
            self.stop.wait(max(0.5, 1 - (time.monotonic() - began)))
