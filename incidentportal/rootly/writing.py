"""Writing in a dialect. Pure: the portal's neutral attributes in, the request's JSON out.

Neutral attributes bear the JSON:API's names (Rootly's API reference), ids are text, and custom
values are a list under `form_field_selections_attributes` (Rootly's guide, Creating Incidents
via API). `plain` follows that guide: flat, ids as numbers where they are numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from incidentportal.rootly.config import Dialect
from incidentportal.rootly.errors import Rejected

ID_ATTRIBUTES = frozenset(
    {
        "severity_id", "parent_incident_id", "duplicate_incident_id", "user_id",
        "incident_type_ids", "environment_ids", "service_ids", "functionality_ids",
        "group_ids", "cause_ids", "alert_ids", "muted_service_ids",
        "incident_id", "form_field_id",
        "selected_option_ids", "selected_group_ids", "selected_service_ids",
        "selected_functionality_ids", "selected_user_ids", "selected_catalog_entity_ids",
        "selected_environment_ids", "selected_cause_ids", "selected_incident_type_ids",
    }
)  # fmt: skip
"""What holds ids of Rootly's records. `slack_channel_id` and its like are texts."""

NUMBERS_IN_JSONAPI = frozenset({"selected_user_ids"})
INLINE = "form_field_selections_attributes"
MESSAGES = ("mitigation_message", "resolution_message", "cancellation_message")
AFTERWARDS: Mapping[Dialect, frozenset[str]] = {
    "jsonapi": frozenset({*MESSAGES, "workflow_ids"}),
    "plain": frozenset({"alert_ids", "workflow_ids"}),
}
"""What a dialect's create call does not take, and what is done once the incident exists instead:
the API reference has messages on `…/mitigate` and its like alone, the guide has no alerts.
"""
IN_TRIAGE_MARK = "in_triage_mark"
"""Neutral: when somebody ticked "in triage". The moment is kept there, so that the bytes stay the
same when it is sent again.
"""
CANONICAL = re.compile(r"0|[1-9][0-9]{0,17}")


def incident_body(attributes: Mapping[str, Any], dialect: Dialect) -> bytes:
    """The body that creates an incident; raises Rejected for a text that can't be written.

    `kind: test` and `in_triage_mark` are said in the dialect's way; what it doesn't take on
    create (`AFTERWARDS`) is left out.
    """
    later = AFTERWARDS[dialect]
    said = {name: value for name, value in attributes.items() if name not in later}
    marked_at = said.pop(IN_TRIAGE_MARK, None)
    if dialect == "plain":
        if said.get("kind") == "test":
            del said["kind"]
            said["create_test_incident"] = True
        if marked_at and not said.get("in_triage_at"):
            said["in_triage_at"] = marked_at
    elif marked_at:
        said["status"] = "in_triage"
    return body("incidents", said, dialect)


def selection_body(selection: Mapping[str, Any], dialect: Dialect) -> bytes:
    """The body that creates or changes a custom field's value."""
    return body("incident_form_field_selections", selection, dialect)


def body(kind: str, attributes: Mapping[str, Any], dialect: Dialect) -> bytes:
    """Neutral attributes in a dialect; `kind` is the JSON:API's type. Raises Rejected as above."""
    numbers = ID_ATTRIBUTES if dialect == "plain" else NUMBERS_IN_JSONAPI
    written = _written(attributes, numbers)
    document = written if dialect == "plain" else {"data": {"type": kind, "attributes": written}}
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        raise Rejected("A text holds half a character, which can't be sent.") from None


def _written(attributes: Mapping[str, Any], numbers: frozenset[str]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, value in attributes.items():
        if name == INLINE and isinstance(value, list | tuple):
            written[name] = [_written(selection, numbers) for selection in value]
        elif name in numbers:
            written[name] = _numbered(value)
        else:
            written[name] = value
    return written


def _numbered(value: Any) -> Any:
    """An id as a number if it is one (`007` isn't: it would come back as another)."""
    if isinstance(value, list | tuple):
        return [_numbered(item) for item in value]
    return int(value) if isinstance(value, str) and CANONICAL.fullmatch(value) else value
