"""An incident that Rootly doesn't have any more: said, and not asked for without end."""

from __future__ import annotations

from html import unescape

import pytest

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import claims, work
from incidentportal.declarations.declaration_page import KEEPS_TRYING
from incidentportal.declarations.discrepancies import GONE
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.shown import MOST_MISSES
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import once
from tests.support.deciding import buttons, look, press, signed_in
from tests.support.declarations import make_declaration
from tests.support.matrix import settle, turn
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
READ = {"method": "GET", "path": "/incidents/[^/]+$"}


@pytest.fixture
def row(unhurried: Sandbox, reporter: User) -> Declaration:
    """A delivered one that nobody has followed so far; its incident is deleted in Rootly."""
    payload = {"title": "Checkout is slow", "mitigation_message": "Restarted it."}
    row = make_declaration(reporter, upstream=connection.upstream(), payload=payload)
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim, then_follow=False)
    row.refresh_from_db()
    (incident,) = unhurried.incidents()
    unhurried.change_list("incidents", remove=[incident["id"]])
    return row


@BOTH
def test_a_deleted_incident_is_asked_for_a_few_times_and_then_said_to_be_gone(
    unhurried: Sandbox, row: Declaration, visitor: PageClient, dialect: str
) -> None:
    for _ in range(MOST_MISSES - 1):
        turn(row)
        assert row.due_at is not None, "it may not be there yet"
        assert GONE not in unescape(look(visitor, row))
    turn(row)
    page = unescape(look(visitor, row))
    assert (row.state, row.due_at) == (State.DELIVERED, None)
    assert page.count(GONE) == 2, "on the page, and in its text"
    assert KEEPS_TRYING not in page
    assert 'data-look-again="0"' in page
    reads = [each for each in unhurried.requests("GET") if each["path"].endswith(row.incident_id)]
    assert len(reads) == MOST_MISSES


def test_a_person_may_have_a_step_tried_again_alone_and_what_is_back_is_followed(
    unhurried: Sandbox, row: Declaration, visitor: PageClient
) -> None:
    settle(row)
    assert [step["state"] for step in row.open_steps] == ["refused"]
    assert buttons(look(visitor, row)) == {"retry-step"}
    assert press(visitor, row, "retry-step", step="mitigation_message").status_code == 303
    settle(row)
    assert GONE in unescape(look(signed_in(row.author), row))
    unhurried.change_list("incidents", upsert=[{"id": row.incident_id, "title": "Back again"}])
    assert press(visitor, row, "retry-step", step="mitigation_message").status_code == 303
    settle(row)
    assert [step["state"] for step in row.open_steps] == ["done"]
    page = unescape(look(visitor, row))
    assert GONE not in page
    assert "Back again" in page


def test_what_is_only_unavailable_is_asked_for_as_long_as_it_takes(
    unhurried: Sandbox, row: Declaration, visitor: PageClient
) -> None:
    unhurried.fault("status", **READ, status=503, times=None)
    for _ in range(MOST_MISSES + 1):
        turn(row)
    assert row.due_at is not None
    unhurried.clear_faults()
    once(row)
    assert row.due_at is not None, "that was the first time that it was missing"
    assert GONE not in unescape(look(visitor, row))
