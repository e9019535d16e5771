"""Pages while declarations wait: the whole portal, its worker too, before an upstream that takes
two seconds for each call.
"""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.browser import FORM, Browser
from benchmarks.timing import Row
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
OPEN = "SELECT count(*) FROM declarations_declaration WHERE state IN ('queued', 'delivering')"


def p99(browser: Browser, times: int) -> float:
    """Milliseconds within which 99 of 100 pages are there, asked for one after the other."""
    taken = []
    for turn in range(times):
        began = time.perf_counter()
        browser.get(PAGES[turn % len(PAGES)])
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(taken, n=100)[98]


@contextmanager
def waiting(tree: Tree, people: list[Browser]) -> Iterator[None]:
    """So many declarations wait, all the time: for each that arrived somebody declares another."""
    over, full = threading.Event(), threading.Event()

    def declare(browser: Browser) -> None:
        while not over.is_set():
            if tree.ask(OPEN)[0][0] < WAITING:
                assert browser.post(FORM, browser.filled_form(f"{uuid.uuid4()}")) == 303
            else:
                full.set()
                over.wait(0.05)

    threads = [threading.Thread(target=declare, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    try:
        assert full.wait(120), "they could not be brought to wait"
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def figures(folder: Path) -> Iterator[Row]:
    """p99 of pages while declarations wait, some of them with a person, against p99 before."""
    folder.mkdir()
    with Sandbox() as sandbox:
        tree = Tree(folder, sandbox)
        try:
            tree.start()
            tree.until_ready()
            keys = sessions(tree, 1 + PEOPLE)
            reader, *people = (Browser(tree.port, session=key) for key in keys)
            p99(reader, 120)  # every thread of the server has its connection by then
            before = p99(reader, TIMES)
            sandbox.switch(latency_ms=LATENCY_MS)
            with waiting(tree, people):
                meanwhile = p99(reader, TIMES)
        finally:
            tree.kill()
    name = f"pages' p99 while {WAITING} wait for an upstream of {LATENCY_MS / 1000:g} s"
    yield Row(name, meanwhile, "ms", before, "ms before", 2, of_ratio=True)
