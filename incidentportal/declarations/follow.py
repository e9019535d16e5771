"""After the incident exists: read it back, and give it what did not travel with it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import DurationField, F

from incidentportal.accounts.prepared import Given, Update, places
from incidentportal.catalog import connection
from incidentportal.declarations import claims, doubles, privacy, queue, steps, turns
from incidentportal.declarations.backoff import wait
from incidentportal.declarations.labels import bears
from incidentportal.declarations.look import is_private, may_be_it
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.outcomes import words
from incidentportal.declarations.shown import is_gone, merged, missed, verdict
from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ConfigError
from incidentportal.rootly.errors import (
    Misconfigured,
    RateLimited,
    Rejected,
    RootlyError,
    Unreadable,
)
from incidentportal.rootly.records import Incident, Selection

log = logging.getLogger(__name__)

REFRESH_AFTER = (0.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before each further reading of the incident, while its Slack channel isn't there yet."""


def follow(declaration: Declaration, claim: int) -> None:
    """One round of the rest of the work on a delivered declaration, as it was read under this
    claim; gives the claim back.
    """
    with claims.kept(declaration.pk, claim):
        doubles.keep_shared(declaration)
        found: dict[str, Any] = {}
        waits: list[float | None] = []
        try:
            client = connection.client()
            waits.append(steps.work_off(client, declaration, claim))
            waits.append(doubles.look_again(client, declaration, claim))
            _read(client, declaration, found)
        except (RootlyError, ConfigError) as error:
            log.warning("follow-up of %s: %s", declaration.pk, type(error).__name__)
            waits.append(_later(declaration, error))
            found["failures"] = F("failures") + 1
        else:
            queue.answered(declaration)
            known = found.get("incident") or declaration.incident
            waits.append(_next_reading(declaration, known))
            found |= {"failures": 0, "refreshes": min(declaration.refreshes + 1, 1000)}
        _give_back(declaration, claim, waits, found)


def _give_back(
    declaration: Declaration, claim: int, waits: Sequence[float | None], found: dict[str, Any]
) -> None:
    """Store what a round found, and when the next is due."""
    given = [each for each in waits if each is not None]
    seconds = max(0.0, min(given)) if given else None
    if not declaration.private and found.keys() == set(_WHOLE):
        span = timedelta(seconds=seconds or 0)
        often = _NEVER if seconds is None else _LATER
        if often.run(pk=declaration.pk, claim=claim, span=span, **found):
            return
    due_at = None if seconds is None else claims.from_now(seconds)
    claims.release(declaration, claim, None, due_at=due_at, **found)


_WHOLE = places(
    Declaration, "incident", "is_exposed", "is_mistaken_real", "mismatches", "open_values",
    "failures", "refreshes",
)  # fmt: skip
"""What a round finds that goes well."""
_MINE = claims.held(claims.PK, claims.CLAIM).filter(private=False)
_NEVER = Update(_MINE, claimed_until=None, due_at=None, **_WHOLE)
_SPAN = Given("span", DurationField())
_LATER = Update(_MINE, claimed_until=None, due_at=claims.after(_SPAN), **_WHOLE)


def correct_value(pk: UUID, value: dict[str, Any]) -> bool:
    """Put another value in the place of one for the same `form_field_id` that Rootly refused, and
    have it sent at once.

    False: none for that field was refused, or the declaration is being worked on at the moment.
    """
    field_id = str(value["form_field_id"])

    def change(declaration: Declaration) -> dict[str, Any] | None:
        values = [
            value if "refused" in each and str(each["form_field_id"]) == field_id else each
            for each in declaration.open_values
        ]
        return {"open_values": values} if values != declaration.open_values else None

    return claims.amend(pk, change)


