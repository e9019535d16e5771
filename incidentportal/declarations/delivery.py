"""The one function that delivers, for the request and for the worker.

No transaction is open during a call. An attempt's row is written before the call, under the
claim, and completed after it, whoever holds the claim by then.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from incidentportal.accounts.encryption import keyed_digest
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.declarations import attribution, claims, privacy, queue, steps
from incidentportal.declarations.attribution import INLINE
from incidentportal.declarations.backoff import wait
from incidentportal.declarations.look import is_private, look, proves_absence
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.outcomes import Next, Outcome, judge
from incidentportal.declarations.states import State, before
from incidentportal.rootly.client import Client, Created
from incidentportal.rootly.config import ConfigError
from incidentportal.rootly.errors import RootlyError
from incidentportal.rootly.records import Incident

log = logging.getLogger(__name__)


def deliver(pk: UUID, claim: int) -> None:
    """Work on a claimed declaration until its next state is stored, and give the claim back."""
    with claims.kept(pk, claim):
        declaration = Declaration.objects.get(pk=pk)
        try:
            client = connection.client()
        except ConfigError as error:
            queue.hold(declaration.upstream, str(error))
            _requeue(declaration, claim, settings.DELIVERY_PROBE, str(error))
            return
        upstream = queue.known(declaration.upstream)
        if declaration.attempts.filter(is_open=True).exists() and not _may_send_again(
            client, declaration, upstream, claim
        ):
            return
        _send(client, declaration, upstream, claim)


def _may_send_again(
    client: Client, declaration: Declaration, upstream: Upstream, claim: int
) -> bool:
    """Look first. True: it isn't there, and enough time has passed; else its state is stored."""
    try:
        found = look(client, declaration, upstream)
    except RootlyError as error:
        outcome = judge(error)
        log.warning("look for %s failed: %s", declaration.pk, outcome.name)
        queue.learn(declaration, outcome)
        sentence = "Rootly may have it already; we look there as soon as it answers."
        _requeue(declaration, claim, _next_wait(declaration), sentence)
        return False
    if found.incident is not None:
        store_incident(declaration, found.incident)
        return False
    if not proves_absence(found, declaration, upstream):
        sentence = "It may be in Rootly already, and the portal can't tell which one it is."
        if not found.alike:
            sentence = "It may be in Rootly already: the portal may not see private ones there."
        claims.release(declaration, claim, State.UNCONFIRMED, due_at=None, sentence=sentence)
        return False
    patience = _patience_left(declaration)
    if declaration.looks >= 1 and patience <= 0:
        declaration.attempts.filter(is_open=True).update(is_open=False)
        return True
    sentence = "It isn't in Rootly so far. We look once more before it is sent again."
    _requeue(declaration, claim, max(patience, 0.5), sentence, looks=F("looks") + 1)
    return False


def _patience_left(declaration: Declaration) -> float:
    """Seconds until DELIVERY_LOOK has passed since the last attempt with an unknown outcome."""
    attempt = declaration.attempts.filter(is_open=True).last()
    if attempt is None:
        return 0
    complete = attempt.status in {500, 503}
    patience = settings.DELIVERY_LOOK[1 if complete else 0]
    return float(patience - (timezone.now() - attempt.started_at).total_seconds())


def _send(client: Client, declaration: Declaration, upstream: Upstream, claim: int) -> None:
    if not attribution.fix(declaration, upstream, claim):
        return
    payload = attribution.added(declaration)
    attempt = _begin(declaration, claim, payload)
    if attempt is None:
        return
    began = time.monotonic()
    try:
        created = client.create_incident(
            payload,
            idempotency_key=declaration.idempotency_key,
            timeout=settings.DELIVERY_TIMEOUT,
        )
    except RootlyError as error:
        outcome = judge(error)
        _learn_clock(upstream, error.server_date)
        _finish(attempt, began, outcome.name, outcome)
        _follow(declaration, claim, outcome)
    else:
        _learn_clock(upstream, created.server_date)
        _finish(attempt, began, "Delivered", None)
        _succeed(declaration, created)


def _begin(declaration: Declaration, claim: int, payload: Mapping[str, Any]) -> Attempt | None:
    """The attempt's row, unless the claim is lost, or the declaration became private since it was
    read; nothing may be sent then.
    """
    text = json.dumps(payload, sort_keys=True).encode("utf-8", "surrogatepass")
    with transaction.atomic():
        if not claims.renew(declaration.pk, claim):
            return None
        rows = claims.held(declaration.pk, claim).filter(private=declaration.private)
        if not rows.update(looks=0):
            return None
        return Attempt.objects.create(
            declaration=declaration,
            claim=claim,
            idempotency_key=declaration.idempotency_key,
            private=declaration.private,
            digest=keyed_digest(text),
        )


