"""What Rootly wants to be left alone for, beside what holds the queue."""

from __future__ import annotations

import pytest

from incidentportal.catalog import connection
from incidentportal.declarations import queue
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.queue import Cause
from incidentportal.declarations.states import State
from tests.declarations.test_queue import CREATE, course, hold, once, rows
from tests.support.people import Person
from tests.support.sandbox import Sandbox

__all__ = ["rows"]


@pytest.mark.store
@pytest.mark.parametrize("by", ["admin", "answer"])
def test_the_end_of_a_hold_is_not_the_end_of_what_rootly_wants_to_be_left_alone(
    connected: Sandbox, rows: list[Declaration], make_person: Person, by: str
) -> None:
    url = connection.upstream()
    connected.fault(**CREATE, kind="rate_limit", seconds=60)
    assert once(rows[0]) == State.QUEUED
    told = course().wait_until
    assert told is not None
    if by == "admin":
        admin = make_person("ada", "admin")
        queue.hold_by(url, admin)
        queue.release_by(url, admin)
    else:
        hold(Cause.TOKEN)
        queue.released(rows[1])  # the answer to a call that was under way
    now = course()
    assert (now.held, now.wait_until) == ("", told)
