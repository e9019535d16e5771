"""What is done to an incident once it exists: events, alerts, values, status, workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import attributes as reading
from incidentportal.sandbox import selections
from incidentportal.sandbox.errors import ApiError, Problem
from incidentportal.sandbox.lists import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

# Address, the status it leads to, the message that may come with it, the time it sets.
STEPS = {
    "mitigate": ("mitigated", "mitigation_message", "mitigated_at"),
    "resolve": ("resolved", "resolution_message", "resolved_at"),
    "cancel": ("cancelled", "cancellation_message", "cancelled_at"),
    "in_triage": ("in_triage", None, "in_triage_at"),
}


def step(context: Context, incident: Record, name: str, given: dict[str, Any]) -> Record:
    """Mitigate, resolve, cancel or triage an incident."""
    status, message, time = STEPS[name]
    if message is not None and given.get(message) is not None:
        if not isinstance(given[message], str):
            raise ApiError(422, [Problem(message, "is invalid")])
        incident.attributes[message] = given[message]
    incident.attributes |= {"status": status, time: context.stamp(), "updated_at": context.stamp()}
    return incident


def update(context: Context, incident: Record, given: dict[str, Any]) -> Record:
    """Change an incident's attributes. Private can't be undone."""
    attributes, problems = reading.read(context, given)
    if incident.attributes.get("private") and attributes.get("private") is False:
        problems.append(Problem("private", "can't be undone"))
    if problems:
        raise ApiError(422, problems)
    incident.attributes |= {**attributes, "updated_at": context.stamp()}
    return incident


def add_event(context: Context, incident: Record, given: dict[str, Any]) -> Record:
    """Put an event on an incident's timeline."""
    event, visibility = given.get("event"), given.get("visibility", "internal")
    problems = []
    if not isinstance(event, str) or not event.strip():
        problems.append(Problem("event", "can't be blank"))
    if visibility not in {"internal", "external"}:
        problems.append(Problem("visibility", "is not included in the list"))
    occurred = given.get("occurred_at")
    if occurred is not None and moment(occurred) is None:
        problems.append(Problem("occurred_at", "is invalid"))
    if problems:
        raise ApiError(422, problems)
    stamp = context.stamp()
    times = {"occurred_at": occurred or stamp, "created_at": stamp, "updated_at": stamp}
    kept = {"incident_id": incident.uid, "event": event, "visibility": visibility, **times}
    return context.store.add("incident_events", kept)


def attach_alerts(context: Context, incident: Record, given: dict[str, Any]) -> None:
    """Attach alerts to an incident, those that it has staying."""
    uids, problems = reading.many(context, "alert_ids", "alerts", given.get("alert_ids"))
    if problems:
        raise ApiError(422, problems)
    known = incident.attributes.get("alert_ids", [])
    incident.attributes["alert_ids"] = list(dict.fromkeys([*known, *uids]))


def add_selection(context: Context, incident: Record, given: dict[str, Any]) -> Record:
    """Give a custom field its value on an incident, once."""
    if context.dialect == "jsonapi":
        own = reading.named(context, "incidents", given.get("incident_id"))
        if isinstance(own, str) or own.uid != incident.uid:
            raise ApiError(422, [Problem("incident_id", "must exist")])
    attributes, problems = selections.read(context, given)
    taken = context.store.children(selections.LIST, incident.uid)
    if any(each.attributes["form_field_id"] == attributes.get("form_field_id") for each in taken):
        problems.append(Problem("form_field_id", "has already been taken"))
    if problems:
        raise ApiError(422, problems)
    return selections.store(context, incident, attributes)


def change_selection(context: Context, selection: Record, given: dict[str, Any]) -> Record:
    """Give a custom field another value."""
    field = context.store.get("form_fields", selection.attributes["form_field_id"])
    attributes, problems = selections.read(context, given, field)
    if problems:
        raise ApiError(422, problems)
    selection.attributes |= {**attributes, "updated_at": context.stamp()}
    return selection


def run_workflow(context: Context, workflow: Record, given: dict[str, Any]) -> Record:
    """Start a workflow, for an incident where one is named."""
    incident: str | None = None
    if given.get("incident_id") is not None:
        found = reading.named(context, "incidents", given["incident_id"])
        if isinstance(found, str):
            raise ApiError(422, [Problem("incident_id", found)])
        incident = found.uid
    stamp = context.stamp()
    kept = {
        "workflow_id": workflow.uid,
        "status": "queued",
        "status_message": None,
        "triggered_by": "user",
        "started_at": stamp,
        "incident_id": incident,
        "context": given.get("context") or {},
    }
    return context.store.add("workflow_runs", kept)


NEW_CHILD: dict[tuple[str, str], Callable[[Context, Record, dict[str, Any]], Record]] = {
    ("incidents", "events"): add_event,
    ("incidents", "form_field_selections"): add_selection,
    ("workflows", "workflow_runs"): run_workflow,
}
