"""What holds the whole queue, what breaks it, and what lets it go on."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import claims, queue, work
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.queue import Cause
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.people import Person
from tests.support.sandbox import Sandbox

CREATE = {"method": "POST", "path": "/incidents$"}
LIST = {"method": "GET", "path": "/incidents$"}


@pytest.fixture
def rows(connected: Sandbox, reporter: User) -> list[Declaration]:
    """Four saved declarations that nobody has tried to deliver."""
    return [make_declaration(reporter, upstream=connection.upstream()) for _ in range(4)]


def once(row: Declaration) -> State:
    """One round of work on it, as if it were due; its state afterwards."""
    Declaration.objects.filter(pk=row.pk, due_at__isnull=False).update(due_at=Now())
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    row.refresh_from_db()
    return State(row.state)


def course() -> queue.Course:
    return queue.course(connection.upstream())


def hold(cause: Cause) -> None:
    queue.hold(connection.upstream(), "Held for a test.", cause)


def is_due(row: Declaration) -> bool:
    return Declaration.objects.filter(pk=row.pk, due_at__lte=Now()).exists()


def probe() -> tuple[Any, int] | None:
    """The next probe, as if it were time."""
    Upstream.objects.update(wait_until=Now())
    return queue.probe(connection.upstream())


HOLDING = [
    ({"kind": "status", "status": 401}, Cause.TOKEN),
    ({"kind": "redirect"}, Cause.PATH),
    *(({"kind": "status", "status": status}, Cause.PATH) for status in (404, 405, 406, 415)),
]


@pytest.mark.parametrize(("fault", "cause"), HOLDING, ids=str)
def test_what_is_about_the_set_up_holds_the_queue_and_loses_nothing(
    connected: Sandbox, rows: list[Declaration], fault: dict[str, Any], cause: Cause
) -> None:
    connected.fault(**CREATE, **fault)
    assert once(rows[0]) == State.QUEUED
    now = course()
    assert (now.held_for, bool(now.held), now.runs) == (cause, True, False)
    assert now.next_probe_at is not None
    assert is_due(rows[0]), "the hold alone keeps it"
    assert not queue.may_send(connection.upstream())
    work.try_now(rows[1].pk)
    assert len(connected.requests("POST", "/incidents")) == 1, "nothing is tried inline"


def test_settings_that_can_not_be_used_hold_it_until_they_can(
    connected: Sandbox, rows: list[Declaration], settings: Settings
) -> None:
    settings.ROOTLY_API_TOKEN = ""
    assert once(rows[0]) == State.QUEUED
    assert course().held_for == Cause.SETTINGS
    settings.ROOTLY_API_TOKEN = connected.token
    connected.fault(**CREATE, kind="status", status=503)
    once(rows[1])
    assert course().held == "", "whatever came of the call: it could be made"


ANSWERS = {
    "201": None,
    "422": {"kind": "validation", "errors": {"title": ["is odd"]}},
    "403": {"kind": "status", "status": 403},
    "401": {"kind": "status", "status": 401},
    "404": {"kind": "status", "status": 404},
    "429": {"kind": "rate_limit", "seconds": 7},
    "500": {"kind": "status", "status": 500},
    "none": {"kind": "drop_before"},
}
AFTERWARDS = {
    # held for:      201 422 403          401          404          429  500          none
    Cause.TOKEN:     ["", "", "",          "token",     "path",      "", "",          "token"],
    Cause.PATH:      ["", "", "",          "token",     "path",      "", "",          "path"],
    Cause.FORBIDDEN: ["", "", "forbidden", "token",     "path",      "", "",          "forbidden"],
    Cause.BREAKER:   ["", "", "",          "token",     "path",      "", "breaker",   "breaker"],
}  # fmt: skip


@pytest.mark.parametrize("held_for", AFTERWARDS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_any_answer_that_is_not_the_cause_again_releases_it(
    connected: Sandbox, rows: list[Declaration], held_for: Cause, answer: str
) -> None:
    hold(held_for)
    fault = ANSWERS[answer]
    if fault:
        connected.fault(**CREATE, **fault)
    once(rows[0])
    assert course().held_for == AFTERWARDS[held_for][list(ANSWERS).index(answer)]
    if answer == "429":
        assert not course().runs, "the whole token waits as told"


@pytest.mark.parametrize(
    ("held_for", "afterwards"),
    [
        (Cause.TOKEN, ""), (Cause.BREAKER, ""), (Cause.PATH, Cause.PATH),
        (Cause.FORBIDDEN, Cause.FORBIDDEN),
    ],
)  # fmt: skip
def test_a_look_that_is_answered_releases_what_it_can_tell_of(
    connected: Sandbox,
    rows: list[Declaration],
    settings: Settings,
    held_for: Cause,
    afterwards: str,
) -> None:
    settings.DELIVERY_LOOK = (30.0, 5.0)  # it looks, and sends nothing
    connected.fault(**CREATE, kind="drop_before")
    once(rows[0])
    hold(held_for)
    once(rows[0])
    assert course().held_for == held_for, "one that was under way says nothing: it isn't the probe"
    Declaration.objects.exclude(pk=rows[0].pk).update(due_at=from_now(60))
    found = probe()
    assert found is not None
    work.work_on(*found)
    assert course().held_for == afterwards


def test_a_look_that_is_refused_is_not_about_creating(
    connected: Sandbox, rows: list[Declaration]
) -> None:
    for row in rows[:2]:
        connected.fault(**CREATE, kind="drop_before")
        once(row)
    for status in (403, 404):
        for row in rows[:2]:
            connected.fault(**LIST, kind="status", status=status)
            assert once(row) == State.QUEUED
    assert course().held == ""
    once(rows[2])
    assert {once(row) for row in rows[:2]} == {State.QUEUED}, "nobody knows whether they exist"


@pytest.mark.store
def test_what_waited_for_the_hold_alone_is_due_and_what_looks_keeps_its_patience(
    connected: Sandbox, rows: list[Declaration], settings: Settings
) -> None:
    settings.DELIVERY_LOOK = (30.0, 5.0)
    settings.DELIVERY_BACKOFF = (100.0, 300.0)
    connected.fault(**CREATE, kind="drop_before")
    once(rows[0])
    once(rows[0])
    assert not is_due(rows[0]), "it was looked for once, and is again when its time has come"
    connected.down(60)
    once(rows[1])
    assert not is_due(rows[1])
    connected.up()
    hold(Cause.BREAKER)
    assert once(rows[2]) == State.DELIVERED
    assert course().held == ""
    assert is_due(rows[1])
    assert not is_due(rows[0])


@pytest.mark.store
def test_while_held_another_one_is_tried_each_time(
    rows: list[Declaration], settings: Settings
) -> None:
    settings.DELIVERY_PROBE = 60.0
    Declaration.objects.filter(pk=rows[3].pk).update(due_at=from_now(500), failures=9)
    hold(Cause.TOKEN)
    assert queue.probe(connection.upstream()) is None, "not before DELIVERY_PROBE"
    tried = []
    for _ in range(9):
        found = probe()
        assert found is not None
        tried.append(found[0])
        row = Declaration.objects.get(pk=found[0])
        claims.release(row, found[1], State.QUEUED, due_at=Now())
        assert queue.probe(connection.upstream()) is None
    assert set(tried) == {row.pk for row in rows}, "each has its turn, also what waits of itself"
    assert all(one != another for one, another in pairwise(tried))
    Declaration.objects.filter(pk=tried[-1]).update(due_at=from_now(-60))
    found = probe()
    assert found is not None
    assert found[0] != tried[-1], "not even where it has waited longest"
    Declaration.objects.exclude(pk=tried[-1]).delete()
    found = probe()
    assert found is not None
    assert found[0] == tried[-1], "the only one is tried again"


def test_while_held_what_follows_an_incident_is_a_probe_where_nothing_else_waits(
    connected: Sandbox, rows: list[Declaration]
) -> None:
    assert once(rows[0]) == State.DELIVERED
    Declaration.objects.exclude(pk=rows[0].pk).delete()
    Declaration.objects.update(due_at=Now())
    hold(Cause.TOKEN)
    found = probe()
    assert found is not None
    work.work_on(*found)
    assert course().held == ""


def fails(sandbox: Sandbox, row: Declaration, kind: str = "drop_before") -> None:
    """One failed attempt; the next one is sent without a look."""
    sandbox.fault(**CREATE, kind=kind, status=503)
    once(row)
    Attempt.objects.update(is_open=False)


@pytest.mark.store
def test_five_failures_of_at_least_two_declarations_open_the_breaker(
    connected: Sandbox, rows: list[Declaration], settings: Settings
) -> None:
    for _ in range(6):
        fails(connected, rows[0])
    assert course().held == "", "one alone may be to blame itself"
    fails(connected, rows[1], "status")
    assert course().held_for == Cause.BREAKER
    assert course().held
    assert course().held_at is not None


def test_a_rootly_that_is_not_there_opens_it(
    connected: Sandbox, rows: list[Declaration], settings: Settings
) -> None:
    settings.DELIVERY_BACKOFF = (100.0, 300.0)
    connected.down(60)
    for row in (*rows, rows[0]):
        once(row)
    assert course().held_for == Cause.BREAKER
    assert all(is_due(row) for row in rows), "what waited for itself now waits for Rootly alone"


def test_failures_that_are_not_in_a_row_do_not(connected: Sandbox, rows: list[Declaration]) -> None:
    odd: dict[str, Any] = {"kind": "validation", "errors": {"title": ["is odd"]}}
    for each in (None, odd):
        for row in (rows[0], rows[0], rows[1], rows[1]):
            fails(connected, row)
        if each:
            connected.fault(**CREATE, **each)
        once(rows[2 if each is None else 3])
        assert Upstream.objects.get().failures == 0
    assert course().held == ""
    for row in (rows[0], rows[0], rows[1], rows[1]):
        fails(connected, row)
    assert Upstream.objects.get().failures == 4
    connected.fault(**LIST, kind="status", status=503, times=None)
    Attempt.objects.filter(declaration=rows[0]).update(is_open=True)
    once(rows[0])
    assert course().held_for == Cause.BREAKER, "a look that fails counts"


def test_a_second_403_holds_and_then_says_nothing_of_content(
    connected: Sandbox, rows: list[Declaration]
) -> None:
    connected.fault(**CREATE, kind="status", status=403, times=3)
    once(rows[0])
    once(rows[0])
    assert course().held == ""
    once(rows[1])
    assert course().held_for == Cause.FORBIDDEN
    assert once(rows[2]) == State.DELIVERED
    assert {once(row) for row in rows[:2]} == {State.DELIVERED}


@pytest.mark.store
def test_the_one_that_alone_is_forbidden_goes_back_with_rootlys_words(
    connected: Sandbox, rows: list[Declaration]
) -> None:
    body = {"errors": [{"title": "Private incidents need a role"}]}
    connected.fault(**CREATE, kind="status", status=403, body=body)
    assert once(rows[0]) == State.QUEUED
    connected.fault(**CREATE, kind="validation", errors={"title": ["is odd"]})
    assert once(rows[1]) == State.REJECTED
    rows[0].refresh_from_db()
    assert rows[0].state == State.QUEUED, "a refusal is no success"
    assert once(rows[2]) == State.DELIVERED
    rows[0].refresh_from_db()
    assert rows[0].state == State.REJECTED
    assert rows[0].errors["messages"] == ["Private incidents need a role"]
    assert rows[0].idempotency_key == f"{rows[0].pk}-2"


@pytest.mark.parametrize("what", ["at work", "unknown"])
def test_a_forbidden_one_is_left_to_who_works_on_it_and_while_it_may_exist(
    connected: Sandbox, rows: list[Declaration], what: str
) -> None:
    claim: int | None = None
    connected.fault(**CREATE, kind="status", status=403)
    once(rows[0])
    if what == "at work":
        Declaration.objects.filter(pk=rows[0].pk).update(due_at=Now())
        claim = claims.take(rows[0].pk)
    else:
        connected.fault(**CREATE, kind="drop_after")
        once(rows[0])
    assert once(rows[1]) == State.DELIVERED
    rows[0].refresh_from_db()
    assert rows[0].state == (State.DELIVERING if what == "at work" else State.QUEUED)
    if what == "at work":
        assert claim is not None
        assert claims.renew(rows[0].pk, claim)


@pytest.mark.store
def test_what_an_admin_holds_only_an_admin_releases(
    connected: Sandbox, rows: list[Declaration], make_person: Person
) -> None:
    admin = make_person("ada", "admin")
    url = connection.upstream()
    claim = claims.take(rows[1].pk)
    assert claim is not None
    hold(Cause.TOKEN)
    assert queue.hold_by(url, admin, "Rootly is being moved.")
    assert not queue.hold_by(url, admin, "again")
    now = course()
    assert (now.held, now.held_for) == ("Rootly is being moved.", Cause.ADMIN)
    assert (now.held_by_id, now.next_probe_at) == (admin.pk, None)
    work.work_on(rows[1].pk, claim)
    rows[1].refresh_from_db()
    assert rows[1].state == State.QUEUED
    assert connected.requests("POST", "/incidents") == [], "nothing is sent at all"
    assert probe() is None
    hold(Cause.PATH)
    queue.released(rows[0])
    queue.answered(rows[0])
    for _ in range(6):
        once(rows[2])
    assert course().held_for == Cause.ADMIN
    assert queue.release_by(url, admin)
    assert not queue.release_by(url, admin)
    assert course().runs
    assert once(rows[0]) == State.DELIVERED


def test_a_follow_up_that_is_told_to_wait_or_loses_the_token_stops_the_rest(
    connected: Sandbox, rows: list[Declaration]
) -> None:
    read = {"method": "GET", "path": "/incidents/"}
    connected.fault(**read, kind="status", status=401)
    once(rows[0])
    assert course().held_for == Cause.TOKEN
    assert once(rows[1]) == State.DELIVERED
    assert course().runs
    connected.fault(**read, kind="rate_limit", seconds=40, times=None)
    once(rows[2])
    now = course()
    assert now.wait_until is not None
    assert now.clock is not None
    assert timedelta(seconds=20) < now.wait_until - now.clock <= timedelta(seconds=40)


@pytest.mark.store
def test_how_it_stands_costs_one_query(
    rows: list[Declaration], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert course().runs
    hold(Cause.TOKEN)
    with django_assert_num_queries(1):
        assert course().next_probe_at is not None
