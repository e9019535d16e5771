"""What a person has done again after the incident exists: a step, a custom value."""

from __future__ import annotations

from typing import Any

import pytest

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.declarations import claims, follow, queue, steps
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import once
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

MESSAGE = {"title": "Down", "mitigation_message": "Restarted it."}


@pytest.fixture
def refused(connected: Sandbox, reporter: User) -> Declaration:
    """Delivered; Rootly refused its message."""
    connected.fault("validation", path="/events$", method="POST", errors={"event": ["is rude"]})
    row = once(make_declaration(reporter, upstream=connection.upstream(), payload=MESSAGE))
    assert [step["state"] for step in row.open_steps] == ["refused"]
    return row


@pytest.mark.parametrize("stands", ["refused", "unclear"])
def test_a_step_is_done_again_when_a_person_wants_it(
    connected: Sandbox, refused: Declaration, stands: str
) -> None:
    refused.open_steps[0]["state"] = stands
    refused.save(update_fields=["open_steps"])
    Declaration.objects.update(due_at=None, claimed_until=None)
    assert not steps.reopen(refused.pk, "resolution_message"), "there is none"
    assert steps.reopen(refused.pk, "mitigation_message")
    refused.refresh_from_db()
    assert (refused.open_steps[0]["state"], refused.open_steps[0]["sentence"]) == ("open", "")
    claim = claims.take(refused.pk)
    assert claim is not None, "it is due at once"
    follow.follow(Declaration.objects.get(pk=refused.pk), claim)
    refused.refresh_from_db()
    assert refused.open_steps[0]["state"] == "done"
    assert len(connected.incidents()[0]["events"]) == 1
    assert not steps.reopen(refused.pk, "mitigation_message"), "what is done stays done"


@pytest.mark.parametrize("stands", ["open", "begun", "done"])
def test_what_the_portal_still_does_or_has_done_is_not_begun_again(
    refused: Declaration, stands: str
) -> None:
    refused.open_steps[0]["state"] = stands
    refused.save(update_fields=["open_steps"])
    assert not steps.reopen(refused.pk, "mitigation_message")


@pytest.mark.store
def test_who_works_on_it_is_not_written_over(refused: Declaration) -> None:
    Declaration.objects.update(due_at=claims.from_now(-1), claimed_until=None)
    claim = claims.take(refused.pk)
    assert claim is not None
    assert not steps.reopen(refused.pk, "mitigation_message")
    refused.refresh_from_db()
    assert (refused.claim, refused.open_steps[0]["state"]) == (claim, "refused")
    assert claims.release(refused, claim, None, due_at=None)
    assert steps.reopen(refused.pk, "mitigation_message")
    assert not steps.reopen(refused.pk, "mitigation_message"), "of two at once one does it"


def test_nothing_is_done_again_where_there_is_no_incident(reporter: User, db: None) -> None:
    step = {"key": "x", "do": "event", "value": "", "name": "X", "state": "refused", "sentence": ""}
    row = make_declaration(reporter, open_steps=[step])
    assert not steps.reopen(row.pk, "x")
    row.refresh_from_db()
    assert (row.state, row.claim) == (State.QUEUED, 0)


@pytest.fixture
def field_id(connected: Sandbox) -> str:
    catalog = current()
    assert catalog is not None
    return next(
        item.id for item in catalog.picture.form_fields if item.name == "What customers see"
    )


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
@pytest.mark.parametrize("private", [True, False])
def test_a_value_that_was_refused_is_corrected_and_sent(
    connected: Sandbox, reporter: User, field_id: str, dialect: str, *, private: bool
) -> None:
    connected.switch(inline_values="drop")
    value: dict[str, Any] = {"form_field_id": field_id, "value": "A blank page"}
    payload = {"title": "x", "private": private, "form_field_selections_attributes": [value]}
    path = "/form_field_selections$"
    errors = {"value": ["is too short"]}
    connected.fault("validation", path=path, method="POST", errors=errors, times=1)
    row = once(make_declaration(reporter, upstream=connection.upstream(), payload=payload))
    assert "is too short" in row.open_values[0]["refused"]
    better = {"form_field_id": field_id, "value": "A page without any text"}
    assert not follow.correct_value(row.pk, {**better, "form_field_id": "another"})
    assert follow.correct_value(row.pk, better)
    row.refresh_from_db()
    assert row.open_values == [better]
    claim = claims.take(row.pk)
    assert claim is not None, "it is due at once"
    follow.follow(Declaration.objects.get(pk=row.pk), claim)
    row.refresh_from_db()
    assert row.open_values == []
    found = connection.client().selections(row.incident_id).records
    assert [item.value for item in found if item.form_field_id == field_id] == [better["value"]]
    assert not follow.correct_value(row.pk, better), "nothing is refused any more"


def test_custom_values_arrive_also_where_the_incident_cannot_be_read(
    connected: Sandbox, reporter: User, field_id: str
) -> None:
    connected.switch(inline_values="drop")
    values = [{"form_field_id": field_id, "value": "A white page"}]
    payload = {"title": "x", "form_field_selections_attributes": values}
    connected.fault("malformed", method="GET", path=r"/v1/incidents/[^/]+$", times=None)
    row = once(make_declaration(reporter, upstream=connection.upstream(), payload=payload))
    assert (row.state, row.open_values) == (State.DELIVERED, [])
    assert row.due_at is not None, "it is read again"
    assert row.failures == 1


def test_a_follow_up_that_is_asked_to_wait_has_the_whole_token_wait(
    connected: Sandbox, row: Declaration
) -> None:
    seen = {"method": "GET", "path": r"/v1/incidents/[^/]+$"}
    connected.fault("rate_limit", **seen, style="retry_after", seconds=9, times=None)
    once(row)
    assert row.state == State.DELIVERED
    assert row.due_at is not None
    assert (row.due_at - claims.now(row.pk)).total_seconds() > 5
    assert not queue.may_send(row.upstream)
