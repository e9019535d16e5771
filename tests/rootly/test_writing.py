"""What the client writes, in both dialects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import Rejected
from tests.rootly.upstream import Upstream, answer

MADE = answer({"data": {"id": "i1"}}, 201)
ATTRIBUTES = {
    "title": "12",
    "severity_id": "0",
    "parent_incident_id": "1234",
    "service_ids": ["12", "007", "-1", "1.0", "٣", "8150262f-a6e3"],
    "slack_channel_id": "123",
    "labels": {"incident_portal_declaration": "5"},
    "private": False,
    "notify_emails": ["a@b.example"],
    "form_field_selections_attributes": [
        {"form_field_id": "45", "value": "7"},
        {"form_field_id": "46", "selected_option_ids": ["102", "x"]},
        {"form_field_id": "u-1", "selected_user_ids": ["9"]},
    ],
}


def test_plain_is_flat_with_numbers_where_ids_are_numbers(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    upstream.will(MADE)
    connect("plain").create_incident(ATTRIBUTES, idempotency_key="5f-2")
    [request] = upstream.requests
    assert (request.method, request.path) == ("POST", "/v1/incidents")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "5f-2"
    assert request.json == {
        **ATTRIBUTES,
        "severity_id": 0,
        "parent_incident_id": 1234,
        "service_ids": [12, "007", "-1", "1.0", "٣", "8150262f-a6e3"],
        "form_field_selections_attributes": [
            {"form_field_id": 45, "value": "7"},
            {"form_field_id": 46, "selected_option_ids": [102, "x"]},
            {"form_field_id": "u-1", "selected_user_ids": [9]},
        ],
    }


def test_jsonapi_wraps_and_keeps_ids_as_text_but_for_users(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    upstream.will(MADE)
    connect("jsonapi").create_incident(ATTRIBUTES, idempotency_key="5f")
    [request] = upstream.requests
    assert request.headers["content-type"] == "application/vnd.api+json"
    assert request.json["data"]["type"] == "incidents"
    attributes = request.json["data"]["attributes"]
    assert attributes["form_field_selections_attributes"][2]["selected_user_ids"] == [9]
    inline = "form_field_selections_attributes"
    assert {**attributes, inline: None} == {**ATTRIBUTES, inline: None}


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"])
def test_selections_are_created_and_changed(
    upstream: Upstream, connect: Callable[..., Client], dialect: str
) -> None:
    upstream.will(answer({"data": {"id": "s1", "attributes": {"value": "x"}}}, 201))
    client = connect(dialect)
    made = client.create_selection("1234", {"form_field_id": "45", "value": "x"})
    changed = client.update_selection("../s 1", {"selected_option_ids": ["102"]})
    assert (made.id, made.value, changed.id) == ("s1", "x", "s1")
    first, second = upstream.requests
    assert (first.method, first.path) == ("POST", "/v1/incidents/1234/form_field_selections")
    assert (second.method, second.target) == (
        "PUT",
        "/v1/incident_form_field_selections/..%2Fs%201",
    )
    if dialect == "plain":
        assert first.json == {"incident_id": 1234, "form_field_id": 45, "value": "x"}
        assert second.json == {"selected_option_ids": [102]}
    else:
        kind = "incident_form_field_selections"
        given = {"incident_id": "1234", "form_field_id": "45", "value": "x"}
        assert first.json == {"data": {"type": kind, "attributes": given}}
        changes = {"selected_option_ids": ["102"]}
        assert second.json == {"data": {"type": kind, "attributes": changes}}


def test_numbers_too_long_to_be_ids_stay_text(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    upstream.will(MADE)
    connect("plain").create_incident({"severity_id": "9" * 40}, idempotency_key="k")
    assert upstream.requests[0].json == {"severity_id": "9" * 40}


def test_a_text_that_cannot_be_sent_is_a_refusal(upstream: Upstream, client: Client) -> None:
    with pytest.raises(Rejected, match="half a character"):
        client.create_incident({"title": "\ud83d"}, idempotency_key="k")
    assert upstream.requests == []


@pytest.mark.parametrize("record_id", ["", ".", ".."])
def test_an_id_cannot_leave_its_place_in_the_path(
    upstream: Upstream, client: Client, record_id: str
) -> None:
    with pytest.raises(Rejected):
        client.incident(record_id)
    assert upstream.requests == []
