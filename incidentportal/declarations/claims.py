"""Leases on declarations: who works on a row, judged by the database's clock alone.

A claim is a number that grows with each lease. Whoever still holds the number may write the
row's course; whoever lost it may only record how its own attempt ended.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.db.models import (
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    PositiveBigIntegerField,
    Q,
    UUIDField,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from incidentportal.accounts.prepared import Given, Update
from incidentportal.declarations.models import Declaration, DeclarationQuerySet
from incidentportal.declarations.states import State, may_become
from incidentportal.declarations.transitions import become


def from_now(seconds: float) -> Combinable:
    """A moment so many seconds ahead, by the database's clock."""
    return after(timedelta(seconds=seconds))


def after(span: timedelta | Given) -> Combinable:
    """The same, so much ahead."""
    return ExpressionWrapper(Now() + span, output_field=DateTimeField())


def now(pk: uuid.UUID) -> datetime:
    """This moment, by the database's clock: that of a process's own machine may jump."""
    moment: datetime = Declaration.objects.filter(pk=pk).values_list(Now(), flat=True).get()
    return moment


def take(pk: uuid.UUID, seen: tuple[int, str] | None = None) -> int | None:
    """Claim this declaration if it is due and free; None: someone was faster, or it isn't.

    `seen` is the claim and the state that it had a moment ago, where that was read already.
    """
    seen = seen or Declaration.objects.filter(pk=pk).values_list("claim", "state").first()
    if seen is None:
        return None
    number, state = seen
    then = State.DELIVERING if may_become(State(state), State.DELIVERING) else state
    # Compare and set: of several that read the same number, one finds it unchanged.
    taken = _TAKE.run(pk=pk, claim=number, state=state, next=number + 1, after=then, lease=lease())
    return number + 1 if taken else None


def lease() -> timedelta:
    """How long a claim holds."""
    return timedelta(seconds=settings.DELIVERY_LEASE)


def first() -> tuple[int, dict[str, Any]]:
    """The first claim of a declaration that is about to be saved, and how its row shows it."""
    until = from_now(settings.DELIVERY_LEASE)
    return 1, {"claim": 1, "state": State.DELIVERING, "claimed_until": until}


def _free(pk: uuid.UUID | Given, claim: int | Given) -> DeclarationQuerySet:
    """The row, if this was its latest claim, and that is over."""
    is_over = Q(claimed_until=None) | Q(claimed_until__lte=Now())
    return Declaration.objects.filter(is_over, pk=pk, claim=claim)


def held(pk: uuid.UUID | Given, claim: int | Given) -> DeclarationQuerySet:
    """The row, as long as this claim is the latest: the guard of every write about its course."""
    return Declaration.objects.filter(pk=pk, claim=claim)


def renew(pk: uuid.UUID, claim: int) -> bool:
    """Hold it for another lease; False: it is lost, and nothing may be sent."""
    return bool(_RENEW.run(pk=pk, claim=claim, lease=lease()))


PK = Given("pk", UUIDField())
CLAIM = Given("claim", PositiveBigIntegerField())
LEASE = Given("lease", DurationField())
_TAKE = Update(
    _free(PK, CLAIM).filter(state=Given("state", CharField()), due_at__lte=Now()),
    claim=Given("next", PositiveBigIntegerField()),
    state=Given("after", CharField()),
    claimed_until=after(LEASE),
)
_RENEW = Update(held(PK, CLAIM), claimed_until=after(LEASE))


def release(declaration: Declaration, claim: int, state: State | None, **changes: Any) -> bool:
    """Give the claim back with what was found out; False: it was lost meanwhile. Raises
    IllegalTransitionError for a state that the table does not allow.
    """
    rows, private = held(declaration.pk, claim), declaration.private
    changes["claimed_until"] = None
    if state is None:
        return bool(rows.write(private, **changes))
    return become(rows, private, state, **changes)


def amend(pk: uuid.UUID, change: Callable[[Declaration], dict[str, Any] | None]) -> bool:
    """Write what `change` makes of a delivered declaration, and have that followed up at once.

    False: `change` has nothing to write, or somebody works on it at the moment, and would write
    over it. Raises UnreadableError.
    """
    declaration = Declaration.objects.filter(pk=pk, state=State.DELIVERED).first()
    changes = change(declaration) if declaration else None
    if declaration is None or changes is None:
        return False
    return bool(
        _free(pk, declaration.claim).write(
            declaration.private, claim=F("claim") + 1, claimed_until=None, due_at=Now(), **changes
        )
    )


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
            connections.close_all()  # the thread's own, where it needed one

    keeper = threading.Thread(target=keep, name=f"lease-{pk}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
