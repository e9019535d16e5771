"""The one function that delivers, for the request and for the worker.

No transaction is open during a call. An attempt's row is written before the call, under the
claim, and completed after it, whoever holds the claim by then.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import BigAutoField, BooleanField, F, JSONField, PositiveIntegerField
from django.db.models.functions import Now

from incidentportal.accounts.encryption import keyed_digest
from incidentportal.accounts.prepared import Given, Select, Update
from incidentportal.catalog import connection
from incidentportal.declarations import (
    attribution,
    claims,
    clock,
    doubles,
    queue,
    rate,
    tallies,
    turns,
    upstreams,
)
from incidentportal.declarations.arrival import store_incident
from incidentportal.declarations.look import know_token, learn_clock, look, proves_absence
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.outcomes import Next, Outcome, judge
from incidentportal.declarations.states import State
from incidentportal.rootly.client import Client, Created
from incidentportal.rootly.config import ConfigError
from incidentportal.rootly.errors import RootlyError

LOOKS_LATER = "Rootly may have it already; we look there as soon as it answers."
_RIGHT = "Please tell an admin: the portal's token needs the right to read incidents."
NO_LOOK = f"Rootly may have it already, and does not let the portal look there. {_RIGHT}"
NEVER_A_LOOK = (
    f"It may be in Rootly already, and Rootly does not let the portal look there. {_RIGHT}"
)

log = logging.getLogger(__name__)


def deliver(
    declaration: Declaration, claim: int, told: Callable[[], object] = lambda: None
) -> None:
    """Work on a declaration, as it was read under this claim, until its next state is stored, and
    give the claim back. `told` is called as soon as its incident is stored.
    """
    with claims.kept(declaration.pk, claim):
        try:
            client = connection.client()
        except ConfigError as error:
            queue.hold(declaration.upstream, str(error), queue.Cause.SETTINGS, declaration.pk)
            _requeue(declaration, claim, 0, str(error))
            return
        stands = queue.stands(declaration.upstream)
        know_token(stands.row)
        tried = _Tried.of(declaration)
        if tried.is_open:
            if not _may_send_again(client, declaration, stands.row, claim):
                return
            stands = queue.stands(declaration.upstream)  # a look may have taken long
        _send(client, _Sending(declaration, claim, stands, tried), told)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What was tried before: whether any attempt was made, and whether one's outcome is unknown."""

    any: bool
    is_open: bool

    @staticmethod
    def of(declaration: Declaration) -> _Tried:
        """One query."""
        open_ones = [is_open for (is_open,) in _TRIED.all(pk=declaration.pk)]
        return _Tried(bool(open_ones), any(open_ones))


_TRIED = Select(Attempt.objects.filter(declaration_id=claims.PK).order_by().values_list("is_open"))


@dataclass(frozen=True, slots=True)
class _Sending:
    """A declaration that is about to be sent, with what was read of it and its upstream."""

    declaration: Declaration
    claim: int
    stands: queue.Met
    tried: _Tried


def _may_send_again(
    client: Client, declaration: Declaration, upstream: Upstream, claim: int
) -> bool:
    """Look first. True: it isn't there, and enough time has passed; else its state is stored."""
    try:
        found = look(client, declaration, upstream)
    except RootlyError as error:
        _not_looked(declaration, claim, judge(error))
        return False
    is_held = claims.renew(declaration.pk, claim)
    if is_held:
        queue.answered(declaration)
    if found.incident is not None:
        store_incident(declaration, found.incident)
        doubles.keep(declaration, found.bearing[1:])
        if is_held:
            queue.released(declaration)
        return False
    if not proves_absence(found, declaration, upstream):
        sentence = "It may be in Rootly already, and the portal can't tell which one it is."
        if not found.alike:
            sentence = "It may be in Rootly already: the portal may not see private ones there."
        claims.release(declaration, claim, State.UNCONFIRMED, due_at=None, sentence=sentence)
        return False
    patience = _patience_left(declaration)
    if declaration.looks >= 1 and patience <= 0:
        return True
    sentence = "It isn't in Rootly so far. We look once more before it is sent again."
    anew: dict[str, Any] = {"looks": F("looks") + 1, "look_refused_at": None}
    _requeue(declaration, claim, max(patience, 0.5), sentence, **anew)
    return False


