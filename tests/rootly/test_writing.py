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


@pytest.mark.parametrize(
    ("given", "plain", "jsonapi"),
    [
        ({"kind": "test"}, {"create_test_incident": True}, {"kind": "test"}),
        ({"kind": "backfilled"}, {"kind": "backfilled"}, {"kind": "backfilled"}),
        ({"in_triage_mark": "T"}, {"in_triage_at": "T"}, {"status": "in_triage"}),
        (
            {"in_triage_mark": "T", "in_triage_at": "S"},
            {"in_triage_at": "S"},
            {"status": "in_triage", "in_triage_at": "S"},
        ),
        ({"resolution_message": "Done"}, {"resolution_message": "Done"}, {}),
        ({"mitigation_message": "M"}, {"mitigation_message": "M"}, {}),
        ({"cancellation_message": "C"}, {"cancellation_message": "C"}, {}),
        ({"alert_ids": ["7"]}, {}, {"alert_ids": ["7"]}),
        ({"workflow_ids": ["7"]}, {}, {}),
    ],
)
def test_each_dialect_says_it_in_its_own_way_and_the_same_on_a_retry(
    upstream: Upstream,
    connect: Callable[..., Client],
    given: dict[str, object],
    plain: dict[str, object],
    jsonapi: dict[str, object],
) -> None:
    upstream.will(MADE)
    kept = dict(given)
    for dialect in ("plain", "plain", "jsonapi", "jsonapi"):
        connect(dialect).create_incident(given, idempotency_key="k")
    assert given == kept
    bodies = [request.body for request in upstream.requests]
    assert bodies[0] == bodies[1]
    assert bodies[2] == bodies[3]
    assert upstream.requests[0].json == plain
    assert upstream.requests[2].json["data"]["attributes"] == jsonapi


AFTER: list[tuple[str, Callable[[Client], None], str, str, dict[str, object]]] = [
    ("alerts", lambda client: client.attach_alerts("7", ["12", "x"]),
     "POST", "/v1/incidents/7/alerts", {"alert_ids": [12, "x"]}),
    ("incident_events", lambda client: client.create_event("7", "Seen"),
     "POST", "/v1/incidents/7/events", {"event": "Seen", "visibility": "internal"}),
    ("incidents", lambda client: client.mitigate("7", "M"),
     "PUT", "/v1/incidents/7/mitigate", {"mitigation_message": "M"}),
    ("incidents", lambda client: client.resolve("7", "R"),
     "PUT", "/v1/incidents/7/resolve", {"resolution_message": "R"}),
    ("incidents", lambda client: client.cancel("7", "C"),
     "PUT", "/v1/incidents/7/cancel", {"cancellation_message": "C"}),
    ("workflow_runs", lambda client: client.create_workflow_run("../3", "7"),
     "POST", "/v1/workflows/..%2F3/workflow_runs", {"incident_id": 7}),
]  # fmt: skip


@pytest.mark.parametrize("after", AFTER, ids=[each[3] for each in AFTER])
def test_what_is_done_to_an_incident_afterwards(
    upstream: Upstream,
    connect: Callable[..., Client],
    after: tuple[str, Callable[[Client], None], str, str, dict[str, object]],
) -> None:
    kind, act, method, target, plain = after
    upstream.will(answer({}, 200))
    for dialect in ("plain", "jsonapi"):
        act(connect(dialect))
    first, second = upstream.requests
    assert {(each.method, each.target) for each in upstream.requests} == {(method, target)}
    assert first.json == plain
    as_text = {
        name: str(value) if isinstance(value, int) else value for name, value in plain.items()
    }
    if kind == "alerts":
        as_text = {"alert_ids": ["12", "x"]}
    assert second.json == {"data": {"type": kind, "attributes": as_text}}
    upstream.will(answer({"errors": [{"title": "Gone", "status": "404"}]}, 404))
    with pytest.raises(Rejected, match="404") as refused:
        act(connect())
    assert refused.value.messages == ("Gone",)
