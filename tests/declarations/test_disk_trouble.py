"""The whole process tree while its disk is away, and while it is full: real processes and files."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support import killing
from tests.support.crowd import FORM, Browser, sessions
from tests.support.processes import MARK, Tree, marked, status
from tests.support.sandbox import Sandbox
from tests.support.trouble import away, move

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits files of other processes")


@pytest.fixture
def tree(tmp_path: Path, sandbox: Sandbox) -> Iterator[Tree]:
    tree = Tree(tmp_path, sandbox, **killing.QUICK)
    yield tree
    tree.kill()


def fill_the_disk(tree: Tree, size: int) -> None:
    """From now on the tree's processes can make no file larger than so many bytes."""
    for pid in marked(f"{MARK}={tree.environment[MARK]}"):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def until_delivered(tree: Tree, count: int) -> None:
    sql = "SELECT count(*) FROM declarations_declaration WHERE state = 'delivered'"
    end = time.monotonic() + 30
    while tree.ask(sql) != [(count,)]:
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_every_process_outlives_a_disk_that_is_away_and_one_that_is_full(
    tree: Tree, sandbox: Sandbox
) -> None:
    tree.start()
    tree.until_ready()
    browser = Browser(tree.port, sessions(tree, 1)[0])
    forms = [browser.filled(f"Checkout is slow {number}") for number in range(8)]
    bodies = [urlencode(form or {}, doseq=True) for form in forms]

    move(tree.database, away(tree.database))
    answers = [browser.send("POST", FORM, body)[0] for body in bodies[:6]]
    assert set(answers) <= {303, 503}, "who has the file open still has it; nobody begins a new one"
    assert not tree.database.exists()
    assert status(tree.port, "/healthz") == 200
    move(away(tree.database), tree.database)
    again = [browser.send("POST", FORM, body)[0] for body in bodies[:6]]
    assert again == [303] * 6
    until_delivered(tree, 6)

    fill_the_disk(tree, 4096)
    code, page = browser.send("POST", FORM, bodies[6])
    assert code == 503
    assert "Checkout is slow 6" in page, "what was typed is kept"
    assert status(tree.port, "/healthz") == 200
    assert tree.ask("SELECT count(*) FROM declarations_declaration") == [(6,)]
    fill_the_disk(tree, resource.RLIM_INFINITY)
    assert [browser.send("POST", FORM, body)[0] for body in bodies[6:]] == [303, 303]
    until_delivered(tree, 8)
    assert len(sandbox.incidents()) == 8
