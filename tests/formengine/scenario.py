"""What scenarios are written with: one small builder for each thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from incidentportal.catalog.picture import Picture
from incidentportal.formengine.definition import DEFAULT_FORM
from incidentportal.formengine.fields import control_name
from incidentportal.formengine.filling import Given
from incidentportal.formengine.kinds import BUILT_INS
from incidentportal.rootly.records import (
    FieldOption,
    FormField,
    FormSet,
    FormSetCondition,
    Placement,
    PlacementCondition,
)
from tests.formengine.building import LISTS, REGIONS

Rule = PlacementCondition
Step = Mapping[str, str | Sequence[str] | None]
"""What a person changes on the page before the next redraw; None takes a control away."""

_BUILT_IN_NAMES = {one.control_name for one in BUILT_INS.values()}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A form, what a person does with it, and what must come of it.

    Fields are called by their id, a built-in one by its control's name; several in one text, parted
    by spaces. Each step is answered by a redraw; then the form is sent. `missing` are the fields
    in error then, `payload` what is saved where there are none: a built-in attribute's value, a
    custom field's text or ids. `why` are a field's reasons in words, `says` its errors, `reports`
    the kinds of problems that admins are told of. `given` is what links and defaults say.
    """

    name: str
    picture: Picture
    steps: Sequence[Step] = ()
    shown: str
    required: str = ""
    missing: str = ""
    payload: Mapping[str, Any] | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    reports: str = ""
    given: Given = field(default_factory=dict)


def control(short: str) -> str:
    """The control's name of a field as scenarios call it."""
    return short if short in _BUILT_IN_NAMES else control_name(short)


def controls(shorts: str) -> list[str]:
    """The controls' names of several fields."""
    return [control(short) for short in shorts.split()]


def answers(step: Step) -> dict[str, list[str] | None]:
    """A step as it is posted."""
    return {
        name if name in {"suggest", "form_state"} else control(name): (
            [value] if isinstance(value, str) else None if value is None else list(value)
        )
        for name, value in step.items()
    }


def flat(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as scenarios write it; several ids in order, since a page has them in its own."""
    plain = dict(payload)
    for selection in plain.pop("form_field_selections_attributes", ()):
        field_id = selection["form_field_id"]
        plain[field_id] = next(value for key, value in selection.items() if key != "form_field_id")
    return {name: sorted(one) if isinstance(one, list) else one for name, one in plain.items()}


# Fields


def custom(field_id: str, input_kind: str = "text", **rest: Any) -> FormField:
    return FormField(id=field_id, input_kind=input_kind, **{"name": field_id.upper(), **rest})


def tick(field_id: str, **rest: Any) -> FormField:
    return custom(field_id, "checkbox", **rest)


def pick(field_id: str, **rest: Any) -> FormField:
    """One of the regions, unless it says otherwise: 101 is US, 102 is EU."""
    return custom(field_id, "select", **{"options": REGIONS, **rest})


def picks(field_id: str, **rest: Any) -> FormField:
    return custom(field_id, "multi_select", **{"options": REGIONS, **rest})


def choosing(field_id: str, value_kind: str, **rest: Any) -> FormField:
    return custom(field_id, "select", value_kind=value_kind, **rest)


def built_in(kind: str, **rest: Any) -> FormField:
    return FormField(id=f"id-{kind}", kind=kind, **{"name": BUILT_INS[kind].label, **rest})


def options(*values: str, **more: str) -> tuple[FieldOption, ...]:
    """Options whose ids are their texts; `more` are ids with another text."""
    named = {**{value: value for value in values}, **more}
    return tuple(FieldOption(id=one, value=text) for one, text in named.items())


# Rules


def shown_if(field_id: str, comparison: str, *values: str) -> Rule:
    return rule("placement", field_id, comparison, *values)


def required_if(field_id: str, comparison: str, *values: str) -> Rule:
    return rule("required", field_id, comparison, *values)


def rule(conditioned: str, field_id: str, comparison: str, *values: str) -> Rule:
    return PlacementCondition(
        id=f"{conditioned} {field_id} {comparison} {values}", conditioned=conditioned,
        form_field_id=field_id, comparison=comparison, values=values,
    )  # fmt: skip


# Forms


@dataclass(frozen=True)
class Placed:
    """A field with its place's rules."""

    field: FormField
    rules: tuple[Rule, ...]
    rest: Mapping[str, Any]


@dataclass(frozen=True)
class Set:
    """A form set with what is placed in it."""

    record: FormSet
    placed: tuple[Placed, ...]


def on(form_field: FormField, *rules: Rule, **rest: Any) -> Placed:
    """A field on the form; `rest` are its placement's: `required`, `non_editable`, operators."""
    return Placed(form_field, rules, rest)


def form(*placed: Placed, **lists: Any) -> Picture:
    """A form without sets: the fields in this order, and the organisation's `lists`."""
    return _picture([*placed], [_placement(one, place) for place, one in enumerate(placed)], lists)


def when(field_id: str, *values: str, comparison: str = "equal") -> FormSetCondition:
    return FormSetCondition(
        id=f"{field_id} {values}", form_field_id=field_id, comparison=comparison, values=values
    )


def form_set(
    set_id: str, *placed: Placed, conditions: Sequence[FormSetCondition] = (), default: bool = False
) -> Set:
    record = FormSet(
        id=set_id, name=set_id, is_default=default, forms=(DEFAULT_FORM,),
        conditions=tuple(conditions),
    )  # fmt: skip
    return Set(record, placed)


def sets(*parts: Set, **lists: Any) -> Picture:
    """Form sets in the API's order."""
    placed = [one for part in parts for one in part.placed]
    placements = [
        _placement(one, place, form_set_id=part.record.id)
        for part in parts
        for place, one in enumerate(part.placed)
    ]
    records = tuple(part.record for part in parts)
    return _picture(placed, placements, {"form_sets": records, **lists})


def _placement(one: Placed, place: int, **rest: Any) -> Placement:
    given = {
        "id": f"{rest.get('form_set_id', '')} {one.field.id}", "form_field_id": one.field.id,
        "form": DEFAULT_FORM, "position": place, "conditions": one.rules, **rest, **one.rest,
    }  # fmt: skip
    return Placement(**given)


def _picture(
    placed: Sequence[Placed], placements: Sequence[Placement], lists: Mapping[str, Any]
) -> Picture:
    fields = {one.field.id: one.field for one in placed}
    listed = (*fields.values(), *lists.get("unplaced", ()))
    rest = {name: value for name, value in lists.items() if name != "unplaced"}
    return msgspec.structs.replace(
        LISTS, **{"form_fields": listed, "placements": tuple(placements), **rest}
    )
