"""The lint of Rootly's configuration: each thing that it finds, and that it finds nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from incidentportal.catalog.options import OptionLists
from incidentportal.catalog.picture import Picture
from incidentportal.formengine.building import OURS, build
from incidentportal.formengine.lint import Flaw, lint
from incidentportal.formengine.reach import never_shown
from incidentportal.formengine.remedies import OTHER, REMEDIES
from incidentportal.formengine.resolve import resolve
from incidentportal.rootly.records import FormField
from tests.formengine import generated
from tests.formengine.scenario import (
    Placed,
    Rule,
    built_in,
    custom,
    form,
    form_set,
    on,
    pick,
    picks,
    required_if,
    sets,
    shown_if,
    tick,
    when,
)
from tests.formengine.scenarios import SCENARIOS

TITLE = on(built_in("title"))
OFF = custom("off")


def found(seen: Picture) -> tuple[Flaw, ...]:
    return lint(seen, build(seen, OptionLists(seen), extras=OURS))


def kinds(seen: Picture) -> list[str]:
    return [one.kind for one in found(seen)]


def of(*placed: Placed, **lists: Any) -> Picture:
    return form(TITLE, *placed, **lists)


def ruled(*rules: Rule, operator: str = "", **rest: Any) -> Picture:
    """*C* has these rules; *A* (one region), *B* (several) and *T* (a tick) stand above it."""
    last = on(custom("c"), *rules, placement_operator=operator, **rest)
    return of(on(pick("a")), on(picks("b")), on(tick("t")), last, unplaced=(OFF,))


FINE = {
    "plain": of(on(custom("a"), required=True)),
    "an or with one that can hold": ruled(
        shown_if("a", "equal", "101"), shown_if("a", "equal", "102"), operator="or"
    ),
    "several of many": ruled(shown_if("b", "equal", "101"), shown_if("b", "equal", "102")),
    "one of two, not the other": ruled(
        shown_if("a", "equal", "101", "102"), shown_if("a", "not_equal", "102")
    ),
    "an unticked box": ruled(shown_if("t", "equal", "0"), shown_if("t", "is_not_set")),
    "read-only with the value": of(
        on(pick("a", default_values=("101",)), non_editable=True),
        on(custom("c"), shown_if("a", "equal", "101")),
    ),
    "two sets that exclude each other": sets(
        form_set("main", TITLE, on(pick("a")), default=True),
        form_set("us", TITLE, on(pick("a")), conditions=[when("a", "101")]),
        form_set("eu", TITLE, on(pick("a")), conditions=[when("a", "102")]),
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_what_is_well_is_not_reported(name: str) -> None:
    assert found(FINE[name]) == ()


NEVER = {
    "two values of one": ruled(shown_if("a", "equal", "101"), shown_if("a", "equal", "102")),
    "one and not that one": ruled(shown_if("b", "equal", "101"), shown_if("b", "not_equal", "101")),
    "set and not set": ruled(shown_if("b", "is_set"), shown_if("b", "is_not_set")),
    "a value and not set": ruled(shown_if("a", "equal", "101"), shown_if("a", "is_not_set")),
    "read-only with another value": of(
        on(pick("a", default_values=("101",)), non_editable=True),
        on(custom("c"), shown_if("a", "equal", "102")),
    ),
}


@pytest.mark.parametrize("name", NEVER)
def test_a_field_that_no_answers_show(name: str) -> None:
    (flaw,) = found(NEVER[name])
    assert (flaw.kind, flaw.subject) == ("never_shown", "c")
    assert flaw.sentence == "“C” is never shown: no answers meet its conditions."


def test_required_but_never_shown_also_through_others() -> None:
    hidden = on(pick("a"), shown_if("off", "equal", "x"), required=True)
    chained = on(custom("b"), shown_if("a", "is_set"), required_if("id-title", "is_set"))
    seen = of(hidden, chained, unplaced=(OFF,))
    assert kinds(seen) == ["required_never_shown", "required_never_shown", "condition_absent"]
    assert found(seen)[0].sentence == (
        "“A” is required, but never shown: no answers meet its conditions."
    )


def test_conditions_on_removed_options_and_fields() -> None:
    removed = ruled(shown_if("a", "equal", "999"), required=True)
    assert kinds(removed) == ["condition_unknown", "required_never_shown"]
    assert "none of its options: 999" in found(removed)[0].sentence
    assert kinds(ruled(shown_if("nowhere", "is_set"))) == ["condition_unknown"]
    disabled = of(on(custom("c"), shown_if("off", "is_not_set")), unplaced=(
        msgspec.structs.replace(OFF, enabled=False),
    ))  # fmt: skip
    (flaw,) = found(disabled)
    assert flaw.kind == "condition_absent"
    assert flaw.sentence == (
        "“C” has a condition on “OFF”, which is disabled: it counts as not answered."
    )


def test_conditions_below_and_in_circles() -> None:
    seen = of(
        on(custom("a"), shown_if("c", "is_set")),
        on(custom("b"), shown_if("a", "is_set")),
        on(custom("c"), shown_if("b", "is_set")),
        on(custom("d"), shown_if("c", "is_set")),
        on(custom("e"), shown_if("e", "is_not_set")),
    )
    assert kinds(seen) == ["condition_below", "condition_below", "condition_circle"]
    assert found(seen)[-1].sentence.endswith("in a circle: “A”, “B”, “C”.")


ONE = {
    "kind_unknown": of(on(FormField(id="k", kind="hologram", name="Ticket"))),
    "input_kind_unknown": of(on(custom("a", "hologram"))),
    "value_kind_unknown": of(on(pick("a", options=(), value_kind="hologram"))),
    "operator_unknown": ruled(shown_if("a", "is_set"), operator="nor"),
    "condition_unknown": ruled(shown_if("a", "resembles", "101")),
    "read_only_without_default": of(on(custom("a"), non_editable=True)),
    "field_disabled": of(on(custom("a", enabled=False))),
    "field_of_other_resource": of(on(custom("a", resource_type="problem"))),
    "nothing_to_choose": of(on(pick("a", options=()))),
    "default_unknown": of(on(pick("a", default_values=("999",)))),
    "default_unusable": of(on(custom("a", "number", default_values=("many",)))),
    "kind_not_sendable": of(on(built_in("custom_sub_status"))),
    "form_without_words": form(on(custom("a"))),
    "form_sets_overlap": sets(
        form_set("main", TITLE, on(pick("a")), on(pick("b")), default=True),
        form_set("us", TITLE, on(pick("a")), conditions=[when("a", "101")]),
        form_set("eu", TITLE, on(pick("a")), conditions=[when("b", "102")]),
    ),
    "form_set_default": sets(
        form_set("main", TITLE, on(pick("a")), conditions=[when("a", "101")]),
        form_set("other", TITLE, on(pick("a")), conditions=[when("a", "102")]),
    ),
    "form_set_never": sets(
        form_set("main", TITLE, default=True), form_set("lost", TITLE),
    ),
    "form_empty": sets(form_set("main", TITLE, default=True), form_set("bare")),
}  # fmt: skip


@pytest.mark.parametrize("kind", ONE)
def test_each_thing_is_found_alone_with_what_mends_it(kind: str) -> None:
    (flaw,) = found(ONE[kind])
    assert flaw.kind == kind
    assert flaw.remedy == REMEDIES[kind]


def test_a_field_that_is_placed_twice_or_that_nobody_lists() -> None:
    seen = of(on(custom("a")))
    twice = (*seen.placements, msgspec.structs.replace(seen.placements[-1], id="again"))
    assert kinds(msgspec.structs.replace(seen, placements=twice)) == ["field_twice"]
    fields = tuple(one for one in seen.form_fields if one.id != "a")
    assert kinds(msgspec.structs.replace(seen, form_fields=fields)) == ["field_unknown"]


def test_required_on_a_form_without_placements_that_does_not_show_it() -> None:
    name = "web_new_incident_form"
    seen = msgspec.structs.replace(
        of(), placements=(), form_fields=(built_in("title", shown=(name,)),
        custom("a", required=(name,)), custom("b", required=("another_form",))),
    )  # fmt: skip
    (flaw,) = found(seen)
    assert (flaw.kind, flaw.subject) == ("required_not_on_form", "a")


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ([when("a", "101"), when("a", "102")], "no answers meet"),
        ([when("a", "101", comparison="resembles")], "no answers meet"),
        ([when("a", "999")], "no answers meet"),
        ([when("off", "x")], "no answers meet"),
        ([when("a", "101"), when("t", "true")], "“us” comes first whenever it matches"),
    ],
)
def test_a_form_set_that_is_never_used(conditions: list[Any], why: str) -> None:
    placed = (TITLE, on(pick("a")), on(tick("t")))
    seen = sets(
        form_set("main", *placed, default=True),
        form_set("us", *placed, conditions=[when("a", "101")]),
        form_set("lost", *placed, conditions=conditions),
        unplaced=(OFF,),
    )
    (flaw,) = (one for one in found(seen) if one.kind == "form_set_never")
    assert "“lost” is never used" in flaw.sentence
    assert why in flaw.sentence


def test_what_only_one_set_has_names_it() -> None:
    wrong = on(custom("c"), shown_if("a", "is_set"), shown_if("a", "is_not_set"))
    seen = sets(
        form_set("main", TITLE, on(pick("a")), default=True),
        form_set("us", TITLE, on(pick("a")), wrong, conditions=[when("a", "101")]),
    )
    (flaw,) = found(seen)
    assert flaw.sentence.endswith("no answers meet its conditions. This is so in “us”.")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: str(one.name))
def test_every_scenario_can_be_linted_and_every_kind_has_its_remedy(scenario: Any) -> None:
    flaws = found(scenario.picture)
    assert set(scenario.reports.split()) <= {one.kind for one in flaws}
    assert all(one.remedy != OTHER for one in flaws), [one.kind for one in flaws]
    assert len({one.sentence for one in flaws}) == len(flaws)


@settings(deadline=None, max_examples=100)
@given(generated.pictures(), generated.answers())
def test_it_never_fails_and_what_is_never_shown_is_not_shown(
    seen: Picture, answers: dict[str, list[str]]
) -> None:
    forms = build(seen, OptionLists(seen))
    assert all(one.remedy != OTHER for one in lint(seen, forms))
    for definition in forms.definitions:
        never = never_shown(definition)
        form = resolve(definition, {name: values[:1] for name, values in answers.items()})
        for place, state in enumerate(form.states):
            is_open = state.shown_because.rule == "unstable"
            assert is_open or not (state.shown and place in never), state.field.label
