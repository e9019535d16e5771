"""Pages while declarations wait: the whole portal, its worker too, before an upstream that takes
two seconds for each call.

`python benchmarks/waiting.py` alone; a part of `make bench` too.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Queue

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.browser import FORM, Browser
from benchmarks.timing import Row, show
from tests.support.crowd import sessions
from tests.support.processes import Tree
from tests.support.sandbox import Sandbox

WAITING = 300
LATENCY_MS = 2000.0
PAGES = (FORM, "/", "/declarations/")
TIMES = 1200
PEOPLE = 8
"""Who declare: twice as many as may wait for the upstream in their request, so that those places
are always taken."""
ARRIVE = (16 + 4) * 1000 / LATENCY_MS
"""A second: of the worker's (`worker.AT_ONCE`) and of those that somebody waits for
(`work.INLINE_CALLS`)."""
OPEN = "SELECT count(*) FROM declarations_declaration WHERE state IN ('queued', 'delivering')"


def taken(browser: Browser, times: int) -> tuple[float, float]:
    """Milliseconds within which 99 of 100 pages are there, asked for one after the other, and
    within which half of them are.
    """
    each = []
    for turn in range(times):
        began = time.perf_counter()
        browser.get(PAGES[turn % len(PAGES)])
        each.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(each, n=100)[98], statistics.median(each)


def declare(port: int, keys: list[str], database: Path, full: Event, over: Event) -> None:
    """So many declarations wait, all the time: for each that arrived somebody declares another,
    one after the other and not all at the moment when several did.
    """
    asking = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=20)
    turns: Queue[bool] = Queue(maxsize=1)

    def one(key: str) -> None:
        person = Browser(port, session=key)
        while turns.get():
            assert person.post(FORM, person.filled_form(f"{uuid.uuid4()}")) == 303

    with ThreadPoolExecutor(len(keys)) as pool:
        crowd = [pool.submit(one, key) for key in keys]
        while not over.wait(1 / ARRIVE if full.is_set() else 0.01):
            assert not any(each.done() for each in crowd), "somebody declares no more"
            ((count,),) = asking.execute(OPEN).fetchall()
            if count >= WAITING:
                full.set()
            elif not turns.full():
                turns.put(True)
        for _ in crowd:
            turns.put(False, timeout=30)
        for each in crowd:
            each.result()


@contextmanager
def waiting(tree: Tree, keys: list[str]) -> Iterator[None]:
    """The same, while the block runs: from a process of its own, so that what these people's
    browsers cost is not taken for the portal's answers being slow.
    """
    context = multiprocessing.get_context("spawn")
    full, over = context.Event(), context.Event()
    people = context.Process(target=declare, args=(tree.port, keys, tree.database, full, over))
    people.start()
    try:
        end = time.monotonic() + 120
        while not full.wait(0.2):
            assert people.is_alive(), "nobody declares any more"
            assert time.monotonic() < end, "they could not be brought to wait"
        yield
        assert people.is_alive(), "nobody declares any more"
    finally:
        over.set()
        people.join()


def figures(folder: Path) -> Iterator[Row]:
    """p99 of pages while declarations wait, some of them with a person, against p99 before."""
    folder.mkdir()
    with Sandbox() as sandbox:
        tree = Tree(folder, sandbox)
        try:
            tree.start()
            tree.until_ready()
            keys = sessions(tree, 1 + PEOPLE)
            reader = Browser(tree.port, session=keys[0])
            taken(reader, 120)  # every thread of the server has its connection by then
            before = taken(reader, TIMES)
            sandbox.switch(latency_ms=LATENCY_MS)
            with waiting(tree, keys[1:]):
                meanwhile = taken(reader, TIMES)
        finally:
            tree.kill()
    name = f"while {WAITING} wait for an upstream of {LATENCY_MS / 1000:g} s"
    yield Row(f"pages' p99 {name}", meanwhile[0], "ms", before[0], "ms before", 2, of_ratio=True)
    yield Row(f"pages' median {name}", meanwhile[1], "ms", before[1], "ms before")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        show(list(figures(Path(name) / "waiting")))
