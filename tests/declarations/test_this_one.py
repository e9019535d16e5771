"""Saying which incident an unconfirmed declaration is: looked up before it is believed."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from incidentportal.catalog import connection
from incidentportal.declarations import facts
from incidentportal.declarations.labels import LABEL
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import once
from tests.support.deciding import alert, attempt, buttons, look, made, press, signed_in, standing
from tests.support.people import PageClient, Person
from tests.support.sandbox import Sandbox


@pytest.mark.parametrize("how", ["id", "number", "hash", "url"])
@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_somebody_says_which_incident_it_is(
    unclear: Declaration, connected: Sandbox, visitor: PageClient, how: str, dialect: str
) -> None:
    incident = made(connected)
    (shown,) = [
        each for each in connection.client().incidents()
        if each.sequential_id == incident["sequential_id"]
    ]  # fmt: skip
    typed = {
        "id": shown.id,
        "number": str(incident["sequential_id"]),
        "hash": f"#{incident['sequential_id']}",
        "url": incident["url"],
    }[how]
    assert press(visitor, unclear, "this-one", incident_id=["", typed]).status_code == 303
    unclear.refresh_from_db()
    assert (unclear.state, unclear.incident_id) == (State.DELIVERED, shown.id)
    assert unclear.decisions.get().action == "this-one"
    once(unclear)
    assert "Open in Rootly" in look(visitor, unclear)
    assert len(connected.incidents()) == 1


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("blank", "Say which incident it is"),
        ("two", "Say one incident only"),
        ("unknown", "The portal sees no incident “no-such-id” in Rootly."),
        ("dots", "The portal sees no incident “..” in Rootly."),
        ("labelled", "made of another declaration"),
        ("taken", "Another declaration is this incident already"),
        ("private", "The portal sees no incident"),
    ],
)
def test_what_it_cannot_be_is_said_at_the_field(
    unclear: Declaration, connected: Sandbox, visitor: PageClient, which: str, said: str
) -> None:
    typed: dict[str, Any] = {
        "blank": lambda: "", "two": lambda: ["1", "2"], "unknown": lambda: "no-such-id",
        "dots": lambda: "..",
        "labelled": lambda: made(connected, labels={LABEL: str(uuid.uuid4())})["id"],
        "taken": lambda: taken(unclear, made(connected)["id"]),
        "private": lambda: made(connected, private=True)["id"],
    }  # fmt: skip
    given = typed[which]()
    response = press(visitor, unclear, "this-one", incident_id=given)
    assert response.status_code == 422
    assert said in alert(response)
    html = response.content.decode()
    assert re.search(r'<input [^>]*id="act_incident"[^>]*aria-invalid="true"', html)
    if isinstance(given, str):
        assert f'name="incident_id" value="{given}"' in html
    unclear.refresh_from_db()
    assert unclear.state == State.UNCONFIRMED
    assert not unclear.decisions.exists()


def taken(row: Declaration, incident_id: str) -> str:
    standing(row.author, State.DELIVERED, upstream=row.upstream, incident_id=incident_id)
    return incident_id


def test_while_rootly_does_not_answer_nothing_is_decided(
    unclear: Declaration, connected: Sandbox, visitor: PageClient
) -> None:
    connected.fault("status", method="GET", times=None, status=503)
    response = press(visitor, unclear, "this-one", incident_id="77")
    assert response.status_code == 409
    assert "Nothing was decided" in alert(response)
    assert 'value="77"' in response.content.decode()
    assert buttons(response.content.decode()) == {"this-one", "not-there"}
    asked = len(connected.requests("GET"))
    assert asked == 1, "the page that says so does not ask again"
    unclear.refresh_from_db()
    assert unclear.state == State.UNCONFIRMED


def test_a_private_one_that_the_token_may_not_see_is_believed_and_that_is_said(
    make_person: Person, connected: Sandbox
) -> None:
    connected.switch(hide_private=True)
    author = make_person("sam", "support")
    payload = {"title": "Ms Miller", "private": True}
    row = standing(author, State.UNCONFIRMED, upstream=connection.upstream(), payload=payload)
    attempt(row)
    incident = made(connected, "Ms Miller", private=True)
    client = signed_in(author)
    assert press(client, row, "this-one", incident_id=incident["id"]).status_code == 303
    assert facts.UNCHECKED in look(client, row)
    once(row)
    assert (row.state, row.incident_id) == (State.DELIVERED, incident["id"])
    Upstream.objects.update(sees_private=True)
    other = standing(author, State.UNCONFIRMED, upstream=connection.upstream(), payload=payload)
    response = press(client, other, "this-one", incident_id="no-such-id")
    assert response.status_code == 422, "this token would see it"


def test_a_private_one_of_the_same_title_can_be_it(make_person: Person, connected: Sandbox) -> None:
    author = make_person("sam", "support")
    payload = {"title": "Ms Miller", "private": True}
    row = standing(author, State.UNCONFIRMED, upstream=connection.upstream(), payload=payload)
    attempt(row)
    other, own = (
        made(connected, "Mr Jones", private=True),
        made(connected, "Ms Miller", private=True),
    )
    Upstream.objects.update_or_create(url=row.upstream, defaults={"sees_private": True})
    client = signed_in(author)
    refused = press(client, row, "this-one", incident_id=other["id"])
    assert refused.status_code == 422
    assert "Mr Jones" not in refused.content.decode()
    assert press(client, row, "this-one", incident_id=own["id"]).status_code == 303


@pytest.mark.parametrize("seen_at", ["once", "later"])
def test_nobody_gets_to_see_a_private_one_by_saying_that_it_is_theirs(
    make_person: Person, connected: Sandbox, seen_at: str
) -> None:
    """As long as no private one was read back it isn't known whether this token sees them."""
    author = make_person("sam", "support")
    payload = {"title": "Ms Miller", "private": True}
    row = standing(author, State.UNCONFIRMED, upstream=connection.upstream(), payload=payload)
    attempt(row)
    other = made(connected, "Mr Jones", private=True)
    client = signed_in(author)
    connected.switch(hide_private=seen_at == "later")
    status = press(client, row, "this-one", incident_id=other["id"]).status_code
    assert status == (303 if seen_at == "later" else 422)
    connected.switch(hide_private=False)
    if seen_at == "later":
        once(row)
    assert "Mr Jones" not in look(client, row)
    assert Upstream.objects.get().sees_private is None
