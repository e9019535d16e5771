"""What is sent to Rootly, and what is kept to show, from cleaned answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidentportal.formengine.fields import Field, Value
from incidentportal.formengine.kinds import CONTROLS, MARKS
from incidentportal.formengine.resolve import ResolvedForm
from incidentportal.formengine.validation import Cleaned

SELECTIONS = "form_field_selections_attributes"


def attributes(form: ResolvedForm, cleaned: Cleaned) -> dict[str, Any]:
    """The incident's neutral attributes, ids as text; what is unset is left out.

    Custom values go into `form_field_selections_attributes` in the form's order (Rootly's guide,
    "With custom fields"). An unticked custom checkbox is sent as `0`.
    """
    sent: dict[str, Any] = {}
    selections: list[dict[str, Any]] = []
    for state in form.shown:
        field = state.field
        value = cleaned.values.get(field.name)
        if field.is_custom:
            if value is None and field.control == "checkbox":
                value = False
            if value is not None:
                selections.append(selection(field, value))
        elif value is not None and field.kind in MARKS:
            attribute, mark = MARKS[field.kind]
            sent[attribute] = mark
        elif value is not None and field.name == field.attribute:
            sent[field.attribute] = _attribute(field, value)
    for state in form.shown:
        # A second way to say the same (`manual_starting_datetime_field`): the field itself wins.
        field = state.field
        if field.attribute and field.name != field.attribute and field.name in cleaned.values:
            sent.setdefault(field.attribute, _attribute(field, cleaned.values[field.name]))
    if selections:
        sent[SELECTIONS] = selections
    return sent


def _attribute(field: Field, value: Value) -> Any:
    if isinstance(value, tuple):
        return value[0] if field.takes_one_id else list(value)
    return dict(value) if isinstance(value, Mapping) else value


def selection(field: Field, value: Value) -> dict[str, Any]:
    """A custom field's value as Rootly takes it: chosen ids, or text under `value`."""
    if field.selected and isinstance(value, tuple):
        return {"form_field_id": field.id, field.selected: list(value)}
    return {"form_field_id": field.id, "value": CONTROLS[field.control].stored(field, value)}


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
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"{key}={text}" for key, text in value.items())
    chosen = (field.options.get(item) if field.options is not None else None for item in value)
    return ", ".join(
        option.label if option else item for option, item in zip(chosen, value, strict=True)
    )
