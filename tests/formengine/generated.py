"""Forms and answers as hypothesis makes them up: with conditions of every sort, also in circles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from incidentportal.catalog.picture import Picture
from incidentportal.formengine.filling import Filling
from incidentportal.formengine.validation import given_values
from incidentportal.rootly.records import FormField
from tests.formengine.scenario import (
    Placed,
    Rule,
    control,
    custom,
    form,
    form_set,
    on,
    pick,
    picks,
    rule,
    sets,
    tick,
    when,
)

IDS = "abcdefg"
VALUES: Mapping[str, tuple[str, ...]] = {
    "text": ("x", "y", " x ", "  "),
    "number": ("0", "1.0", "1", "-0"),
    "checkbox": ("true", "0", "1", "false"),
    "select": ("101", "102", "US"),
    "multi_select": ("101", "102", "gone"),
}
"""By input kind, what is answered and compared with."""
_MAKERS = {"text": custom, "checkbox": tick, "select": pick, "multi_select": picks}


@st.composite
def form_fields(draw: st.DrawFn, field_id: str) -> FormField:
    kind = draw(st.sampled_from(sorted(VALUES)))
    defaults = draw(st.lists(st.sampled_from(VALUES[kind]), max_size=1))
    make = _MAKERS.get(kind)
    given: dict[str, Any] = {"default_values": tuple(defaults)}
    return make(field_id, **given) if make else custom(field_id, kind, **given)


@st.composite
def rules(draw: st.DrawFn, fields: Mapping[str, FormField]) -> Rule:
    """On any field of the form (itself and those below too), or on one that isn't there."""
    target = draw(st.sampled_from([*fields, "off", "unknown"]))
    known = fields.get(target)
    values = VALUES[known.input_kind] if known else ("x", "0")
    return rule(
        draw(st.sampled_from(["placement", "placement", "required"])),
        target,
        draw(st.sampled_from(["equal", "not_equal", "is_set", "is_not_set", "resembles"])),
        *draw(st.lists(st.sampled_from(values), min_size=1, max_size=2)),
    )


@st.composite
def placed(draw: st.DrawFn, *, fewest: int = 1) -> list[Placed]:
    ids = IDS[: draw(st.integers(fewest, len(IDS)))]
    fields = {field_id: draw(form_fields(field_id)) for field_id in ids}
    return [
        on(
            field,
            *draw(st.lists(rules(fields), max_size=3)),
            required=draw(st.booleans()),
            non_editable=draw(st.sampled_from([False, False, False, True])),
            placement_operator=draw(st.sampled_from(["and", "or", ""])),
            required_operator=draw(st.sampled_from(["and", "or", ""])),
        )
        for field in fields.values()
    ]


OFF = custom("off")


def plain(made: list[Placed]) -> Picture:
    """A form of these fields; Rootly lists one more, which isn't on it."""
    return form(*made, unplaced=(OFF,))


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """With form sets, or without."""
    made = draw(placed())
    if draw(st.booleans()):
        return plain(made)
    split = draw(st.integers(0, len(made)))
    target = draw(st.sampled_from(made)).field
    value = draw(st.sampled_from(VALUES[target.input_kind]))
    return sets(
        form_set("main", *made, default=True),
        form_set("other", *made[split:], *made[:split], conditions=[when(target.id, value)]),
        unplaced=(OFF,),
    )


@st.composite
def answers(draw: st.DrawFn) -> dict[str, list[str]]:
    """To any of the fields, fitting or not."""
    every = sorted({value for values in VALUES.values() for value in values})
    given = draw(
        st.dictionaries(st.sampled_from(IDS), st.lists(st.sampled_from(every), max_size=2))
    )
    return {control(field_id): values for field_id, values in given.items()}


def page(filled: Filling) -> dict[str, list[str]]:
    """What its page posts, unchanged: all that can be filled in, and the form's state."""
    fields = [state.field for state in filled.form.shown]
    return {
        **{one.name: given_values(filled.answers, one) for one in fields if not one.read_only},
        "form_state": [filled.carried.write()],
    }
