"""Each attempt says how it ended and what comes next; who lost its claim does nothing else."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection as database
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import claims, delivery, queue, submission, work
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import CREATE, once, posts, until
from tests.support.declarations import make_declaration
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

ENDS: list[tuple[dict[str, Any] | None, str, str, bool]] = [
    # the fault, what comes next, the state by then, and whether it has a time
    (None, "", State.DELIVERED, False),
    ({"kind": "drop_after"}, "look", State.QUEUED, True),
    ({"kind": "status", "status": 503}, "look", State.QUEUED, True),
    ({"kind": "rate_limit", "style": "retry_after", "seconds": 7}, "wait", State.QUEUED, True),
    ({"kind": "status", "status": 401}, "hold", State.QUEUED, True),
    ({"kind": "status", "status": 403}, "forbidden", State.QUEUED, True),
    ({"kind": "validation", "errors": {"title": ["is vague"]}}, "return", State.REJECTED, False),
    ({"kind": "validation", "errors": {"labels": ["no"]}}, "retry", State.QUEUED, True),
]


@pytest.mark.parametrize(("fault", "follows", "state", "timed"), ENDS, ids=str)
def test_an_attempt_says_what_comes_next_and_when(
    connected: Sandbox, row: Declaration, fault: dict[str, Any] | None, follows: str, state: str,
    *, timed: bool,
) -> None:  # fmt: skip
    if fault:
        connected.fault(**CREATE, **fault, times=1)
    assert once(row).state == state
    attempt = row.attempts.get()
    assert (attempt.next, attempt.next_at is not None) == (follows, timed)
    assert attempt.finished_at is not None
    assert attempt.is_open is (follows == "look")
    if follows == "wait":
        assert attempt.next_at is not None
        assert 6 <= (attempt.next_at - attempt.finished_at).total_seconds() <= 8


def test_what_never_left_is_tried_again(
    connected: Sandbox, row: Declaration, settings: Settings
) -> None:
    connected.down(60)
    once(row)
    connected.up()
    attempt = row.attempts.get()
    assert (attempt.outcome, attempt.next, attempt.is_open) == ("NotSent", "retry", False)
    assert attempt.next_at is not None


@pytest.mark.parametrize("status", [201, 422, 503, 401, 403, 429])
def test_who_lost_its_claim_stores_its_answer_and_nothing_else(
    connected: Sandbox, row: Declaration, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Its lease ended while Rootly answered; another one has the row."""
    if status != 201:
        connected.fault(**CREATE, kind="status", status=status, times=1)
    begin = delivery._begin

    def loses(declaration: Declaration, claim: int, payload: Any) -> Attempt | None:
        attempt = begin(declaration, claim, payload)
        ends = {"claimed_until": claims.from_now(-1)}
        Declaration.objects.filter(pk=declaration.pk).update(**ends)
        assert claims.take(declaration.pk) == claim + 1
        return attempt

    monkeypatch.setattr(delivery, "_begin", loses)
    queue.known(row.upstream)
    before = Upstream.objects.values().get()
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    row.refresh_from_db()
    attempt = row.attempts.get()
    assert attempt.finished_at is not None
    assert attempt.status == status
    assert attempt.next == ("look" if status == 503 else "")
    if status == 201:
        assert row.state == State.DELIVERED, "a known incident is never thrown away"
        return
    assert (row.state, row.claim, row.key_number) == (State.DELIVERING, claim + 1, 1)
    assert row.errors == {}
    beside = {name: before[name] for name in ("rate_at", "token")}
    untouched = {**Upstream.objects.values().get(), **beside}
    assert untouched == before


