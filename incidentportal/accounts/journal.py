"""SQLite's write-ahead log keeps what rows looked like before: it is emptied once that must go."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connections

log = logging.getLogger(__name__)

PATIENCE = 0.2
"""Seconds that a person waits for readers to let go of the log."""
TRIES = 60
"""How often it is tried again after that, once a second, behind their back."""


def truncate(using: str = "default") -> None:
    """Empty the log, at once or as soon as no reader needs it. Not in a transaction. Other
    databases have no such file.
    """
    if connections[using].vendor == "sqlite" and not _truncated(using):
        threading.Thread(target=_keep_trying, args=(using,), name="journal", daemon=True).start()


def _truncated(using: str) -> bool:
    with connections[using].cursor() as cursor:
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
        try:
            is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except DatabaseError:  # somebody else is at it
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")
    return not is_busy


def _keep_trying(using: str) -> None:
    pause = threading.Event()
    try:
        for _ in range(TRIES):
            pause.wait(1)
            if _truncated(using):
                return
        log.warning("the database's journal could not be emptied: it still holds earlier texts")
    except DatabaseError:
        log.warning("the database's journal could not be emptied: it does not answer")
    finally:
        connections[using].close()
