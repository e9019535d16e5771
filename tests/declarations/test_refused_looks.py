"""A token that may make incidents and not list them: no look ever tells, and a person decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import decisions, facts
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import once
from tests.support.deciding import alert, buttons, look, press
from tests.support.declarations import make_declaration
from tests.support.matrix import (
    CANT_TELL,
    CREATE,
    LIST,
    keys,
    made,
    pass_time,
    seen,
    settle,
    turn,
)
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

FORBIDDEN: dict[str, Any] = {**LIST, "kind": "status", "status": 403}


@pytest.fixture
def row(alone: Sandbox, reporter: User, settings: Settings) -> Declaration:
    """One whose attempt got no answer, though Rootly made its incident."""
    settings.DELIVERY_LOOK = (30, 5)
    row = make_declaration(reporter, upstream=connection.upstream())
    alone.fault(**CREATE, kind="drop_after")
    return turn(row)


def test_looks_that_are_refused_twice_some_time_apart_leave_it_to_a_person(
    alone: Sandbox, row: Declaration, visitor: PageClient
) -> None:
    alone.fault(**FORBIDDEN, times=None)
    for _ in range(3):
        assert once(row).state == State.QUEUED, "the right may just be missing for a moment"
    pass_time(31)
    assert once(row).state == State.UNCONFIRMED
    assert (row.due_at, row.attempts.get().is_open) == (None, True)
    page = seen(visitor, row)
    assert page.state == "unconfirmed"
    assert CANT_TELL in page.text
    assert facts.MAY_NOT in page.text
    assert facts.NOT_NOW not in page.text
    assert buttons(look(visitor, row)) == {"this-one", "not-there"}
    assert keys(alone, row) == ("",)


@pytest.mark.parametrize("between", ["answered", "unavailable"])
def test_only_what_is_answered_in_between_begins_anew(
    alone: Sandbox, row: Declaration, between: str
) -> None:
    alone.change_list("incidents", remove=[made(alone, row)[0]["id"]])
    alone.fault(**FORBIDDEN)
    if between == "unavailable":
        alone.fault(**LIST, kind="status", status=503, times=None)
    once(row)
    once(row)
    alone.clear_faults()
    alone.fault(**FORBIDDEN)
    pass_time(31)
    ends = State.QUEUED if between == "answered" else State.UNCONFIRMED
    assert once(row).state == ends
    assert keys(alone, row) == ("",)


@pytest.mark.parametrize("reads", [True, False])
def test_somebody_says_which_one_it_is_although_the_portal_may_not_list_them(
    alone: Sandbox, row: Declaration, visitor: PageClient, *, reads: bool
) -> None:
    (incident,) = made(alone, row)
    alone.fault(**{**FORBIDDEN, "path": "/incidents$" if reads else "/incidents"}, times=None)
    once(row)
    pass_time(31)
    assert once(row).state == State.UNCONFIRMED
    alone.change_list("incidents", upsert=[{"id": "other", "title": "Other", "private": True}])
    assert press(visitor, row, "this-one", incident_id="no such").status_code == 422
    if reads:
        assert press(visitor, row, "this-one", incident_id="other").status_code == 422
    response = press(visitor, row, "this-one", incident_id=incident["id"])
    assert response.status_code == 303, alert(response)
    row.refresh_from_db()
    assert (row.state, row.incident_id) == (State.DELIVERED, incident["id"])
    said = re.search(re.escape(facts.UNCHECKED), look(visitor, row))
    assert (said is None) == reads


def test_what_a_person_says_is_not_there_is_sent_again_and_then_looked_for_as_before(
    alone: Sandbox, row: Declaration
) -> None:
    alone.fault(**FORBIDDEN, times=None)
    once(row)
    pass_time(31)
    once(row)
    alone.fault(**CREATE, kind="drop_before")
    decisions.not_there(row.pk, row.author)
    turn(row)
    assert once(row).state == State.QUEUED, "refused but once since that attempt"
    alone.clear_faults()
    settle(row)
    assert row.state == State.DELIVERED
    assert keys(alone, row) == ("", "")
