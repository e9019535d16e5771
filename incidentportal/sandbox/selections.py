"""Values of custom fields on an incident: judged, stored, changed."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox.attributes import many, named
from incidentportal.sandbox.errors import Problem
from incidentportal.sandbox.lists import moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

LIST = "incident_form_field_selections"
SELECTED = {
    "inherit": ("selected_option_ids", "form_field_options"),
    "group": ("selected_group_ids", "teams"),
    "service": ("selected_service_ids", "services"),
    "functionality": ("selected_functionality_ids", "functionalities"),
    "user": ("selected_user_ids", "users"),
    "catalog_entity": ("selected_catalog_entity_ids", "catalog_entities"),
    "environment": ("selected_environment_ids", "environments"),
    "cause": ("selected_cause_ids", "causes"),
    "incident_type": ("selected_incident_type_ids", "incident_types"),
}
PERMITTED = {"form_field_id", "incident_id", "value", *(name for name, _ in SELECTED.values())}
NUMBER = r"-?\d+(\.\d+)?([eE]-?\d+)?"
EMPTY = "requires either value or at least one selected option, group, service, or user"


def read(
    context: Context, given: object, field: Record | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """A selection with text ids, and all that is wrong with what was given.

    `field` is the selection's field where it stands already (an update).
    """
    if not isinstance(given, dict):
        return {}, [Problem("form_field_selections", "is invalid")]
    problems = [
        Problem(name, "is not a permitted attribute")
        for name in given
        if name not in PERMITTED and context.dialect == "jsonapi"
    ]
    if field is None:
        found = named(context, "form_fields", given.get("form_field_id"))
        if isinstance(found, str) or not found.attributes.get("enabled", True):
            return {}, [*problems, Problem("form_field_id", "must exist"), Problem("base", EMPTY)]
        field = found
    attributes: dict[str, Any] = {"form_field_id": field.uid, "value": None}
    attributes |= {name: [] for name, _ in SELECTED.values()}
    wrong = [*_text_value(attributes, field, given), *_chosen(context, attributes, field, given)]
    label = str(field.attributes.get("name", ""))
    problems += [Problem("form_field_selections.value", each, label) for each in wrong]
    if not wrong and not any(
        value for name, value in attributes.items() if name != "form_field_id"
    ):
        problems.append(Problem("form_field_selections.value", EMPTY, label))
    return attributes, problems


def _text_value(attributes: dict[str, Any], field: Record, given: dict[str, Any]) -> list[str]:
    value = given.get("value")
    if value is None:
        return []
    if not isinstance(value, str):
        return ["is invalid"]
    attributes["value"] = value
    return _misfit(str(field.attributes.get("input_kind")), value)


def _misfit(kind: str, value: str) -> list[str]:
    if kind in {"select", "multi_select"}:
        return ["takes selected records, not a value"]
    fits, message = FITS.get(kind, (lambda _: True, ""))
    return [] if fits(value) else [message]


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return len(value) == 10 or moment(value) is not None


def _is_tags(value: str) -> bool:
    try:
        tags = json.loads(value)
    except ValueError:
        return False
    return isinstance(tags, list) and all(isinstance(each, str) for each in tags)


FITS: dict[str, tuple[Callable[[str], bool], str]] = {
    "number": (lambda value: re.fullmatch(NUMBER, value) is not None, "is not a number"),
    "checkbox": (lambda value: value in {"0", "1"}, "is not included in the list"),
    "date": (_is_date, "is not a date"),
    "datetime": (lambda value: moment(value) is not None, "is not a time"),
    "tags": (_is_tags, "is not a list of tags"),
}


def _chosen(
    context: Context, attributes: dict[str, Any], field: Record, given: dict[str, Any]
) -> list[str]:
    kind = str(field.attributes.get("input_kind"))
    own, list_name = SELECTED.get(str(field.attributes.get("value_kind")), ("", ""))
    wrong: list[str] = []
    for name, _ in SELECTED.values():
        if not given.get(name):
            continue
        if name != own or kind not in {"select", "multi_select"}:
            wrong.append(f"does not take {name}")
            continue
        attributes[name], problems = many(context, name, list_name, given[name])
        wrong += [each.message for each in problems]
        wrong += _strangers(context, field, list_name, attributes[name])
        if kind == "select" and len(attributes[name]) > 1:
            wrong.append("takes one choice only")
    return wrong


def _strangers(context: Context, field: Record, list_name: str, uids: list[str]) -> list[str]:
    """An option of another field, or an entity of another catalog, is unknown here."""
    owner = {
        "form_field_options": ("form_field_id", field.uid),
        "catalog_entities": ("catalog_id", field.attributes.get("value_kind_catalog_id")),
    }.get(list_name)
    if owner is None:
        return []
    records = [context.store.get(list_name, uid) for uid in uids]
    alien = any(each and each.attributes.get(owner[0]) != owner[1] for each in records)
    return ["must exist"] if alien else []


def store(context: Context, incident: Record, attributes: dict[str, Any]) -> Record:
    """Keep a judged selection on an incident."""
    stamp = context.stamp()
    kept = {
        "incident_id": incident.uid,
        **attributes,
        "created_at": stamp,
        "updated_at": stamp,
    }
    return context.store.add(LIST, kept)
