"""A form's rules, on plain data: which set holds, which fields show, which are required.

Written from what is known of Rootly's forms alone, so that it is a second opinion on any other
reading of them. An answer is the set of texts that a field holds: empty where it is unset, None
where the request can't tell. In rules on checkboxes `UNTICKED` stands for `0` and `false`: an
unticked checkbox is unset, and equal to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Held = frozenset[str] | None
    Answers = Mapping[str, Held]

UNTICKED: Final = ""
UNSET: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Rule:
    """A condition. `field` is the id of the field that it looks at; None where there is none."""

    field: str | None
    comparison: str
    values: frozenset[str] = UNSET


@dataclass(frozen=True)
class Rules:
    """Conditions of one sort, and how they combine: `and` (also blank), or `or`."""

    all: tuple[Rule, ...] = ()
    operator: str = ""


@dataclass(frozen=True)
class Place:
    """A field's place on a form. `required` is whatever was answered."""

    field: str
    required: bool = False
    shown_when: Rules = Rules()
    required_when: Rules = Rules()


@dataclass(frozen=True)
class Set:
    """A form set with its own conditions."""

    id: str
    is_default: bool = False
    conditions: tuple[Rule, ...] = ()


class Outcome(NamedTuple):
    """What the rules say of a field that stands on the form."""

    shown: bool
    required: bool


def chosen(sets: Iterable[Set], answers: Answers) -> str | None:
    """The id of the first set whose conditions all hold, else of the default one.

    Blank where there is neither; None where it hangs on an answer that the request can't tell.
    """
    default = ""
    for each in sets:
        if each.is_default and not default:
            default = each.id
        if not each.conditions:
            continue
        verdict = _all(_set_rule(rule, answers) for rule in each.conditions)
        if verdict is None:
            return None
        if verdict:
            return each.id
    return default


def resolved(places: Sequence[Place], answers: Answers) -> dict[str, Outcome]:
    """What the rules say of each field; `places` in their order on the form.

    Rules that look below, or in a circle, are gone through until nothing changes, at most as many
    times as there are fields; what would change still is shown and not required. So is a field
    that is shown only because a rule of its can't be judged.
    """
    shown: dict[str, bool | None] = {each.field: True for each in places}
    for _ in places:
        if not _round(places, answers, shown):
            break
    for restless in _restless(places, answers, dict(shown)):
        shown[restless] = None
    visible = _visible(answers, shown)
    return {
        each.field: Outcome(
            shown=shown[each.field] is not False,
            required=shown[each.field] is True
            and (each.required or _combined(each.required_when, visible) is True),
        )
        for each in places
    }


def _round(
    places: Sequence[Place], answers: Answers, shown: dict[str, bool | None]
) -> frozenset[str]:
    """Judge each place once, top down, writing into `shown`; the fields that changed."""
    changed = set()
    for place in places:
        rules = place.shown_when
        verdict = _combined(rules, _visible(answers, shown)) if rules.all else True
        if verdict is not shown[place.field]:
            shown[place.field] = verdict
            changed.add(place.field)
    return frozenset(changed)


def _restless(
    places: Sequence[Place], answers: Answers, shown: dict[str, bool | None]
) -> frozenset[str]:
    """What won't come to rest: a long circle need not turn all of its fields in each round."""
    changed: frozenset[str] = frozenset()
    for _ in places:
        more = _round(places, answers, shown)
        if not more:
            break
        changed |= more
    return changed


def _visible(answers: Answers, shown: Mapping[str, bool | None]) -> dict[str, Held]:
    """The answers that count: hidden, and what isn't on the form, is unset."""
    return {
        field: answers.get(field, UNSET) for field, verdict in shown.items() if verdict is not False
    }


def _combined(rules: Rules, answers: Answers) -> bool | None:
    """Whether rules hold together. None is for unknown: also what no answer could settle."""
    verdicts = [_holds(each, answers) for each in rules.all]
    if rules.operator in {"", "and"}:
        return _all(verdicts)
    if rules.operator == "or":
        opposite = _all(None if each is None else not each for each in verdicts)
        return None if opposite is None else bool(verdicts) and not opposite
    return None if verdicts else False


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    """False where one is; else None where one is unknown; else True. False for none at all."""
    found = list(verdicts)
    if False in found or not found:
        return False
    return None if None in found else True


def _holds(rule: Rule, answers: Answers) -> bool | None:
    if rule.field is None:
        return None
    held = answers.get(rule.field, UNSET)
    if held is None:
        return None
    equal = bool((held or {UNTICKED}) & rule.values)
    verdicts = {
        "equal": equal,
        "not_equal": not equal,
        "is_set": bool(held),
        "is_not_set": not held,
    }
    return verdicts.get(rule.comparison)


def _set_rule(rule: Rule, answers: Answers) -> bool | None:
    """A form set's own condition: only ever `equal`, and whatever else it says doesn't hold."""
    if rule.field is None or rule.comparison != "equal":
        return False
    return _holds(rule, answers)
