"""The one way in which a declaration's state is written."""

from __future__ import annotations

from typing import Any

from incidentportal.accounts.prepared import Update
from incidentportal.declarations.models import DeclarationQuerySet
from incidentportal.declarations.states import State, before, check


def often(rows: DeclarationQuerySet, after: State, **changes: Any) -> Update:
    """The same for a step that is taken again and again: written once. Of rows that are not private
    alone, and without saying why it wrote none: `become` does.
    """
    return Update(rows.filter(private=False, state__in=before(after)), state=after, **changes)


def become(rows: DeclarationQuerySet, private: bool, after: State, **changes: Any) -> bool:
    """Write a declaration's next state with what goes with it; texts are sealed as `write` does.

    `rows` is that declaration, as long as its writer may write it: its claim, or the state that it
    is decided from. False: it is not there, or no longer. Raises IllegalTransitionError where it
    is, and the table has no such step.
    """
    if rows.filter(state__in=before(after)).write(private, state=after, **changes):
        return True
    stands = rows.values_list("state", flat=True).first()
    if stands is not None:
        check(State(stands), after)
    return False
