"""Killed at any moment, nothing is lost and nothing is sent twice: real processes, real signals."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support import killing
from tests.support.crowd import FORM, Browser, sessions
from tests.support.processes import Tree, marked
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")
CREATE = {"method": "POST", "path": "/incidents$"}


def test_twelve_kills_under_load_lose_nothing_and_double_nothing(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    record = killing.run(tmp_path, sandbox, kills=12, seed=6)
    assert record.problems() == []
    assert any(record.open_at_kill), "a kill that meets no call under way proves little"
    assert any(0 in sent.answers for sent in record.sent), "nor one that cuts nobody off"
    assert len(record.incidents) >= 24


@pytest.fixture
def tree(tmp_path: Path, sandbox: Sandbox) -> Iterator[Tree]:
    tree = Tree(tmp_path, sandbox, **killing.QUICK)
    yield tree
    tree.kill()


def until(done: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def declare(tree: Tree) -> Callable[[], int]:
    """Somebody posts a form; what comes back waits for the answer's status."""
    browser = Browser(tree.port, sessions(tree, 1)[0])
    answers = browser.filled("Checkout is slow")
    assert answers is not None
    statuses: list[int] = []
    body = urlencode(answers, doseq=True)
    thread = threading.Thread(target=lambda: statuses.append(browser.send("POST", FORM, body)[0]))
    thread.start()

    def answered() -> int:
        thread.join()
        return statuses[0]

    return answered


def states(tree: Tree) -> list[str]:
    sql = "SELECT state FROM declarations_declaration ORDER BY submitted_at"
    return [state for (state,) in tree.ask(sql)]


def attempts(tree: Tree) -> list[tuple[str, int]]:
    """Each attempt's outcome, and whether it is still open."""
    rows = tree.ask("SELECT outcome, is_open FROM declarations_attempt ORDER BY id")
    return [(outcome, is_open) for outcome, is_open in rows]


def creates(sandbox: Sandbox) -> int:
    return len(sandbox.requests("POST", "/incidents"))


def test_sigterm_lets_calls_end_and_what_it_cuts_off_is_found_again(
    tree: Tree, sandbox: Sandbox
) -> None:
    tree.start()
    tree.until_ready()
    # Longer than anybody waits for it: its thread outlives the request.
    sandbox.fault("hang_after", **CREATE, seconds=1.8)
    answered = declare(tree)
    until(lambda: creates(sandbox))
    assert tree.end() == 0
    assert answered() == 303
    assert marked(tree.environment["PORTAL_TEST_MARK"]) == []
    assert states(tree) == ["delivered"]
    assert attempts(tree) == [("Delivered", 0)]

    tree.start("--grace", "1")
    tree.until_ready()
    sandbox.fault("hang_after", **CREATE, seconds=2.9)
    answered = declare(tree)
    until(lambda: len(sandbox.incidents()) == 2)
    tree.end()
    assert answered() in {0, 303}
    assert attempts(tree)[1:] == [("", 1)]
    assert states(tree) == ["delivered", "delivering"]
    tree.start()
    until(lambda: states(tree) == ["delivered", "delivered"])
    assert creates(sandbox) == len(sandbox.incidents()) == 2