def test_what_another_one_sends_stays_open_for_who_lost_its_claim(
    connected: Sandbox, row: Declaration
) -> None:
    """Its looks found nothing; meanwhile the row was taken over and sent."""
    first = claims.take(row.pk)
    Declaration.objects.filter(pk=row.pk).update(claimed_until=claims.from_now(-1))
    second = claims.take(row.pk)
    assert first is not None
    assert second is not None
    row.refresh_from_db()
    Attempt.objects.create(declaration=row, claim=second)
    assert delivery._begin(row, first, {}) is None
    assert row.attempts.get().is_open


def test_earlier_attempts_are_settled_only_by_what_is_sent_after_them(
    connected: Sandbox, row: Declaration
) -> None:
    Attempt.objects.create(declaration=row, claim=1)
    claim = claims.take(row.pk)
    assert claim is not None
    assert delivery._begin(row, claim, {}) is not None
    assert list(row.attempts.values_list("is_open", flat=True)) == [False, True]


@pytest.mark.store
def test_a_row_is_saved_already_claimed_where_its_request_delivers_it(
    connected: Sandbox, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that looks at the first moment finds nothing to take."""
    seen: list[int | None] = []
    save = submission.save

    def looks_at_once(*given: Any, claimed: bool) -> submission.Saved | None:
        saved = save(*given, claimed=claimed)
        seen.append(claims.take(given[0]))
        return saved

    monkeypatch.setattr(submission, "save", looks_at_once)
    connected.fault(**CREATE, kind="validation", errors={"title": ["is vague"]}, times=2)
    assert form.send(**form.filled()).status_code == 422
    assert form.send(**form.filled()).status_code == 422, "a correction likewise"
    assert form.send(**form.filled()).status_code == 303
    assert seen == [None] * 3
    assert Declaration.objects.get().state == State.DELIVERED
    keys = [each["headers"]["idempotency-key"][36:] for each in posts(connected)]
    assert keys == ["", "-2", "-3"]


def test_where_no_place_is_free_it_waits_for_a_worker(
    connected: Sandbox, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_places", threading.BoundedSemaphore(1))
    with work._place(connection.upstream()) as place:
        assert place is not None
        assert form.send(**form.filled()).status_code == 303
    row = Declaration.objects.get()
    assert (row.state, row.claim, posts(connected)) == (State.QUEUED, 0, [])
    work.try_now(row.pk)
    row.refresh_from_db()
    assert row.state == State.DELIVERED, "the place is free again"


def test_where_the_queue_is_held_it_waits_too(connected: Sandbox, form: Form) -> None:
    queue.hold(connection.upstream(), "Rootly is away.")
    assert form.send(**form.filled()).status_code == 303
    assert Declaration.objects.get().state == State.QUEUED
    assert posts(connected) == []


def test_a_place_outlives_the_wait_and_is_free_after_the_call(
    connected: Sandbox, form: Form, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(work, "_places", places)
    settings.DELIVERY_DEADLINE = 0.1
    connected.fault(**CREATE, kind="latency", seconds=1, times=1)
    assert form.send(**form.filled()).status_code == 303
    assert not places.acquire(blocking=False)
    assert Declaration.objects.get().state == State.DELIVERING
    until(lambda: Declaration.objects.filter(state=State.DELIVERED).exists())
    until(lambda: places.acquire(blocking=False))


def test_what_can_not_be_saved_gives_its_place_back(
    connected: Sandbox, reporter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(work, "_places", places)
    row = make_declaration(reporter, upstream=connection.upstream())
    sent = submission.Submission(
        upstream=row.upstream, snapshot_id=1, title="x", answers={}, labels=[], payload={},
        severity_rank=1,
    )  # fmt: skip
    assert work.declare(row.pk, reporter, sent) is False, "it exists, and isn't to be corrected"
    with database.execute_wrapper(_fails), pytest.raises(RuntimeError):
        work.declare(row.pk, reporter, sent)
    assert places.acquire(blocking=False)


def _fails(execute: Any, sql: str, *given: Any) -> Any:
    if sql.startswith("INSERT"):
        raise RuntimeError("gone")
    return execute(sql, *given)
