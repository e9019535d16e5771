"""On SQLite one worker delivers, and any other stands by until it ends: one file has one writer.

The place is a lock on a file beside the database. The system gives it up when its holder ends,
however that ends.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from django.db import connection


def lock_file() -> Path | None:
    """Where the place lies; None where any number of workers deliver."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        return None
    return Path(f"{name}.worker")


class Place:
    """The right to deliver."""

    def __init__(self) -> None:
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Whether this worker has it now."""
        path = lock_file()
        if path is None or self._file is not None:
            return True
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def leave(self) -> None:
        """Let the next one have it. The file stays: who removed it would have two hold it."""
        if self._file is not None:
            self._file.close()
            self._file = None
