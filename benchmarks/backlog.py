"""How fast a backlog gets away, and what a claim costs beside many old rows.

`python benchmarks/backlog.py` alone; a part of `make bench` too.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from multiprocessing.pool import Pool
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.portals import ROOT, database
from benchmarks.timing import Row, show
from tests.support.sandbox import Sandbox

MANY = 2_000
OLD = 100_000
DUE = 16
LIMIT = 3_000 * 0.8
"""Writes a minute: Rootly's limit, and the share of it that may be used."""
TURNS = 300
LONGEST = 300.0
"""Seconds: a machine on which it takes longer measures itself."""


def measure(folder: Path) -> Iterator[Row]:
    """Both figures, with databases in this folder."""
    yield from drained(folder / "backlog.sqlite3")
    yield claimed(folder)


def drained(file: Path) -> Iterator[Row]:
    """A worker of its own gets a backlog away; its creates a minute, by the upstream's record. And
    the processor's time that the worker took for each, its follow-ups in that time too.
    """
    with Sandbox() as sandbox:
        environment = database(file, sandbox)
        with _process(environment) as pool:
            pool.apply(_fill, (sandbox.jsonapi_url, MANY, 0))
            worker = subprocess.Popen(
                [sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            began = time.monotonic()
            try:
                while pool.apply(_waiting):
                    assert time.monotonic() < began + LONGEST, "it does not get away"
                    time.sleep(0.5)
                spent = _processor(worker.pid)
            finally:
                worker.send_signal(signal.SIGTERM)
                worker.wait()
        moments = sorted(each["at"] for each in sandbox.requests("POST", "/incidents"))
    assert len(moments) == MANY
    taken, least = moments[-1] - moments[0], MANY / LIMIT * 60
    name = f"backlog of {MANY:,}: until the last one is in Rootly"
    yield Row(name, taken, "s", least, "s at the rate allowed", 1 / 0.9, of_ratio=True)
    name = "processor's time of the worker for each of them"
    yield Row(name, spent / MANY * 1000, "ms", 60_000 / LIMIT, "ms of time for each")


def _processor(pid: int) -> float:
    """Seconds that a process has taken of a processor so far."""
    # After the name, which may hold anything: fields 14 and 15, proc_pid_stat(5).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def claimed(folder: Path) -> Row:
    """Finding and claiming what is due, beside old rows and without; they take turns."""
    with ExitStack() as stack, Sandbox() as sandbox:
        pools = []
        for old in (OLD, 0):
            pool = stack.enter_context(_process(database(folder / f"{old}.sqlite3", sandbox)))
            pool.apply(_fill, (sandbox.jsonapi_url, DUE, old))
            pools.append(pool)
        taken: list[list[float]] = [[], []]
        for turn in range(TURNS + 20):
            for pool, kept in zip(pools, taken, strict=True):
                milliseconds = pool.apply(_claim, (sandbox.jsonapi_url,))
                if turn >= 20:
                    kept.append(milliseconds)
    many, none = (statistics.median(kept) for kept in taken)
    name = f"what is due found and claimed, beside {OLD:,} old rows"
    return Row(name, many, "ms", none, "ms without", 1.2, of_ratio=True)


def _process(environment: dict[str, str]) -> closing[Pool]:
    """A process with Django set up for this environment."""
    return closing(multiprocessing.get_context("spawn").Pool(1, _set_up, (environment,)))


def _set_up(environment: dict[str, str]) -> None:
    os.environ |= environment
    django.setup()
    logging.disable(logging.WARNING)


def _fill(upstream: str, due: int, old: int) -> None:
    """Declarations of all severities that are due, and old ones with which nothing is done."""
    from django.db import connection  # noqa: PLC0415  # Django is set up by now

    from incidentportal.accounts.models import User  # noqa: PLC0415  # as above
    from incidentportal.declarations.models import Declaration  # noqa: PLC0415  # as above

    author = User.objects.get()

    def row(number: int) -> Declaration:
        return Declaration(
            author=author, upstream=upstream, snapshot_id=1, title=f"No. {number}", answers={},
            labels=[], payload={"title": f"No. {number}"}, severity_rank=number % 4 * 1000,
        )  # fmt: skip

    Declaration.objects.bulk_create(row(number) for number in range(due))
    changed = {
        "id": "lower(hex(randomblob(16)))", "state": "'delivered'", "incident_id": "'7'",
        "due_at": "NULL", "severity_rank": "number % 4 * 1000",
    }  # fmt: skip
    columns = [str(field.column) for field in Declaration._meta.concrete_fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers(number) AS "
            f"(SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {old}) "
            f"INSERT INTO declarations_declaration ({', '.join(columns)}) "
            f"SELECT {', '.join(changed.get(column, column) for column in columns)} FROM numbers, "
            f"(SELECT * FROM declarations_declaration LIMIT {min(old, 1)})"
        )
        cursor.execute("ANALYZE")


def _waiting() -> int:
    from incidentportal.declarations.models import Declaration  # noqa: PLC0415  # Django is set up
    from incidentportal.declarations.states import State  # noqa: PLC0415  # as above

    return Declaration.objects.exclude(state=State.DELIVERED).count()


def _claim(upstream: str) -> float:
    """Milliseconds to find what is due and to claim the first of it, which is then given back."""
    from incidentportal.declarations import claims, order, turns  # noqa: PLC0415  # Django is set up

    began = time.perf_counter()
    first, *_ = order.first_due(upstream, DUE)
    claim = claims.take(first.pk, (first.claim, first.state))
    taken = (time.perf_counter() - began) * 1000
    assert claim is not None
    turns.hand_back(first.pk, claim)
    return taken


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        show(list(measure(Path(name))))
