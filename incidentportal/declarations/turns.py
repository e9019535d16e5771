"""Whether a write to Rootly may begin now: the process goes on, no admin holds the queue, and the
budget of writes has room. Asked once before every write.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from incidentportal.declarations import claims, queue, rate
from incidentportal.declarations.course import Course
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.rootly.errors import NotSent

PATIENCE = 5.0
"""Seconds that a claimed row waits for the budget before it is given back."""

ending: ContextVar[threading.Event | None] = ContextVar("ending", default=None)
"""Set where the work is a worker's: told when that is to end."""
over: ContextVar[Callable[[], None]] = ContextVar("over", default=lambda: None)
"""What to call once a turn was taken, or wasn't: a worker counts on the budget until then."""


def begin(
    declaration: Declaration,
    write_down: Callable[[], bool] = lambda: True,
    course: Course | None = None,
) -> bool:
    """Count a write for this declaration; False: it must not begin, and the row is to be given
    back (`hand_back`).

    `write_down` stores what is to be on disk before the write, in one commit with its count;
    False: it must not begin. `course` is how the queue stands, where that was just read.
    """
    try:
        return _begin(declaration, write_down, course)
    finally:
        over.get()()


class _NoRoomError(Exception):
    """The budget was spent by others meanwhile: nothing is to be written down."""


def _begin(declaration: Declaration, write_down: Callable[[], bool], course: Course | None) -> bool:
    end = time.monotonic() + PATIENCE
    has_waited = False
    while not _is_ending():
        course = course or queue.course(declaration.upstream)
        if course.is_held_by_admin or (has_waited and not course.runs):
            return False
        if course.free > 0:
            with suppress(_NoRoomError), transaction.atomic():
                if not write_down():
                    return False
                # Last, since all others wait for this row until the commit.
                if rate.take(declaration.upstream, course.write_limit):
                    return True
                raise _NoRoomError
        if time.monotonic() > end:
            return False
        # Not all that wait at the same moment.
        _sleep(max(course.wait, 0.01) * random.uniform(1, 2))  # noqa: S311  # no secret
        has_waited, course = True, None
    return False


def require(declaration: Declaration) -> None:
    """The same for what follows the incident. Raises NotSent where it must not begin now."""
    if not begin(declaration):
        raise NotSent("It is not its turn yet.")


def hand_back(pk: UUID, claim: int) -> None:
    """Give a claimed row back as it was: nothing was begun."""
    rows = claims.held(pk, claim)
    rows.filter(state=State.DELIVERING).update(state=State.QUEUED, due_at=Now(), claimed_until=None)
    rows.filter(state=State.DELIVERED).update(claimed_until=None)


def _is_ending() -> bool:
    told = ending.get()
    return told is not None and told.is_set()


def _sleep(seconds: float) -> None:
    told = ending.get()
    (told or threading.Event()).wait(min(seconds, PATIENCE))
