"""How long a write waits for SQLite's one lock: for a person who waits too a few seconds, then the
page says so; for a delivery longer, since what Rootly said is to be stored. PostgreSQL has no such
lock.
"""

from __future__ import annotations

from contextlib import suppress

from django.db import DatabaseError, connection

PERSON = 5.0
"""Seconds. Whoever waits holds one of the web server's threads, and there are few."""
DELIVERY = 20.0
"""Seconds; also of the worker and of commands (`settings.py`)."""


def of_a_web_process() -> None:
    """All connections that this process opens from now on wait as long as a person does."""
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["timeout"] = PERSON
        connection.close()


def of_a_delivery() -> None:
    """This thread's connection waits longer, whatever its process does."""
    if connection.vendor == "sqlite":
        with suppress(DatabaseError), connection.cursor() as cursor:  # gone: what follows will say
            cursor.execute(f"PRAGMA busy_timeout = {int(DELIVERY * 1000)}")
