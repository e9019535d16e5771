"""A lint of Rootly's own configuration: what can't work as it was meant, and where to mend it.

What making the forms runs into (`building.py` and those it calls) is among their problems; here
that is joined by what only shows when the forms are looked at as a whole. Pure: a picture and its
forms, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from incidentportal.catalog.picture import Picture, Problem
from incidentportal.formengine import reach
from incidentportal.formengine.definition import FormDefinition, Forms
from incidentportal.formengine.kinds import BUILT_INS
from incidentportal.formengine.remedies import remedy
from incidentportal.rootly.records import FormField

WORDS = frozenset({"title", "summary"})
"""Kinds of fields in which people say in their own words what is wrong."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something amiss: a kind as `picture.Problem` has it, what it is about (an id), a sentence
    for admins, and one that says where it is mended.
    """

    kind: str
    subject: str
    sentence: str
    remedy: str


def lint(picture: Picture, forms: Forms) -> tuple[Flaw, ...]:
    """All that is amiss in this configuration, each thing once. `forms` are made of `picture`."""
    return flaws(
        (*forms.problems, *_fields(picture, forms), *_sets(forms), *_rules(picture, forms))
    )


def flaws(problems: Iterable[Problem]) -> tuple[Flaw, ...]:
    """Problems with what mends them, each sentence once."""
    found = {
        one.sentence: Flaw(one.kind, one.subject, one.sentence, remedy(one.kind))
        for one in problems
    }
    return tuple(found.values())


def _called(form_field: FormField) -> str:
    return f"“{form_field.name.strip() or form_field.slug or form_field.id}”"


def _fields(picture: Picture, forms: Forms) -> Iterator[Problem]:
    """Kinds that nobody knows, and what is required but stands on no form."""
    placed = {field.id for definition in forms.definitions for field in definition.fields}
    on_form = {one.form_field_id for one in picture.placements if one.form == forms.form_name}
    for one in picture.form_fields:
        if not one.enabled or one.resource_type not in {"incident", ""}:
            continue
        if one.id in placed and one.kind not in BUILT_INS and one.kind != "custom":
            said = f"is of the unknown kind “{one.kind}”: it is treated as a custom field."
            yield Problem("kind_unknown", one.id, f"{_called(one)} {said}")
        is_left_out = one.id not in placed and one.id not in on_form
        if is_left_out and not on_form and forms.form_name in one.required:
            said = "is required, but not shown on this form: Rootly may refuse what is declared."
            yield Problem("required_not_on_form", one.id, f"{_called(one)} {said}")


def _sets(forms: Forms) -> Iterator[Problem]:
    """Form sets that are never chosen, and whether there is one for all other answers."""
    usable = [place for place, one in enumerate(forms.definitions) if one.fields]
    defaults = [place for place in usable if forms.definitions[place].is_default]
    if len(defaults) != 1 and len(usable) > 1:
        count = "Several form sets are" if defaults else "No form set with fields is"
        said = f"{count} the default; the first one is used where no other set’s conditions hold."
        yield Problem("form_set_default", forms.form_name, said)
    fallback = _fallback(forms, usable, defaults)
    for place in usable:
        if place != fallback and (why := _never_chosen(forms, place, usable)):
            one = forms.definitions[place]
            said = f"The form set “{one.name}” is never used: {why}."
            yield Problem("form_set_never", one.form_set_id, said)


def _fallback(forms: Forms, usable: list[int], defaults: list[int]) -> int | None:
    """The place of the set that is used where none matches (`formsets.choose_form_set`)."""
    including = [place for place in usable if forms.definitions[place].includes_form]
    return next(iter([*defaults, *including, *usable]), None)


def _never_chosen(forms: Forms, place: int, usable: list[int]) -> str:
    conditions = forms.set_conditions[place]
    if not conditions:
        return "it has no conditions, and isn’t the one for all other answers"
    if not all(one.can_judge for one in conditions) or not reach.can_be_chosen(forms, place):
        return "no answers meet its conditions"
    for earlier in usable:
        others = forms.set_conditions[earlier]
        if earlier >= place:
            break
        if others and reach.covers(others, conditions):
            return f"“{forms.definitions[earlier].name}” comes first whenever it matches"
    return ""


@dataclass(frozen=True, slots=True)
class _Said:
    """A problem of a form, the same for every set that has it."""

    kind: str
    subject: str
    sentence: str


def _rules(picture: Picture, forms: Forms) -> Iterator[Problem]:
    """What the rules of each set's form come to; said once where several sets have it."""
    listed = {one.id: one for one in reversed(picture.form_fields)}
    found: dict[_Said, list[str]] = {}
    usable = [one for one in forms.definitions if one.fields]
    for definition in usable:
        for said in dict.fromkeys(_of(definition, listed)):
            found.setdefault(said, []).append(f"“{definition.name}”")
    for said, names in found.items():
        where = "" if len(names) == len(usable) else f" This is so in {', '.join(names)}."
        yield Problem(said.kind, said.subject, said.sentence + where)


def _of(definition: FormDefinition, listed: dict[str, FormField]) -> Iterator[_Said]:
    if not any(field.kind in WORDS for field in definition.fields):
        said = "The form has neither a title nor a summary: nobody can say in words what is wrong."
        yield _Said("form_without_words", definition.form_set_id, said)
    yield from _unseen(definition)
    yield from _absent(definition, listed)
    for circle in reach.in_circles(definition):
        labels = ", ".join(f"“{definition.fields[place].label}”" for place in circle)
        said = f"Whether these are shown depends on one another, in a circle: {labels}."
        yield _Said("condition_circle", definition.fields[circle[0]].id, said)


def _unseen(definition: FormDefinition) -> Iterator[_Said]:
    for place in sorted(reach.never_shown(definition)):
        field = definition.fields[place]
        if field.required or definition.rules[place].required.conditions:
            said = "is required, but never shown: no answers meet its conditions."
            yield _Said("required_never_shown", field.id, f"“{field.label}” {said}")
        else:
            said = "is never shown: no answers meet its conditions."
            yield _Said("never_shown", field.id, f"“{field.label}” {said}")


def _absent(definition: FormDefinition, listed: dict[str, FormField]) -> Iterator[_Said]:
    here = {field.id for field in definition.fields}
    for field in definition.fields:
        for one in field.conditions:
            target = listed.get(one.form_field_id)
            if target is None or target.id in here:
                continue
            why = "isn’t on this form" if target.enabled else "is disabled"
            said = f"has a condition on {_called(target)}, which {why}: it counts as not answered."
            yield _Said("condition_absent", field.id, f"“{field.label}” {said}")
