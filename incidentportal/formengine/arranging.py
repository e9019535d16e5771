"""Where the shown fields stand on the page: in which order, which of them aside.

Without a preset in Rootly's order, and none aside. What stands aside is sent all the same.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from incidentportal.formengine.fields import Answers
from incidentportal.formengine.resolve import FieldState, ResolvedForm
from incidentportal.formengine.strength import Origin

_THEIRS: frozenset[Origin] = frozenset({"person", "link"})
"""What came from outside is never hidden: whoever sends it shall see it."""


@dataclass(frozen=True, slots=True)
class Page:
    """The shown fields: on the page as such, and those that are folded under “More”."""

    open: tuple[FieldState, ...]
    folded: tuple[FieldState, ...] = ()


def hidden(form: ResolvedForm, answers: Answers, origins: Mapping[str, Origin]) -> frozenset[str]:
    """The names of the shown fields that a preset keeps off the page: not one that is required
    and empty, nor one that holds what the person or their link said.
    """
    return frozenset(
        state.field.name
        for state in form.shown
        if state.field.tucked == "hidden"
        and origins.get(state.field.name) not in _THEIRS
        and not _is_missing(state, answers)
    )


def arrange(form: ResolvedForm, off_page: Container[str]) -> Page:
    """The shown fields in the page's order, without those that are `off_page`."""
    states: Iterable[FieldState] = form.states
    if form.definition.page:
        states = [form.states[place] for place in form.definition.page]
    seen = [one for one in states if one.shown and one.field.name not in off_page]
    folded = tuple(one for one in seen if one.field.tucked == "folded")
    return Page(tuple(one for one in seen if one.field.tucked != "folded"), folded)


def stands_open(
    page: Page,
    answers: Answers,
    origins: Mapping[str, Origin],
    in_error: Container[str],
) -> bool:
    """Whether “More” is open: a field in it is in error, missing, or not as the preset had it."""
    return any(
        one.field.name in in_error
        or _is_missing(one, answers)
        or origins.get(one.field.name) in _THEIRS
        for one in page.folded
    )


def _is_missing(state: FieldState, answers: Answers) -> bool:
    field = state.field
    given = answers.get(field.name, ()) if field.fixed is None else field.fixed[1]
    return state.required and not any(one.strip() for one in given)
