"""What of a refusal contradicts the form as the portal knows it."""

from __future__ import annotations

import pytest

from incidentportal.formengine.contradictions import (
    Contradictions,
    contradictions,
    still_demanded,
)
from incidentportal.formengine.errormap import Placed, place
from incidentportal.formengine.fields import Answers
from incidentportal.formengine.resolve import ResolvedForm, resolve
from incidentportal.rootly.records import PlacementCondition
from tests.formengine.building import LISTS, built_in, definition, form_field, placement, select

FIELDS = (
    built_in("title", name="Title"),
    built_in("summary", name="Summary"),
    built_in("services", name="Services"),
    form_field("1", name="Region"),
    form_field("2", name="Hidden"),
    select("3", name="Without options"),
)
ONLY_WITH_A_REGION = PlacementCondition(
    id="c", conditioned="placement", comparison="is_set", form_field_id="1"
)
DEFINITION = definition(
    *FIELDS,
    placements=tuple(
        placement(
            field.id,
            position,
            required=field.id == "id-title",
            conditions=(ONLY_WITH_A_REGION,) if field.id == "2" else (),
        )
        for position, field in enumerate(FIELDS)
    ),
)
ANSWERS = {"title": ["x"]}


def form(answers: Answers = ANSWERS) -> ResolvedForm:
    return resolve(DEFINITION, answers)


def said(*messages: str, answers: Answers = ANSWERS) -> Contradictions:
    seen = form(answers)
    return contradictions(place(seen, [], messages, {}), seen)


@pytest.mark.parametrize(
    "missing",
    [
        "can't be blank", "can’t be blank", "cannot be blank", "can not be empty", "is required",
        "must be filled", "must be present", "is missing", "must be selected",
        "is a required field", "needs at least one", "must not be null",
        "is too short (minimum is 1 character)", "should be provided",
        "is mandatory", "field is required by the form",
    ],
)  # fmt: skip
def test_a_field_that_rootly_misses_and_the_form_does_not_is_demanded(missing: str) -> None:
    assert said(f"Summary {missing}") == Contradictions(frozenset({"summary"}))


@pytest.mark.parametrize(
    "words",
    [
        "Summary is too long", "Summary is not required", "Summary isn't required",
        "Summary is odd", "Summary is invalid", "Title can't be blank", "Title must exist",
        "Something went wrong", "Summary must be blank", "Summary is no longer required",
    ],
)  # fmt: skip
def test_what_the_form_knows_or_nobody_misses_contradicts_nothing(words: str) -> None:
    assert not said(words)


def test_of_a_hidden_field_any_word_is_a_demand_but_a_denial() -> None:
    assert said("Hidden is odd").demanded == {"form_field_2"}
    assert said("Hidden can't be blank").demanded == {"form_field_2"}
    assert not said("Hidden is not allowed")
    assert not said("Hidden is odd", answers={**ANSWERS, "form_field_1": ["eu"]})


def test_a_demand_for_what_is_not_on_the_form_is_kept_in_its_words() -> None:
    assert said("Cost centre can't be blank").elsewhere == ("Cost centre can't be blank",)
    assert said("Causes can't be blank").elsewhere == ("Causes can't be blank",)


def test_a_list_without_options_is_never_required() -> None:
    found = said("Without options can't be blank")
    assert found.demanded == frozenset()
    assert found.elsewhere == ("Without options can't be blank",)


def test_a_chosen_option_that_rootly_does_not_know_is_gone() -> None:
    chosen = {**ANSWERS, "service_ids": ["12"]}
    assert LISTS.services[0].id == "12"
    for words in ("Services must exist", "Services is invalid", "Service was not found"):
        assert said(words, answers=chosen) == Contradictions(gone=frozenset({"service_ids"}))
    assert said("Services must exist").demanded == {"service_ids"}  # nobody chose any
    assert not said("Services are too many", answers=chosen)


def test_a_demand_stands_until_it_is_met_by_the_rules_or_taken_back() -> None:
    before = {"summary", "form_field_2", "title", "no_such_field"}
    nothing = Placed({}, (), {})
    assert still_demanded(before, nothing, form()) == {"summary", "form_field_2"}
    denied = place(form(), [], ["Hidden is not allowed"], {})
    assert still_demanded(before, denied, form()) == {"summary"}


def test_what_is_demanded_is_shown_and_required() -> None:
    found = said("Hidden can't be blank", "Summary can't be blank")
    states = {
        state.field.name: state for state in resolve(DEFINITION, ANSWERS, found.demanded).shown
    }
    assert states["form_field_2"].required
    assert states["summary"].required
