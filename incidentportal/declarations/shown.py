"""What an incident shows: how it is kept, and where it isn't what was asked for.

Pure. `known` is what is kept of it (`Declaration.incident`), from all answers so far: an answer
that doesn't mention something takes back nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidentportal.rootly.records import Incident

Known = Mapping[str, Any]
SUB = "_sub"
"""The kind of an incident beneath another follows: `normal_sub`, `test_sub` (Rootly's docs)."""
MOST_MISSES = 5
"""So often Rootly may not have the incident (404) before it counts as gone: a new one may show
late."""


def summary(incident: Incident) -> dict[str, Any]:
    """What is kept of the incident: for its page, and to compare it with what was asked for."""
    return {
        "number": incident.sequential_id,
        "title": incident.title,
        "slug": incident.slug,
        "status": incident.status,
        "private": incident.private,
        "severity_id": incident.severity_id,
        "kind": incident.kind,
        "parent": incident.parent_incident_id,
        "creator": incident.user_id,
        "url": incident.url or incident.short_url,
        "slack_name": incident.slack_channel_name,
        "slack_url": incident.slack_channel_url,
    }


def merged(known: Known, incident: Incident | None) -> dict[str, Any]:
    """What is known with what this answer says besides; None: it could not be read."""
    if incident is None:
        return dict(known)
    fresh = {
        name: value
        for name, value in summary(incident).items()
        if value is not None and (value != "" or name == "parent")  # blank: it has no parent
    }
    return {name: value for name, value in known.items() if name != "misses"} | fresh


def missed(known: Known) -> dict[str, Any]:
    """What is known once Rootly didn't have it, be it once more."""
    return {**known, "misses": min(int(known.get("misses") or 0) + 1, MOST_MISSES)}


def is_gone(known: Known) -> bool:
    """Whether it was looked for in vain so often that it isn't there any more."""
    return int(known.get("misses") or 0) >= MOST_MISSES


def verdict(payload: Known, sent_with: Known, known: Known) -> dict[str, Any]:
    """The declaration's columns about what the incident doesn't show as asked.

    Silence about `private` and about a test counts as no; about anything else it says nothing.
    """
    found = {
        "private": bool(payload.get("private")) and known.get("private") is not True,
        "kind": _other_kind(payload, known),
        "parent": _other(payload.get("parent_incident_id"), known.get("parent")),
        "creator": _other(_creator(sent_with), known.get("creator")),
    }
    return {
        "is_exposed": found["private"],
        "is_mistaken_real": payload.get("kind") == "test" and found["kind"],
        "mismatches": [name for name, is_other in found.items() if is_other],
    }


def _other_kind(payload: Known, known: Known) -> bool:
    asked = str(payload.get("kind") or "normal")
    shown = str(known.get("kind") or "")
    if not shown:
        return asked == "test"
    return shown.removesuffix(SUB) != asked.removesuffix(SUB)


def _creator(sent_with: Known) -> Any:
    return sent_with.get("user_id") if sent_with.get("creator") else None


def _other(asked: Any, shown: Any) -> bool:
    return asked not in {None, ""} and shown is not None and str(asked) != str(shown)
