"""From "there is work" to "it is being done": by a request for a few seconds, or by the worker."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.catalog import connection
from incidentportal.declarations import claims, queue
from incidentportal.declarations.delivery import deliver
from incidentportal.declarations.follow import follow
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State

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
    try:
        if Declaration.objects.filter(pk=pk, state=State.DELIVERED).exists():
            follow(pk, claim)
            return
        deliver(pk, claim)
        told()
        delivered = Declaration.objects.filter(pk=pk, state=State.DELIVERED)
        if then_follow and delivered.exists() and (again := claims.take(pk)) is not None:
            follow(pk, again)
    except UnreadableError:
        log.error("declaration %s waits: it can't be read with the keys given", pk)  # noqa: TRY400  # the sentence says all
        _put_off(pk, claim)
    except Exception as error:  # noqa: BLE001  # a row must never end the worker
        log.error("work on declaration %s failed: %s", pk, _frames(error))  # noqa: TRY400  # see _frames
    finally:
        told()
        close_old_connections()


def _put_off(pk: UUID, claim: int) -> None:
    """Leave a row that can't be read as it is, and come back to it only after a while."""
    free = {"claimed_until": None, "due_at": claims.from_now(settings.DELIVERY_BACKOFF[1])}
    rows = claims.held(pk, claim)
    if not rows.filter(state=State.DELIVERING).update(state=State.QUEUED, **free):
        rows.filter(state=State.DELIVERED).update(**free)


def _frames(error: BaseException) -> str:
    """Where it happened, without its message: a database's shows the row, and so private text."""
    where = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{where}"


def try_now(pk: UUID) -> None:
    """Try a delivery while a person waits, at most DELIVERY_DEADLINE seconds.

    The call itself goes on beyond that, on a thread that outlives the request.
    """
    declaration_upstream = Declaration.objects.values_list("upstream", flat=True).get(pk=pk)
    if declaration_upstream != connection.upstream() or not queue.may_send(declaration_upstream):
        return
    if not _places.acquire(blocking=False):
        return
    claim = claims.take(pk)
    if claim is None:
        _places.release()
        return
    outcome_stored = threading.Event()
    future = _threads.submit(work_on, pk, claim, told=outcome_stored.set)
    future.add_done_callback(_give_place_back)
    outcome_stored.wait(settings.DELIVERY_DEADLINE)


def _give_place_back(_: Future[None]) -> None:
    _places.release()
