"""What is wrong with the answers, all at once, in the person's words; and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from incidentportal.formengine.checks import check
from incidentportal.formengine.cleaning import Invalid
from incidentportal.formengine.explain import why_missing
from incidentportal.formengine.fields import Answers, Field, Value, given
from incidentportal.formengine.kinds import CONTROLS
from incidentportal.formengine.resolve import FieldState, ResolvedForm


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The answers of the shown fields, by control name.

    `values` has what is set and valid, `errors` the messages of the rest; `answers` is the raw
    text behind `values`, fit to be stored.
    """

    values: Mapping[str, Value]
    errors: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, list[str]]


def clean(form: ResolvedForm, answers: Answers, zone: tzinfo) -> Cleaned:
    """Clean every shown field. Any text may be in `answers`; names not on the form are ignored.

    `zone` is the person's, for a date and time without an offset.
    """
    values: dict[str, Value] = {}
    errors: dict[str, tuple[str, ...]] = {}
    kept: dict[str, list[str]] = {}
    for state in form.shown:
        field = state.field
        typed = given_values(answers, field)
        try:
            value = CONTROLS[field.control].clean(field, typed, zone) if typed else None
        except Invalid as invalid:
            errors[field.name] = invalid.messages
            continue
        if value is not None:
            values[field.name] = value
            kept[field.name] = typed
        elif state.required:
            errors[field.name] = (missing(state, form),)
    for name, messages in check(form, values).items():
        errors[name] = messages
        del values[name], kept[name]
    return Cleaned(values, errors, kept)


def given_values(answers: Answers, field: Field) -> list[str]:
    """What was given for this field; white space only is nothing."""
    return [value for value in given(field, answers) if value.strip()]


def missing(state: FieldState, form: ResolvedForm) -> str:
    """What to tell a person who left a required field empty, with the reason where it is one of
    their own answers: "Choose a cause: it is required because Severity is SEV1".
    """
    asked, because = _ask(state.field), why_missing(state, form)
    return f"{asked}: {because}" if because else asked


def _ask(field: Field) -> str:
    control = CONTROLS[field.control]
    if field.noun:
        return control.ask.format(field.noun)
    quoted_label = f"“{field.label}”"
    return control.ask.format(f"an option for {quoted_label}" if control.chooses else quoted_label)
