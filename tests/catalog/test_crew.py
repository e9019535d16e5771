from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from incidentportal.catalog import crew
from incidentportal.catalog.crew import AT_ONCE, Crew, Question
from incidentportal.rootly.errors import NotSent, RootlyError, Unreadable
from incidentportal.rootly.listing import Listing

NOTHING: Listing[Any] = Listing(())


def _raise(error: RootlyError) -> None:
    raise error


def _question(
    ask: Callable[[], Listing[Any]], then: Callable[[Listing[Any]], None] = lambda _: None
) -> Question:
    return Question(ask, then, _raise)


def test_never_more_than_eight_are_asked_at_once() -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def ask() -> Listing[Any]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        with lock:
            under_way -= 1
        return NOTHING

    asking = Crew()

    def ask_two_more(_: Listing[Any]) -> None:  # as fields lead to placements
        for __ in range(2):
            asking.ask(_question(ask))

    for _ in range(20):
        asking.ask(_question(ask, ask_two_more))
    asking.run(lambda: None)
    assert most == AT_ONCE == 8


def test_answers_are_taken_in_the_callers_thread() -> None:
    taken = []
    asking = Crew()
    for _ in range(4):
        asking.ask(_question(lambda: NOTHING, lambda _: taken.append(threading.current_thread())))
    asking.run(lambda: None)
    assert taken == [threading.current_thread()] * 4


def test_the_first_error_drops_what_was_not_asked_and_waits_for_the_rest() -> None:
    asked, came_back = [], []

    def slow() -> Listing[Any]:
        asked.append(1)
        time.sleep(0.05)
        came_back.append(1)
        return NOTHING

    def fail() -> Listing[Any]:
        raise NotSent("Rootly could not be reached.")

    asking = Crew()
    asking.ask(_question(fail))
    for _ in range(100):
        asking.ask(_question(slow))
    with pytest.raises(NotSent):
        asking.run(lambda: None)
    assert len(asked) == len(came_back) < 20


def test_what_nobody_foresaw_is_raised_too() -> None:
    def broken() -> Listing[Any]:
        raise ZeroDivisionError

    asking = Crew()
    asking.ask(_question(broken))
    with pytest.raises(ZeroDivisionError):
        asking.run(lambda: None)


def test_answers_that_lead_on_for_ever_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "MOST_ASKED", 50)
    asking = Crew()

    def more(_: Listing[Any]) -> None:
        asking.ask(_question(lambda: NOTHING, more))

    asking.ask(_question(lambda: NOTHING, more))
    with pytest.raises(Unreadable, match="more than 50 lists"):
        asking.run(lambda: None)


def test_the_beat_goes_on_while_rootly_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "BEAT_EVERY", 0.01)
    beats = []

    def slow() -> Listing[Any]:
        time.sleep(0.1)
        return NOTHING

    asking = Crew()
    asking.ask(_question(slow))
    asking.run(lambda: beats.append(1))
    assert len(beats) > 3


def test_a_beat_that_raises_ends_the_asking() -> None:
    class OverError(Exception):
        pass

    def over() -> None:
        raise OverError

    asked = []

    def ask() -> Listing[Any]:
        asked.append(1)
        time.sleep(0.02)
        return NOTHING

    asking = Crew()
    for _ in range(50):
        asking.ask(_question(ask))
    with pytest.raises(OverError):
        asking.run(over)
    time.sleep(0.1)
    assert len(asked) < 50
