"""The reasons for what a form shows and asks for, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from incidentportal.formengine.conditions import (
    IS_NOT_SET,
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
from incidentportal.formengine.suggestions import Suggestion

_MOST_VALUES = 3
_LONGEST_VALUE = 40
_OURS = "by your company’s form in Rootly"


def why(state: FieldState, form: ResolvedForm) -> str:
    """Why a shown field is required, or else why it is shown; blank where there is nothing to say.

    A sentence: "Required because Severity is SEV1."
    """
    appeared = state.shown_because.rule == "condition"
    if state.required and state.required_because.rule == "marked_required" and appeared:
        return f"Shown {reason(state.shown_because, form)}; required {_OURS}."
    if state.required:
        return f"Required {reason(state.required_because, form)}."
    if appeared:
        return f"Shown {reason(state.shown_because, form)}."
    return ""


def why_missing(state: FieldState, form: ResolvedForm) -> str:
    """Why a required field can't stay empty, to follow what is asked; blank where the form simply
    says so. "it is required because Severity is SEV1".
    """
    if state.required_because.rule in {"condition", "demanded"}:
        return f"it is required {reason(state.required_because, form)}"
    if state.shown_because.rule == "condition":
        return f"it is asked for {reason(state.shown_because, form)}"
    return ""


def reason(because: Reason, form: ResolvedForm) -> str:
    """The reason as the rest of a sentence: "because Severity is SEV1"."""
    if because.rule == "condition":
        return f"because {_all(because.because, form.tokens_of)}"
    if because.rule == "demanded":
        return "because Rootly asked for it"
    if because.rule == "preset":
        return "here, though Rootly itself does not ask for it"
    return _OURS


def why_this_form(forms: Forms, form: ResolvedForm, answers: Answers) -> str:
    """Why a form set other than the default is shown; blank where no condition chose it."""
    conditions = _choosing(forms, form, answers)
    if not conditions:
        return ""
    seen = {
        one.field.name: tokens(one.field, given(one.field, answers))
        for one in conditions
        if one.field
    }
    return f"This is the form “{form.definition.name}”, because {_all(conditions, seen)}."


def ways_back(forms: Forms, form: ResolvedForm, answers: Answers) -> tuple[Suggestion, ...]:
    """The answers that chose this form and that nobody can change on it, to be taken back: it
    doesn't have their fields.
    """
    shown = {state.field.name for state in form.shown}
    fields = [one.field for one in _choosing(forms, form, answers) if one.field]
    return tuple(
        Suggestion(f"{field.name}:", field.label, "")
        for field in dict.fromkeys(fields)
        if field.name not in shown and tokens(field, given(field, answers))
    )


def _choosing(forms: Forms, form: ResolvedForm, answers: Answers) -> tuple[Condition, ...]:
    place = forms.definitions.index(form.definition)
    return forms.set_conditions[place] if applies(forms, place, answers) else ()


def _all(conditions: Iterable[Condition], seen: Mapping[str, Tokens]) -> str:
    parts = dict.fromkeys(
        _fact(one, one.field, seen.get(one.field.name, NOTHING))
        if one.field is not None
        else "a field that this form doesn’t have is empty"
        for one in conditions
    )
    return _joined(parts)


def _fact(condition: Condition, field: Field, seen: Tokens) -> str:
    """What the condition found, whether or not it holds: "Severity is SEV1"."""
    if condition.on_tick:
        return f"{field.label} is {'ticked' if seen else 'not ticked'}"
    if not seen:
        return f"{field.label} is empty"
    if condition.comparison in {IS_SET, IS_NOT_SET}:
        return f"{field.label} is filled in"
    if matched := _values(field, condition.accepted & seen, "and"):
        return f"{field.label} is {matched}"
    if others := _values(field, condition.accepted, "or"):
        return f"{field.label} is not {others}"
    return f"{field.label} is something else"


def _values(field: Field, wanted: Tokens, word: str) -> str:
    """The values by name, a few of them, in an order that doesn't change; blank for none."""
    if field.options is None:
        labels = sorted(f"“{_short(text)}”" for text in wanted)
    else:
        options = (field.options.get(one) for one in wanted)
        labels = sorted(_short(option.label) for option in options if option)
    more = len(labels) - _MOST_VALUES
    if more > 0:
        labels = [*labels[:_MOST_VALUES], f"{more} more"]
    return _joined(labels, word) if labels else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_VALUE else f"{line[:_LONGEST_VALUE]}…"


def _joined(parts: Iterable[str], word: str = "and") -> str:
    *first, last = parts
    return f"{', '.join(first)} {word} {last}" if first else last