def _finish(attempt: Attempt, began: float, name: str, outcome: Outcome | None) -> None:
    Attempt.objects.filter(pk=attempt.pk).write(
        attempt.private,
        finished_at=Now(),
        milliseconds=int((time.monotonic() - began) * 1000),
        outcome=name,
        status=outcome.status if outcome else 201,
        sentence=outcome.sentence if outcome else "",
        is_open=outcome is not None and outcome.may_exist,
    )


def _succeed(declaration: Declaration, created: Created) -> None:
    store_incident(declaration, created.incident)
    queue.released(declaration)


def _follow(declaration: Declaration, claim: int, outcome: Outcome) -> None:
    """Store what comes next after an attempt that made no incident that we know of."""
    if outcome.next is Next.RETURN:
        queue.released(declaration)
        refused = attribution.refused(declaration, outcome)
        if refused:
            # Our way of sending is refused, not what the person wrote: send without it.
            Upstream.objects.filter(url=declaration.upstream).update(**{refused: False})
            _requeue(declaration, claim, 0, "", key_number=F("key_number") + 1)
            return
        errors = {
            **declaration.errors,  # what earlier refusals demanded
            "field_errors": outcome.field_errors,
            "messages": outcome.messages,
        }
        claims.release(
            declaration, claim, State.REJECTED, due_at=None, told_at=None, errors=errors,
            sentence=outcome.sentence, key_number=F("key_number") + 1, failures=0,
        )  # fmt: skip
        return
    queue.learn(declaration, outcome)
    seconds = {
        Next.WAIT: outcome.retry_after or settings.DELIVERY_BACKOFF[0],
        Next.HOLD: settings.DELIVERY_PROBE,
        Next.FORBIDDEN: settings.DELIVERY_PROBE,
    }.get(outcome.next)
    _requeue(
        declaration, claim, _next_wait(declaration) if seconds is None else seconds,
        outcome.sentence,
    )  # fmt: skip


def _next_wait(declaration: Declaration) -> float:
    return wait(declaration.failures + 1, *settings.DELIVERY_BACKOFF)


def _requeue(
    declaration: Declaration, claim: int, seconds: float, sentence: str, **changes: Any
) -> None:
    claims.release(
        declaration, claim, State.QUEUED, due_at=claims.from_now(seconds), sentence=sentence,
        failures=F("failures") + 1, **changes,
    )  # fmt: skip


def store_incident(declaration: Declaration, incident: Incident) -> None:
    """The incident exists: a fact that no lost claim and no other state takes back."""
    privacy.follow_incident(declaration, incident)
    values = declaration.payload.get(INLINE, [])
    rows = Declaration.objects.filter(pk=declaration.pk, state__in=before(State.DELIVERED))
    rows.write(
        declaration.private,
        state=State.DELIVERED,
        incident_id=incident.id,
        incident=summary(incident),
        open_values=values,
        open_steps=steps.planned(declaration.payload, settings.ROOTLY_API_DIALECT, _workflow),
        is_exposed=is_private(declaration) and incident.private is not True,
        delivered_at=Now(),
        due_at=Now(),
        claimed_until=None,
        sentence="",
        failures=0,
    )
    declaration.attempts.filter(is_open=True).update(is_open=False)
    log.info("declaration %s is incident %s", declaration.pk, incident.id)


def _workflow(workflow_id: str) -> str:
    """A workflow's name as it is known here, else its id."""
    catalog = current()
    option = catalog.options("workflows").get(workflow_id) if catalog else None
    return option.label if option else workflow_id


def summary(incident: Incident) -> dict[str, Any]:
    """What its page shows of the incident."""
    return {
        "number": incident.sequential_id,
        "title": incident.title,
        "slug": incident.slug,
        "status": incident.status,
        "private": incident.private,
        "url": incident.url or incident.short_url,
        "slack_name": incident.slack_channel_name,
        "slack_url": incident.slack_channel_url,
    }


def _learn_clock(upstream: Upstream, date: datetime | None) -> None:
    if date is None:
        return
    offset = (date - datetime.now(UTC)).total_seconds()
    if abs(offset - upstream.clock_offset) > 1:  # the header counts whole seconds
        Upstream.objects.filter(pk=upstream.pk).update(clock_offset=offset)
