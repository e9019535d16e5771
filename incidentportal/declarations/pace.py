"""How soon a declaration's page looks again: quickly while something is about to happen, slower
later, and not at all once nothing changes by itself.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State

STEPS = ((10, 1), (60, 2), (600, 5))
"""Up to so many seconds after it began, each so many seconds."""
SLOW, IDLE = 15, 60
"""Seconds: after that; and while the next thing to happen is minutes away."""


def look_again(declaration: Declaration, now: datetime | None = None) -> int:
    """In how many seconds; 0: never. It doesn't stop while anything of it is still to be done: a
    last look for a second incident, minutes later, is waited for as well, at IDLE's pace.
    """
    now = now or timezone.now()
    state, due_at = State(declaration.state), declaration.due_at
    if state in {State.FAILED, State.WITHDRAWN}:
        return 0
    if state in {State.REJECTED, State.UNCONFIRMED}:
        return SLOW  # a person decides, perhaps another one
    if state is not State.DELIVERED:
        return _since(declaration.queued_at, now)
    if due_at is None:
        return 0
    if (due_at - now).total_seconds() > IDLE:
        return IDLE
    return _since(declaration.delivered_at or declaration.queued_at, now)


def _since(began: datetime, now: datetime) -> int:
    age = (now - began).total_seconds()
    return next((seconds for limit, seconds in STEPS if age < limit), SLOW)
