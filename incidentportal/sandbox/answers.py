"""What a create request says of each form field, and what field records say of answers."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import attributes as reading
from incidentportal.sandbox import selections
from incidentportal.sandbox.lists import moment
from incidentportal.sandbox.rules import UNTICKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from incidentportal.sandbox.rules import Held
    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

    Attributes = dict[str, Any]

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
    "visibility": "private",
    "status": "status",
    "manual_starting_datetime_field": "started_at",
    "mark_as_test": "kind",
    "mark_as_backfilled": "kind",
    "mark_as_in_triage": "status",
    **{name: name for name in reading.TIMES},
}
PLAIN_ATTRIBUTE_OF_KIND = {
    "mark_as_test": "create_test_incident",
    "mark_as_in_triage": "in_triage_at",
    **{name: name for name in reading.MESSAGES},
}
BUILT_INS = {
    *ATTRIBUTE_OF_KIND,
    *PLAIN_ATTRIBUTE_OF_KIND,
    *("show_ongoing_incidents", "trigger_manual_workflows", "custom_sub_status"),
}
MARKS: dict[str, Callable[[Attributes], bool]] = {
    "mark_as_test": lambda given: (
        bool(given.get("create_test_incident"))
        or str(given.get("kind", "")).partition("_")[0] == "test"
    ),
    "mark_as_backfilled": lambda given: given.get("kind") == "backfilled",
    "mark_as_in_triage": lambda given: given.get("status") == "in_triage",
}
BUILT_IN_LISTS = {
    "severity": "severities",
    **{
        kind: reading.REFERENCES[name]
        for kind, name in ATTRIBUTE_OF_KIND.items()
        if name in reading.REFERENCES
    },
}
TICKED, NOT_TICKED = frozenset({"1", "true"}), frozenset({"0", "false"})


def attribute(context: Context, field: Record) -> str | None:
    """The attribute that a built-in field has in a create request; None where it has none."""
    kind = str(field.attributes.get("kind"))
    if context.dialect == "plain" and kind in PLAIN_ATTRIBUTE_OF_KIND:
        return PLAIN_ATTRIBUTE_OF_KIND[kind]
    return ATTRIBUTE_OF_KIND.get(kind)


def is_custom(field: Record) -> bool:
    """Whether a field's value travels as a selection: a custom one, or one of an unknown kind."""
    return field.attributes.get("kind") not in BUILT_INS


def held(
    context: Context, field: Record, attributes: Attributes, selected: dict[str, Attributes]
) -> Held:
    """What a request says of a field, as rules compare it; None where it can't say.

    `attributes` are the incident's as they were read, `selected` the inline selections by field.
    """
    switches = context.state.switches
    if is_custom(field):
        if switches.inline_values != "keep":
            return None
        return _chosen(field, selected.get(field.uid, {}))
    name = attribute(context, field)
    if name is None or (name == "labels" and switches.labels != "keep"):
        return None
    kind = str(field.attributes.get("kind"))
    value = attributes.get(name)
    if kind in MARKS:
        in_guides_words = kind == "mark_as_in_triage" and context.dialect == "plain"
        value = MARKS[kind](attributes) or (in_guides_words and bool(value))
    if isinstance(value, dict):
        value = [f"{key}={each}" for key, each in value.items()]
    return comparable(field, value if isinstance(value, list) else [value])


def given(
    context: Context, field: Record, attributes: Attributes, selected: dict[str, Attributes]
) -> bool:
    """Whether a request says anything of a field, be it that a box is not ticked."""
    return field.uid in selected if is_custom(field) else attribute(context, field) in attributes


def _chosen(field: Record, selection: Attributes) -> frozenset[str]:
    value = selection.get("value")
    texts = [value]
    if value is not None and field.attributes.get("input_kind") == "tags":
        texts = json.loads(value)
    for name, _ in selections.SELECTED.values():
        texts += selection.get(name, [])
    return comparable(field, texts)


def comparable(field: Record, values: Iterable[object]) -> frozenset[str]:
    """An answer's values: blank ones are none, an unticked box is unset, a time is in UTC."""
    texts = {_plain(field, each) for each in values if each is not None}
    return frozenset(texts - {"", UNTICKED})


def _plain(field: Record, value: object) -> str:
    text = str(value).strip()
    kind = field.attributes.get("input_kind")
    if kind == "checkbox" and text.lower() in TICKED | NOT_TICKED:
        return "1" if text.lower() in TICKED else UNTICKED
    at = moment(text) if kind == "datetime" else None
    return at.astimezone(UTC).isoformat() if at else text


def meant(context: Context, field: Record, values: Iterable[object]) -> frozenset[str]:
    """What values in conditions and defaults stand for: an id, else a slug, else a plain value."""
    texts = [str(each).strip() for each in values]
    list_name = _list_name(field)
    if list_name is None:
        return frozenset(_plain(field, each) for each in texts if each)
    return frozenset(_found(context, field, list_name, each) or each for each in texts if each)


def default(context: Context, field: Record) -> Held:
    """What a field holds before anybody answers; None where it has no default that is known."""
    values = field.attributes.get("default_values") or [
        each.uid
        for each in context.store.children("form_field_options", field.uid)
        if each.attributes.get("default")
    ]
    found = meant(context, field, values)
    list_name = _list_name(field)
    if list_name is not None:
        found = frozenset(each for each in found if context.store.get(list_name, each))
    return found - {UNTICKED} if found else None


def _list_name(field: Record) -> str | None:
    """The list that a field's values are records of; None where they are plain."""
    if not is_custom(field):
        return BUILT_IN_LISTS.get(str(field.attributes.get("kind")))
    if field.attributes.get("input_kind") not in {"select", "multi_select"}:
        return None
    return selections.SELECTED.get(str(field.attributes.get("value_kind")), (None, None))[1]


def _found(context: Context, field: Record, list_name: str, text: str) -> str | None:
    """The id of the record that a text means."""
    record = context.store.find(list_name, text)
    if record is not None:
        return record.uid
    owner = {
        "form_field_options": field.uid,
        "catalog_entities": str(field.attributes.get("value_kind_catalog_id")),
    }.get(list_name)
    store = context.store
    candidates = store.all(list_name) if owner is None else store.children(list_name, owner)
    named = (
        each.uid
        for key in ("slug", "name", "value")
        for each in candidates
        if each.attributes.get(key) == text
    )
    return next(named, None)
