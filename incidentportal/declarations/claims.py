"""Leases on declarations: who works on a row, judged by the database's clock alone.

A claim is a number that grows with each lease. Whoever still holds the number may write the
row's course; whoever lost it may only record how its own attempt ended.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from incidentportal.declarations import states
from incidentportal.declarations.models import Declaration, DeclarationQuerySet
from incidentportal.declarations.states import State


def from_now(seconds: float) -> Combinable:
    """A moment so many seconds ahead, by the database's clock."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


def take(pk: uuid.UUID) -> int | None:
    """Claim this declaration if it is due and free; None: someone was faster, or it isn't."""
    row = Declaration.objects.filter(pk=pk).values_list("claim", "state").first()
    if row is None:
        return None
    number, state = row
    changes: dict[str, Any] = {"claim": F("claim") + 1}
    changes["claimed_until"] = from_now(settings.DELIVERY_LEASE)
    if state == State.QUEUED:
        changes["state"] = State.DELIVERING
    free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
    # Compare and set: of several that read the same number, one finds it unchanged.
    taken = Declaration.objects.filter(
        free, pk=pk, claim=number, state=state, due_at__lte=Now()
    ).update(**changes)
    return number + 1 if taken else None


def held(pk: uuid.UUID, claim: int) -> DeclarationQuerySet:
    """The row, as long as this claim is the latest: the guard of every write about its course."""
    return Declaration.objects.filter(pk=pk, claim=claim)


def renew(pk: uuid.UUID, claim: int) -> bool:
    """Hold it for another lease; False: it is lost, and nothing may be sent."""
    return bool(held(pk, claim).update(claimed_until=from_now(settings.DELIVERY_LEASE)))


def release(declaration: Declaration, claim: int, state: State | None, **changes: Any) -> bool:
    """Give the claim back with what was found out; False: it was lost meanwhile."""
    rows = held(declaration.pk, claim)
    if state is not None:
        changes["state"] = state
        # What is already in that state may be written again: a resent row stays queued.
        rows = rows.filter(state__in=[*states.before(state), state])
    return bool(rows.write(declaration.private, claimed_until=None, **changes))


@contextmanager
def kept(pk: uuid.UUID, claim: int) -> Iterator[None]:
    """Renews the lease while the block runs, from a thread of its own."""
    over = threading.Event()

    def keep() -> None:
        try:
            while not over.wait(settings.DELIVERY_LEASE / 3):
                with suppress(DatabaseError):  # gone for a while: the next round may reach it
                    if not renew(pk, claim):
                        return
                close_old_connections()
        finally:
            connection.close()  # the thread's own

    keeper = threading.Thread(target=keep, name=f"lease-{pk}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
