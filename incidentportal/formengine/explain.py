"""The reasons for what a form shows and asks for, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from incidentportal.formengine.conditions import (
    EQUAL,
    IS_SET,
    NOTHING,
    Condition,
    Tokens,
    tokens,
)
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Answers, Field, given
from incidentportal.formengine.formsets import applies
from incidentportal.formengine.resolve import FieldState, Reason, ResolvedForm

_MOST_VALUES = 3


def why(state: FieldState, form: ResolvedForm) -> str:
    """Why a shown field is required, or else why it is shown; blank where there is nothing to say.

    A sentence: "Required because Severity is SEV1."
    """
    if state.required:
        return f"Required {reason(state.required_because, form)}."
    if state.shown_because.rule == "condition":
        return f"Shown {reason(state.shown_because, form)}."
    return ""


def reason(because: Reason, form: ResolvedForm) -> str:
    """The reason as the rest of a sentence: "because Severity is SEV1"."""
    if because.rule == "condition":
        return f"because {_all(because.because, form.tokens_of)}"
    if because.rule == "demanded":
        return "because Rootly asked for it"
    return "by your company’s form in Rootly"


def why_this_form(forms: Forms, form: ResolvedForm, answers: Answers) -> str:
    """Why a form set other than the default is shown; blank where no condition chose it."""
    place = forms.definitions.index(form.definition)
    if not applies(forms, place, answers):
        return ""
    conditions = forms.set_conditions[place]
    seen = {
        one.field.name: tokens(one.field, given(one.field, answers))
        for one in conditions
        if one.field
    }
    return f"This is the form “{form.definition.name}”, because {_all(conditions, seen)}."


def _all(conditions: Iterable[Condition], seen: Mapping[str, Tokens]) -> str:
    parts = dict.fromkeys(
        _words(one, one.field, seen.get(one.field.name, NOTHING))
        for one in conditions
        if one.field is not None
    )
    return _joined(parts or ["of a field that this form doesn’t have"])


def _words(condition: Condition, field: Field, seen: Tokens) -> str:
    """The condition as it holds: "Severity is SEV1", "Customers can tell is ticked"."""
    if field.control == "checkbox":
        return f"{field.label} is {'ticked' if seen else 'not ticked'}"
    if condition.comparison == IS_SET:
        return f"{field.label} is filled in"
    if not seen:
        return f"{field.label} is empty"
    if condition.comparison == EQUAL:
        return f"{field.label} is {_values(field, condition.accepted & seen)}"
    return f"{field.label} is not {_values(field, condition.accepted)}"


def _values(field: Field, wanted: Iterable[str]) -> str:
    """The values by name, in the list's order as far as it has them."""
    chosen = set(wanted)
    if field.options is None:
        labels = sorted(f"“{text}”" for text in chosen)
    else:
        labels = [option.label for one in sorted(chosen) if (option := field.options.get(one))]
    shown = labels[:_MOST_VALUES] + (["…"] if len(labels) > _MOST_VALUES else [])
    return " or ".join(shown) or "something else"


def _joined(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
