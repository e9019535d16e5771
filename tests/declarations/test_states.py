"""The table of states."""

import pytest

from incidentportal.declarations import states
from incidentportal.declarations.states import IllegalTransitionError, State, may_become

ALLOWED = {
    (State.QUEUED, State.DELIVERING), (State.QUEUED, State.FAILED), (State.QUEUED, State.WITHDRAWN),
    (State.DELIVERING, State.QUEUED), (State.DELIVERING, State.REJECTED),
    (State.DELIVERING, State.UNCONFIRMED),
    (State.REJECTED, State.QUEUED), (State.REJECTED, State.WITHDRAWN),
    (State.REJECTED, State.FAILED),
    (State.UNCONFIRMED, State.QUEUED), (State.UNCONFIRMED, State.FAILED),
    (State.FAILED, State.QUEUED),
}  # fmt: skip


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_only_the_steps_of_the_table_are_allowed(before: State, after: State) -> None:
    known_incident = after is State.DELIVERED and before is not State.DELIVERED
    assert may_become(before, after) is ((before, after) in ALLOWED or known_incident)


def test_an_illegal_step_raises_and_names_both_ends() -> None:
    with pytest.raises(IllegalTransitionError, match="delivered can't become queued"):
        states.check(State.DELIVERED, State.QUEUED)
