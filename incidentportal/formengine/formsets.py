"""Which form set's form is shown, by the conditions of the sets.

Their conditions are judged on the answers given, wherever the field that they look at is placed
(Rootly's API reference, form set conditions; `docs/form-rules.md`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from itertools import combinations

from incidentportal.catalog.picture import Problem
from incidentportal.formengine.conditions import (
    EQUAL,
    NOTHING,
    Condition,
    make_condition,
    tokens,
)
from incidentportal.formengine.definition import FormDefinition, Forms, every_field
from incidentportal.formengine.fields import Answers, given
from incidentportal.formengine.reach import excludes
from incidentportal.rootly.records import FormSet


def choose_form_set(forms: Forms, answers: Answers) -> FormDefinition:
    """The form for these answers.

    The first set, in the API's order, whose conditions all hold; else the default one; without a
    default the first that includes the form; else any. A set that has no fields on this form is
    taken only where all are like that.
    """
    usable = [place for place, one in enumerate(forms.definitions) if one.fields]
    for place in usable:
        if applies(forms, place, answers):
            return forms.definitions[place]
    rest = [forms.definitions[place] for place in usable] or forms.definitions
    return next(
        (one for one in rest if one.is_default),
        next((one for one in rest if one.includes_form), rest[0]),
    )


def applies(forms: Forms, place: int, answers: Answers) -> bool:
    """Whether the conditions of the set at this place all hold. A set without any has none that
    could: it is the default, or never chosen.
    """
    conditions = forms.set_conditions[place] if forms.set_conditions else ()
    return bool(conditions) and all(_holds(condition, answers) for condition in conditions)


def _holds(condition: Condition, answers: Answers) -> bool:
    if not condition.can_judge:
        return False
    field = condition.field
    return condition.holds(tokens(field, given(field, answers)) if field else NOTHING)


def make_set_conditions(
    form_sets: Sequence[FormSet], definitions: Sequence[FormDefinition], listed: Container[str]
) -> tuple[tuple[tuple[Condition, ...], ...], list[Problem]]:
    """Each definition's conditions, made ready, and what admins should know of them.

    A set that can't be judged (an unknown comparison) never holds, and is reported.
    """
    by_id = {field.id: field for field in every_field(definitions)}
    sets = {form_set.id: form_set for form_set in form_sets}
    problems: list[Problem] = []
    made: list[tuple[Condition, ...]] = []
    for definition in definitions:
        form_set = sets.get(definition.form_set_id)
        ready: list[Condition] = []
        for one in form_set.conditions if form_set else ():
            done = make_condition(
                one, by_id.get(one.form_field_id), known=one.form_field_id in listed
            )
            ready.append(done.condition)
            problems += [_about(definition, "condition_unknown", said) for said in done.remarks]
        made.append(tuple(ready))
    return tuple(made), problems + list(_overlaps(definitions, made))


def _about(definition: FormDefinition, kind: str, said: str) -> Problem:
    return Problem(kind, definition.form_set_id, f"The form set “{definition.name}” {said}.")


def _overlaps(
    definitions: Sequence[FormDefinition], made: Sequence[tuple[Condition, ...]]
) -> Iterable[Problem]:
    """Sets that one and the same answers can choose: the first in the API's order then wins."""
    conditional = [
        (definition, conditions)
        for definition, conditions in zip(definitions, made, strict=True)
        if conditions and definition.fields and all(_can_hold(one) for one in conditions)
    ]
    for (first, ones), (second, others) in combinations(conditional, 2):
        if not any(excludes(one, other) for one in ones for other in others):
            said = f"may match together with “{second.name}”; then “{first.name}” is used"
            yield _about(first, "form_sets_overlap", said)


def _can_hold(condition: Condition) -> bool:
    """Whether any answer makes it hold: what is compared with nothing that exists never does."""
    empty = condition.comparison == EQUAL and not condition.accepted
    return condition.can_judge and not empty
