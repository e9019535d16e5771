"""What Rootly's API reference says about creating an incident, and the sandbox's answers to it.

The excerpts are from Rootly's published OpenAPI document (`new_incident`, `errors_list`, `links`,
and the `incident` attributes that the portal reads), with `nullable` written as JSON Schema has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    import httpx

    from tests.support.sandbox import Sandbox

TEXT: dict[str, Any] = {"type": ["string", "null"]}
ID_LIST: dict[str, Any] = {"type": ["array", "null"], "items": {"type": "string"}}
NEW_INCIDENT_ATTRIBUTES: dict[str, Any] = {
    **dict.fromkeys(
        (
            *("title", "parent_incident_id", "duplicate_incident_id", "summary", "user_id"),
            *("severity_id", "public_title", "slack_channel_name", "slack_channel_id"),
            *("slack_channel_url", "google_drive_parent_id", "google_drive_url"),
            *("scheduled_for", "scheduled_until", "in_triage_at", "started_at", "detected_at"),
            *("acknowledged_at", "mitigated_at", "resolved_at", "closed_at", "cancelled_at"),
        ),
        TEXT,
    ),
    **dict.fromkeys(
        (
            *("alert_ids", "environment_ids", "incident_type_ids", "service_ids"),
            *("functionality_ids", "group_ids", "cause_ids", "notify_emails"),
        ),
        ID_LIST,
    ),
    "kind": {
        "enum": [
            *("test", "test_sub", "example", "example_sub", "normal", "normal_sub"),
            *("backfilled", "scheduled", None),
        ]
    },
    "status": {
        "enum": [
            *("in_triage", "started", "detected", "acknowledged", "mitigated", "resolved"),
            *("closed", "cancelled", "scheduled", "in_progress", "completed"),
        ]
    },
    "private": {"type": ["boolean", "null"]},
    "slack_channel_archived": {"type": ["boolean", "null"]},
    "labels": {"type": ["object", "null"]},
    "url": {"type": "string"},
}
REFERENCES = {
    "severity_id": "severities",
    "user_id": "users",
    "parent_incident_id": "incidents",
    "duplicate_incident_id": "incidents",
    "alert_ids": "alerts",
    "environment_ids": "environments",
    "incident_type_ids": "incident_types",
    "service_ids": "services",
    "functionality_ids": "functionalities",
    "group_ids": "teams",
    "cause_ids": "causes",
}
ERRORS_LIST: dict[str, Any] = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["title", "status"],
                "properties": {"title": {"type": "string"}, "status": {"type": "string"}},
            },
        }
    },
}
INCIDENT_RESPONSE: dict[str, Any] = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "object",
            "required": ["id", "type", "attributes"],
            "properties": {
                "id": {"type": "string"},
                "type": {"const": "incidents"},
                "attributes": {
                    "type": "object",
                    "required": ["title", "slug", "created_at", "updated_at"],
                    "properties": {
                        "sequential_id": {"type": "integer"},
                        "title": {"type": "string"},
                        "slug": {"type": "string"},
                        "url": TEXT,
                        "short_url": TEXT,
                        "labels": {"type": ["object", "null"]},
                        "private": {"type": ["boolean", "null"]},
                        "severity": {"type": ["object", "null"], "required": ["data"]},
                        "services": {
                            "type": ["array", "null"],
                            "items": {"type": "object", "required": ["data"]},
                        },
                    },
                },
            },
        }
    },
}
LINKS: dict[str, Any] = {
    "type": "object",
    "required": ["self", "first", "prev", "next", "last"],
    "properties": {"self": {"type": "string"}, "prev": TEXT, "next": TEXT},
}


def create(http: httpx.Client, attributes: dict[str, Any]) -> httpx.Response:
    """Create an incident as the reference says."""
    headers = {"Content-Type": "application/vnd.api+json"}
    body = {"data": {"type": "incidents", "attributes": attributes}}
    return http.post("/incidents", json=body, headers=headers)


def value_for(sandbox: Sandbox, name: str, schema: dict[str, Any]) -> Any:
    """A value that an attribute may have."""
    if name in REFERENCES:
        found = sandbox.records(REFERENCES[name])[0]["id"]
        return [found] if name.endswith("_ids") else found
    if name == "notify_emails":
        return ["care@larkfield.example"]
    if name.endswith(("_at", "_for", "_until")):
        return "2026-03-01T10:00:00Z"
    if "enum" in schema:
        return schema["enum"][0]
    first = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    return {"string": "some text", "boolean": True, "object": {"a": "b"}}[first]


def nullable(schema: dict[str, Any]) -> bool:
    """Whether an attribute may be null."""
    return None in schema.get("enum", []) or "null" in schema.get("type", [])


@pytest.mark.parametrize("name", sorted(NEW_INCIDENT_ATTRIBUTES))
def test_every_attribute_of_the_reference_is_taken(
    sandbox: Sandbox, http: httpx.Client, name: str
) -> None:
    value = value_for(sandbox, name, NEW_INCIDENT_ATTRIBUTES[name])
    jsonschema.validate(value, NEW_INCIDENT_ATTRIBUTES[name])
    answer = create(http, {name: value})
    assert answer.status_code == 201, answer.text
    jsonschema.validate(answer.json(), INCIDENT_RESPONSE)
    if nullable(NEW_INCIDENT_ATTRIBUTES[name]):
        assert create(http, {name: None}).status_code == 201


@pytest.mark.parametrize(
    "name", ["create_test_incident", "mitigation_message", "started", "form_field_selections"]
)
def test_no_other_attribute_is_taken(http: httpx.Client, name: str) -> None:
    answer = create(http, {name: "x"})
    assert answer.status_code == 422
    jsonschema.validate(answer.json(), ERRORS_LIST)


def test_lists_carry_the_references_links(http: httpx.Client) -> None:
    for name in ("services", "incidents", "form_fields"):
        answer = http.get(f"/{name}", params={"page[size]": 2})
        jsonschema.validate(answer.json()["links"], LINKS)
        assert answer.headers["Content-Type"].startswith("application/vnd.api+json")
