"""What is done once the incident exists: no message, alert or workflow lost, none twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import steps
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.steps import planned
from tests.declarations.test_delivery import once
from tests.support.deciding import press
from tests.support.declarations import make_declaration
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
MESSAGES = {
    "mitigation_message": "Restarted it.",
    "resolution_message": "Mended <the> pump & valve.",
    "cancellation_message": "A false alarm.",
}
Declare = Callable[..., Declaration]


@pytest.fixture
def declare(connected: Sandbox, reporter: User) -> Declare:
    """Saves a declaration with this payload, and has it worked on until nothing more happens."""

    def make(*, rounds: int = 2, **payload: Any) -> Declaration:
        row = make_declaration(
            reporter, upstream=connection.upstream(), payload={"title": "Down", **payload}
        )
        for _ in range(rounds):
            once(row)
        assert row.state == State.DELIVERED
        return row

    return make


def stands(row: Declaration) -> dict[str, str]:
    return {step["key"]: step["state"] for step in row.open_steps}


def ids_of(sandbox: Sandbox, dialect: str, name: str, *labels: str) -> list[str]:
    """Ids as the dialect shows them."""
    records = [sandbox.record(name, label)["id"] for label in labels]
    if dialect == "jsonapi":
        return records
    found = connection.client().alerts() if name == "alerts" else connection.client().workflows()
    names = {getattr(each, "summary", "") or getattr(each, "name", ""): each.id for each in found}
    return [names[label] for label in labels]


def runs(sandbox: Sandbox) -> list[dict[str, Any]]:
    return sandbox.records("workflow_runs")


@BOTH
def test_messages_of_a_backfilled_incident_arrive(
    connected: Sandbox, declare: Declare, dialect: str
) -> None:
    row = declare(kind="backfilled", mitigation_message="Restarted it.", resolution_message="Done")
    (incident,) = connected.incidents()
    assert incident["mitigation_message"] == "Restarted it."
    assert incident["resolution_message"] == "Done"
    assert incident["events"] == []
    assert stands(row) == (
        {"mitigation_message": "done", "resolution_message": "done"} if dialect == "jsonapi" else {}
    )
    if dialect == "jsonapi":
        assert incident["status"] == "resolved"
        assert "mitigation_message" not in incident["body"]["data"]["attributes"]


@BOTH
def test_messages_of_any_other_incident_are_not_lost(
    connected: Sandbox, declare: Declare, dialect: str
) -> None:
    declare(**MESSAGES)
    (incident,) = connected.incidents()
    if dialect == "plain":
        assert {name: incident[name] for name in MESSAGES} == MESSAGES
        assert incident["events"] == []
        return
    assert incident["status"] == "started"
    assert [event["event"] for event in incident["events"]] == [
        "Mitigation message:\n\nRestarted it.",
        "Resolution message:\n\nMended <the> pump & valve.",
        "Cancellation message:\n\nA false alarm.",
    ]


@BOTH
def test_alerts_and_workflows_arrive(connected: Sandbox, declare: Declare, dialect: str) -> None:
    alerts = ids_of(
        connected, dialect, "alerts", "Fridge 12 warmer than 8 °C",
        "Checkout: error rate above 5 %",
    )  # fmt: skip
    workflows = ids_of(
        connected, dialect, "workflows", "Open a video call", "Page the incident lead"
    )
    row = declare(alert_ids=alerts, workflow_ids=[*workflows, workflows[0]])
    (incident,) = connected.incidents()
    assert {alert["summary"] for alert in incident["alerts"]} == {
        "Fridge 12 warmer than 8 °C", "Checkout: error rate above 5 %",
    }  # fmt: skip
    assert [run["incident_id"] for run in runs(connected)] == [incident["id"]] * 2
    assert set(stands(row).values()) == {"done"}
    assert ("alert_ids" in stands(row)) == (dialect == "plain")
    assert [step["name"] for step in row.open_steps if step["do"] == "workflow"] == [
        "Workflow “Open a video call”", "Workflow “Page the incident lead”",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["test", "normal"])
@BOTH
def test_a_test_is_one_and_a_mark_of_triage_counts(
    connected: Sandbox, declare: Declare, kind: str, dialect: str
) -> None:
    declare(kind=kind, in_triage_mark="2026-05-04T12:00:00Z")
    (incident,) = connected.incidents()
    assert (incident["kind"], incident["status"]) == (kind, "in_triage")
    assert len(connected.requests("POST", "/incidents")) == 1


STEPS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "event": ("jsonapi", "/events$", {"mitigation_message": "Restarted it."}),
    "mitigate": (
        "jsonapi", "/mitigate$", {"kind": "backfilled", "mitigation_message": "Restarted it."},
    ),
    "alerts": ("plain", "/alerts$", {"alert_ids": "Fridge 12 warmer than 8 °C"}),
    "workflow": ("jsonapi", "/workflow_runs$", {"workflow_ids": "Open a video call"}),
}  # fmt: skip
EACH = pytest.mark.parametrize(
    ("dialect", "step"),
    [(dialect, name) for name, (dialect, _, _) in STEPS.items()],
    indirect=["dialect"],
)


def given(sandbox: Sandbox, dialect: str, step: str) -> tuple[str, dict[str, Any]]:
    """A step's address, and a payload that needs it."""
    _, path, payload = STEPS[step]
    made = dict(payload)
    for name, list_name in (("alert_ids", "alerts"), ("workflow_ids", "workflows")):
        if name in made:
            made[name] = ids_of(sandbox, dialect, list_name, made[name])
    return path, made


