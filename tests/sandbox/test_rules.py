"""The rules on plain data; `tests/sandbox/test_judging.py` has them over HTTP."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from incidentportal.sandbox.rules import (
    UNTICKED,
    Outcome,
    Place,
    Rule,
    Rules,
    Set,
    chosen,
    resolved,
)

if TYPE_CHECKING:
    from incidentportal.sandbox.rules import Held

SHOWN, REQUIRED, HIDDEN = Outcome(True, False), Outcome(True, True), Outcome(False, False)
ANSWERS: dict[str, Held] = {
    "one": frozenset({"a"}),
    "many": frozenset({"a", "b"}),
    "untold": None,
}
SOURCES = tuple(Place(name) for name in ("one", "many", "none", "untold"))


def rule(field: str | None, comparison: str, *values: str) -> Rule:
    return Rule(field, comparison, frozenset(values))


def judged(
    *rules: Rule, operator: str = "", required: bool = False, sort: str = "shown"
) -> Outcome:
    """What becomes of a field with these conditions, placed below all that they look at."""
    own = Rules(rules, operator)
    place = (
        Place("it", required, shown_when=own)
        if sort == "shown"
        else Place("it", required, required_when=own)
    )
    return resolved([*SOURCES, place], ANSWERS)["it"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (rule("one", "equal", "a"), True),
        (rule("one", "equal", "b"), False),
        (rule("one", "equal", "b", "a"), True),
        (rule("one", "equal"), False),
        (rule("many", "equal", "b", "c"), True),
        (rule("many", "equal", "c"), False),
        (rule("none", "equal", "a"), False),
        (rule("none", "equal", UNTICKED), True),
        (rule("one", "equal", UNTICKED), False),
        (rule("one", "not_equal", "a"), False),
        (rule("one", "not_equal", "b", "c"), True),
        (rule("many", "not_equal", "b"), False),
        (rule("none", "not_equal", "a"), True),
        (rule("elsewhere", "not_equal", "a"), True),
        (rule("one", "is_set"), True),
        (rule("none", "is_set"), False),
        (rule("elsewhere", "is_set"), False),
        (rule("none", "is_not_set"), True),
        (rule("one", "is_not_set"), False),
        (rule("elsewhere", "is_not_set"), True),
    ],
)
def test_a_condition_shows_or_requires_its_field(condition: Rule, *, holds: bool) -> None:
    assert judged(condition) == (SHOWN if holds else HIDDEN)
    assert judged(condition, required=True) == (REQUIRED if holds else HIDDEN)
    assert judged(condition, sort="required") == (REQUIRED if holds else SHOWN)
    assert judged(condition, sort="required", required=True) == REQUIRED


YES, NO = rule("one", "is_set"), rule("one", "is_not_set")
ODD = rule("one", "resembles", "a")


@pytest.mark.parametrize(
    ("rules", "operator", "shown"),
    [
        ((), "or", SHOWN),
        ((YES, YES), "and", SHOWN),
        ((YES, NO), "and", HIDDEN),
        ((YES, NO), "", HIDDEN),
        ((YES, NO), "or", SHOWN),
        ((NO, NO), "or", HIDDEN),
        ((NO,), "xor", SHOWN),
    ],
)
def test_conditions_combine(rules: tuple[Rule, ...], operator: str, shown: Outcome) -> None:
    assert judged(*rules, operator=operator) == shown


@pytest.mark.parametrize("unknown", [ODD, rule(None, "is_set"), rule("untold", "is_set")])
def test_what_can_not_be_judged_is_shown_and_not_required(unknown: Rule) -> None:
    assert judged(unknown, required=True) == SHOWN
    assert judged(unknown, sort="required") == SHOWN
    assert judged(unknown, YES, sort="required") == SHOWN
    assert judged(unknown, NO) == HIDDEN  # whatever the unknown one says
    assert judged(unknown, YES, operator="or", required=True) == REQUIRED


def test_the_two_sorts_of_conditions_combine_on_their_own() -> None:
    place = Place("it", shown_when=Rules((YES, NO), "or"), required_when=Rules((YES, NO), "and"))
    assert resolved([*SOURCES, place], ANSWERS)["it"] == SHOWN


def test_hidden_is_unset_along_a_chain_of_any_length() -> None:
    names = [f"f{number}" for number in range(50)]
    answers: dict[str, Held] = {name: frozenset({"x"}) for name in names}
    chain = [
        Place(name, required=True, shown_when=Rules((rule(above, "is_set"),)))
        for above, name in zip(["gate", *names], names, strict=False)
    ]
    for gate, outcome in ((frozenset({"x"}), REQUIRED), (frozenset[str](), HIDDEN)):
        told = {**answers, "gate": gate}
        for order in (chain, chain[::-1], random.Random(4).sample(chain, len(chain))):
            found = resolved([Place("gate"), *order], told)
            assert {found[name] for name in names} == {outcome}


def test_a_circle_ends_shown_and_not_required() -> None:
    answers: dict[str, Held] = {name: frozenset({"x"}) for name in "abcd"}
    circle = [
        Place("a", required=True, shown_when=Rules((rule("b", "is_set"),))),
        Place("b", required=True, shown_when=Rules((rule("c", "is_set"),))),
        Place("c", required=True, shown_when=Rules((rule("a", "is_not_set"),))),
        Place("d", required=True),
    ]
    assert resolved(circle, answers) == {"a": SHOWN, "b": SHOWN, "c": SHOWN, "d": REQUIRED}
    at_rest = [
        Place("a", required=True, shown_when=Rules((rule("b", "is_set"),))),
        Place("b", required=True, shown_when=Rules((rule("a", "is_set"),))),
    ]
    assert resolved(at_rest, answers) == {"a": REQUIRED, "b": REQUIRED}


SETS = (
    Set("both", conditions=(rule("one", "equal", "a"), rule("many", "equal", "b"))),
    Set("plain", is_default=True),
    Set("one", conditions=(rule("one", "equal", "a", "c"),)),
    Set("never"),
)


@pytest.mark.parametrize(
    ("answers", "form_set"),
    [
        ({"one": frozenset({"a"}), "many": frozenset({"b"})}, "both"),
        ({"one": frozenset({"a"})}, "one"),
        ({"one": frozenset({"c"}), "many": frozenset({"b"})}, "one"),
        ({"many": frozenset({"b"})}, "plain"),
        ({"one": None}, None),
        ({"one": None, "many": frozenset({"c"})}, None),
    ],
)
def test_the_first_set_of_which_all_holds_is_the_form(
    answers: dict[str, Held], form_set: str | None
) -> None:
    assert chosen(SETS, answers) == form_set


def test_a_sets_condition_that_is_not_equal_holds_never() -> None:
    odd = Set("odd", conditions=(rule("one", "is_set"),))
    lost = Set("lost", conditions=(rule(None, "equal", "a"),))
    assert chosen([odd, lost, SETS[1]], ANSWERS) == "plain"
    assert not chosen([odd], ANSWERS)
