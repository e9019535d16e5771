"""What is shown and required, and why."""

from __future__ import annotations

from incidentportal.formengine.resolve import FieldState, resolve
from incidentportal.rootly.records import PlacementCondition
from tests.formengine.building import (
    built_in,
    definition,
    form_field,
    picture,
    placement,
    resolved,
)


def state(*, required: bool) -> FieldState:
    return resolved(form_field("1"), required=required).states[0]


def test_every_placed_field_is_shown_and_required_as_marked() -> None:
    assert state(required=True).required
    assert state(required=True).required_because.rule == "marked_required"
    assert not state(required=False).required
    assert state(required=False).required_because.rule == "not_marked"
    assert state(required=False).shown
    assert state(required=False).shown_because.rule == "placed"


def test_what_nobody_can_choose_is_not_required() -> None:
    (only,) = resolved(built_in("teams"), required=True, teams=()).shown
    assert not only.required
    assert only.required_because.rule == "nothing_to_choose"


def test_the_order_is_the_definitions() -> None:
    seen = picture(form_field("1"), form_field("2"), placements=(placement("2"), placement("1")))
    form = resolved(*seen.form_fields, placements=(placement("2", 1), placement("1", 2)))
    assert [one.field.id for one in form.shown] == ["2", "1"]


def test_privacy_that_was_asked_for_is_never_hidden() -> None:
    hides = PlacementCondition(
        id="c", conditioned="placement", form_field_id="1", comparison="is_set"
    )
    placements = (placement("1", 1), placement("id-visibility", 2, conditions=(hides,)))
    form = definition(form_field("1"), built_in("visibility"), placements=placements)
    assert [one.field.name for one in resolve(form, {}).shown] == ["form_field_1"]
    _, private = resolve(form, {"private": ["true"]}).shown
    assert (private.field.name, private.required) == ("private", False)
    assert private.shown_because.rule == "kept_private"
    default = definition(
        form_field("1"), built_in("visibility", default_values=("1",)), placements=placements
    )
    assert len(resolve(default, {"private": ["true"]}).shown) == 1
