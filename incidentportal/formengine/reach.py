"""What no answers can bring about: fields that are never shown, form sets that are never chosen.

Decided from the configuration alone, and only where it is certain: what can't be judged may hold,
and so may whatever a person types.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from incidentportal.formengine.conditions import (
    EQUAL,
    IS_NOT_SET,
    IS_SET,
    NOT_EQUAL,
    NOTHING,
    Condition,
    Tokens,
    tokens,
)
from incidentportal.formengine.definition import FormDefinition, Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import CONTROLS
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.rules import Clause

_UNTICKED = frozenset({"0"})


def never_shown(definition: FormDefinition) -> frozenset[int]:
    """The places of the fields that no answers show."""
    never: frozenset[int] = frozenset()
    while True:
        found = frozenset(
            place
            for place, clause in definition.conditional
            if not _can_be_met(clause, definition, never)
        )
        if found == never:
            return never
        never = found


def in_circles(definition: FormDefinition) -> list[tuple[int, ...]]:
    """The places of fields that are shown because of one another, circle by circle. One that looks
    at itself alone is none.
    """
    looks = {
        place: {seen for seen, _ in clause.conditions if seen >= 0}
        for place, clause in definition.conditional
    }
    reached = {place: _reached(place, looks) for place in looks}
    circles = {
        tuple(sorted(other for other in seen if place in reached.get(other, ())))
        for place, seen in reached.items()
        if place in seen
    }
    return sorted(circle for circle in circles if len(circle) > 1)


def can_be_chosen(forms: Forms, place: int) -> bool:
    """Whether any answers meet all conditions of the set at this place."""
    conditions = forms.set_conditions[place]
    if not all(_can_hold(one, _fixed(one.field) if one.field else [NOTHING]) for one in conditions):
        return False
    return not any(excludes(one, other) for one, other in combinations(conditions, 2))


def covers(ones: Sequence[Condition], others: Sequence[Condition]) -> bool:
    """Whether `ones` all hold whenever `others` do."""
    return all(any(_implies(other, one) for other in others) for one in ones)


def excludes(one: Condition, other: Condition) -> bool:
    """Whether no answer meets both: they look at the same field and contradict each other."""
    if not _same_field(one, other):
        return False
    return _contradicts(one, other) or _contradicts(other, one)


def _same_field(one: Condition, other: Condition) -> bool:
    if one.field is None or other.field is None or one.field.id != other.field.id:
        return False
    return one.can_judge and other.can_judge


def _contradicts(one: Condition, other: Condition) -> bool:
    pair = (one.comparison, other.comparison)
    if pair == (EQUAL, EQUAL):
        takes_one = one.field is not None and not CONTROLS[one.field.control].many
        return takes_one and one.accepted.isdisjoint(other.accepted)
    if pair == (EQUAL, NOT_EQUAL):
        return one.accepted <= other.accepted
    if pair == (EQUAL, IS_NOT_SET):
        return not (one.on_tick and one.accepted >= _UNTICKED)
    return pair == (IS_SET, IS_NOT_SET)


def _implies(one: Condition, other: Condition) -> bool:
    """Whether `other` holds whenever `one` does."""
    equal = one.comparison == other.comparison == EQUAL
    return equal and _same_field(one, other) and one.accepted <= other.accepted


def _reached(start: int, looks: dict[int, set[int]]) -> set[int]:
    found: set[int] = set()
    ahead = list(looks[start])
    while ahead:
        place = ahead.pop()
        if place not in found:
            found.add(place)
            ahead += looks.get(place, ())
    return found


def _can_be_met(clause: Clause, definition: FormDefinition, never: frozenset[int]) -> bool:
    able = [
        _can_hold(condition, _possible(definition, place, never))
        for place, condition in clause.conditions
    ]
    if clause.any_of:
        return any(able)
    conditions = (condition for _, condition in clause.conditions)
    return all(able) and not any(excludes(one, other) for one, other in combinations(conditions, 2))


def _possible(definition: FormDefinition, place: int, never: frozenset[int]) -> list[Tokens] | None:
    """All that the answer at this place can be; None: anything."""
    if place < 0 or place in never:
        return [NOTHING]
    fixed = _fixed(definition.fields[place])
    if fixed is not None and definition.rules[place].shown.conditions:
        fixed = [*fixed, NOTHING]
    return fixed


def _fixed(field: Field) -> list[Tokens] | None:
    if (fixed := field.fixed) is not None:
        return [tokens(field, fixed[1])]
    if CONTROLS[field.control].informs:
        return [NOTHING]
    options = field.options
    if options is not None and not is_open(options) and not len(options):
        return [NOTHING]
    return None


def _can_hold(condition: Condition, possible: list[Tokens] | None) -> bool:
    if not condition.can_judge:
        return True
    if possible is not None:
        return any(condition.holds(one) for one in possible)
    return condition.comparison != EQUAL or bool(condition.accepted)