def _not_looked(declaration: Declaration, claim: int, outcome: Outcome) -> None:
    """A look that fails is no look, and is repeated; but where the token may not look, now as
    DELIVERY_LOOK before, none will ever prove anything.
    """
    log.warning("look for %s failed: %s", declaration.pk, outcome.name)
    if not claims.renew(declaration.pk, claim):
        return
    queue.learn(declaration, outcome, looking=True)
    seconds = queue.pause(declaration, outcome)
    if outcome.next is not Next.FORBIDDEN:
        _requeue(declaration, claim, seconds, LOOKS_LATER)
        return
    first, now = declaration.look_refused_at, claims.now(declaration.pk)
    if first is None or (now - first).total_seconds() < settings.DELIVERY_LOOK[0]:
        _requeue(declaration, claim, seconds, NO_LOOK, look_refused_at=first or now)
        return
    claims.release(declaration, claim, State.UNCONFIRMED, due_at=None, sentence=NEVER_A_LOOK)


def _patience_left(declaration: Declaration) -> float:
    """Seconds until DELIVERY_LOOK has passed since each attempt with an unknown outcome began."""
    now = claims.now(declaration.pk)
    return max(
        (
            settings.DELIVERY_LOOK[1 if attempt.status in {500, 503} else 0]
            - clock.seconds_since(attempt.started_at, now)
            for attempt in declaration.attempts.filter(is_open=True).defer("sentence")
        ),
        default=0.0,
    )


def _send(client: Client, sending: _Sending, told: Callable[[], object]) -> None:
    declaration, claim, upstream = sending.declaration, sending.claim, sending.stands.row
    attribution.fix(declaration, upstream)
    payload = attribution.added(declaration)
    kept: list[Attempt] = []

    def write_down() -> bool:
        kept[:] = filter(None, [_begin(declaration, claim, payload)])
        return bool(kept)

    if not turns.begin(declaration, write_down, sending.stands.course):
        turns.hand_back(declaration.pk, claim)
        return
    (attempt,) = kept
    began = time.monotonic()
    try:
        created = client.create_incident(
            payload,
            idempotency_key=declaration.idempotency_key,
            timeout=settings.DELIVERY_TIMEOUT,
        )
    except RootlyError as error:
        _failed(attempt, began, error, upstream)
    else:
        # Together: after a kill in between, an attempt that is over beside a declaration that knows
        # of no incident would have it sent again.
        with transaction.atomic():
            took = _finish(attempt, began, None, DONE)
            only = not sending.tried.any
            is_held = store_incident(declaration, created.incident, claim=claim, only=only)
            tallies.count(DELIVERED, took)
        told()
        if is_held:
            _learn(declaration, created)


def _learn(declaration: Declaration, created: Created) -> None:
    """What an answer says of its upstream."""
    stands = queue.stands(declaration.upstream)
    learn_clock(stands.row, created.server_date, stands.course.clock)
    rate.learn(stands.row, created.write_limit)
    queue.released(declaration, stands.row)


def _failed(attempt: Attempt, began: float, error: RootlyError, upstream: Upstream) -> None:
    """No incident was made that we know of. Whoever lost its claim stores that and no more."""
    declaration, claim, outcome = attempt.declaration, attempt.claim, judge(error)
    is_held = claims.renew(declaration.pk, claim)
    plan = Plan(Next.LOOK) if outcome.may_exist else DONE
    if is_held:
        learn_clock(upstream, error.server_date)
        queue.learn(declaration, outcome)
        plan = _plan(declaration, outcome)
    with transaction.atomic():
        took = _finish(attempt, began, outcome, plan)
        if is_held:
            _follow(declaration, claim, outcome, plan)
        tallies.count(outcome.name, took)


