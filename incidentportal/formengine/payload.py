"""What is sent to Rootly, and what is kept to show, from cleaned answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from incidentportal.formengine.fields import Field, Value
from incidentportal.formengine.kinds import BUILT_INS, CONTROLS
from incidentportal.formengine.resolve import ResolvedForm
from incidentportal.formengine.validation import Cleaned

SELECTIONS = "form_field_selections_attributes"


def attributes(form: ResolvedForm, cleaned: Cleaned, now: datetime) -> dict[str, Any]:
    """The incident's neutral attributes, ids as text; what is unset or hidden is left out.

    `now` is the moment of submission, with its offset: `in_triage_mark` bears it. `workflow_ids`,
    `in_triage_mark` and the mitigation, resolution and cancellation messages are neutral too:
    each dialect has its own way with them. Custom values go into
    `form_field_selections_attributes` in the form's order (Rootly's guide, "With custom fields").
    An unticked custom checkbox is sent as `0`.
    """
    sent: dict[str, Any] = {}
    second: dict[str, Any] = {}
    selections: list[dict[str, Any]] = []
    for state in form.shown:
        field = state.field
        value = cleaned.values.get(field.name)
        if value is None and field.is_custom and field.control == "checkbox":
            value = False
        if value is None:
            continue
        if field.is_custom:
            selections.append(selection(field, value))
        elif field.attribute:
            built_in = BUILT_INS[field.kind]
            into = second if built_in.gives_way else sent
            into[field.attribute] = built_in.send(value, now)
    if selections:
        sent[SELECTIONS] = selections
    return {**second, **sent}


def selection(field: Field, value: Value) -> dict[str, Any]:
    """A custom field's value as Rootly takes it: chosen ids, or text under `value`."""
    if field.selected and isinstance(value, tuple):
        return {"form_field_id": field.id, field.selected: list(value)}
    return {"form_field_id": field.id, "value": CONTROLS[field.control].stored(value)}


def labelled_answers(form: ResolvedForm, cleaned: Cleaned) -> list[dict[str, str]]:
    """The answers as a reader sees them, in the form's order: `name`, `label`, `text`.

    Stored with the declaration, so that it stays readable when fields and options are renamed.
    """
    return [
        {"name": field.name, "label": field.label, "text": _text(field, cleaned.values[field.name])}
        for field in (state.field for state in form.shown)
        if field.name in cleaned.values
    ]


def _text(field: Field, value: Value) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        return _moment(value) if field.control == "datetime" else value
    if isinstance(value, Mapping):
        return "\n".join(f"{key}={text}" for key, text in value.items())
    chosen = (field.options.get(item) if field.options is not None else None for item in value)
    return ", ".join(
        option.label if option else item for option, item in zip(chosen, value, strict=True)
    )


def _moment(text: str) -> str:
    """A date and time as it is read: `2026-01-31 14:30 +01:00`."""
    when = datetime.fromisoformat(text)
    local = when.replace(tzinfo=None).isoformat(" ", "seconds" if when.second else "minutes")
    return f"{local} {when.isoformat(timespec='seconds')[19:]}"