def writes(sandbox: Sandbox, path: str) -> int:
    """How often a step's call was made."""
    end = path.rstrip("$")
    return len(sandbox.requests("POST", end)) + len(sandbox.requests("PUT", end))


@EACH
@pytest.mark.parametrize("kind", ["drop_after", "status_after", "truncated"])
def test_a_step_that_was_done_without_an_answer_is_found_and_not_repeated(
    connected: Sandbox, declare: Declare, dialect: str, step: str, kind: str
) -> None:
    path, payload = given(connected, dialect, step)
    connected.fault(kind, path=path, method="PUT" if step == "mitigate" else "POST", status=502)
    row = declare(**payload, rounds=1)
    assert list(stands(row).values()) == ["begun"]
    assert row.due_at is not None
    once(row)
    assert list(stands(row).values()) == ["done"]
    assert writes(connected, path) == 1


@EACH
def test_a_step_that_never_arrived_is_repeated_once_a_look_says_so(
    connected: Sandbox, declare: Declare, settings: Settings, dialect: str, step: str
) -> None:
    settings.DELIVERY_LOOK = (30, 5)
    path, payload = given(connected, dialect, step)
    connected.fault("drop_before", path=path, method="PUT" if step == "mitigate" else "POST")
    row = declare(**payload, rounds=2)
    assert list(stands(row).values()) == ["begun"], "it may still be under way: too early to repeat"
    assert writes(connected, path) == 1
    settings.DELIVERY_LOOK = (0, 0)
    once(row)
    assert list(stands(row).values()) == ["done"]
    assert writes(connected, path) == 2


@EACH
def test_where_the_look_is_refused_a_person_decides(
    connected: Sandbox, declare: Declare, dialect: str, step: str, settings: Settings
) -> None:
    settings.DELIVERY_LOOK = (0, 0)
    path, payload = given(connected, dialect, step)
    method = "PUT" if step == "mitigate" else "POST"
    connected.fault("drop_after", path=path, method=method)
    looked = r"/v1/incidents/[^/]+$" if step == "mitigate" else path
    row = declare(**payload, rounds=1)
    connected.fault("status", path=looked, method="GET", status=403)
    once(row)
    assert list(stands(row).values()) == ["unclear"]
    assert row.open_steps[0]["sentence"].startswith("It may be in Rootly already.")
    once(row)
    assert writes(connected, path) == 1


@EACH
def test_a_refusal_is_kept_word_for_word_and_the_rest_goes_on(
    connected: Sandbox, declare: Declare, dialect: str, step: str, visitor: PageClient
) -> None:
    connected.switch(slack_delay_s=0)
    path, payload = given(connected, dialect, step)
    connected.fault(
        "validation", path=path, method="PUT" if step == "mitigate" else "POST",
        errors={"base": ["No <b>more</b> of these"]}, times=None,
    )  # fmt: skip
    row = declare(**payload, rounds=3)
    assert list(stands(row).values()) == ["refused"]
    assert "No <b>more</b> of these" in row.open_steps[0]["sentence"]
    assert row.incident["slack_url"]
    assert writes(connected, path) == 1
    html = visitor.get(f"/declarations/{row.pk}/").content.decode()
    assert 'data-step-state="refused"' in html
    assert "Rootly refused it: " in html
    assert "No &lt;b&gt;more&lt;/b&gt; of these" in html


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_step_that_cannot_be_done_now_is_done_later(
    connected: Sandbox, declare: Declare, visitor: PageClient, settings: Settings, status: int
) -> None:
    settings.DELIVERY_LOOK = (0, 0)
    connected.fault("status", path="/events$", method="POST", status=status)
    row = declare(mitigation_message="Restarted it.", rounds=1)
    html = visitor.get(f"/declarations/{row.pk}/").content.decode()
    assert "Mitigation message" in html
    assert "Not in Rootly yet." in html or "no clear answer so far" in html
    assert row.due_at is not None
    once(row)
    assert stands(row) == {"mitigation_message": "done"}
    assert len(connected.incidents()[0]["events"]) == 1
    assert "In Rootly." in visitor.get(f"/declarations/{row.pk}/").content.decode()


