"""The budget of writes: one token's, by the database's clock, shared by whoever writes."""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection as rootly
from incidentportal.declarations import claims, queue, rate, turns, work
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.rate import WINDOW, Budget, budget
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

HERE = "http://127.0.0.1:9/v1"


def most_in_a_window(moments: list[float], window: float = WINDOW) -> int:
    """The most of these moments that any window holds."""
    moments = sorted(moments)
    first = most = 0
    for number, moment in enumerate(moments):
        while moment - moments[first] >= window:
            first += 1
        most = max(most, number - first + 1)
    return most


def granted(most: Budget, wishes: list[float]) -> list[float]:
    """When writes begin of those that ask at these moments and wait for their turn."""
    until, begun, now = 0.0, [], 0.0
    for wish in sorted(wishes):
        now = max(now, wish)
        now += most.wait(max(0.0, until - now))
        assert most.free(max(0.0, until - now)) >= 1
        until = max(until, now) + most.interval
        begun.append(now)
    return begun


@hypothesis_settings(deadline=None, max_examples=50)
@given(st.integers(1, 6000), st.floats(0.05, 1), st.integers(0, 10**6))
def test_no_window_holds_more_than_the_share_whenever_they_come(
    limit: int, share: float, seed: int
) -> None:
    dice = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.DELIVERY_RATE_SHARE", share, raising=False)
        allowed = max(1, int(limit * share))
        wishes = [dice.choice([0, dice.uniform(0, 200)]) for _ in range(min(3 * allowed, 1500))]
        begun = granted(budget(limit), wishes)
        most = most_in_a_window([moment + 1e-9 * n for n, moment in enumerate(begun)])
        assert most <= allowed
        busy = [moment for moment in granted(budget(limit), [0.0] * 1500) if moment < 10 * WINDOW]
        if allowed >= 50 and len(busy) < 1500:
            assert len(busy) > 0.9 * allowed * 10, "it leaves much of its share unused"


@pytest.mark.store
@pytest.mark.django_db
def test_a_write_costs_one_update_and_the_database_says_when_it_is_too_many() -> None:
    queue.known(HERE)
    with CaptureQueriesContext(connection) as queries:
        assert rate.take(HERE, 100)
    assert [each["sql"].split()[0] for each in queries] == ["UPDATE"]
    assert not rate.take(HERE, 100), "80 a minute: one at a time"
    assert 0.2 < queue.course(HERE).spent < 1
    Upstream.objects.update(rate_at=from_now(-1))
    assert rate.take(HERE, 100)


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_of_many_that_ask_at_once_no_more_than_a_burst_is_let_through() -> None:
    queue.known(HERE)
    together = threading.Barrier(8)
    let_through: list[bool] = []

    def ask() -> None:
        together.wait()
        try:
            let_through.extend(rate.take(HERE, 200) for _ in range(4))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 160 a minute: 3 at once, and one more each 0.4 s that it took.
    assert budget(200).burst == 3
    assert 3 <= sum(let_through) <= 8


@pytest.mark.django_db
def test_another_limit_that_rootly_names_is_learnt_unless_it_counts_something_else() -> None:
    upstream = queue.known(HERE)
    for told, kept in ((600, 600), (None, 600), (5, 600), (10**6, 600), (3000, 3000)):
        rate.learn(upstream, told)
        upstream.refresh_from_db()
        assert upstream.write_limit == kept


def test_the_limit_of_an_answer_counts(connected: Sandbox, reporter: User) -> None:
    connected.switch(rate_limit=1200)
    row = make_declaration(reporter, upstream=rootly.upstream())
    deliver(row)
    assert Upstream.objects.get().write_limit == 1200


def test_every_write_is_counted_and_reads_are_not(
    connected: Sandbox, reporter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected.switch(inline_values="drop")
    fields = {item["name"]: item["id"] for item in connected.records("form_fields")}
    values = [{"form_field_id": fields["What customers see"], "value": "A white page"}]
    row = make_declaration(
        reporter, upstream=rootly.upstream(),
        payload={
            "title": "Checkout", "form_field_selections_attributes": values,
            "mitigation_message": "Rolled back",
        },
    )  # fmt: skip
    # Beginning from now nothing was spent, and an hour per write shows how many were counted.
    monkeypatch.setattr(rate, "budget", lambda _: Budget(1000, 3600.0))
    deliver(row)
    writes = [each for each in connected.requests() if each["method"] != "GET"]
    assert len(writes) >= 3
    assert round(queue.course(rootly.upstream()).spent / 3600) == len(writes)


def deliver(row: Declaration) -> None:
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    row.refresh_from_db()


def spend(url: str, seconds: float = 3600) -> None:
    """Nothing of the budget is left for so long."""
    queue.known(url)
    Upstream.objects.filter(url=url).update(rate_at=from_now(seconds))


def test_without_budget_a_claimed_row_is_given_back_untouched(
    connected: Sandbox, reporter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    row = make_declaration(reporter, upstream=rootly.upstream())
    spend(rootly.upstream())
    deliver(row)
    assert row.state == State.QUEUED
    assert (row.failures, Attempt.objects.count()) == (0, 0)
    assert connected.requests("POST", "/incidents") == []
    assert claims.take(row.pk), "it is due"


def test_without_budget_a_request_leaves_it_to_the_worker_at_once(
    connected: Sandbox, reporter: User, settings: Settings
) -> None:
    spend(rootly.upstream())
    row = make_declaration(reporter, upstream=rootly.upstream())
    work.try_now(row.pk)
    row.refresh_from_db()
    assert (row.state, row.claim) == (State.QUEUED, 0)
    assert queue.course(rootly.upstream()).free == 0, "its page can say so"
