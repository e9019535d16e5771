"""What the attributes of a new incident must look like, and the records that its ids name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incidentportal.sandbox.errors import Problem
from incidentportal.sandbox.lists import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

INLINE = "form_field_selections_attributes"

REFERENCE = {
    "severity_id": "severities",
    "parent_incident_id": "incidents",
    "duplicate_incident_id": "incidents",
    "user_id": "users",
}
REFERENCES = {
    "environment_ids": "environments",
    "incident_type_ids": "incident_types",
    "service_ids": "services",
    "muted_service_ids": "services",
    "functionality_ids": "functionalities",
    "group_ids": "teams",
    "cause_ids": "causes",
    "alert_ids": "alerts",
}
TIMES = (
    "scheduled_for",
    "scheduled_until",
    "in_triage_at",
    "started_at",
    "detected_at",
    "acknowledged_at",
    "mitigated_at",
    "resolved_at",
    "closed_at",
    "cancelled_at",
)
TEXTS = (
    "title",
    "summary",
    "public_title",
    "url",
    "slack_channel_name",
    "slack_channel_id",
    "slack_channel_url",
    "google_drive_parent_id",
    "google_drive_url",
)
MESSAGES = ("mitigation_message", "resolution_message", "cancellation_message")
KINDS = (
    *("test", "test_sub", "example", "example_sub", "normal", "normal_sub"),
    *("backfilled", "scheduled", "scheduled_sub"),
)
STATUSES = (
    *("in_triage", "started", "detected", "acknowledged", "mitigated", "resolved", "closed"),
    *("cancelled", "scheduled", "in_progress", "completed"),
)


def _text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _time(value: Any) -> bool:
    return isinstance(value, str) and moment(value) is not None


def _emails(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and "@" in each for each in value)


def _labels(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


CHECKS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(TIMES, _time),
    "private": _boolean,
    "slack_channel_archived": _boolean,
    "notify_emails": _emails,
    "labels": _labels,
    "kind": lambda value: value in KINDS,
    "status": lambda value: value in STATUSES,
}
PLAIN_CHECKS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(MESSAGES, _text),
    "create_test_incident": _boolean,
}
NEVER_NULL = ("status", "url")


def named(context: Context, list_name: str, given: object, *, among: bool = False) -> Record | str:
    """The record that an id in a body names, or what is wrong with that id.

    Where ids are integers, a JSON:API server takes them as text as well, since the specification
    has all ids as text. People `among` others (`selected_user_ids`) are integers in any case.
    """
    users = list_name == "users"
    integers = context.ids == "number" or (users and (among or context.dialect == "plain"))
    text = isinstance(given, str) and (
        not integers or (context.dialect == "jsonapi" and not (users and among))
    )
    whole = integers and isinstance(given, int) and not isinstance(given, bool)
    if not whole and not text:
        return "is invalid"
    numbered = users or context.ids != "text"
    record = (context.store.find if numbered else context.store.get)(list_name, str(given))
    return record if record is not None and visible(context, record) else "must exist"


def visible(context: Context, record: Record) -> bool:
    """Whether the token may see a record."""
    hidden = context.state.switches.hide_private and record.list_name == "incidents"
    return not (hidden and record.attributes.get("private"))


def many(
    context: Context, name: str, list_name: str, given: object
) -> tuple[list[str], list[Problem]]:
    """The text ids that a list of ids names, and what is wrong with it."""
    if not isinstance(given, list):
        return [], [Problem(name, "is invalid")]
    found = [named(context, list_name, each, among=True) for each in given]
    problems = {each for each in found if isinstance(each, str)}
    uids = [each.uid for each in found if not isinstance(each, str)]
    return list(dict.fromkeys(uids)), [Problem(name, each) for each in sorted(problems)]


def read(context: Context, given: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """A new incident's attributes with text ids, and all that is wrong with what was given.

    The API reference's schema has `additionalProperties: false`; the guide's dialect ignores what
    it doesn't know. Inline custom values are judged elsewhere.
    """
    attributes: dict[str, Any] = {}
    problems: list[Problem] = []
    checks = CHECKS if context.dialect == "jsonapi" else {**CHECKS, **PLAIN_CHECKS}
    for name, value in given.items():
        if name == INLINE:
            continue
        if name in REFERENCES and value is not None:
            attributes[name], wrong = many(context, name, REFERENCES[name], value)
            problems += wrong
        elif name in REFERENCE and value is not None:
            record = named(context, REFERENCE[name], value)
            if isinstance(record, str):
                problems.append(Problem(name, record))
            else:
                attributes[name] = record.uid
        elif name in REFERENCE or name in REFERENCES or name in checks:
            problems += _simple(attributes, checks, name, value)
        elif context.dialect == "jsonapi":
            problems.append(Problem(name, "is not a permitted attribute"))
    return attributes, problems


def _simple(
    attributes: dict[str, Any], checks: dict[str, Callable[[Any], bool]], name: str, value: Any
) -> list[Problem]:
    if value is None and name not in NEVER_NULL:
        return []
    if not checks[name](value):
        return [Problem(name, "is invalid")]
    attributes[name] = value
    return []
