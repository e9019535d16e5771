"""What our client writes survives the request models of Rootly's official SDK unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from rootly_sdk.models import (
    AttachAlert,
    CancelIncident,
    MitigateIncident,
    NewIncident,
    NewIncidentEvent,
    NewIncidentFormFieldSelection,
    NewWorkflowRun,
    ResolveIncident,
    UpdateIncidentFormFieldSelection,
)

from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ClientConfig

MOMENT = "2026-05-04T12:00:00Z"
INCIDENT: dict[str, Any] = {
    "title": "Checkout is down",
    "kind": "normal",
    "parent_incident_id": "p1",
    "private": True,
    "summary": "Nobody can pay.\n\nSince noon.",
    "user_id": "12",
    "severity_id": "0",
    "alert_ids": ["a1"],
    "environment_ids": ["1", "2"],
    "incident_type_ids": ["t1"],
    "service_ids": ["12", "8150262f-a6e3-4561-8751-42cddc5daf2a"],
    "functionality_ids": [],
    "group_ids": ["g1"],
    "cause_ids": ["c1"],
    "labels": {"incident_portal_declaration": "0b6c", "platform": "osx"},
    "notify_emails": ["a@b.example"],
    "status": "in_triage",
    "in_triage_at": MOMENT,
    "started_at": MOMENT,
    "detected_at": MOMENT,
    "acknowledged_at": MOMENT,
    "mitigated_at": MOMENT,
    "resolved_at": MOMENT,
    "closed_at": MOMENT,
}
VALUES: dict[str, Any] = {
    "value": "us-east-1",
    "selected_option_ids": ["102"],
    "selected_group_ids": ["1"],
    "selected_service_ids": ["1"],
    "selected_functionality_ids": ["1"],
    "selected_user_ids": ["9", "10"],
    "selected_catalog_entity_ids": ["1"],
    "selected_environment_ids": ["1"],
    "selected_cause_ids": ["1"],
    "selected_incident_type_ids": ["1"],
}


@pytest.fixture
def written() -> list[Any]:
    """The bodies that were sent."""
    return []


@pytest.fixture
def client(written: list[Any]) -> Client:
    def keep(request: httpx.Request) -> httpx.Response:
        assert request.headers["Content-Type"] == "application/vnd.api+json"
        written.append(json.loads(request.content))
        return httpx.Response(201, json={"data": {"id": "1"}})

    config = ClientConfig.create("https://api.rootly.com/v1", "t")
    return Client(config, transport=httpx.MockTransport(keep))


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(INCIDENT, id="all at once"),
        pytest.param({"title": "Down"}, id="the least"),
        *(
            pytest.param({**INCIDENT, "kind": kind}, id=kind)
            for kind in ("test", "backfilled", "normal_sub", "test_sub")
        ),
    ],
)
def test_a_new_incident(client: Client, written: list[Any], attributes: dict[str, Any]) -> None:
    client.create_incident(attributes, idempotency_key="k")
    assert written[0]["data"]["attributes"] == attributes
    assert NewIncident.from_dict(written[0]).to_dict() == written[0]


@pytest.mark.parametrize("name", VALUES)
def test_a_new_selection(client: Client, written: list[Any], name: str) -> None:
    client.create_selection("i1", {"form_field_id": "45", name: VALUES[name]})
    assert NewIncidentFormFieldSelection.from_dict(written[0]).to_dict() == written[0]
    _users_are_integers(written[0])


@pytest.mark.parametrize("name", VALUES)
def test_a_changed_selection(client: Client, written: list[Any], name: str) -> None:
    client.update_selection("s1", {name: VALUES[name]})
    assert UpdateIncidentFormFieldSelection.from_dict(written[0]).to_dict() == written[0]
    _users_are_integers(written[0])


AFTER: dict[Any, Callable[[Client], None]] = {
    AttachAlert: lambda client: client.attach_alerts("i1", ["a1", "2"]),
    NewIncidentEvent: lambda client: client.create_event("i1", "Mitigation message:\n\nRestarted"),
    MitigateIncident: lambda client: client.mitigate("i1", "Restarted"),
    ResolveIncident: lambda client: client.resolve("i1", "Mended"),
    CancelIncident: lambda client: client.cancel("i1", "A false alarm"),
    NewWorkflowRun: lambda client: client.create_workflow_run("w1", "i1"),
}


@pytest.mark.parametrize("model", AFTER, ids=lambda model: str(model.__name__))
def test_what_is_done_to_an_incident_afterwards(
    client: Client, written: list[Any], model: Any
) -> None:
    AFTER[model](client)
    told = model.from_dict(written[0]).to_dict()
    if model is NewWorkflowRun:  # the SDK adds its defaults
        assert told["data"]["attributes"].pop("immediate", True) is True
        assert told["data"]["attributes"].pop("check_conditions", False) is False
    assert told == written[0]


@pytest.mark.parametrize(
    ("neutral", "said"),
    [
        ({"in_triage_mark": MOMENT}, {"status": "in_triage"}),
        ({"kind": "test", "workflow_ids": ["w1"]}, {"kind": "test"}),
        ({"kind": "backfilled", "resolution_message": "Mended"}, {"kind": "backfilled"}),
    ],
)
def test_neutral_attributes_become_ones_that_the_sdk_knows(
    client: Client, written: list[Any], neutral: dict[str, Any], said: dict[str, Any]
) -> None:
    client.create_incident({"title": "Down", **neutral}, idempotency_key="k")
    assert NewIncident.from_dict(written[0]).to_dict() == written[0]
    assert written[0]["data"]["attributes"] == {"title": "Down", **said}


def _users_are_integers(body: Any) -> None:
    """The SDK's models pass a list through as it is, so its type is checked here."""
    users = body["data"]["attributes"].get("selected_user_ids", [])
    assert all(type(user) is int for user in users)
