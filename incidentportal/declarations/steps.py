"""What is done once the incident exists: messages, alerts and workflows that did not travel with
it. Each step is kept on the declaration with how it stands, and is safe to repeat.

A step is a dictionary: `key` (its own name among the steps), `do` (which of `ACTIONS`), `value`
(a text, or ids), `name` (how people call it), `state`, `sentence` (what to tell about it), and
once begun `begun_at` (ISO time), `tries` and `patience` (which of DELIVERY_LOOK's times applies).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeGuard
from uuid import UUID

from django.conf import settings

from incidentportal.declarations import claims, queue, turns
from incidentportal.declarations.backoff import wait
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.outcomes import words
from incidentportal.declarations.traces import TraceUnclearError, is_done
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import (
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RootlyError,
)
from incidentportal.rootly.writing import AFTERWARDS, MESSAGES

log = logging.getLogger(__name__)
Step = dict[str, Any]


class Stand(StrEnum):
    """How a step stands."""

    OPEN = "open"
    """Not done, and known not to be."""
    BEGUN = "begun"
    """A call was under way: look before it is repeated."""
    DONE = "done"
    REFUSED = "refused"
    """Rootly refused it; `sentence` has its words."""
    UNCLEAR = "unclear"
    """It may be done, and the portal can't find out: a person decides."""


UNFINISHED = frozenset({Stand.OPEN, Stand.BEGUN})
AGAIN = frozenset({Stand.REFUSED, Stand.UNCLEAR})
"""What a person may have done again."""
SAID = "Somebody looked there and said so."

HEADINGS = {
    "mitigation_message": "Mitigation message",
    "resolution_message": "Resolution message",
    "cancellation_message": "Cancellation message",
}
_PUT = {
    "mitigation_message": "mitigate",
    "resolution_message": "resolve",
    "cancellation_message": "cancel",
}


def event_text(name: str, text: str) -> str:
    """A message as it stands on a timeline: under a heading that says what it is."""
    return f"{HEADINGS[name]}:\n\n{text}"


def planned(
    payload: Mapping[str, Any], dialect: str, workflow_name: Callable[[str], str]
) -> list[Step]:
    """The steps of a declaration whose create call was written in this dialect.

    Messages set the status of an incident declared as backfilled, and are put on the timeline of
    any other, so that no text is lost (our rule). Workflows come last: they may read the rest.
    """
    later = AFTERWARDS["plain" if dialect == "plain" else "jsonapi"]
    is_backfilled = payload.get("kind") == "backfilled"
    steps = []
    for name in MESSAGES:
        text = str(payload.get(name) or "")
        if name in later and text.strip():
            do = _PUT[name] if is_backfilled else "event"
            value = text if is_backfilled else event_text(name, text)
            steps.append(_step(name, do, value, HEADINGS[name]))
    alert_ids = _ids(payload.get("alert_ids"))
    if "alert_ids" in later and alert_ids:
        name = "Alerts" if len(alert_ids) > 1 else "Alert"
        steps.append(_step("alert_ids", "alerts", alert_ids, name))
    for each in _ids(payload.get("workflow_ids")):
        name = f"Workflow “{workflow_name(each)}”"
        steps.append(_step(f"workflow_ids:{each}", "workflow", each, name))
    return steps


def _step(key: str, do: str, value: Any, name: str) -> Step:
    return {"key": key, "do": do, "value": value, "name": name, "state": Stand.OPEN, "sentence": ""}


def _ids(given: Any) -> list[str]:
    items = given if isinstance(given, list | tuple) else []
    return list(dict.fromkeys(str(item) for item in items))


ACTIONS: dict[str, Callable[[Client, str, Any], None]] = {
    "mitigate": Client.mitigate,
    "resolve": Client.resolve,
    "cancel": Client.cancel,
    "event": Client.create_event,
    "alerts": Client.attach_alerts,
    "workflow": lambda client, incident, each: client.create_workflow_run(each, incident),
}
"""How each is carried out, given the incident's id and the step's value."""


def work_off(client: Client, declaration: Declaration, claim: int) -> float | None:
    """Take each unfinished step as far as it goes now. Seconds until the next round; None: none.

    Nothing is sent without the claim, and what is about to be sent is on disk before.
    """
    waits: list[float] = []
    steps: list[Step] = [dict(step) for step in declaration.open_steps]
    for step in steps:
        if step["state"] not in UNFINISHED:
            continue
        seconds = _Round(client, declaration, claim, steps).take(step)
        if seconds is not None:
            waits.append(seconds)
    declaration.open_steps = steps
    return min(waits, default=None)


