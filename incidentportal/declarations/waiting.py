"""Why a declaration isn't in Rootly yet, and what happens next, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from incidentportal.catalog import connection
from incidentportal.declarations.course import Course, course
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State

SAFE = "It can't get lost any more: the portal keeps it until Rootly has it."
OTHER = (
    "It was meant for {}, and the portal now speaks with another Rootly. It waits until that "
    "changes, or until an admin gives it up."
)
SENDING = "It is being sent to Rootly."
TURN = "It waits for its turn: the most urgent ones go first."
LIMITED = "Rootly asked the portal to slow down, so nothing is sent until then."
PROBED = (
    "We try again every {} with one declaration. As soon as one gets through, all go on "
    "by themselves: you need not do anything."
)
HELD_BY_ADMIN = "Nothing is sent until an admin lets it go on. You need not do anything."
SOON = "any moment now"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What its page says. `held`: why the whole queue is held. `then`: what is done next, and `at`
    when; None: any moment now. `is_trouble`: whom to call meanwhile is said, too.
    """

    sentences: tuple[str, ...] = ()
    held: str = ""
    then: str = ""
    at: datetime | None = None
    is_trouble: bool = False


NOTHING = Waiting()


def waiting(declaration: Declaration, attempts: Sequence[Attempt]) -> Waiting:
    """Of one that is queued or being delivered. One query: how its upstream stands."""
    queue = course(declaration.upstream)
    if declaration.upstream != connection.upstream():
        other = OTHER.format(declaration.upstream)
        return Waiting((SAFE, other), held=queue.held, is_trouble=True)
    own = declaration.sentence
    if queue.held:
        return _held(own, queue)
    limit = queue.wait_until
    if limit is not None:
        at = max(limit, declaration.due_at or limit)
        return Waiting(_said(own, LIMITED), then="Next try", at=at, is_trouble=True)
    if declaration.state == State.DELIVERING:
        return Waiting(_said(own or SENDING), is_trouble=bool(own))
    return _queued(declaration, attempts, own)


def _held(own: str, queue: Course) -> Waiting:
    after = HELD_BY_ADMIN if queue.is_held_by_admin else PROBED.format(_every())
    return Waiting(_said(own, queue.held, after), held=queue.held, is_trouble=True)


def _every() -> str:
    seconds = settings.DELIVERY_PROBE
    return "second" if seconds == 1 else f"{seconds:g} seconds"


def _queued(declaration: Declaration, attempts: Sequence[Attempt], own: str) -> Waiting:
    if not attempts and not declaration.failures:
        return Waiting(_said(own, TURN))
    then = "We look for it in Rootly" if any(each.is_open for each in attempts) else "Next try"
    due = declaration.due_at
    at = due if due is not None and due > timezone.now() else None
    return Waiting(_said(own), then=then, at=at, is_trouble=True)


def _said(*sentences: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence for sentence in (SAFE, *sentences) if sentence))
