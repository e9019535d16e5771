"""Two incidents of one declaration: found, kept, told, and never deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import arrival, claims, doubles, findings, follow
from incidentportal.declarations.discrepancies import SHARED
from incidentportal.declarations.labels import LABEL
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from incidentportal.rootly.records import Incident
from tests.declarations.test_delivery import CREATE, once, posts
from tests.support.deciding import fitting
from tests.support.declarations import make_declaration
from tests.support.people import PageClient, Person
from tests.support.sandbox import Sandbox

LIST = {"method": "GET", "path": "/incidents$"}


def appears(sandbox: Sandbox, row: Declaration, *, seconds: float = 0, **said: Any) -> str:
    """An incident with this declaration's label that Rootly made late; its id."""
    made_at = datetime.now(UTC) + timedelta(seconds=seconds)
    before = {str(each["id"]) for each in sandbox.records("incidents")}
    late = {
        "title": "Checkout is slow", "labels": {LABEL: str(row.pk)}, "sequential_id": 4711,
        "created_at": made_at.isoformat(), **said,
    }  # fmt: skip
    sandbox.change_list("incidents", upsert=[late])
    after = {str(each["id"]) for each in sandbox.records("incidents")}
    return next(iter(after - before))


def sent_twice(sandbox: Sandbox, row: Declaration) -> Declaration:
    """It never arrived as far as two looks could tell, and was sent again."""
    sandbox.fault(**CREATE, kind="drop_before", times=1)
    once(row)
    once(row)
    Attempt.objects.update(started_at=Now() - timedelta(seconds=60))
    assert once(row).state == State.DELIVERED
    assert len(posts(sandbox)) == 2
    return row


def its_time_comes(row: Declaration) -> Declaration:
    """Five minutes later."""
    Declaration.objects.filter(pk=row.pk).update(second_look_at=Now())
    return once(row)


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_what_was_sent_again_is_looked_for_once_more_five_minutes_later(
    connected: Sandbox, row: Declaration, dialect: str
) -> None:
    sent_twice(connected, row)
    assert row.second_look_at is not None
    wait = (row.second_look_at - claims.now(row.pk)).total_seconds()
    assert doubles.SECOND_LOOK_AFTER - 60 < wait <= doubles.SECOND_LOOK_AFTER == 300
    for _ in follow.REFRESH_AFTER:
        once(row)
    assert row.due_at is not None, "with nothing else to do, that is when it is taken up"
    assert abs(row.due_at - row.second_look_at) < timedelta(seconds=1)
    appears(connected, row)
    assert once(row).twins == [], "not before its time"
    later = its_time_comes(row)
    (twin,) = later.twins
    assert (twin["number"], twin["title"]) == (4711, "Checkout is slow")
    assert twin["id"] != row.incident_id
    assert later.second_look_at is None
    assert findings.twins(row.upstream) == [f"#{row.incident['number']} and #4711"]
    assert connected.requests("DELETE") == []


def test_a_second_look_that_fails_is_repeated(connected: Sandbox, row: Declaration) -> None:
    sent_twice(connected, row)
    appears(connected, row)
    connected.fault(**LIST, kind="status", status=403, times=2)
    for _ in range(2):
        its_time_comes(row)
        assert (row.twins, row.second_look_at is None, row.due_at is None) == ([], False, False)
    assert len(once(row).twins) == 1


def test_where_nothing_more_is_found_it_is_over(connected: Sandbox, row: Declaration) -> None:
    sent_twice(connected, row)
    its_time_comes(row)
    assert (row.twins, row.second_look_at) == ([], None)
    assert findings.twins(row.upstream) == []


def test_what_was_sent_once_needs_no_second_look(connected: Sandbox, row: Declaration) -> None:
    connected.fault(**CREATE, kind="drop_after", times=1)
    once(row)
    assert once(row).state == State.DELIVERED
    assert (len(posts(connected)), row.second_look_at) == (1, None)


