"""How a worker learns of new work at once: PostgreSQL tells it, through a trigger on declarations
(migration 0010). Where it can't be told, it looks often enough.
"""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connection, connections

CHANNEL = "incidentportal_due"
HEAD_START = 0.1
"""Seconds that the request which saved a row has to take it itself, for the person who waits."""
RETRY = 2.0

log = logging.getLogger(__name__)


class Listener:
    """Sets `wake` when a declaration becomes due, from a thread with a connection of its own."""

    def __init__(self, wake: threading.Event, stop: threading.Event) -> None:
        self.hears = False
        """Whether the database would tell of new work now."""
        self._wake = wake
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Listen, where the database can tell."""
        if connection.vendor == "postgresql":
            self._thread.start()

    def join(self) -> None:
        """Wait until it has let go of its connection; `stop` is set."""
        if self._thread.is_alive():
            self._thread.join(5)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    self._listen()
                except DatabaseError as error:
                    log.warning("the database tells of no new work: %s", type(error).__name__)
                finally:
                    self.hears = False
                    connections.close_all()
                self._stop.wait(RETRY)
        finally:
            connections.close_all()

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        wire = connection.connection
        self.hears = True
        self._wake.set()  # what came before it heard
        with connection.wrap_database_errors:
            while not self._stop.is_set():
                for _ in wire.notifies(timeout=1, stop_after=1):
                    self._stop.wait(HEAD_START)
                    self._wake.set()
