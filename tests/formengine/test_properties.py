"""What must hold for every form and every answer."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentportal.catalog.picture import Picture
from incidentportal.formengine import carried, filling
from incidentportal.formengine.definition import FormDefinition
from incidentportal.formengine.fields import Answers
from incidentportal.formengine.filling import Filling
from incidentportal.formengine.payload import SELECTIONS, attributes
from incidentportal.formengine.resolve import ResolvedForm, resolve
from incidentportal.formengine.strength import Origin
from incidentportal.formengine.validation import clean
from tests.formengine.building import forms
from tests.formengine.generated import OFF, answers, page, pictures, placed, plain
from tests.formengine.scenario import Placed, control, on, rule

always = settings(deadline=None, max_examples=100)
Decided = dict[str, tuple[bool, bool]]


def definition(made: list[Placed]) -> FormDefinition:
    return forms(plain(made)).definitions[0]


def decided(form: ResolvedForm) -> Decided:
    """By field name, whether it is shown and required."""
    return {state.field.name: (state.shown, state.required) for state in form.states}


def settles(form: ResolvedForm) -> bool:
    return all(state.shown_because.rule != "unstable" for state in form.states)


@always
@given(placed(), answers())
def test_it_ends_and_says_the_same_each_time(made: list[Placed], given: Answers) -> None:
    first, second = (decided(resolve(definition(made), given)) for _ in range(2))
    assert first == second


@always
@given(placed(), answers(), st.randoms())
def test_no_order_counts_but_that_of_the_positions(
    made: list[Placed], given: Answers, chance: random.Random
) -> None:
    def shuffled(values: Any) -> Any:
        return tuple(chance.sample(list(values), len(values)))

    seen = plain(made)
    other = msgspec.structs.replace(
        seen,
        form_fields=shuffled(seen.form_fields),
        placements=tuple(
            msgspec.structs.replace(one, conditions=shuffled(one.conditions))
            for one in shuffled(seen.placements)
        ),
    )
    turned = {name: shuffled(values) for name, values in given.items()}
    one, two = forms(seen).definitions[0], forms(other).definitions[0]
    assert [field.id for field in one.fields] == [field.id for field in two.fields]
    assert decided(resolve(one, given)) == decided(resolve(two, turned))


@always
@given(placed(), answers())
def test_what_is_hidden_is_neither_required_nor_sent(made: list[Placed], given: Answers) -> None:
    form = resolve(definition(made), given)
    hidden = {state.field.id for state in form.states if not state.shown}
    assert not any(state.required for state in form.states if not state.shown)
    cleaned = clean(form, given, UTC)
    sent = attributes(form, cleaned, datetime.now(UTC))
    assert hidden.isdisjoint(one["form_field_id"] for one in sent.get(SELECTIONS, ()))
    assert {control(one) for one in hidden}.isdisjoint({*cleaned.errors, *cleaned.answers})


@always
@given(placed(), answers())
def test_the_answers_of_hidden_fields_count_for_nothing(made: list[Placed], given: Answers) -> None:
    form = resolve(definition(made), given)
    shown = {state.field.name for state in form.shown}
    again = resolve(form.definition, {name: one for name, one in given.items() if name in shown})
    if settles(form):
        assert decided(again) == decided(form)


@always
@given(placed(), answers(), st.data())
def test_an_answer_that_nothing_depends_on_changes_nothing_else(
    made: list[Placed], given: Answers, data: st.DataObject
) -> None:
    known = forms(plain(made))
    free = [name for name in known.by_name if name not in known.depended_on]
    if free:
        name = data.draw(st.sampled_from(free))
        changed = {**given, name: data.draw(st.lists(st.text(max_size=3), max_size=2))}
        form, again = (resolve(known.definitions[0], one) for one in (given, changed))
        assert decided(again) == decided(form)


@always
@given(placed(), answers(), st.data())
def test_a_condition_that_always_holds_changes_nothing(
    made: list[Placed], given: Answers, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(made) - 1))
    one = made[place]
    of_sort = [each for each in one.rules if each.conditioned == "placement"]
    if one.rest["placement_operator"] == "or" and of_sort:
        more = of_sort[0]  # said twice
    else:
        more = rule("placement", OFF.id, "is_not_set")
    added = [*made[:place], on(one.field, *one.rules, more, **one.rest), *made[place + 1 :]]
    before, after = (resolve(definition(each), given) for each in (made, added))
    assert decided(after) == decided(before)


@always
@given(pictures(), st.lists(answers(), max_size=3), answers())
def test_posting_a_page_back_as_it_is_changes_nothing(
    seen: Picture, steps: list[Answers], offered: Answers
) -> None:
    known = forms(seen)
    said: dict[Origin, dict[str, tuple[str, ...]]] = {
        "link": {name: tuple(values) for name, values in offered.items()}
    }
    filled = filling.start(known, said, 1)
    for step in [{}, *steps]:
        filled = filling.go_on(known, {**page(filled), **step}, 1)
        again = filling.go_on(known, page(filled), 1)
        assert decided(again.form) == decided(filled.form)
        assert meaning(again) == meaning(filled)
        assert again.form.definition is filled.form.definition
        assert replace(again.carried, own=()) == replace(filled.carried, own=())
        assert set(again.carried.own) <= set(filled.carried.own)


def meaning(filled: Filling) -> dict[str, list[str]]:
    """The answers to the form's fields, hidden ones too, without what is blank."""
    names = {state.field.name for state in filled.form.states} | set(filled.carried.kept)
    given = {name: [value for value in filled.answers[name] if value.strip()] for name in names}
    return {name: values for name, values in given.items() if values}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = st.lists(TEXTS, max_size=2).map(tuple)
BEGINNINGS: st.SearchStrategy[Origin] = st.sampled_from(
    ["link", "preset", "group", "site", "rootly"]
)
STATES = st.builds(
    carried.Carried,
    st.integers(0, 2**63 - 1),
    st.dictionaries(TEXTS, st.tuples(BEGINNINGS, VALUES), max_size=3),
    st.dictionaries(TEXTS, st.tuples(TEXTS, VALUES), max_size=3),
    VALUES,
    st.dictionaries(TEXTS, VALUES, max_size=3),
    VALUES,
)


@always
@given(STATES)
def test_what_a_form_carries_is_read_back_as_it_was_written(state: carried.Carried) -> None:
    written = state.write()
    assert carried.read({carried.NAME: [written]}) == state
    written.encode()
    assert not any(0x7F <= ord(char) <= 0x9F or 0xFDD0 <= ord(char) <= 0xFDEF for char in written)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["form_field_a", "x", "\ud800"]) | st.text(max_size=2), inner, max_size=3
    ),
    max_leaves=8,
)  # fmt: skip
JUNK = st.text() | st.dictionaries(
    st.sampled_from(["snapshot", "start", "auto", "own", "kept", "judged"]), JSON, max_size=4
).map(json.dumps)


@always
@given(pictures(), JUNK, answers())
def test_no_junk_in_the_carried_state_breaks_anything(
    seen: Picture, junk: str, given: Answers
) -> None:
    known = forms(seen)
    filled = filling.go_on(known, {**given, carried.NAME: [junk]}, 1)
    again = filling.go_on(known, page(filled), 1)
    assert decided(again.form) == decided(filled.form)
