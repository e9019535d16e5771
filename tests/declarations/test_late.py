"""What arrives late, what can't be looked for, and which key comes next: in Rootly's own record
there is never a second incident that the portal doesn't tell of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import arrival, claims, delivery, work
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.matrix import (
    CANT_TELL,
    CREATE,
    LIST,
    UNCLEAR,
    is_delivered,
    keys,
    made,
    seen,
    settle,
    turn,
    until,
)
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

VAGUE: dict[str, Any] = {"kind": "validation", "errors": {"title": ["is too vague"]}}
BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
KEYS = pytest.mark.parametrize("idempotency", ["honour", "ignore"])


@pytest.fixture
def row(alone: Sandbox, reporter: User) -> Declaration:
    """A saved declaration that nobody has tried to deliver."""
    return make_declaration(reporter, upstream=connection.upstream())


def overtake(sandbox: Sandbox, row: Declaration, settings: Settings) -> None:
    """A first attempt that hangs in Rootly, its work undone, while the portal gives up on it."""
    sandbox.fault(**CREATE, kind="hang", seconds=600)
    settings.DELIVERY_TIMEOUT = 0.3
    turn(row)
    settings.DELIVERY_TIMEOUT = 25
    assert row.state == State.QUEUED
    assert made(sandbox, row) == []


def arrive(sandbox: Sandbox, row: Declaration, incidents: int) -> None:
    """Now the first attempt does its work, though nobody listens any more."""
    asked = len(sandbox.requests("POST", "/incidents"))
    sandbox.let_go()
    until(lambda: all(post["status"] for post in sandbox.requests("POST", "/incidents")))
    assert len(sandbox.requests("POST", "/incidents")) == asked
    assert len(made(sandbox, row)) == incidents


@BOTH
@KEYS
def test_the_first_request_arrives_between_two_looks(
    alone: Sandbox, row: Declaration, visitor: PageClient, settings: Settings, idempotency: str
) -> None:
    alone.switch(idempotency=idempotency)
    overtake(alone, row, settings)
    turn(row)
    assert row.state == State.QUEUED
    arrive(alone, row, 1)
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(alone, row)) == 1
    assert keys(alone, row) == ("",)
    assert seen(visitor, row).state == "delivered"


@BOTH
def test_the_first_request_arrives_after_the_second_and_its_key_is_honoured(
    alone: Sandbox, row: Declaration, visitor: PageClient, settings: Settings
) -> None:
    overtake(alone, row, settings)
    settle(row, is_delivered)
    arrive(alone, row, 1)
    settle(row)
    assert row.state == State.DELIVERED
    assert keys(alone, row) == ("", "")
    assert row.twins == []
    assert row.second_look_at is None, "it was looked for once more"


@BOTH
def test_the_first_request_arrives_after_the_second_and_its_key_is_ignored(
    alone: Sandbox,
    row: Declaration,
    visitor: PageClient,
    admin_page: PageClient,
    settings: Settings,
) -> None:
    alone.switch(idempotency="ignore")
    overtake(alone, row, settings)
    settle(row, is_delivered)
    known = row.incident["number"]
    arrive(alone, row, 2)
    settle(row)
    assert row.state == State.DELIVERED
    assert row.incident["number"] == known
    (twin,) = [each for each in made(alone, row) if each["sequential_id"] != known]
    assert [each["number"] for each in row.twins] == [twin["sequential_id"]]
    for page in (seen(visitor, row), seen(admin_page, row)):
        assert page.state == "delivered"
        assert str(twin["sequential_id"]) in page.text
    assert len(made(alone, row)) == 2, "the portal deletes nothing"
    assert keys(alone, row) == ("", "")


def test_the_first_request_arrives_when_the_second_was_refused_and_is_being_corrected(
    unhurried: Sandbox, reporter: User, visitor: PageClient, settings: Settings
) -> None:
    row = make_declaration(reporter, upstream=connection.upstream())
    unhurried.switch(idempotency="ignore")
    overtake(unhurried, row, settings)
    unhurried.fault(**CREATE, **VAGUE)
    settle(row)
    assert row.state == State.REJECTED
    arrive(unhurried, row, 1)
    correct(visitor, row, "Checkout answers 500")
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(unhurried, row)) == 1 + len(row.twins), "no second one that isn't told of"


LOOKS_THAT_FAIL: dict[str, dict[str, Any]] = {
    "not-found": {"kind": "status", "status": 404},
    "malformed": {"kind": "malformed"},
    "empty": {"kind": "status", "status": 200},
    "html": {"kind": "status", "status": 200, "body": "<h1>Hi</h1>", "content_type": "text/html"},
    "no-list": {"kind": "status", "status": 200, "body": {"message": "fine"}},
    "conflict": {"kind": "status", "status": 409},
}


@pytest.mark.parametrize("fault", LOOKS_THAT_FAIL.values(), ids=LOOKS_THAT_FAIL)
@pytest.mark.parametrize("cause", ["drop_before", "drop_after"])
def test_a_look_that_fails_is_no_look(
    alone: Sandbox, row: Declaration, visitor: PageClient, fault: dict[str, Any], cause: str
) -> None:
    alone.fault(**CREATE, kind=cause)
    turn(row)
    alone.fault(**LIST, **fault, times=None)
    for _ in range(4):
        assert turn(row).state == State.QUEUED
    assert keys(alone, row) == ("",), "nothing is sent while nobody could look"
    assert seen(visitor, row).state == "queued"
    assert row.attempts.get().is_open
    alone.clear_faults()
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(alone, row)) == 1
    assert keys(alone, row) == (("",) if cause == "drop_after" else ("", ""))


def _second_page_fails(sandbox: Sandbox) -> None:
    sandbox.switch(page_size_max=1)
    for _ in range(4):  # each look reads its first page well
        sandbox.fault("malformed", method="GET", path="/incidents$", skip=1)


def _entry_without_id(sandbox: Sandbox) -> None:
    sandbox.change_list("incidents", raw=[{"title": "Checkout is slow"}])


def _endless(sandbox: Sandbox) -> None:
    body = {"data": [{"id": "7", "type": "incidents", "attributes": {"title": "Other"}}]}
    around = {"links": {"next": "/v1/incidents?page[number]=2"}}
    sandbox.fault("status", **LIST, status=200, body={**body, **around}, times=None)


@BOTH
@pytest.mark.parametrize("spoil", [_second_page_fails, _entry_without_id, _endless])
def test_a_list_that_can_not_be_read_to_its_end_is_no_look(
    alone: Sandbox,
    reporter: User,
    visitor: PageClient,
    spoil: Callable[[Sandbox], None],
) -> None:
    for title in ("One", "Two"):
        settle(make_declaration(reporter, upstream=connection.upstream(), payload={"title": title}))
    row = make_declaration(reporter, upstream=connection.upstream())
    alone.fault(**CREATE, kind="drop_before")
    turn(row)
    spoil(alone)
    for _ in range(4):
        assert turn(row).state == State.QUEUED
    assert keys(alone, row) == ("",)
    assert made(alone, row) == []
    alone.clear_faults()
    alone.change_list("incidents", raw=[])
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(alone, row)) == 1
    assert keys(alone, row) == ("", "")


@pytest.mark.parametrize("known", [True, False], ids=["known", "first-contact"])
@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("cause", ["drop_after", "drop_before"])
def test_the_look_goes_by_rootlys_clock(
    alone: Sandbox, reporter: User, hours: int, cause: str, *, known: bool
) -> None:
    alone.switch(clock_offset_s=hours * 3600, idempotency="ignore")
    if known:
        settle(make_declaration(reporter, upstream=connection.upstream(), payload={"title": "One"}))
    row = make_declaration(reporter, upstream=connection.upstream())
    alone.fault(**CREATE, kind=cause)
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(alone, row)) == 1
    assert keys(alone, row) == (("",) if cause == "drop_after" else ("", ""))


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_lookalike_is_dated_by_rootlys_clock(
    alone: Sandbox, row: Declaration, visitor: PageClient, hours: int
) -> None:
    alone.switch(clock_offset_s=hours * 3600, labels="drop")
    alone.fault(**CREATE, kind="drop_after")
    settle(row)
    assert row.state == State.UNCONFIRMED
    assert len(made(alone, row)) == 1
    assert CANT_TELL in seen(visitor, row).text


def correct(visitor: PageClient, row: Declaration, title: str) -> None:
    form = Form(visitor, f"/declarations/{row.pk}/")
    status = form.send(**form.filled(title=title)).status_code
    row.refresh_from_db()
    assert status == (422 if row.state == State.REJECTED else 303)


SEQUENCES: dict[str, tuple[tuple[dict[str, Any], ...], tuple[str, ...]]] = {
    # what the calls meet in turn, and the keys they are sent with; a 422 is corrected each time
    "lost-twice": (({"kind": "drop_before"},) * 2, ("", "", "")),
    "lost-then-slowed": (
        ({"kind": "drop_before"}, {"kind": "rate_limit", "seconds": 5}), ("", "", ""),
    ),
    "lost-then-unauthorised": (
        ({"kind": "drop_before"}, {"kind": "status", "status": 401}), ("", "", ""),
    ),
    "lost-then-forbidden": (
        ({"kind": "drop_before"}, {"kind": "status", "status": 403}), ("", "", ""),
    ),
    "lost-then-refused": (({"kind": "drop_before"}, VAGUE), ("", "", "-2")),
    "refused-then-lost": ((VAGUE, {"kind": "drop_before"}), ("", "-2", "-2")),
    "refused-then-made": ((VAGUE, {"kind": "drop_after"}), ("", "-2")),
    "refused-twice": ((VAGUE, VAGUE), ("", "-2", "-3")),
    "refused-then-lost-then-refused": (
        (VAGUE, {"kind": "drop_before"}, VAGUE), ("", "-2", "-2", "-3"),
    ),
    "slowed-then-unauthorised-then-503": (
        (
            {"kind": "rate_limit", "seconds": 5},
            {"kind": "status", "status": 401},
            {"kind": "status", "status": 503},
        ),
        ("", "", "", ""),
    ),
}  # fmt: skip


@KEYS
@pytest.mark.parametrize(("faults", "asked"), SEQUENCES.values(), ids=SEQUENCES)
def test_the_key_changes_after_a_definite_refusal_and_never_while_an_outcome_is_unknown(
    unhurried: Sandbox,
    reporter: User,
    visitor: PageClient,
    faults: tuple[dict[str, Any], ...],
    asked: tuple[str, ...],
    idempotency: str,
) -> None:
    row = make_declaration(reporter, upstream=connection.upstream())
    unhurried.switch(idempotency=idempotency)
    for fault in faults:
        unhurried.fault(**CREATE, **fault)
    for _ in range(len(faults) + 1):
        settle(row)
        if row.state == State.REJECTED:
            correct(visitor, row, "Checkout answers 500")
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(unhurried, row)) == 1
    assert keys(unhurried, row) == asked
    attempts = tuple(attempt.idempotency_key for attempt in row.attempts.all())
    assert attempts == tuple(f"{row.pk}{key}" for key in asked)


def test_a_private_one_that_is_not_seen_is_delivered_where_an_answer_came(
    alone: Sandbox, reporter: User, visitor: PageClient
) -> None:
    alone.switch(hide_private=True)
    payload = {"title": "Breach", "private": True}
    row = make_declaration(reporter, upstream=connection.upstream(), payload=payload)
    alone.down(60)
    turn(row)
    alone.up()
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(alone, row)) == 1
    assert keys(alone, row) == ("",)
    assert seen(visitor, row).state == "delivered"


def test_the_page_says_what_is_unclear_while_rootly_is_down_for_looks(
    alone: Sandbox, row: Declaration, visitor: PageClient
) -> None:
    alone.fault(**CREATE, kind="drop_after")
    turn(row)
    assert UNCLEAR in seen(visitor, row).text
    alone.fault(**LIST, kind="status", status=401, times=None)
    turn(row)
    assert row.state == State.QUEUED
    assert seen(visitor, row).held, "a token that no look is answered for holds the queue"
    alone.clear_faults()
    settle(row)
    assert row.state == State.DELIVERED
    assert len(made(alone, row)) == 1
    assert not seen(visitor, row).held


def test_a_look_that_comes_before_its_time_sends_nothing(alone: Sandbox, row: Declaration) -> None:
    alone.fault(**CREATE, kind="drop_before")
    turn(row)
    turn(row)
    Declaration.objects.update(due_at=Now())  # as where a clock is set ahead
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    assert len(alone.requests("GET", "/incidents")) == 2
    assert keys(alone, row) == ("",)
    settle(row)
    assert keys(alone, row) == ("", "")


def test_who_holds_it_sends_nothing_once_its_incident_is_known(
    alone: Sandbox, row: Declaration
) -> None:
    """It read the row and looked; then an answer came to somebody who had it before."""
    claim = claims.take(row.pk)
    assert claim is not None
    connection.client().create_incident(row.payload, idempotency_key="as if it came late")
    incident = connection.client().incident(alone.incidents()[0]["id"])
    seen = Declaration.objects.get(pk=row.pk)
    arrival.store_incident(Declaration.objects.get(pk=row.pk), incident)
    assert not claims.renew(row.pk, claim)
    delivery.deliver(seen, claim)
    assert keys(alone, row) == ()
    assert is_delivered(Declaration.objects.get(pk=row.pk))