def _read(client: Client, declaration: Declaration, found: dict[str, Any]) -> None:
    """Read the incident back and complete its custom values: what the declaration is to keep of
    both is in `found` also where a RootlyError ends it. Nothing is done about a private one that
    the token does not see, nor any more about one that Rootly doesn't have.
    """
    try:
        incident = _read_back(client, declaration)
    except Misconfigured as error:
        if error.status != 404:
            raise
        found["incident"] = missed(declaration.incident)
        if not is_gone(found["incident"]):
            raise
        return
    except Unreadable:  # its values are told by a list of their own
        found["open_values"] = _complete_values(client, declaration)
        raise
    if incident is None:
        return
    privacy.follow_incident(declaration, incident)
    known = merged(declaration.incident, incident)
    found |= {"incident": known, **verdict(declaration.payload, declaration.sent_with, known)}
    found["open_values"] = _complete_values(client, declaration)


def _read_back(client: Client, declaration: Declaration) -> Incident | None:
    """The incident, and what reading it says of this upstream; None for a private one that the
    token does not see, or that somebody took for theirs unseen and can't be it. Raises RootlyError.
    """
    upstream = Upstream.objects.filter(url=declaration.upstream)
    try:
        incident = client.incident(declaration.incident_id)
    except Misconfigured as error:
        if not is_private(declaration) or error.status not in {403, 404}:
            raise
        upstream.update(sees_private=False)
        return None
    # Only what a person said of it stands with an incident: nobody could look it up then.
    if declaration.sentence and not may_be_it(incident, declaration):
        return None
    _learn(declaration, incident)
    return incident


def _learn(declaration: Declaration, incident: Incident) -> None:
    """What an incident that was read back says of its upstream: mostly what is known already."""
    known = queue.stands(declaration.upstream).row
    said = {"keeps_labels": bears(incident.labels, declaration.pk)}
    if is_private(declaration) and incident.private is True:
        said["sees_private"] = True
    changed = {name: value for name, value in said.items() if getattr(known, name) is not value}
    if changed:
        Upstream.objects.filter(pk=known.pk).update(**changed)


def _later(declaration: Declaration, error: RootlyError | ConfigError) -> float:
    """Seconds until what failed is tried again."""
    if isinstance(error, RootlyError):
        queue.noticed(declaration, error)
    told = error.retry_after if isinstance(error, RateLimited) else None
    return max(told or 0.0, wait(declaration.failures + 1, *settings.DELIVERY_BACKOFF))


def _next_reading(declaration: Declaration, known: Mapping[str, Any]) -> float | None:
    rounds = declaration.refreshes + 1
    if known.get("slack_url") or is_gone(known) or rounds >= len(REFRESH_AFTER):
        return None
    return REFRESH_AFTER[rounds]


def _complete_values(client: Client, declaration: Declaration) -> list[dict[str, Any]]:
    """Post the values that the incident doesn't show; those that Rootly refuses are returned
    with its words under `refused`.
    """
    wanted = [value for value in declaration.open_values if "refused" not in value]
    if not wanted:
        return list(declaration.open_values)
    there = {
        item.form_field_id: item for item in client.selections(declaration.incident_id).records
    }
    still_open = [value for value in declaration.open_values if "refused" in value]
    for value in wanted:
        selection = there.get(str(value["form_field_id"]))
        if selection is not None and _shows(selection, value):
            continue
        turns.require(declaration)
        try:
            if selection is None:
                client.create_selection(declaration.incident_id, value)
            else:
                client.update_selection(selection.id, value)
        except (Rejected, Misconfigured) as error:
            if error.status == 401:  # that will be mended, and is no word about this value
                raise
            still_open.append({**value, "refused": words(error)})
    return still_open


def _shows(selection: Selection, value: dict[str, Any]) -> bool:
    """Whether the incident has the value, ids compared as text and in any order."""
    for name, wanted in value.items():
        if name == "form_field_id":
            continue
        found = getattr(selection, name, None)
        if isinstance(wanted, list):
            if {str(item) for item in wanted} != {str(item) for item in found or ()}:
                return False
        elif str(found) != str(wanted):
            return False
    return True