def reopen(pk: UUID, key: str) -> bool:
    """Have a step that was refused, or may not have arrived, done again at once, as a person wants.

    False: there is no such step, or the declaration is being worked on at the moment.
    """
    return _amend(pk, key, AGAIN, state=Stand.OPEN, sentence="", tries=0)


def close(pk: UUID, key: str) -> bool:
    """A step that may be done is done, as a person says. False: as with `reopen`."""
    return _amend(pk, key, frozenset({Stand.UNCLEAR}), state=Stand.DONE, sentence=SAID)


def _amend(pk: UUID, key: str, which: frozenset[Stand], **changes: Any) -> bool:
    def change(declaration: Declaration) -> dict[str, Any] | None:
        steps: list[Step] = [dict(step) for step in declaration.open_steps]
        for step in steps:
            if step["key"] == key and step["state"] in which:
                step.update(changes)
                return {"open_steps": steps}
        return None

    return claims.amend(pk, change)


class _Round:
    def __init__(
        self, client: Client, declaration: Declaration, claim: int, steps: Sequence[Step]
    ) -> None:
        self._client = client
        self._declaration = declaration
        self._claim = claim
        self._steps = steps

    def take(self, step: Step) -> float | None:
        """One step. Seconds until it is taken up again; None when it is finished."""
        if step["state"] == Stand.BEGUN:
            seconds = self._look(step)
            if step["state"] != Stand.OPEN:
                return seconds
        if not turns.begin(self._declaration):
            return settings.DELIVERY_BACKOFF[0]
        if not self._begin(step):
            return settings.DELIVERY_BACKOFF[0]  # somebody else has it, and looks first
        seconds = self._send(step)
        if seconds is not None:
            self._keep()
        return seconds

    def _look(self, step: Step) -> float | None:
        """Find out what became of a call without an answer; an open step is to be sent again."""
        why = ""
        try:
            if is_done(self._client, self._declaration.incident_id, step):
                self._ended(step, Stand.DONE, "")
                return None
        except TraceUnclearError as error:
            why = str(error)
        except RootlyError as error:
            if not _is_refusal(error):
                return self._later(step, error)
            why = "Rootly does not let the portal look whether it arrived."
        if why:
            self._ended(step, Stand.UNCLEAR, f"It may be in Rootly already. {why}")
            return None
        patience = self._patience_left(step)
        if patience <= 0:
            step["state"] = Stand.OPEN
        return patience

    def _begin(self, step: Step) -> bool:
        """Keep that a call is about to be made; False: the claim is lost, and it must not be."""
        step["state"] = Stand.BEGUN
        step["begun_at"] = claims.now(self._declaration.pk).isoformat()
        step["tries"] = int(step.get("tries", 0)) + 1
        step["patience"] = 0
        return self._keep()

    def _send(self, step: Step) -> float | None:
        try:
            ACTIONS[step["do"]](self._client, self._declaration.incident_id, step["value"])
        except OutcomeUnknown as error:
            is_over = error.complete and error.status in {500, 503}
            step["patience"] = 1 if is_over else 0
            return self._patience_left(step)
        except RootlyError as error:
            if _is_refusal(error):
                self._ended(step, Stand.REFUSED, words(error))
                return None
            step["state"] = Stand.OPEN
            return self._later(step, error)
        self._ended(step, Stand.DONE, "")
        return None

    def _patience_left(self, step: Step) -> float:
        """Seconds until a call without an answer may be repeated, should no look find it."""
        patience = settings.DELIVERY_LOOK[int(step.get("patience", 0))]
        begun_at = datetime.fromisoformat(step["begun_at"])
        return float(patience - (claims.now(self._declaration.pk) - begun_at).total_seconds())

    def _ended(self, step: Step, state: Stand, sentence: str) -> None:
        step["state"], step["sentence"] = state, sentence
        log.info("declaration %s: %s is %s", self._declaration.pk, step["do"], state)
        self._keep()

    def _later(self, step: Step, error: RootlyError) -> float:
        queue.noticed(self._declaration, error)
        told = error.retry_after if isinstance(error, RateLimited) else None
        return max(told or 0.0, wait(int(step.get("tries", 1)), *settings.DELIVERY_BACKOFF))

    def _keep(self) -> bool:
        return bool(
            claims.held(self._declaration.pk, self._claim).write(
                self._declaration.private,
                open_steps=list(self._steps),
                claimed_until=claims.from_now(settings.DELIVERY_LEASE),
            )
        )


def _is_refusal(error: RootlyError) -> TypeGuard[Misconfigured | Rejected]:
    """Whether trying again brings nothing. A token that is not accepted (401) will be mended."""
    return isinstance(error, Misconfigured | Rejected) and error.status != 401
