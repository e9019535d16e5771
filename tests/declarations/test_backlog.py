"""A backlog from an outage: all of it arrives once, in order, at no more than the rate allowed."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from typing import Any

import pytest
from django.db import connection as database
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import queue, rate, worker
from incidentportal.declarations.labels import LABEL
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.worker import Worker
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.store
MANY = 200
RANKS = (9999, 0, 3000, 1000, 2000)


def save(author: User) -> dict[str, int]:
    """Many declarations of all severities; the severity's rank by id."""
    rows = Declaration.objects.bulk_create(
        Declaration(
            author=author, upstream=connection.upstream(), snapshot_id=1, title=f"No. {number}",
            answers={}, labels=[], payload={"title": f"No. {number}"},
            severity_rank=RANKS[number % len(RANKS)],
        )
        for number in range(MANY)
    )  # fmt: skip
    return {str(row.pk): row.severity_rank for row in rows}


def until_all_are_delivered(seconds: float) -> None:
    waiting = Declaration.objects.exclude(state=State.DELIVERED)
    end = time.monotonic() + seconds
    while (left := waiting.count()) > 0:
        assert time.monotonic() < end, f"{left} were not delivered in time"
        time.sleep(0.1)


def test_what_waited_through_an_outage_arrives_once_in_order_and_at_the_rate_allowed(
    connected: Sandbox, reporter: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DELIVERY_RATE_SHARE = 0.6
    count = 1
    if database.vendor == "postgresql":
        count = 4
        monkeypatch.setattr(worker, "AT_ONCE", 6)  # few connections for one process
    connected.down(60)
    ranks = save(reporter)
    workers = [Worker() for _ in range(count)]
    threads = [threading.Thread(target=each.run) for each in workers]
    for thread in threads:
        thread.start()
    try:
        held = False
        while not held:
            held = queue.course(connection.upstream()).held_for == queue.Cause.BREAKER
            time.sleep(0.02)
        connected.up()
        until_all_are_delivered(60)
    finally:
        for each in workers:
            each.end()
        for thread in threads:
            thread.join()
    assert sorted(each["labels"][LABEL] for each in connected.incidents()) == sorted(ranks)
    posts = connected.requests("POST", "/incidents")
    assert len(posts) == MANY
    in_order(posts, ranks, slack=count * worker.AT_ONCE + 5)
    at_the_rate([each["at"] for each in posts])


def in_order(posts: list[dict[str, Any]], ranks: dict[str, int], slack: int) -> None:
    """Without at most `slack` that were overtaken while they were under way, each was at least as
    urgent as what came after it.
    """
    ends: list[int] = []  # of the ordered rows among them, the longest such choice so far
    for post in posts:
        rank = ranks[post["headers"]["idempotency-key"]]
        place = bisect_right(ends, rank)
        ends[place : place + 1] = [rank]
    assert len(ends) >= len(posts) - slack


def at_the_rate(moments: list[float]) -> None:
    """Never faster than the budget, and it was the budget that bounded them."""
    allowed = rate.budget(3000)
    moments = sorted(moments)
    for seconds in (0.5, 1, 2, 4):
        most = max(
            bisect_left(moments, moment + seconds) - number for number, moment in enumerate(moments)
        )
        # What began in turn may arrive together: as much as a burst is kept free for that.
        assert most <= 2 * allowed.burst + seconds / allowed.interval
    assert moments[-1] - moments[0] > (MANY - 2 * allowed.burst) * allowed.interval
