from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

SELECTIONS = "incident_form_field_selections"


@pytest.fixture
def incident(api: Api) -> str:
    made = api.jsonapi(title="Something is broken").json()["data"]["id"]
    assert isinstance(made, str)
    return made


def test_a_custom_value_is_set_once_then_changed(api: Api, incident: str) -> None:
    field = api.sandbox.record("form_fields", "Incident lead")["id"]
    path = f"incidents/{incident}/form_field_selections"
    person = int(api.sandbox.record("users", "Noor Rahman")["id"])
    sent = {"incident_id": incident, "form_field_id": field, "selected_user_ids": [person]}
    made = api.jsonapi(path, SELECTIONS, **sent)
    assert made.status_code == 201, made.text
    assert made.json()["data"]["attributes"]["selected_user_ids"] == [person]
    again = api.jsonapi(path, SELECTIONS, **sent)
    assert again.json()["errors"][0]["title"] == "Form field has already been taken"
    own = f"{SELECTIONS}/{made.json()['data']['id']}"
    changed = api.jsonapi(own, SELECTIONS, "PUT", selected_user_ids=[299])
    assert changed.status_code == 200
    assert api.get(f"v1/{own}").json()["data"]["attributes"]["selected_user_ids"] == [299]
    assert len(api.get(f"v1/{path}").json()["data"]) == 1
    [kept] = api.sandbox.incidents()[0]["selections"]
    assert kept["form_field_id"] == field


def test_a_selection_without_a_field_or_a_value_is_refused(api: Api, incident: str) -> None:
    path = f"incidents/{incident}/form_field_selections"
    answer = api.jsonapi(path, SELECTIONS, incident_id=incident, form_field_id="none")
    assert answer.json()["errors"][0]["title"] == "Form field must exist"
    field = api.sandbox.record("form_fields", "Old ticket number")["id"]
    answer = api.jsonapi(path, SELECTIONS, incident_id=incident, form_field_id=field, value="x")
    assert answer.status_code == 422


def test_the_flat_dialect_takes_selections_too(api: Api) -> None:
    number = api.plain(title="x").json()["id"]
    field = next(
        each["id"]
        for each in api.get("api/v1/form_fields", **{"page[size]": 100}).json()["form_fields"]
        if each["name"] == "Ticket"
    )
    path = f"incidents/{number}/form_field_selections"
    made = api.plain(path, form_field_id=field, value="T-7")
    assert made.status_code == 201
    assert made.json()["form_field_id"] == field


def test_events_alerts_and_steps_are_kept(api: Api, incident: str) -> None:
    path = f"incidents/{incident}"
    event = api.jsonapi(f"{path}/events", "incident_events", event="Eased", visibility="internal")
    assert event.status_code == 201
    assert api.jsonapi(f"{path}/events", "incident_events", event=" ").status_code == 422
    alert = api.sandbox.records("alerts")[0]["id"]
    attached = api.jsonapi(f"{path}/alerts", "alerts", alert_ids=[alert])
    assert [each["id"] for each in attached.json()["data"]] == [alert]
    for name, status in (
        ("in_triage", "in_triage"),
        ("mitigate", "mitigated"),
        ("resolve", "resolved"),
        ("cancel", "cancelled"),
    ):
        answer = api.jsonapi(f"{path}/{name}", method="PUT")
        assert answer.json()["data"]["attributes"]["status"] == status
    api.jsonapi(f"{path}/resolve", method="PUT", resolution_message="Switched it on again")
    kept = api.sandbox.incidents()[0]
    assert kept["resolution_message"] == "Switched it on again"
    assert [each["event"] for each in kept["events"]] == ["Eased"]
    assert [each["id"] for each in kept["alerts"]] == [alert]


def test_private_can_not_be_undone(api: Api, incident: str) -> None:
    path = f"incidents/{incident}"
    made = api.jsonapi(path, method="PUT", private=True)
    assert made.json()["data"]["attributes"]["private"] is True
    answer = api.jsonapi(path, method="PUT", private=False)
    assert answer.json()["errors"][0]["title"] == "Private can't be undone"


def test_a_workflow_is_run_for_an_incident(api: Api, incident: str) -> None:
    workflow = api.sandbox.record("workflows", "Open a video call")["id"]
    path = f"workflows/{workflow}/workflow_runs"
    answer = api.jsonapi(path, "workflow_runs", incident_id=incident, immediate=True)
    assert answer.status_code == 201
    assert api.get(f"v1/{path}").json()["data"][0]["attributes"]["incident_id"] == incident
    assert api.jsonapi(path, "workflow_runs", incident_id="none").status_code == 422


def test_what_is_not_there_is_not_found_and_what_can_not_be_done_is_not_allowed(api: Api) -> None:
    for path in ("v1/nothing", "v1/services/none", "v1/incidents/none/events", "api/v1/users/9"):
        assert api.get(path).status_code == 404
    assert api.jsonapi("services", "services", name="x").status_code == 405
    assert api.http.delete("/v1/incidents").status_code == 415
