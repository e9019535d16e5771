"""From "there is work" to "it is being done": by a request for a few seconds, or by the worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Select
from incidentportal.catalog import connection
from incidentportal.declarations import claims, patience, queue, submission
from incidentportal.declarations.delivery import deliver
from incidentportal.declarations.follow import follow
from incidentportal.declarations.frames import frames
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.submission import Submission
from incidentportal.declarations.transitions import become

log = logging.getLogger(__name__)

INLINE_CALLS = 4
"""How many deliveries a web process has under way for waiting people: well below its threads, so
that pages never starve. Beyond it a declaration goes to the worker at once."""

_places = threading.BoundedSemaphore(INLINE_CALLS)
_threads = ThreadPoolExecutor(INLINE_CALLS, thread_name_prefix="inline-delivery")


def work_on(
    pk: UUID, claim: int, *, told: Callable[[], object] = lambda: None, then_follow: bool = True
) -> None:
    """Do what the claimed row needs next. `told` is called once its outcome is stored;
    `then_follow`: what follows the incident is begun too, else it is due for whoever comes next.

    Never raises: what goes wrong is logged, and the claim's end brings the row back.
    """
    close_old_connections()
    with structlog.contextvars.bound_contextvars(declaration_id=str(pk)):
        _work(pk, claim, told, then_follow)


def _work(pk: UUID, claim: int, told: Callable[[], object], then_follow: bool) -> None:
    try:
        declaration = _read(pk)
        if declaration.state == State.DELIVERED:
            follow(declaration, claim)
            return
        deliver(declaration, claim, told)
        told()
        if then_follow:
            _go_on(pk)
    except UnreadableError:
        log.error("declaration %s waits: it can't be read with the keys given", pk)  # noqa: TRY400  # the sentence says all
        _put_off(pk, claim)
    except Exception as error:  # noqa: BLE001  # a row must never end the worker
        log.error("work on declaration %s failed: %s", pk, frames(error))  # noqa: TRY400  # see frames
    finally:
        told()
        close_old_connections()


def _go_on(pk: UUID) -> None:
    """Begin what follows the incident, if there is one by now, and nobody else has."""
    declaration = _read(pk)
    if declaration.state == State.DELIVERED:
        claim = claims.take(pk, (declaration.claim, declaration.state))
        if claim is not None:
            follow(_read(pk), claim)


def state_of(pk: UUID) -> State:
    """How a declaration that exists stands now."""
    found = _STATE.first(pk=pk)
    if found is None:
        raise Declaration.DoesNotExist
    return State(found[0])


_STATE = Select(Declaration.objects.filter(pk=claims.PK).values_list("state"))
_ROW = Select(Declaration.objects.filter(pk=claims.PK))


def _read(pk: UUID) -> Declaration:
    found = _ROW.first(pk=pk)
    if found is None:
        raise Declaration.DoesNotExist
    return found


def _put_off(pk: UUID, claim: int) -> None:
    """Leave a row that can't be read as it is, and come back to it only after a while."""
    free = {"claimed_until": None, "due_at": claims.from_now(settings.DELIVERY_BACKOFF[1])}
    rows = claims.held(pk, claim)
    if not become(rows.filter(state=State.DELIVERING), False, State.QUEUED, **free):
        rows.filter(state=State.DELIVERED).update(**free)


def declare(pk: UUID, author: User, submitted: Submission) -> bool:
    """Save it (`submission.save`), and try it while the person waits. False: nothing was saved.

    The place is reserved before, and the row is saved already claimed: what Rootly says at once is
    then always this request's to tell, also while workers are free.
    """
    with _place(submitted.upstream) as place:
        saved = submission.save(pk, author, submitted, claimed=place is not None)
        if place is not None and saved is not None and saved.claim is not None:
            place.deliver(pk, saved.claim)
    return saved is not None


def try_now(pk: UUID) -> None:
    """Try a declaration that is due while a person waits."""
    with _place(Declaration.objects.values_list("upstream", flat=True).get(pk=pk)) as place:
        claim = claims.take(pk) if place is not None else None
        if place is not None and claim is not None:
            place.deliver(pk, claim)


def _work_for(request: dict[str, Any], pk: UUID, claim: int, told: Callable[[], object]) -> None:
    """On a thread of its own, whose lines bear the ids of the request that waits."""
    patience.of_a_delivery()
    with structlog.contextvars.bound_contextvars(**request):
        work_on(pk, claim, told=told)


class _Place:
    """One of the places for deliveries that people wait for."""

    def __init__(self) -> None:
        self.is_handed_on = False

    def deliver(self, pk: UUID, claim: int) -> None:
        """Work on what is claimed; wait for that DELIVERY_DEADLINE seconds at most.

        The call itself goes on beyond that, on a thread that outlives the request, and so keeps
        the place.
        """
        outcome_stored = threading.Event()
        future = _threads.submit(
            _work_for, structlog.contextvars.get_contextvars(), pk, claim, outcome_stored.set
        )
        self.is_handed_on = True
        future.add_done_callback(lambda _: _places.release())
        outcome_stored.wait(settings.DELIVERY_DEADLINE)


@contextmanager
def _place(upstream: str) -> Iterator[_Place | None]:
    """A place to deliver to this upstream from a request; None: it goes to the worker."""
    is_ours = upstream == connection.upstream() and queue.may_send(upstream)
    if not is_ours or not _places.acquire(blocking=False):
        yield None
        return
    place = _Place()
    try:
        yield place
    finally:
        if not place.is_handed_on:
            _places.release()