def test_of_two_that_a_look_finds_the_older_one_is_it(connected: Sandbox, row: Declaration) -> None:
    connected.fault(**CREATE, kind="drop_after", times=1)
    once(row)
    (made,) = connected.incidents()
    appears(connected, row, seconds=-2, sequential_id=4710)
    once(row)
    assert row.state == State.DELIVERED
    assert row.incident["number"] == 4710
    assert [twin["id"] for twin in row.twins] == [made["id"]]


@pytest.mark.parametrize("private", [True, False])
def test_a_late_answer_about_another_incident_is_a_twin(
    connected: Sandbox, reporter: User, *, private: bool
) -> None:
    row = make_declaration(
        reporter, upstream=connection.upstream(), payload={"title": "x", "private": private}
    )
    once(row)
    known = row.incident_id
    late = Incident(id="77", sequential_id=77, title="A theft", private=private)
    for _ in range(2):
        arrival.store_incident(row, late)
    row.refresh_from_db()
    assert row.incident_id == known
    assert [twin["id"] for twin in row.twins] == ["77"]
    assert findings.twins(row.upstream) == [f"#{row.incident['number']} and #77"]


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", [each for each in State if each is not State.DELIVERED])
def test_a_known_incident_makes_it_delivered_from_any_state(reporter: User, state: State) -> None:
    row = make_declaration(reporter, state=state, **fitting(state))
    Attempt.objects.create(declaration=row, claim=1)
    claim = row.claim
    arrival.store_incident(row, Incident(id="0", sequential_id=0, title="Late"))
    row.refresh_from_db()
    assert (row.state, row.incident_id, row.twins) == (State.DELIVERED, "0", [])
    assert row.delivered_at is not None
    assert row.due_at is not None, "it is read back at once"
    assert row.claimed_until is None
    assert not row.attempts.filter(is_open=True).exists()
    assert claims.release(row, claim, State.QUEUED) is False, "who worked on it has lost it"
    assert claims.take(row.pk) == claim + 2


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_two_declarations_that_are_given_the_same_incident_are_told_apart_by_people(
    connected: Sandbox, row: Declaration, make_person: Person, dialect: str
) -> None:
    """A proxy that answers from its memory, or a mistaken deduplication by Rootly."""
    first = once(row)
    told = client_of(make_person("ada", "admin"))
    assert SHARED not in look_at(told, first)
    connected.fault(
        "status", **CREATE, status=201, body=answer(dialect, first), times=1,
        content_type="application/json",
    )  # fmt: skip
    author, payload = make_person("sam", "support"), {"title": "A theft"}
    second = make_declaration(author, upstream=row.upstream, title="A theft", payload=payload)
    once(second)
    assert second.incident_id == first.incident_id
    for each in (once(second), once(first)):
        assert (each.state, each.shared_at is None) == (State.DELIVERED, False)
        page = look_at(client_of(each.author), each)
        assert unescape(page).count(SHARED) == 2, "on the page, and in its text"
        assert "theft" not in page, "nothing of the other one"
    assert findings.shared(row.upstream) == [f"#{first.incident['number']}"]
    banner = told.get("/").content.decode()
    assert f"the same incident for several declarations: #{first.incident['number']}." in banner
    assert "theft" not in banner
    assert len(connected.incidents()) == 1


def answer(dialect: str, row: Declaration) -> dict[str, Any]:
    said = {"title": row.title, "sequential_id": row.incident["number"]}
    if dialect == "plain":
        return {"id": int(row.incident_id), **said}
    return {"data": {"id": row.incident_id, "type": "incidents", "attributes": said}}


def client_of(person: User) -> PageClient:
    client = PageClient()
    client.force_login(person)
    return client


def look_at(client: PageClient, row: Declaration) -> str:
    return str(client.get(f"/declarations/{row.pk}/").content.decode())
