"""A host whose clock is set: SQLite's `STRFTIME`, which is the database's clock there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from incidentportal.declarations import clock as clocks


@pytest.fixture(scope="session", autouse=True)
def long_running() -> None:
    """Tests say of attempts that they began long ago: as in a process that runs for long."""
    clocks._watch._since -= timedelta(days=1).total_seconds()


class Clock:
    """What every connection that is opened from now on takes for the time."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def jump(self, seconds: float) -> None:
        """Set it by so much, while everything runs."""
        self._ahead += timedelta(seconds=seconds)

    def strftime(self, shape: str, moment: str) -> str:
        """As Django asks for the time (`Now`); nothing else there asks so."""
        assert (shape, moment) == ("%Y-%m-%d %H:%M:%f", "NOW")
        return (datetime.now(UTC) + self._ahead).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    def install(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        connection.connection.create_function("strftime", 2, self.strftime)


@pytest.fixture
def clock(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The database's clock, right so far."""
    if connection.vendor != "sqlite":
        pytest.skip("a server's clock is not ours to set")
    clock = Clock()
    monkeypatch.setattr(clocks, "_watch", clocks.Watch())  # of this clock alone
    connection_created.connect(clock.install)
    connection.close()
    yield clock
    connection_created.disconnect(clock.install)
    connection.close()
