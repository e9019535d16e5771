"""A host whose clock is set: what Django asks for the time (`Now`) says another one. That is
SQLite's `STRFTIME`, and on PostgreSQL `STATEMENT_TIMESTAMP`: another function is found before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from incidentportal.declarations import clock as clocks


@pytest.fixture(scope="session", autouse=True)
def long_running() -> None:
    """Tests say of attempts that they began long ago: as in a process that runs for long."""
    clocks._watch._since -= timedelta(days=1).total_seconds()


class Clock(Protocol):
    """What every connection that is opened from now on takes for the time."""

    def jump(self, seconds: float) -> None:
        """Set it by so much, while everything runs."""

    def install(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        """Have a connection that was just opened go by it."""


class OfSqlite:
    def __init__(self) -> None:
        self._ahead = timedelta()

    def jump(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def strftime(self, shape: str, moment: str) -> str:
        """As Django asks for the time (`Now`); nothing else there asks so."""
        assert (shape, moment) == ("%Y-%m-%d %H:%M:%f", "NOW")
        return (datetime.now(UTC) + self._ahead).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    def install(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        connection.connection.create_function("strftime", 2, self.strftime)


class OfPostgresql:
    def __init__(self) -> None:
        self._do(
            "DROP SCHEMA IF EXISTS set_clock CASCADE",
            "CREATE SCHEMA set_clock",
            "CREATE TABLE set_clock.ahead AS SELECT interval '0' AS by",
            "CREATE FUNCTION set_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql "
            "STABLE AS 'SELECT pg_catalog.statement_timestamp() + by FROM set_clock.ahead'",
        )

    def jump(self, seconds: float) -> None:
        self._do(f"UPDATE set_clock.ahead SET by = by + interval '{seconds} seconds'")

    def install(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        self._do("SET search_path = set_clock, pg_catalog, public", on=connection)

    def _do(self, *statements: str, on: Any = connection) -> None:
        with on.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture
def clock(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The database's clock, right so far."""
    clock: Clock = OfSqlite() if connection.vendor == "sqlite" else OfPostgresql()
    monkeypatch.setattr(clocks, "_watch", clocks.Watch())  # of this clock alone
    connection_created.connect(clock.install)
    connection.close()
    yield clock
    connection_created.disconnect(clock.install)
    connection.close()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA set_clock CASCADE")
