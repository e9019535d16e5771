"""New incidents: judged, made, and kept with all that arrived."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import attributes as reading
from incidentportal.sandbox import selections
from incidentportal.sandbox.errors import ApiError, Problem
from incidentportal.sandbox.lists import moment
from incidentportal.sandbox.state import Arrival

if TYPE_CHECKING:
    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

FORM = "web_new_incident_form"
ATTRIBUTE_OF_KIND = {
    "title": "title",
    "summary": "summary",
    "severity": "severity_id",
    "types": "incident_type_ids",
    "services": "service_ids",
    "environments": "environment_ids",
    "teams": "group_ids",
    "functionalities": "functionality_ids",
    "causes": "cause_ids",
    "labels": "labels",
    "notify_emails": "notify_emails",
    "attach_alerts": "alert_ids",
    **{name: name for name in reading.TIMES},
}
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
    if context.state.switches.enforce_required:
        problems += _missing(
            context, attributes, {each["form_field_id"] for each in chosen}, problems
        )
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


def _missing(
    context: Context, attributes: dict[str, Any], selected: set[str], known: list[Problem]
) -> list[Problem]:
    """What the form in force marks as required, unconditionally, and was not given."""
    problems = []
    refused = {each.attribute for each in known}
    for placement, field in required_placements(context, attributes):
        label = str(field.attributes.get("name", ""))
        kind = str(field.attributes.get("kind"))
        name = ATTRIBUTE_OF_KIND.get(kind)
        if name in refused or placement.attributes.get("non_editable"):
            continue
        if kind == "custom" and context.state.switches.inline_values == "keep":
            if field.uid not in selected:
                problems.append(Problem(str(field.attributes.get("slug")), "can't be blank", label))
        elif name is not None and not str(attributes.get(name) or "").strip():
            problems.append(Problem(name, "can't be blank", label))
    return problems


def required_placements(
    context: Context, attributes: dict[str, Any]
) -> list[tuple[Record, Record]]:
    """The placements, with their fields, that the form in force requires whatever was answered."""
    form_set = _form_set(context, attributes)
    found = []
    for placement in context.store.all("form_field_placements"):
        place = placement.attributes
        if place.get("form_set_id") != form_set or place.get("form") != FORM:
            continue
        rules = context.store.children("form_field_placement_conditions", placement.uid)
        field = context.store.get("form_fields", place.get("form_field_id", ""))
        if place.get("required") and not rules and field and field.attributes.get("enabled"):
            found.append((placement, field))
    return sorted(found, key=lambda pair: pair[0].attributes.get("position") or 0)


def _form_set(context: Context, attributes: dict[str, Any]) -> str:
    """The text id of the first set whose conditions all hold, else of the default one."""
    for form_set in context.store.all("form_sets"):
        rules = context.store.children("form_set_conditions", form_set.uid)
        if rules and all(_holds(context, rule, attributes) for rule in rules):
            return form_set.uid
    sets = context.store.all("form_sets")
    return next((each.uid for each in sets if each.attributes.get("is_default")), "")


def _holds(context: Context, rule: Record, attributes: dict[str, Any]) -> bool:
    field = context.store.get("form_fields", rule.attributes["form_field_id"])
    kind = str(field.attributes.get("kind")) if field else ""
    value = attributes.get(ATTRIBUTE_OF_KIND.get(kind, ""))
    held = value if isinstance(value, list) else [value]
    return bool(set(held) & set(rule.attributes.get("values", [])))


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
