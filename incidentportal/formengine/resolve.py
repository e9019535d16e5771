"""Which fields are shown and which are required, for the answers so far, and why.

The one place where that is decided. Pure, and the same for the page, the validation and the
payload. `docs/form-rules.md` has the rules, and where each comes from.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from incidentportal.formengine.conditions import NOTHING, Condition, Tokens, tokens
from incidentportal.formengine.definition import FormDefinition
from incidentportal.formengine.fields import Answers, Field, given
from incidentportal.formengine.rules import Clause

Rule = Literal[
    "placed",  # shown: it has no conditions
    "condition",  # its conditions hold, or don't: `because` has those that decide
    "fail_open",  # nobody can judge its conditions: shown, not required
    "unstable",  # its rules go in a circle and never settle: shown, not required
    "marked_required",
    "not_marked",
    "hidden",  # never required
    "nothing_to_choose",  # nobody could answer it: Rootly shall judge
    "demanded",  # Rootly asked for it
    "kept_private",  # it was asked to be private: hiding that would send it in public
    "kept_locked",  # the preset makes it private, or a test: hiding that would undo it
    "preset",  # required by the preset, though optional in Rootly
]


KEPT = frozenset({"visibility", "mark_as_test"})
"""Kinds of fields that no rule hides once a preset locked them: what is declared would be another
thing, public or real.
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field is shown, or required, or not: the rule that decided it, and the conditions."""

    rule: Rule
    because: tuple[Condition, ...] = ()


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
    """Every field of a definition in its order, each with what was decided of it.

    `seen` are the tokens that conditions looked at: of each field, and one more, empty, for fields
    that aren't on the form.
    """

    definition: FormDefinition
    states: tuple[FieldState, ...]
    seen: tuple[Tokens, ...]

    @cached_property
    def shown(self) -> tuple[FieldState, ...]:
        """The fields that stand on the page."""
        return tuple(state for state in self.states if state.shown)

    @cached_property
    def tokens_of(self) -> dict[str, Tokens]:
        """By field name, what conditions saw of its answer; hidden counts as unset."""
        fields = self.definition.fields
        return {field.name: seen for field, seen in zip(fields, self.seen, strict=False)}


_PLACED = Reason("placed")
_MARKED = Reason("marked_required")
_NOT_MARKED = Reason("not_marked")
_NOTHING = Reason("nothing_to_choose")
_FAIL_OPEN = Reason("fail_open")
_UNSTABLE = Reason("unstable")
_HIDDEN = Reason("hidden")
_DEMANDED = Reason("demanded")
_KEPT_PRIVATE = Reason("kept_private")
_KEPT_LOCKED = Reason("kept_locked")
_PRESET = Reason("preset")


def resolve(
    definition: FormDefinition, answers: Answers, demanded: AbstractSet[str] = frozenset()
) -> ResolvedForm:
    """Decide for each field whether it is shown and required.

    `demanded` are names of fields that Rootly itself asked for: shown and required, whatever the
    snapshot's rules say.
    """
    sight = _Sight(definition, answers, demanded)
    sight.settle()
    states = tuple(
        _state(sight, place, demanded, field) for place, field in enumerate(definition.fields)
    )
    return ResolvedForm(definition, states, tuple(sight.seen))


class _Sight:
    """What conditions see: each field's tokens while it is shown, nothing while it is hidden."""

    def __init__(
        self, definition: FormDefinition, answers: Answers, demanded: AbstractSet[str]
    ) -> None:
        self.definition = definition
        self._tokens = [tokens(field, given(field, answers)) for field in definition.fields]
        self.seen: list[Tokens] = [*self._tokens, NOTHING]  # a place of -1 sees the last: nothing
        self.hidden: set[int] = set()
        self.unstable: set[int] = set()
        self.private = {
            place for place, field in enumerate(definition.fields)
            if field.attribute == "private" and self._tokens[place] > tokens(field, field.defaults)
        }  # fmt: skip
        self.locked = {
            place for place, field in enumerate(definition.fields)
            if field.locked and field.kind in KEPT
        }  # fmt: skip
        names = enumerate(definition.fields)
        asked = {place for place, field in names if field.name in demanded}
        self._open = asked | self.private | self.locked

    def settle(self) -> None:
        """Judge in the form's order until nothing changes, at most as many rounds as fields.

        What still changes after that is shown for good, and the rest judged again: each time
        with at least one field fewer that can change, so this ends.
        """
        if not self.definition.looks_below:
            self._round()
            return
        while changed := self._rounds():
            self.unstable |= changed
            self._open |= changed
            for place in changed:
                self._show(place)

    def _rounds(self) -> set[int]:
        changed: set[int] = set()
        for _ in range(len(self.definition.fields) + 1):
            changed = self._round()
            if not changed:
                break
        return changed

    def _round(self) -> set[int]:
        changed = set()
        for place, clause in self.definition.conditional:
            if place in self._open:
                continue
            hides = clause.judge(self.seen) is False
            if hides is (place in self.hidden):
                continue
            changed.add(place)
            if hides:
                self.hidden.add(place)
                self.seen[place] = NOTHING
            else:
                self._show(place)
        return changed

    def _show(self, place: int) -> None:
        self.hidden.discard(place)
        self.seen[place] = self._tokens[place]


def _state(sight: _Sight, place: int, demanded: AbstractSet[str], field: Field) -> FieldState:
    if field.name in demanded:
        because = _NOTHING if _nothing_to_choose(field) else _DEMANDED
        return FieldState(field, True, because is _DEMANDED, _DEMANDED, because)
    if place in sight.unstable:
        return FieldState(field, True, False, _UNSTABLE, _UNSTABLE)
    rules = sight.definition.rules[place]
    kept = sight.private | sight.locked
    if place in kept and rules.shown.judge(sight.seen) is False:
        because = _KEPT_LOCKED if place in sight.locked else _KEPT_PRIVATE
        return FieldState(field, True, False, because, _NOT_MARKED)
    if place in sight.hidden:
        because = _why(rules.shown, sight.seen, False)
        return FieldState(field, False, False, because, _HIDDEN)
    shown_because = _PLACED
    if rules.shown.conditions:
        shown_because = _why(rules.shown, sight.seen, rules.shown.judge(sight.seen))
        if shown_because is _FAIL_OPEN:
            return FieldState(field, True, False, _FAIL_OPEN, _FAIL_OPEN)
    required, required_because = _required(field, rules.required, sight.seen)
    return FieldState(field, True, required, shown_because, required_because)


def _required(field: Field, clause: Clause, seen: list[Tokens]) -> tuple[bool, Reason]:
    if _nothing_to_choose(field):
        return False, _NOTHING
    if clause.conditions:
        verdict = clause.judge(seen)
        required, because = verdict is True, _why(clause, seen, verdict)
    else:
        required, because = field.required, _MARKED if field.required else _NOT_MARKED
    return (True, _PRESET) if field.asked and not required else (required, because)


def _nothing_to_choose(field: Field) -> bool:
    # A live list too: it is empty while Rootly can't be read, or where there is no open incident.
    return field.options is not None and not len(field.options)


def _why(clause: Clause, seen: list[Tokens], verdict: bool | None) -> Reason:
    if verdict is None:
        return _FAIL_OPEN
    return Reason("condition", clause.deciding(seen, verdict))
