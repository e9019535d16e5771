"""The model's ledger: Rootly's calls, really made, and what must hold at the moment of each.

A call can be told to pause: before it leaves, or before its answer is stored, while other things
happen; or its process dies there.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import Misconfigured, RateLimited, RootlyError
from tests.support.matrix import pass_time

UNKNOWN = {"", "OutcomeUnknown", "Unreadable"}
"""Outcomes after which the incident may exist; blank: nobody stored any."""


class DiedError(BaseException):
    """The process is gone: nothing in it goes on."""


@dataclass(frozen=True)
class Pause:
    """What happens to the next call: `first` it pauses before it leaves, else before its answer is
    stored. Meanwhile these `steps` of the machine are made, or it `dies`.
    """

    first: bool
    steps: tuple[str, ...] = ()
    dies: bool = False


class Ledger:
    """What the model knows, and what it checks whenever a new incident is asked for."""

    def __init__(self, step: Callable[[str, uuid.UUID], None]) -> None:
        self._step = step
        self._depth = len(connection.savepoint_ids)
        self._passed = 0.0
        self.pause: Pause | None = None
        self.works_on: list[tuple[uuid.UUID, float]] = []
        """And since when."""
        self.titles: dict[uuid.UUID, str] = {}
        """What each is to be called, as it was last accepted."""
        self.leases: dict[uuid.UUID, tuple[int, float]] = {}
        self.looks: Counter[uuid.UUID] = Counter()
        """Answered looks since it was last sent."""
        self.settled: set[int] = set()
        """Attempts that nobody need look for any more."""
        self.spent: dict[uuid.UUID, set[str]] = {}
        """Keys under which Rootly refused it."""
        self.late: set[uuid.UUID] = set()
        """Whose call arrived long after it was begun: Rootly may then have two of it."""
        self.unsent: Counter[str] = Counter()
        """Keys of calls whose process died before they left."""
        self.is_held = False
        """By an admin."""
        self.quiet_until = 0.0
        """Rootly's last answer stops everything until then."""
        self.calls = 0
        self.broken: AssertionError | None = None
        """What didn't hold in a call: whoever works on a row outlives any error."""

    @property
    def now(self) -> float:
        """The model's clock, in seconds."""
        return time.monotonic() + self._passed

    def later(self, seconds: float) -> None:
        """So many seconds pass."""
        self._passed += seconds
        pass_time(seconds)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Be told of the client's calls."""
        create, incidents = Client.create_incident, Client.incidents

        def creates(client: Client, payload: Any, **given: Any) -> Any:
            try:
                return self._creates(lambda: create(client, payload, **given), payload, **given)
            except AssertionError as error:
                self.broken = error
                raise

        def lists(client: Client, **given: Any) -> Any:
            found = incidents(client, **given)
            if self.works_on:
                self.looks[self.works_on[-1][0]] += 1
                self.quiet_until = 0
            return found

        patch.setattr(Client, "create_incident", creates)
        patch.setattr(Client, "incidents", lists)

    def took(self, pk: uuid.UUID, claim: int, asked: float) -> None:
        """A worker asked then, and got this claim: nobody else's lasts, and there is no reason to
        wait.
        """
        row = Declaration.objects.get(pk=pk)
        if row.state != State.DELIVERED:
            assert self.leases.get(pk, (0, 0.0))[1] <= self.now, "two hold it"
            assert self.now >= self.quiet_until, "Rootly's answer is not obeyed"
        self.leases[pk] = claim, asked + settings.DELIVERY_LEASE

    def gave_back(self, pk: uuid.UUID, claim: int) -> None:
        if self.leases.get(pk, (0, 0.0))[0] == claim:
            del self.leases[pk]

    def _creates(self, call: Callable[[], Any], payload: Any, **given: Any) -> Any:
        key = given["idempotency_key"]
        attempt = self._may_send(key, payload)
        pause, self.pause = self.pause or Pause(False), None
        pk = attempt.declaration_id
        self._settle(attempt)
        self.leases[pk] = attempt.claim, self.works_on[-1][1] + settings.DELIVERY_LEASE
        if pause.dies and pause.first:
            self.unsent[key] += 1
            raise DiedError
        if pause.first and pause.steps:
            self.late.add(pk)
            self._meanwhile(pause, pk)
        self.calls += 1
        error: RootlyError | None = None
        try:
            return call()
        except RootlyError as caught:
            error = caught
            raise
        finally:
            if pause.dies:
                raise DiedError
            if not pause.first:
                self._meanwhile(pause, pk)
            if Declaration.objects.filter(pk=pk, claim=attempt.claim).exists():
                self._learns(error)

    def _meanwhile(self, pause: Pause, pk: uuid.UUID) -> None:
        for step in pause.steps:
            self._step(step, pk)

    def _learns(self, error: RootlyError | None) -> None:
        seconds = 0.0
        if isinstance(error, RateLimited):
            seconds = error.retry_after or 0
        elif isinstance(error, Misconfigured) and error.status != 403:
            seconds = settings.DELIVERY_PROBE
        self.quiet_until = self.now + seconds if seconds else 0

    def _may_send(self, key: str, payload: Any) -> Attempt:
        """Points 1 to 6 of the guarantee in docs/delivery.md."""
        assert len(connection.savepoint_ids) == self._depth, "no transaction is open during a call"
        attempt = Attempt.objects.filter(idempotency_key=key).last()
        assert attempt is not None, "its row is there before the call"
        assert attempt.is_open
        assert attempt.finished_at is None
        pk = attempt.declaration_id
        holder = Declaration.objects.filter(
            pk=pk, state=State.DELIVERING, claim=attempt.claim, claimed_until__gt=Now()
        )
        assert holder.exists(), "only who holds its lease sends"
        assert not self.is_held, "an admin said: nothing"
        assert key not in self.spent.get(pk, ()), "what was refused has a new key"
        assert payload["title"] == self.titles[pk], "what its author said last"
        earlier = list(Attempt.objects.filter(declaration=pk, pk__lt=attempt.pk))
        refused = [one for one in earlier if one.outcome == "Rejected" or one.status == 403]
        assert key not in {one.idempotency_key for one in refused if one.next == "return"}
        if earlier and earlier[-1].idempotency_key != key:
            assert earlier[-1].idempotency_key in {one.idempotency_key for one in refused}
        for one in earlier:
            if one.outcome in UNKNOWN and one.pk not in self.settled:
                self._was_looked_for(one, attempt)
        return attempt

    def _was_looked_for(self, one: Attempt, attempt: Attempt) -> None:
        assert self.looks[attempt.declaration_id] >= 2, "looked for twice"
        patience = settings.DELIVERY_LOOK[1 if one.status in {500, 503} else 0]
        since = attempt.started_at - one.started_at
        assert since > timedelta(seconds=patience - 0.1), "and late enough"

    def _settle(self, attempt: Attempt) -> None:
        self.nobody_looks_for(attempt.declaration_id, before=attempt.pk)
        self.looks[attempt.declaration_id] = 0

    def nobody_looks_for(self, pk: uuid.UUID, before: int | None = None) -> None:
        """What was sent so far was looked for, or a person said that it isn't there."""
        rows = Attempt.objects.filter(declaration=pk)
        if before is not None:
            rows = rows.filter(pk__lt=before)
        self.settled |= set(rows.values_list("pk", flat=True))

    def work(self, pk: uuid.UUID, claim: int, do: Callable[[uuid.UUID, int], object]) -> None:
        """A worker does it; should it die, its lease goes on."""
        self.works_on.append((pk, self.now))
        try:
            with suppress(DiedError):
                do(pk, claim)
                self.gave_back(pk, claim)
        finally:
            self.works_on.pop()
        if self.broken is not None:
            raise self.broken
