"""A database in trouble, and out of it again: really locked, full, replaced or cut off."""

from __future__ import annotations

import select
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from incidentportal.portal.startup import open_only_what_exists


class Trouble(Protocol):
    """What can be begun and ended, also while the portal's threads are at work; closed at last."""

    def begin(self) -> None:
        """From now on the database does not do what it is asked."""

    def end(self) -> None:
        """From now on it does."""

    def close(self) -> None:
        """Leave nothing behind."""


class Locked:
    """Another connection holds SQLite's one write lock. The portal waits 20 s for it; here less."""

    def __init__(self) -> None:
        self._other = sqlite3.connect(
            _name(), isolation_level=None, check_same_thread=False, timeout=10
        )

    def begin(self) -> None:
        self._other.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        with suppress(sqlite3.OperationalError):
            self._other.execute("ROLLBACK")

    def close(self) -> None:
        self._other.close()


class Full:
    """SQLite may not grow by a page: `max_page_count`, which it answers like a full disk. It holds
    for a connection; whoever opens one meanwhile is told.
    """

    def __init__(self) -> None:
        self._is_full = False
        connection_created.connect(self._told)

    def begin(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # else the room that was left would do
        connection.close()
        self._is_full = True

    def end(self) -> None:
        self._is_full = False
        connection.close()

    def close(self) -> None:
        connection_created.disconnect(self._told)

    def _told(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        if self._is_full:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA max_page_count = 1")  # which is raised to what it has


class Away:
    """SQLite's file is not there, as where a disk is not mounted."""

    def __init__(self) -> None:
        self._path = Path(_name())
        open_only_what_exists()

    def begin(self) -> None:
        connection.close()
        move(self._path, away(self._path))

    def end(self) -> None:
        connection.close()
        move(away(self._path), self._path)

    def close(self) -> None:
        del connection.settings_dict["OPTIONS"]["database"]
        connection.close()


class Proxy:
    """A way to PostgreSQL that can be cut: open connections end, new ones are refused."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.end()

    def begin(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            for wire in self._open:
                with suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        connection.close()
        if self._listener is not None:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        connection.close()
        self.begin()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                wire, _ = listener.accept()
                threading.Thread(target=self._carry, args=(wire,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with closing(near), socket.create_connection(self._target) as far:
            with self._lock:
                self._open |= {near, far}
            try:
                with suppress(OSError):
                    _between(near, far)
            finally:
                with self._lock:
                    self._open -= {near, far}


def _between(near: socket.socket, far: socket.socket) -> None:
    other = {near: far, far: near}
    while True:
        for wire in select.select([near, far], [], [])[0]:
            content = wire.recv(65_536)
            if not content:
                return
            other[wire].sendall(content)


def _name() -> str:
    return str(connection.settings_dict["NAME"])


@contextmanager
def quick_to_give_up() -> Iterator[None]:
    """Connections that are opened meanwhile wait for a lock 0.1 s instead of 20."""
    options = connection.settings_dict["OPTIONS"]
    before = options["timeout"]
    options["timeout"] = 0.1
    connection.close()
    try:
        yield
    finally:
        options["timeout"] = before
        connection.close()


@contextmanager
def through(proxy: Proxy) -> Iterator[None]:
    """The portal's connections go through the proxy."""
    settings = connection.settings_dict
    before = settings["HOST"], settings["PORT"]
    settings["HOST"], settings["PORT"] = "127.0.0.1", str(proxy.port)
    connection.close()
    try:
        yield
    finally:
        settings["HOST"], settings["PORT"] = before
        connection.close()


def away(path: Path) -> Path:
    """Where a database's file goes for a while."""
    return path.with_name(f"away-{path.name}")


def move(one: Path, other: Path) -> None:
    """Move an SQLite file with its log: whoever has it open keeps it. The file itself goes first
    and comes last, so that nobody opens it without its log.
    """
    parts = ["", "-wal", "-shm"]
    for part in parts if other.name.startswith("away-") else reversed(parts):
        found = Path(f"{one}{part}")
        if found.exists():
            found.rename(f"{other}{part}")