def _begin(declaration: Declaration, claim: int, payload: Mapping[str, Any]) -> Attempt | None:
    """The attempt's row, unless the claim is lost, or the declaration became private since it was
    read; nothing may be sent then.

    What is sent with it is stored too. What earlier attempts left open is settled by now: whoever
    sends has looked.
    """
    text = json.dumps(payload, sort_keys=True).encode("utf-8", "surrogatepass")
    with transaction.atomic():
        if not _BEGIN.run(
            pk=declaration.pk, claim=claim, private=declaration.private,
            lease=claims.lease(), sent_with=declaration.sent_with,
        ):  # fmt: skip
            return None
        _SETTLE.run(pk=declaration.pk)
        return Attempt.objects.create(
            declaration=declaration,
            claim=claim,
            idempotency_key=declaration.idempotency_key,
            private=declaration.private,
            digest=keyed_digest(text),
        )


_BEGIN = Update(
    claims.held(claims.PK, claims.CLAIM).filter(private=Given("private", BooleanField())),
    claimed_until=claims.after(claims.LEASE),
    looks=0,
    look_refused_at=None,
    sent_with=Given("sent_with", JSONField()),
)
_SETTLE = Update(Attempt.objects.filter(declaration_id=claims.PK, is_open=True), is_open=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What comes after an attempt, and in how many seconds; None: when a person decides, or never.
    `refused` is which of the portal's own additions Rootly refused (`attribution.refused`).
    """

    next: str = ""
    seconds: float | None = None
    refused: str = ""


DELIVERED = "Delivered"
DONE = Plan()
"""Nothing comes after it, or somebody else says what."""


def _plan(declaration: Declaration, outcome: Outcome) -> Plan:
    """After the queue has learnt of it."""
    if outcome.next is not Next.RETURN:
        return Plan(outcome.next, queue.pause(declaration, outcome))
    refused = attribution.refused(declaration, outcome)
    # Our way of sending is refused, not what the person wrote: send without it.
    return Plan(Next.RETRY, 0, refused) if refused else Plan(Next.RETURN)


def _finish(attempt: Attempt, began: float, outcome: Outcome | None, plan: Plan) -> float:
    """Complete the attempt's row, whoever holds the claim by now. No outcome: it is delivered.

    The seconds that it took.
    """
    took = time.monotonic() - began
    if outcome is None:
        _ENDED.run(attempt=attempt.pk, milliseconds=int(took * 1000))
        return took
    Attempt.objects.filter(pk=attempt.pk).write(
        attempt.private,
        finished_at=Now(),
        milliseconds=int(took * 1000),
        outcome=outcome.name,
        status=outcome.status,
        sentence=outcome.sentence,
        is_open=outcome.may_exist,
        next=plan.next,
        next_at=None if plan.seconds is None else claims.from_now(plan.seconds),
    )
    return took


_ENDED = Update(
    Attempt.objects.filter(pk=Given("attempt", BigAutoField())),
    finished_at=Now(),
    milliseconds=Given("milliseconds", PositiveIntegerField()),
    outcome=DELIVERED,
    status=201,
    is_open=False,
)
"""A new attempt has no sentence, and nothing next."""


def _follow(declaration: Declaration, claim: int, outcome: Outcome, plan: Plan) -> None:
    """Store what comes next after an attempt that made no incident that we know of."""
    if plan.refused:
        upstreams.refuse(declaration.upstream, plan.refused)
        _requeue(declaration, claim, 0, "", key_number=F("key_number") + 1)
        return
    errors = {
        **declaration.errors,  # what earlier refusals demanded
        "field_errors": outcome.field_errors,
        "messages": outcome.messages,
    }
    if outcome.next is Next.RETURN:
        claims.release(
            declaration, claim, State.REJECTED, due_at=None, errors=errors, told_at=None,
            teller_until=None, sentence=outcome.sentence, key_number=F("key_number") + 1,
            failures=0,
        )  # fmt: skip
        return
    # Of a 403 Rootly's words are kept for its author, should it be about this one alone.
    said = {"errors": errors} if outcome.next is Next.FORBIDDEN else {}
    _requeue(declaration, claim, plan.seconds or 0, outcome.sentence, **said)


def _requeue(
    declaration: Declaration, claim: int, seconds: float, sentence: str, **changes: Any
) -> None:
    claims.release(
        declaration, claim, State.QUEUED, due_at=claims.from_now(seconds), sentence=sentence,
        failures=F("failures") + 1, **changes,
    )  # fmt: skip
