"""A shared list: read in the background, while somebody uses it, and kept when a reading fails."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from incidentportal.catalog import feed as feeding
from incidentportal.catalog.feed import Feed, Held
from incidentportal.catalog.options import Option, OptionList
from incidentportal.rootly.errors import NotSent, RateLimited
from tests.support.sandbox import ROOT


def holding(*names: str) -> Held:
    return Held({"all": OptionList(Option(name, name) for name in names)}, is_complete=True)


class Rootly:
    """What a feed reads: the next answer, an error raised; counts how often it is asked."""

    def __init__(self, *answers: Held | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.goes_on = threading.Event()
        self.goes_on.set()

    def read(self) -> Held:
        self.asked += 1
        assert self.goes_on.wait(10)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_whoever_uses_it_never_waits_for_a_reading() -> None:
    rootly = Rootly(holding("a"))
    rootly.goes_on.clear()
    feed = Feed("things", rootly.read)
    assert feed.use().lists == {}
    assert not feed.use().is_complete
    rootly.goes_on.set()
    assert feed.wait(5)
    assert "a" in feed.use().lists["all"]
    feed.stop()


def test_it_is_read_again_while_it_is_used_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "REFRESH_EVERY", 0.05)
    monkeypatch.setattr(feeding, "IDLE_AFTER", 0.2)
    rootly = Rootly(holding("a"), holding("b"))
    feed = Feed("things", rootly.read)
    feed.use()
    assert feed.wait(5, rounds=2)
    assert "b" in feed.peek().lists["all"]
    end = time.monotonic() + 5
    while any(thread.name == "live-things" for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.01)
    asked = rootly.asked
    feed.use()
    assert feed.wait(5, rounds=asked + 1), "the next use takes it up again"
    feed.stop()


def test_a_failed_reading_keeps_the_last_list_and_the_next_ones_wait_longer() -> None:
    feed = Feed("things", Rootly(holding("a"), NotSent("down"), ValueError("odd")).read)
    assert feed.refresh()
    waits = []
    for _ in range(3):
        assert not feed.refresh()
        waits.append(feed._next_at - time.monotonic())
        assert "a" in feed.peek().lists["all"]
        assert feed.problem
    assert feeding.REFRESH_EVERY < waits[0] < waits[1] < waits[2] <= feeding.LONGEST_WAIT


def test_rootly_says_how_long_to_wait() -> None:
    feed = Feed("things", Rootly(RateLimited("slow down", retry_after=90)).read)
    feed.refresh()
    assert feed._next_at - time.monotonic() > 80


def test_warming_starts_the_first_reading_alone() -> None:
    rootly = Rootly(holding("a"))
    feed = Feed("things", rootly.read)
    for _ in range(3):
        feed.warm()
    assert feed.wait(5)
    feed.warm()
    assert rootly.asked == 1
    feed.stop()


def test_a_feed_in_use_does_not_keep_a_process_from_ending() -> None:
    program = (
        "import time\n"
        "from incidentportal.catalog.feed import Feed\n"
        "Feed('things', lambda: time.sleep(60)).use()\n"
        "print('done')\n"
    )
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout) == (0, "done\n")
    assert time.monotonic() - began < 20
