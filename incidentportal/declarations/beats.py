"""Which workers live: a row each, touched every few seconds, taken away when one ends in order."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connections
from django.db.models.functions import Now

from incidentportal.declarations.beat_model import Beat
from incidentportal.declarations.claims import from_now

EVERY = 10.0
ALIVE = 3 * EVERY
"""Seconds without a beat after which a worker is taken for dead."""
KEPT = 3600.0
"""Seconds that a dead worker's row is kept, so that an operator sees that there was one."""

log = logging.getLogger(__name__)


def alive() -> list[Beat]:
    """The workers that live, those that deliver first, by the database's clock."""
    rows = Beat.objects.filter(seen_at__gt=from_now(-ALIVE))
    return list(rows.order_by("stands_by", "started_at"))


class Heart:
    """One worker's row. `stands_by` may be changed while it beats."""

    def __init__(self) -> None:
        self.stands_by = False
        self._id = uuid.uuid4()
        self._over = threading.Event()
        self._now = threading.Event()

    def deliver(self, delivers: bool) -> None:
        """Say whether it delivers or stands by, at once."""
        self.stands_by = not delivers
        self._now.set()

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat while the block runs, from a thread of its own."""
        thread = threading.Thread(target=self._run, name="beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._now.set()
            thread.join(5)

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._now.clear()
                self._safely(self._beat)
                self._now.wait(EVERY)
            self._safely(self._end)
        finally:
            connections.close_all()

    def _beat(self) -> None:
        rows = Beat.objects.filter(pk=self._id)
        if not rows.update(seen_at=Now(), stands_by=self.stands_by):
            Beat.objects.create(
                pk=self._id, host=socket.gethostname()[:255], process=os.getpid(),
                stands_by=self.stands_by,
            )  # fmt: skip
            Beat.objects.filter(seen_at__lt=from_now(-KEPT)).delete()

    def _end(self) -> None:
        Beat.objects.filter(pk=self._id).delete()

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except DatabaseError as error:
            log.warning("a worker's beat could not be written: %s", type(error).__name__)
            connections.close_all()
