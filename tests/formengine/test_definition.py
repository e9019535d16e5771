"""From a picture to the forms that it describes."""

from __future__ import annotations

import pytest

from incidentportal.catalog.options import OptionLists
from incidentportal.formengine.building import build
from incidentportal.formengine.fields import control_name, dom_id
from incidentportal.formengine.formsets import choose_form_set
from incidentportal.rootly.records import (
    FieldPosition,
    FormSet,
    PlacementCondition,
)
from tests.formengine.building import (
    form_field,
    forms,
    picture,
    placement,
    problem_kinds,
)

FORM = "web_new_incident_form"


def test_fields_stand_by_position_with_none_last_and_ties_by_id_as_a_number() -> None:
    fields = [form_field(field_id) for field_id in ("9", "10", "a", "1", "2")]
    seen = picture(
        *fields,
        placements=(
            placement("a", id="x"),
            placement("10", id="10"),
            placement("9", id="9"),
            placement("1", 5),
            placement("2", 0),
        ),
    )
    assert [field.id for field in forms(seen).definitions[0].fields] == ["2", "1", "9", "10", "a"]


def test_what_cannot_be_shown_is_left_out_and_reported() -> None:
    seen = picture(
        form_field("1"),
        form_field("2", enabled=False, name="Off"),
        form_field("3", resource_type="problem"),
        form_field("4", resource_type="incident"),
        placements=tuple(placement(field_id) for field_id in ("1", "2", "3", "4", "gone")),
    )
    made = forms(seen)
    assert [field.id for field in made.definitions[0].fields] == ["1", "4"]
    assert {(problem.kind, problem.subject) for problem in made.problems} == {
        ("field_disabled", "2"),
        ("field_of_other_resource", "3"),
        ("field_unknown", "gone"),
    }
    assert "Left out, “Off”: it is placed on the form, but disabled." in {
        problem.sentence for problem in made.problems
    }


def test_a_field_placed_twice_stands_at_its_first_place() -> None:
    seen = picture(
        form_field("1"),
        form_field("2"),
        placements=(
            placement("1", 9, id="p9", required=True),
            placement("2", 5),
            placement("1", 1, id="p1"),
        ),
    )
    made = forms(seen)
    assert [(field.id, field.required) for field in made.definitions[0].fields] == [
        ("1", False),
        ("2", False),
    ]
    assert problem_kinds(seen) == ["field_twice"]


def test_two_fields_of_one_built_in_kind_would_share_a_control_so_the_first_counts() -> None:
    seen = picture(form_field("1", "title"), form_field("2", "title"))
    assert [field.id for field in forms(seen).definitions[0].fields] == ["1"]
    assert problem_kinds(seen) == ["field_twice"]


def test_placements_of_other_forms_do_not_count() -> None:
    seen = picture(
        form_field("1"),
        form_field("2"),
        placements=(placement("1"), placement("2", form="web_update_incident_form")),
    )
    assert [field.id for field in forms(seen).definitions[0].fields] == ["1"]


def test_another_form_can_be_asked_for() -> None:
    seen = picture(form_field("1"), placements=(placement("1", form="customers"),))
    (made,) = build(seen, OptionLists(seen), "customers").definitions
    assert [field.id for field in made.fields] == ["1"]


def test_without_placements_the_fields_themselves_tell() -> None:
    seen = picture(
        form_field("1", shown=(FORM,), positions=(FieldPosition(id="a", form=FORM, position=2),)),
        form_field(
            "2",
            shown=(FORM, "other"),
            required=(FORM,),
            positions=(
                FieldPosition(id="b", form="other", position=9),
                FieldPosition(id="c", form=FORM, position=1),
            ),
        ),
        form_field("3", shown=("other",), required=(FORM,)),
        form_field("4", shown=(FORM,), required=("other",)),
        placements=(placement("3", form="other"),),
    )
    (made,) = forms(seen).definitions
    assert [(field.id, field.required) for field in made.fields] == [
        ("2", True),
        ("1", False),
        ("4", False),
    ]


