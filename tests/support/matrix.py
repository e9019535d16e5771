"""The fault matrix: what a case says, time that passes without being waited for, and what the
upstream itself has on record.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any

from django.db.models import F
from django.utils import timezone

from incidentportal.declarations import claims, work
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

CREATE = {"method": "POST", "path": "/incidents$"}
"""Which requests ask for a new incident."""
LIST = {"method": "GET", "path": "/incidents$"}
"""Which requests look for one."""

UNREACHED = "Rootly could not be reached"
UNCLEAR = "Rootly gave no clear answer"
SLOW = "Rootly asked us to slow down"
TOKEN = "Rootly no longer accepts the portal's token"
SETUP = "The portal's connection to Rootly is not set up right"
FORBIDDEN = "Rootly does not let the portal create this incident"
CANT_TELL = "We can't tell whether Rootly has it"
"""What people read on a declaration's page."""


@dataclass(frozen=True)
class Case:
    """The first attempt meets a fault; later Rootly is healthy again.

    After the first attempt: `upstream` incidents exist, the attempt's row has `outcome`, `status`,
    `next` and is open or not, and the page says `says`. At the end the declaration is `finally_`,
    Rootly has `incidents` of it, and was asked with `keys`, each as what stands behind its id.
    """

    name: str
    fault: dict[str, Any]
    outcome: str
    status: int | None
    is_open: bool
    next: str
    says: str
    upstream: int
    keys: tuple[str, ...]
    held: bool = False
    finally_: State = State.DELIVERED
    incidents: int = 1
    switches: dict[str, Any] = field(default_factory=dict)


_MOMENTS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        Declaration,
        (
            "submitted_at",
            "queued_at",
            "due_at",
            "claimed_until",
            "second_look_at",
            "delivered_at",
            "look_refused_at",
        ),
    ),
    (Attempt, ("started_at", "finished_at", "next_at")),
    (Upstream, ("wait_until", "held_at", "rate_at")),
)


def pass_time(seconds: float) -> None:
    """So many seconds later, for all that the delivery keeps: nobody has to wait for them."""
    ago = timedelta(seconds=seconds)
    for model, names in _MOMENTS:
        model.objects.update(**{name: F(name) - ago for name in names})


def turn(row: Declaration) -> Declaration:
    """A declaration's next turn, however far ahead it is, as a worker takes it; the row after.

    Where a request's thread has it, that one's turn.
    """
    row.refresh_from_db()
    return _next_turn(row)


def _next_turn(row: Declaration) -> Declaration:
    if row.claimed_until is None:
        assert row.due_at is not None, f"nobody would take it up again: {row.state}"
        pass_time(max(0.0, (row.due_at - timezone.now()).total_seconds()) + 0.01)
        claim = claims.take(row.pk)
        if claim is not None:
            work.work_on(row.pk, claim)
    free = Declaration.objects.filter(pk=row.pk, claimed_until=None)
    until(free.exists)
    row.refresh_from_db()
    return row


def settle(row: Declaration, done: Callable[[Declaration], bool] | None = None) -> Declaration:
    """Turn after turn until it rests, or until `done`; the row then."""
    row.refresh_from_db()
    for _ in range(30):
        rests = row.due_at is None and row.claimed_until is None
        if rests or (done is not None and done(row)):
            return row
        _next_turn(row)
    raise AssertionError(f"it doesn't come to rest: {row.state}, {row.sentence}")


def is_delivered(row: Declaration) -> bool:
    return row.state == State.DELIVERED


def until(done: Callable[[], bool], seconds: float = 8) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def made(sandbox: Sandbox, row: Declaration) -> list[dict[str, Any]]:
    """The incidents that Rootly made of this declaration, by its own record."""
    return [
        incident
        for incident in sandbox.incidents()
        if str(incident["idempotency_key"]).startswith(str(row.pk))
    ]


def keys(sandbox: Sandbox, row: Declaration) -> tuple[str, ...]:
    """With which keys Rootly was asked for it, in order; each as what stands behind its id."""
    asked = (post["headers"]["idempotency-key"] for post in sandbox.requests("POST", "/incidents"))
    return tuple(key.removeprefix(str(row.pk)) for key in asked if key.startswith(str(row.pk)))


@dataclass(frozen=True)
class Seen:
    """A declaration's page as a person sees it."""

    state: str
    held: bool
    text: str


def seen(client: PageClient, row: Declaration) -> Seen:
    """The page of a declaration, over HTTP."""
    response = client.get(f"/declarations/{row.pk}/")
    assert response.status_code == 200
    return read(response)


def read(response: Any) -> Seen:
    """What stands on a page."""
    html = response.content.decode()
    state = re.search(r'data-declaration-state="(\w*)"', html)
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    return Seen(state[1] if state else "", "data-held=" in html, text)
