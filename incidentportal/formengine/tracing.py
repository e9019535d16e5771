"""What was decided of every field of a form, and by which rule; where each value comes from.

For admins who rehearse a form: the pages of reporters say far less (`explain.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from incidentportal.formengine.cleaning import TICKED
from incidentportal.formengine.explain import reason
from incidentportal.formengine.fields import Answers, Field
from incidentportal.formengine.resolve import FieldState, Reason, ResolvedForm, Rule
from incidentportal.formengine.showable import showable
from incidentportal.formengine.strength import ORDER, Origin
from incidentportal.formengine.validation import given_values

RULES: Mapping[Rule, str] = {
    "placed": "it has no conditions",
    "condition": "",  # the conditions say it themselves
    "fail_open": "nobody can judge its conditions, so it is shown and not required",
    "unstable": "its rules go in a circle, so it is shown and not required",
    "marked_required": "Rootly’s form says so",
    "not_marked": "Rootly’s form does not ask for it",
    "hidden": "what is hidden never is",
    "nothing_to_choose": "its list is empty, so nobody could answer",
    "demanded": "Rootly asked for it when it refused the incident",
    "kept_private": "it is ticked, and hiding it would send in public what was to be private",
    "kept_locked": "it is fixed, and hiding it would undo that",
    "preset": "the preset asks for it, though Rootly does not",
}
"""Each rule in words, as the rest of a sentence (`docs/form-rules.md` has their names)."""

ORIGINS: Mapping[Origin, str] = {
    "read_only": "Rootly’s read-only default",
    "locked": "fixed by the preset",
    "person": "what the person said",
    "autofill": "filled in from another field",
    "link": "the link",
    "preset": "the preset",
    "group": "the default of the group",
    "site": "the site-wide default",
    "rootly": "Rootly’s default",
}
"""Where a value comes from, in words."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What was decided of one field. `shown_rule` and `required_rule` are the rules' names,
    `shown` and `required` whole sentences. `value` is blank where there is none; else `origin`
    says where it comes from, and `rank` its place in the order of strength, from 1.
    """

    name: str
    label: str
    is_shown: bool
    shown: str
    shown_rule: Rule
    required: str
    required_rule: Rule
    value: str = ""
    origin: str = ""
    rank: int = 0


def traces(
    form: ResolvedForm,
    answers: Answers,
    origins: Mapping[str, Origin],
    off_page: Collection[str] = (),
) -> list[Trace]:
    """Every field of the form, in the order in which its rules are judged. `off_page` are fields
    that a preset keeps off the page.
    """
    return [
        _trace(state, form, answers, origins.get(state.field.name), state.field.name in off_page)
        for state in form.states
    ]


def _trace(
    state: FieldState, form: ResolvedForm, answers: Answers, origin: Origin | None, is_off: bool
) -> Trace:
    words = _sentence("Shown" if state.shown else "Hidden", state.shown_because, form)
    if is_off and state.shown:
        words += " The preset keeps it off the page; its value is sent."
    value = in_words(state.field, given_values(answers, state.field))
    is_known = bool(value) and origin is not None
    return Trace(
        name=state.field.name,
        label=state.field.label,
        is_shown=state.shown,
        shown=words,
        shown_rule=state.shown_because.rule,
        required=_sentence(
            "Required" if state.required else "Not required", state.required_because, form
        ),
        required_rule=state.required_because.rule,
        value=value,
        origin=ORIGINS[origin] if is_known and origin else "",
        rank=ORDER.index(origin) + 1 if is_known and origin else 0,
    )


def _sentence(what: str, because: Reason, form: ResolvedForm) -> str:
    if because.rule == "condition":
        return f"{what} {reason(because, form)}."
    return f"{what}: {RULES[because.rule]}."


def in_words(field: Field, given: Sequence[str]) -> str:
    """A value as people read it; blank for none."""
    if field.control == "checkbox":
        return "Ticked" if any(text.strip().lower() in TICKED for text in given) else ""
    if field.options is None:
        return showable("\n".join(given))
    found = ((text, field.options.get(text)) for text in given)
    return ", ".join(showable(option.label if option else text) for text, option in found)
