"""A declaration's states, and which may follow which: the one table that everything obeys.

Pure: no Django, no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a declaration stands."""

    QUEUED = "queued"
    """Saved; waits for its turn."""
    DELIVERING = "delivering"
    """Someone holds its claim."""
    DELIVERED = "delivered"
    """The incident exists and its id is known."""
    REJECTED = "rejected"
    """Rootly refused it; its author has the form back."""
    UNCONFIRMED = "unconfirmed"
    """It may exist, and the portal can't find out; a person decides."""
    FAILED = "failed"
    """An admin gave up, with a reason."""
    WITHDRAWN = "withdrawn"
    """Its author took it back before it can have reached Rootly."""


class IllegalTransitionError(Exception):
    """A step that the table does not allow."""

    def __init__(self, before: State, after: State) -> None:
        super().__init__(f"A declaration that is {before} can't become {after}.")
        self.before = before
        self.after = after


_NEXT: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.DELIVERING, State.FAILED, State.WITHDRAWN}),
    State.DELIVERING: frozenset({State.QUEUED, State.REJECTED, State.UNCONFIRMED}),
    State.DELIVERED: frozenset(),
    State.REJECTED: frozenset({State.QUEUED, State.WITHDRAWN, State.FAILED}),
    State.UNCONFIRMED: frozenset({State.QUEUED, State.FAILED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.WITHDRAWN: frozenset(),
}


def may_become(before: State, after: State) -> bool:
    """Whether the table allows the step. A known incident is never thrown away: a 201 that
    arrives late, or a look that finds the incident, makes it delivered from any state.
    """
    return after in _NEXT[before] or (after is State.DELIVERED and before is not State.DELIVERED)


def before(after: State) -> list[State]:
    """The states from which `after` may be reached: the guard of an update."""
    return [state for state in State if may_become(state, after)]


def check(before: State, after: State) -> None:
    """Raise IllegalTransitionError unless the table allows the step."""
    if not may_become(before, after):
        raise IllegalTransitionError(before, after)