def test_placements_win_where_the_form_has_any() -> None:
    seen = picture(
        form_field("1", required=(FORM,)),
        form_field("2", shown=(FORM,)),
        placements=(placement("1"),),
    )
    assert [(field.id, field.required) for field in forms(seen).definitions[0].fields] == [
        ("1", False)
    ]


def test_each_form_set_has_its_own_form() -> None:
    seen = picture(
        form_field("1"),
        form_field("2"),
        form_sets=(
            FormSet(id="s1", name="Security", forms=(FORM,)),
            FormSet(id="s2", name="All", forms=(FORM,), is_default=True),
        ),
        placements=(
            placement("1", id="a", form_set_id="s1"),
            placement("1", id="b", form_set_id="s2"),
            placement("2", id="c", form_set_id="s2"),
            placement("2", id="d", form_set_id="gone"),
        ),
    )
    made = forms(seen)
    assert [
        (one.form_set_id, one.name, [field.id for field in one.fields]) for one in made.definitions
    ] == [("s1", "Security", ["1"]), ("s2", "All", ["1", "2"])]
    assert problem_kinds(seen) == ["form_set_unknown"]


def test_placements_without_any_known_form_set_make_one_form() -> None:
    seen = picture(
        form_field("1"),
        form_field("2"),
        placements=(placement("1", form_set_id="x"), placement("2", form_set_id="y")),
    )
    (made,) = forms(seen).definitions
    assert [field.id for field in made.fields] == ["1", "2"]


def test_a_placement_that_names_no_form_set_stands_in_each() -> None:
    seen = picture(
        form_field("1"),
        form_sets=(FormSet(id="s1"), FormSet(id="s2")),
        placements=(placement("1"),),
    )
    assert [len(one.fields) for one in forms(seen).definitions] == [1, 1]


@pytest.mark.parametrize(
    ("sets", "chosen"),
    [
        ((FormSet(id="s1", forms=(FORM,)), FormSet(id="s2", is_default=True)), "s2"),
        ((FormSet(id="s1"), FormSet(id="s2", forms=(FORM,))), "s2"),
        ((FormSet(id="s1"), FormSet(id="s2")), "s1"),
        ((FormSet(id="s2"), FormSet(id="empty", is_default=True, forms=(FORM,))), "s2"),
    ],
)
def test_the_default_set_is_chosen_else_one_that_includes_the_form(
    sets: tuple[FormSet, ...], chosen: str
) -> None:
    seen = picture(
        form_field("1"),
        form_sets=sets,
        placements=(
            placement("1", id="a", form_set_id="s1"),
            placement("1", id="b", form_set_id="s2"),
        ),
    )
    assert choose_form_set(forms(seen), {}).form_set_id == chosen


def test_an_organisation_without_any_field_gets_an_empty_form_and_is_told() -> None:
    seen = picture()
    assert choose_form_set(forms(seen), {}).fields == ()
    assert problem_kinds(seen) == ["form_empty"]


def test_a_placements_rules_travel_with_its_field() -> None:
    rule = PlacementCondition(id="1", conditioned="required", comparison="is_set")
    seen = picture(
        form_field("1"),
        placements=(
            placement(
                "1",
                conditions=(rule,),
                required_operator="or",
                placement_operator="and",
                non_editable=True,
            ),
        ),
    )
    (field,) = forms(seen).definitions[0].fields
    assert field.conditions == (rule,)
    assert (field.required_operator, field.placement_operator) == ("or", "and")
    assert field.non_editable


def test_odd_ids_give_names_that_survive_a_posted_form() -> None:
    assert control_name("0") == "form_field_0"
    assert control_name('a b"<é>') == 'form_field_a b"<é>'
    assert control_name("a\r\n\x00\ud800") == "form_field_a%D%A%0%D800"
    assert dom_id(control_name("a b")) == "id_form_field_a%20b"
