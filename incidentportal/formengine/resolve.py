"""Which fields are shown and which are required, for the answers so far, and why.

The one place where that is decided. Pure, and the same for the page, the validation and the
payload.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from incidentportal.formengine.definition import FormDefinition
from incidentportal.formengine.fields import Answers, Field

Rule = Literal["placed", "marked_required", "not_marked", "nothing_to_choose"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field is shown, or required, or not: the rule that decided it."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class FieldState:
    """What was decided of one field."""

    field: Field
    shown: bool
    required: bool
    shown_because: Reason
    required_because: Reason


@dataclass(frozen=True, eq=False)
class ResolvedForm:
    """Every field of a definition in its order, each with what was decided of it."""

    definition: FormDefinition
    states: tuple[FieldState, ...]

    @cached_property
    def shown(self) -> tuple[FieldState, ...]:
        """The fields that stand on the page."""
        return tuple(state for state in self.states if state.shown)


_PLACED = Reason("placed")
_MARKED = Reason("marked_required")
_NOT_MARKED = Reason("not_marked")
_NOTHING = Reason("nothing_to_choose")


def resolve(definition: FormDefinition, answers: Answers) -> ResolvedForm:
    """Decide for each field whether it is shown and required.

    Every placed field is shown, and required as its placement says, unless it has nothing to
    choose from: then nobody could ever answer it, and Rootly shall judge.
    """
    return ResolvedForm(definition, tuple(_state(field) for field in definition.fields))


def _state(field: Field) -> FieldState:
    if field.options is not None and not len(field.options):
        return FieldState(field, True, False, _PLACED, _NOTHING)
    because = _MARKED if field.required else _NOT_MARKED
    return FieldState(field, True, field.required, _PLACED, because)