def test_a_step_of_a_process_that_died_is_looked_for_before_it_is_repeated(
    connected: Sandbox, declare: Declare
) -> None:
    row = declare(mitigation_message="Restarted it.")
    for step in row.open_steps:
        step["state"] = "begun"
    row.save(update_fields=["open_steps"])
    once(row)
    assert stands(row) == {"mitigation_message": "done"}
    assert len(connected.incidents()[0]["events"]) == 1


def test_who_lost_its_claim_does_no_step(connected: Sandbox, declare: Declare) -> None:
    row = declare(mitigation_message="Restarted it.")
    row.open_steps[0]["state"] = "open"
    row.save(update_fields=["open_steps"])
    before = writes(connected, "/events")
    assert steps.work_off(connection.client(), row, row.claim - 1) is not None
    assert writes(connected, "/events") == before
    row.refresh_from_db()
    assert stands(row) == {"mitigation_message": "open"}


def test_a_run_that_names_no_incident_leaves_it_unclear(
    connected: Sandbox, declare: Declare
) -> None:
    [workflow] = ids_of(connected, "jsonapi", "workflows", "Open a video call")
    connected.fault("drop_before", path="/workflow_runs$", method="POST")
    connected.change_list("workflow_runs", upsert=[{"workflow_id": workflow, "status": "queued"}])
    row = declare(workflow_ids=[workflow])
    assert list(stands(row).values()) == ["unclear"]


def test_nothing_is_planned_for_what_travels_with_the_incident() -> None:
    payload = {**MESSAGES, "alert_ids": ["0", "0"], "workflow_ids": [0], "kind": "backfilled"}
    plain = [step["key"] for step in planned(payload, "plain", str)]
    assert plain == ["alert_ids", "workflow_ids:0"]
    jsonapi = [(step["key"], step["do"]) for step in planned(payload, "jsonapi", str)]
    assert jsonapi == [
        ("mitigation_message", "mitigate"), ("resolution_message", "resolve"),
        ("cancellation_message", "cancel"), ("workflow_ids:0", "workflow"),
    ]  # fmt: skip
    assert planned({"title": "x", "mitigation_message": " \n"}, "jsonapi", str) == []


def left_unclear(sandbox: Sandbox, declare: Declare) -> Declaration:
    """Its workflow was started without an answer, and whose runs there are can't be listed."""
    [workflow] = ids_of(sandbox, "jsonapi", "workflows", "Open a video call")
    sandbox.fault("drop_after", path="/workflow_runs$", method="POST")
    sandbox.fault("status", path="/workflow_runs$", method="GET", status=403, times=None)
    row = declare(workflow_ids=[workflow])
    assert list(stands(row).values()) == ["unclear"]
    return row


def test_somebody_says_that_an_unclear_workflow_has_run(
    connected: Sandbox, declare: Declare, visitor: PageClient, admin_page: PageClient
) -> None:
    row = left_unclear(connected, declare)
    [key] = stands(row)
    assert offered(visitor, row) == {"step-done": "It has run", "retry-step": "Start it again"}
    assert press(visitor, row, "step-done", step="nonsense").status_code == 409
    assert press(admin_page, row, "step-done", step=key).status_code == 303
    row.refresh_from_db()
    assert list(stands(row).values()) == ["done"]
    decision = row.decisions.get()
    assert (decision.action, decision.person.username, decision.reason) == ("step-done", "ada", key)
    assert offered(visitor, row) == {}
    assert steps.SAID in visitor.get(f"/declarations/{row.pk}/").content.decode()
    assert press(admin_page, row, "step-done", step=key).status_code == 303, "a double click"
    assert press(visitor, row, "step-done", step=key).status_code == 409
    once(row)
    assert len(runs(connected)) == 1


def test_somebody_has_an_unclear_workflow_started_again(
    connected: Sandbox, declare: Declare, visitor: PageClient
) -> None:
    row = left_unclear(connected, declare)
    [key] = stands(row)
    assert press(visitor, row, "retry-step", step=key).status_code == 303
    row.refresh_from_db()
    assert list(stands(row).values()) == ["done"]
    assert row.decisions.get().person == row.author
    assert len(runs(connected)) == 2


def test_what_was_refused_is_not_said_to_be_done(
    connected: Sandbox, declare: Declare, visitor: PageClient
) -> None:
    connected.fault("validation", path="/events$", errors={"base": ["No"]}, times=None)
    row = declare(mitigation_message="Restarted it.")
    [key] = stands(row)
    assert offered(visitor, row) == {"retry-step": "Try again"}
    assert press(visitor, row, "step-done", step=key).status_code == 409
    row.refresh_from_db()
    assert list(stands(row).values()) == ["refused"]


def offered(client: PageClient, row: Declaration) -> dict[str, str]:
    """What is said on the buttons beside its steps."""
    html = client.get(f"/declarations/{row.pk}/").content.decode()
    return dict(re.findall(r'<button [^>]*data-action="([^"]+)"[^>]*>([^<]+)<', html))
