"""New incidents: judged, made, and kept with all that arrived."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import attributes as reading
from incidentportal.sandbox import selections
from incidentportal.sandbox.errors import ApiError, Problem
from incidentportal.sandbox.judging import Judge
from incidentportal.sandbox.lists import moment
from incidentportal.sandbox.state import Arrival

if TYPE_CHECKING:
    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

SUBS = {"normal": "normal_sub", "test": "test_sub", "example": "example_sub"}
LIST_NAMES = (*reading.REFERENCES, "notify_emails")


def create(context: Context, given: object, body: Any, key: str | None) -> Record:
    """Make an incident from a request's attributes. Raises ApiError with all that is wrong."""
    if not isinstance(given, dict):
        raise ApiError(400)
    attributes, problems = reading.read(context, given)
    chosen, wrong = _inline(context, given.get(reading.INLINE))
    problems += wrong + _label_rule(context, attributes) + _order(attributes)
    problems += _parent(context, attributes)
    switches = context.state.switches
    if switches.enforce_required or switches.reject_hidden:
        problems += _rules(context, attributes, chosen, problems)
    if problems:
        raise ApiError(422, problems)
    made = _made(context, attributes)
    incident = context.store.add("incidents", made, number=context.state.sequence)
    for each in chosen:
        selections.store(context, incident, each)
    context.state.arrivals[incident.uid] = Arrival(incident.uid, context.dialect, key, body)
    return incident


def _inline(context: Context, given: object) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The guide's inline custom values, as the switch says: kept, dropped, or refused."""
    rule = context.state.switches.inline_values
    if given is None or rule == "drop":
        return [], []
    if rule == "refuse":
        return [], [Problem(reading.INLINE, "is not a permitted attribute")]
    if not isinstance(given, list):
        return [], [Problem(reading.INLINE, "is invalid")]
    chosen, problems = [], []
    for each in given:
        attributes, wrong = selections.read(context, each)
        problems += wrong
        if not wrong:
            chosen.append(attributes)
    return chosen, problems


def _label_rule(context: Context, attributes: dict[str, Any]) -> list[Problem]:
    rule = context.state.switches.labels
    if rule == "refuse" and "labels" in attributes:
        return [Problem("labels", "is not a permitted attribute")]
    if rule == "drop":
        attributes.pop("labels", None)
    return []


def _order(attributes: dict[str, Any]) -> list[Problem]:
    started, detected = (moment(attributes.get(name)) for name in ("started_at", "detected_at"))
    if started and detected and detected < started:
        return [Problem("detected_at", "can not be before Started time")]
    return []


def _parent(context: Context, attributes: dict[str, Any]) -> list[Problem]:
    """One level only, never under a maintenance; the kind follows."""
    parent = context.store.get("incidents", attributes.get("parent_incident_id", ""))
    if parent is None:
        return []
    if parent.attributes.get("parent_incident_id"):
        return [Problem("parent_incident_id", "can't be a sub-incident")]
    if str(parent.attributes.get("kind", "")).startswith("scheduled"):
        return [Problem("parent_incident_id", "can't be a maintenance")]
    kind = attributes.get("kind", "normal")
    if kind == "backfilled":
        return [Problem("kind", "can't be backfilled for a sub-incident")]
    attributes["kind"] = SUBS.get(kind, kind)
    return []


def _rules(
    context: Context,
    attributes: dict[str, Any],
    chosen: list[dict[str, Any]],
    known: list[Problem],
) -> list[Problem]:
    """What the form in force says, without what is known to be wrong already."""
    refused = {name for each in known for name in (each.attribute, each.label) if name}
    found = Judge(context, attributes, chosen).problems()
    return [each for each in found if not refused & {each.attribute, each.label}]


def slug(text: str) -> str:
    """A text as it stands in an address: `oh-no-something-is-broken`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "incident"


def _made(context: Context, attributes: dict[str, Any]) -> dict[str, Any]:
    """The whole incident, with what Rootly adds of its own."""
    state = context.state
    state.sequence += 1
    attributes = dict(attributes)
    test = attributes.pop("create_test_incident", False)
    kind = attributes.get("kind") or "normal"
    if test:
        kind = {"normal": "test", "normal_sub": "test_sub"}.get(kind, kind)
    title = str(attributes.get("title") or "").strip() or f"Incident {state.sequence}"
    stamp = context.stamp()
    first = context.store.all("users")
    creator = attributes.get("user_id") or (first[0].uid if first else None)
    status = attributes.get("status") or _status(attributes, kind)
    if status not in {"in_triage", "scheduled"}:
        attributes.setdefault("started_at", stamp)
    slug_ = slug(title)
    return {
        **BLANK,
        **attributes,
        "sequential_id": state.sequence,
        "title": title,
        "kind": kind,
        "slug": slug_,
        "status": status,
        "private": bool(attributes.get("private")),
        "source": "api",
        "user_id": creator,
        "url": f"{state.origin}/incidents/{state.sequence}-{slug_}",
        "short_url": f"{state.origin}/i/{state.sequence}",
        **_slack(context, slug_, private=bool(attributes.get("private"))),
        "created_at": stamp,
        "updated_at": stamp,
    }


BLANK: dict[str, Any] = {
    "summary": None,
    "parent_incident_id": None,
    "duplicate_incident_id": None,
    "public_title": None,
    "severity_id": None,
    "labels": {},
    "slack_channel_id": None,
    "slack_channel_name": None,
    "slack_channel_url": None,
    "slack_channel_archived": None,
    **dict.fromkeys((*reading.MESSAGES, *reading.TIMES)),
    **{name: [] for name in LIST_NAMES},
}


def _status(attributes: dict[str, Any], kind: str) -> str:
    for status in ("cancelled", "closed", "resolved", "mitigated"):
        if attributes.get(f"{status}_at"):
            return status
    if kind.startswith("scheduled"):
        return "scheduled"
    return "in_triage" if attributes.get("in_triage_at") else "started"


def _slack(context: Context, slug_: str, *, private: bool) -> dict[str, Any]:
    """A channel that is there a moment later; a private incident gets none."""
    state = context.state
    if private:
        return {}
    name = f"incident-{state.now():%Y%m%d}-{slug_}"[:80].rstrip("-")
    return {
        "slack_ready_at": state.now().timestamp() + state.switches.slack_delay_s,
        "slack_channel_id": f"C{state.sequence:09d}",
        "slack_channel_name": name,
        "slack_channel_url": f"{state.origin}/incidents/{state.sequence}-{slug_}#slack",
        "slack_channel_archived": False,
    }
