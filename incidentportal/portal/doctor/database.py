"""The database: whether it is there, whether it is ready, and what it promises of what it keeps."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from incidentportal.portal.doctor.findings import Finding, error, ok, warning

MOST_SKEW = 10.0
"""Seconds between the database's clock and ours: it judges when what is due."""
LITTLE_SPACE = 500 * 1024 * 1024
NO_SPACE = 50 * 1024 * 1024
PATIENCE = 5000
"""Milliseconds that a question may take while doctor asks (PostgreSQL)."""


def reached() -> Finding:
    """Whether it answers. An SQLite file that isn't there is not made."""
    path = _file()
    if path is not None and not path.exists():
        return _no_file(path)
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"SET statement_timeout = {PATIENCE}")
            # Of SQLite something that makes it read the file.
            cursor.execute("SELECT 1" if path is None else "SELECT 1 FROM sqlite_master")
    except Error as failure:
        connection.close()
        # The class and the driver's first line: no driver repeats the password there.
        why = str(failure).strip().partition("\n")[0][:200]
        remedy = "Correct DATABASE_URL, or start the database that it names."
        return error("database.reached", f"The database does not answer: {why}", remedy)
    kept = f"the file {path}" if path else f"PostgreSQL at {connection.settings_dict['HOST']}"
    return ok("database.reached", f"The database answers: {kept}.")


def be_patient_again() -> list[Finding]:
    """Take the limit of `reached` away: a page's connection is kept. Finds nothing."""
    if connection.vendor == "postgresql" and connection.connection is not None:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
    return []


def migrated() -> Iterator[Finding]:
    """Whether its tables are those of this version."""
    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if behind:
        count = f"{len(behind)} migration{'s are' if len(behind) > 1 else ' is'} missing"
        said = f"The database is behind this version: {count}."
        yield error("database.migrated", said, "Run: manage.py migrate")
    else:
        yield ok("database.migrated", "The database has this version's tables.")


def keeps() -> Iterator[Finding]:
    """Whether a saved declaration survives a power cut, and can be saved at all."""
    yield from _sqlite() if connection.vendor == "sqlite" else _postgresql()


def clock() -> Iterator[Finding]:
    """Whether its clock and ours agree."""
    if connection.vendor == "sqlite":
        yield ok("database.clock", "The database's clock is this machine's.")
        return
    (now,) = _asked("SELECT clock_timestamp()")
    skew = (now - timezone.now()).total_seconds()
    if abs(skew) <= MOST_SKEW:
        yield ok("database.clock", "The database's clock and this machine's agree.")
        return
    side = "ahead of" if skew > 0 else "behind"
    said = f"The database's clock is {abs(skew):.0f} s {side} this machine's."
    remedy = "Set both clocks by NTP: timedatectl set-ntp true"
    yield warning("database.clock", said, remedy)


def _file() -> Path | None:
    """The SQLite file; None: another database, or one in memory."""
    name = str(connection.settings_dict["NAME"])
    in_memory = ":memory:" in name or name.startswith("file:")
    return None if connection.vendor != "sqlite" or in_memory else Path(name).absolute()


def _no_file(path: Path) -> Finding:
    if not path.parent.is_dir():
        said = f"The folder {path.parent}, where the database is to be, does not exist."
        return error("database.reached", said, "Make the folder, or correct DATABASE_URL.")
    said = f"There is no database yet at {path}."
    return error("database.reached", said, "Run: manage.py migrate, or correct DATABASE_URL.")


def _sqlite() -> Iterator[Finding]:
    path = _file()
    if path is None:
        return
    (mode,), (synchronous,) = _asked("PRAGMA journal_mode"), _asked("PRAGMA synchronous")
    if mode != "wal" or synchronous < 2:
        said = f"SQLite does not keep its journal as the portal asks (journal_mode={mode})."
        remedy = "Put the file on this machine's own disk, not a network one, with DATABASE_URL."
        yield warning("database.journal", said, remedy)
    else:
        yield ok("database.journal", "SQLite keeps a write-ahead log: a power cut loses nothing.")
    yield _writable(path)
    yield _space(path.parent)


def _writable(path: Path) -> Finding:
    for each in (path, path.parent):
        if not os.access(each, os.W_OK):
            said = f"The portal may not write to {each}: nothing can be saved."
            return error("database.writable", said, "Let its user write there (DATABASE_URL).")
    return ok("database.writable", "The portal may write to its database.")


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**2:,.0f} MB are free where the database is."
    remedy = f"Make room in {folder}, or move the database (DATABASE_URL)."
    if free < NO_SPACE:
        return error("database.space", said, remedy)
    return warning("database.space", said, remedy) if free < LITTLE_SPACE else ok(
        "database.space", said
    )  # fmt: skip


def _postgresql() -> Iterator[Finding]:
    (read_only,), (synchronous,) = (
        _asked("SHOW transaction_read_only"),
        _asked("SHOW synchronous_commit"),
    )
    if read_only == "on":
        said = "The database is read-only, such as a standby: nothing can be saved."
        yield error("database.writable", said, "Have DATABASE_URL name the primary server.")
    else:
        yield ok("database.writable", "The portal may write to its database.")
    if synchronous == "off":
        said = "synchronous_commit is off: a power cut can lose the last declarations."
        yield warning("database.journal", said, "Set synchronous_commit=on in PostgreSQL.")
    else:
        yield ok("database.journal", "PostgreSQL saves before it says so.")


def _asked(sql: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
