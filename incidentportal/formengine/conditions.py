"""Conditions: made ready once per snapshot, judged for every form.

A condition looks at one field's answer and compares it (Rootly's API reference and its SDK 3.0.1,
form field placement conditions: `equal`, `not_equal`, `is_set`, `is_not_set`). What is compared
are *tokens*: the answer's ids, texts or tick, normalised. `docs/form-rules.md` has the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from incidentportal.formengine.cleaning import TICKED, UNTICKED
from incidentportal.formengine.fields import Field
from incidentportal.formengine.matching import find_option, is_open
from incidentportal.rootly.records import FormSetCondition, PlacementCondition

Tokens = frozenset[str]
NOTHING: Tokens = frozenset()
TICK: Tokens = frozenset({"1"})
_UNTICKED_VALUES = frozenset({"0"})

EQUAL, NOT_EQUAL, IS_SET, IS_NOT_SET = "equal", "not_equal", "is_set", "is_not_set"
COMPARISONS = frozenset({EQUAL, NOT_EQUAL, IS_SET, IS_NOT_SET})
_WITH_VALUES = frozenset({EQUAL, NOT_EQUAL})
_LONGEST_NUMBER = 50
"""Digits; more than a number field takes (`kinds.py`) are compared as text."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A condition, ready to be judged. `field` is what it looks at; None counts as unset.

    `accepted` are the tokens that it compares with. One that `can_judge` nothing (an unknown
    comparison, a field that Rootly doesn't list) is neither true nor false. `on_tick`: what it
    looks at is a checkbox, also where this form doesn't have it.
    """

    field: Field | None
    comparison: str
    accepted: Tokens = NOTHING
    can_judge: bool = True
    on_tick: bool = False

    def holds(self, tokens: Tokens) -> bool:
        """Whether it holds for these tokens of its field's answer."""
        if self.comparison == IS_SET:
            return bool(tokens)
        if self.comparison == IS_NOT_SET:
            return not tokens
        return self.matches(tokens) is (self.comparison == EQUAL)

    def matches(self, tokens: Tokens) -> bool:
        """Whether the answer is one of the accepted values; several answers: any of them.

        An unticked checkbox is unset, and equals 0.
        """
        if not tokens and self.on_tick:
            return self.accepted >= _UNTICKED_VALUES
        return not self.accepted.isdisjoint(tokens)


def tokens(field: Field, values: Sequence[str]) -> Tokens:
    """What of an answer is compared. Empty: the field is unset (white space only is unset)."""
    if not values:
        return NOTHING
    return _TOKENS.get(field.control, _ids if field.options is not None else _text)(values)


def _ids(values: Sequence[str]) -> Tokens:
    return frozenset(value for value in values if value and not value.isspace())


def _text(values: Iterable[str]) -> Tokens:
    # A browser ends lines with CR LF, whatever Rootly's value has.
    bare = (value.replace("\r\n", "\n").strip() for value in values)
    return frozenset(text for text in bare if text)


def _tick(values: Sequence[str]) -> Tokens:
    return TICK if any(value.strip().lower() in TICKED for value in values) else NOTHING


def _number(values: Sequence[str]) -> Tokens:
    return frozenset(map(_plain_number, _text(values)))


def _plain_number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        return text
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def _listed(values: Sequence[str]) -> Tokens:
    return _text(part for value in values for part in re.split(r"[,\r\n]", value))


def _labels(values: Sequence[str]) -> Tokens:
    lines = (line.partition("=") for value in values for line in re.split(r"[\r\n]", value))
    return _text(f"{key.strip()}{equals}{text.strip()}" for key, equals, text in lines)


_TOKENS: Mapping[str, Callable[[Sequence[str]], Tokens]] = {
    "checkbox": _tick,
    "number": _number,
    "tags": _listed,
    "emails": _listed,
    "labels": _labels,
}


@dataclass(frozen=True, slots=True)
class Made:
    """A condition made ready, and what admins should know of it: sentences to follow a name."""

    condition: Condition
    remarks: tuple[str, ...] = ()


def make_condition(
    given: PlacementCondition | FormSetCondition,
    field: Field | None,
    *,
    known: bool,
    on_tick: bool = False,
) -> Made:
    """Make Rootly's condition ready. `field` is what it looks at, where any form has it. Else
    `known` says whether Rootly lists that field at all, and `on_tick` whether it is a checkbox.
    """
    comparison = given.comparison
    if comparison not in COMPARISONS:
        said = f"has a condition with the unknown comparison “{comparison}”"
        return Made(Condition(field, comparison, can_judge=False), (said,))
    if field is None and not known:
        said = "has a condition on a field that Rootly doesn't list"
        return Made(Condition(None, comparison, can_judge=False), (said,))
    on_tick = on_tick if field is None else field.control == "checkbox"
    if comparison not in _WITH_VALUES:
        return Made(Condition(field, comparison, on_tick=on_tick))
    if not given.values:
        said = "has a condition that compares with nothing"
        return Made(Condition(field, comparison, can_judge=False), (said,))
    if on_tick:
        accepted, unknown = _accepted_ticks(given.values)
    else:
        accepted, unknown = _accepted(field, given.values) if field else (NOTHING, [])
    subject = f"“{field.label}”" if field else "a field that this form doesn't have"
    remarks = tuple(
        f"has a condition on {subject} with a value that is none of its options: {value}"
        for value in unknown
    )
    return Made(Condition(field, comparison, accepted, on_tick=on_tick), remarks)


def _accepted(field: Field, values: Iterable[str]) -> tuple[Tokens, list[str]]:
    """The tokens that a condition's values stand for, and the values that stand for nothing."""
    if field.options is None:
        return frozenset().union(*(tokens(field, [value]) for value in values)), []
    accepted: set[str] = set()
    unknown: list[str] = []
    for value in values:
        found = find_option(field, value)
        if not found and is_open(field.options):
            found = (value,)
        accepted.update(found)
        if not found:
            unknown.append(value)
    return frozenset(accepted), unknown


def _accepted_ticks(values: Iterable[str]) -> tuple[Tokens, list[str]]:
    accepted: set[str] = set()
    unknown: list[str] = []
    for value in values:
        said = value.strip().lower()
        if said in TICKED:
            accepted.update(TICK)
        elif said in UNTICKED:
            accepted.update(_UNTICKED_VALUES)
        else:
            unknown.append(value)
    return frozenset(accepted), unknown
