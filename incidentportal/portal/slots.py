"""Where the processes of one `serve` keep their counts, so that any of them can give the sum.

prometheus-client maps a file of each process into memory, one for each process id, for ever. Here
a process takes the first free slot instead, and goes on counting in the files of whoever had it
before: what a dead one counted stays, and however often one is started again, there are no more
files than there were processes at once.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "incident-portal-metrics-"
SIZE = 1024 * 1024
"""Bytes of each file, written at once: a file with holes, on a disk that is full by then, would
kill the process at its next count. Labels are bounded; a few hundred KB is what they can take."""

_taken: tuple[int, str, int] | None = None
"""By this process's id: its slot, and what holds it."""


@contextmanager
def shared() -> Iterator[None]:
    """A fresh folder for the processes that are started meanwhile; away afterwards."""
    root = Path(tempfile.gettempdir())
    for old in root.glob(f"{PREFIX}*"):
        with suppress(OSError):  # somebody else's
            _remove_if_left(old)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    held = _lock(folder / "lock")
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def _remove_if_left(folder: Path) -> None:
    """One whose `serve` was killed: nobody holds its lock any more."""
    if not (folder / "lock").exists():  # being made at this moment
        return
    held = _lock(folder / "lock")
    if held is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def slot() -> str:
    """This process's slot, the same until it ends. OSError: it can't have one."""
    global _taken  # noqa: PLW0603  # one slot per process is what this module is
    pid = os.getpid()
    if _taken is None or _taken[0] != pid:  # anew after a fork
        _taken = (pid, *_take(Path(os.environ[VARIABLE])))
    return _taken[1]


def _take(folder: Path) -> tuple[str, int]:
    number = 0
    while (held := _lock(folder / f"{number}.lock")) is None:
        number += 1
    for kind in ("counter", "histogram"):
        path = folder / f"{kind}_{number}.db"
        if not path.exists():
            half = path.with_suffix(".half")
            half.write_bytes(bytes(SIZE))
            half.rename(path)
    return str(number), held


def _lock(path: Path) -> int | None:
    """A lock that lasts until this process ends; None: another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
