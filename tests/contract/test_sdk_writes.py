"""Rootly's SDK 3.0.1 writes to the sandbox, through its own request models."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from rootly_sdk.api.incidents import create_incident
from rootly_sdk.models import ErrorsList, IncidentResponse, NewIncident

if TYPE_CHECKING:
    from rootly_sdk import AuthenticatedClient

    from tests.support.sandbox import Sandbox


def create(client: AuthenticatedClient, **attributes: Any) -> Any:
    """Create an incident; the SDK's decoded answer."""
    body = NewIncident.from_dict({"data": {"type": "incidents", "attributes": attributes}})
    return create_incident.sync(client=client, body=body)


def write(client: AuthenticatedClient, function: str, given: Any, *ids: str) -> Any:
    """Call one of the SDK's writing functions with a body given as JSON."""
    module = import_module(f"rootly_sdk.api.{function}")
    body = _body_class(module).from_dict(given)
    answer = module.sync_detailed(*ids, client=client, body=body)
    assert answer.status_code in {200, 201}, answer.content
    assert answer.parsed is not None
    return answer.parsed.data


def _body_class(module: Any) -> Any:
    """The model of a function's body: the only one the module imports that is no answer."""
    names = [
        name
        for name in vars(module)
        if name.startswith(("New", "Update", "Attach", "Mitigate", "Resolve", "Cancel", "InTriage"))
    ]
    return getattr(module, names[0])


@pytest.fixture
def incident(sandbox: Sandbox, sdk: AuthenticatedClient) -> str:
    severity = sandbox.record("severities", "SEV1 Critical")["id"]
    services = [each["id"] for each in sandbox.records("services")[:2]]
    made = create(
        sdk,
        title="Checkout is down",
        summary="Since noon",
        severity_id=severity,
        service_ids=services,
        labels={"a": "b"},
        notify_emails=["care@larkfield.example"],
        user_id=sandbox.record("users", "Ada Holm")["id"],
        kind="test",
    )
    assert isinstance(made, IncidentResponse), made
    return str(made.data.id)


def test_a_new_incident_is_decoded_and_kept(sandbox: Sandbox, incident: str) -> None:
    [kept] = sandbox.incidents()
    assert kept["id"] == incident
    assert kept["title"] == "Checkout is down"
    assert kept["kind"] == "test"
    assert kept["labels"] == {"a": "b"}


def test_refusals_are_decoded(sandbox: Sandbox, sdk: AuthenticatedClient) -> None:
    refused = create(sdk, severity_id="unknown")
    assert isinstance(refused, ErrorsList)
    assert [each["title"] for each in refused.to_dict()["errors"]] == ["Severity must exist"]
    sandbox.switch(token="another")
    assert isinstance(create(sdk, title="x"), ErrorsList)


def test_a_custom_value_is_set_read_and_changed(
    sandbox: Sandbox, sdk: AuthenticatedClient, incident: str
) -> None:
    folder = "incident_form_field_selections"
    field = sandbox.record("form_fields", "Ticket")["id"]
    given = {"incident_id": incident, "form_field_id": field, "value": "T-1"}
    body = {"data": {"type": folder, "attributes": given}}
    made = write(sdk, f"{folder}.create_incident_form_field_selection", body, incident)
    assert made.attributes.value == "T-1"
    body = {"data": {"type": folder, "attributes": {"value": "T-2"}}}
    write(sdk, f"{folder}.update_incident_form_field_selection", body, str(made.id))
    module = import_module(f"rootly_sdk.api.{folder}.list_incident_form_field_selections")
    listed = module.sync(incident, client=sdk)
    assert [each.attributes.value for each in listed.data] == ["T-2"]


def test_events_alerts_and_workflow_runs_are_decoded(
    sandbox: Sandbox, sdk: AuthenticatedClient, incident: str
) -> None:
    event = {"data": {"type": "incident_events", "attributes": {"event": "Eased"}}}
    made = write(sdk, "incident_events.create_incident_event", event, incident)
    assert made.attributes.event == "Eased"
    alert = sandbox.records("alerts")[0]["id"]
    attach = {"data": {"type": "alerts", "attributes": {"alert_ids": [alert]}}}
    assert [each.id for each in write(sdk, "alerts.attach_alert", attach, incident)] == [alert]
    workflow = sandbox.record("workflows", "Open a video call")["id"]
    run = {"data": {"type": "workflow_runs", "attributes": {"incident_id": incident}}}
    started = write(sdk, "workflow_runs.create_workflow_run", run, workflow)
    assert started.attributes.incident_id == incident
    for function in ("incident_events.list_incident_events", "alerts.list_incident_alerts"):
        assert import_module(f"rootly_sdk.api.{function}").sync(incident, client=sdk).data


@pytest.mark.parametrize(
    ("function", "attributes", "status"),
    [
        ("triage_incident", None, "in_triage"),
        ("mitigate_incident", {"mitigation_message": "Eased"}, "mitigated"),
        ("resolve_incident", {"resolution_message": "Done"}, "resolved"),
        ("cancel_incident", {"cancellation_message": "None"}, "cancelled"),
    ],
)
def test_each_step_is_decoded(
    sdk: AuthenticatedClient,
    incident: str,
    function: str,
    attributes: dict[str, str] | None,
    status: str,
) -> None:
    data: dict[str, Any] = {"type": "incidents"}
    if attributes is not None:
        data["attributes"] = attributes
    done = write(sdk, f"incidents.{function}", {"data": data}, incident)
    assert done.attributes.status == status
