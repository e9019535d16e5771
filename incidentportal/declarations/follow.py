"""After the incident exists: read it back, and give it what did not travel with it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.expressions import Combinable

from incidentportal.catalog import connection
from incidentportal.declarations import claims, privacy, queue, steps, turns
from incidentportal.declarations.backoff import wait
from incidentportal.declarations.delivery import summary
from incidentportal.declarations.labels import bears
from incidentportal.declarations.look import is_private
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.outcomes import words
from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ConfigError
from incidentportal.rootly.errors import Misconfigured, Rejected, RootlyError
from incidentportal.rootly.records import Incident, Selection

log = logging.getLogger(__name__)

REFRESH_AFTER = (0.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before each further reading of the incident, while its Slack channel isn't there yet."""


def follow(pk: UUID, claim: int) -> None:
    """One round of the rest of the work on a delivered declaration; gives the claim back."""
    with claims.kept(pk, claim):
        declaration = Declaration.objects.get(pk=pk)
        step_wait: float | None = None
        try:
            client = connection.client()
            step_wait = steps.work_off(client, declaration, claim)
            incident = _read_back(client, declaration)
            still_open = list(declaration.open_values)
            if incident is not None:
                still_open = _complete_values(client, declaration)
        except (RootlyError, ConfigError) as error:
            log.warning("follow-up of %s: %s", pk, type(error).__name__)
            if isinstance(error, RootlyError):
                queue.noticed(declaration, error)
            seconds = wait(declaration.failures + 1, *settings.DELIVERY_BACKOFF)
            claims.release(
                declaration, claim, None,
                due_at=_soonest(seconds, step_wait), failures=F("failures") + 1,
            )  # fmt: skip
            return
        queue.answered(declaration)
        privacy.follow_incident(declaration, incident)
        known = _merged(declaration, incident)
        claims.release(
            declaration, claim, None,
            incident=known,
            is_exposed=is_private(declaration) and known.get("private") is not True,
            open_values=still_open,
            refreshes=min(declaration.refreshes + 1, 1000),
            failures=0,
            due_at=_soonest(_next_reading(declaration, known), step_wait),
        )  # fmt: skip


def _read_back(client: Client, declaration: Declaration) -> Incident | None:
    """The incident, and what reading it says of this upstream; None for a private one that the
    token does not see. Raises RootlyError.
    """
    upstream = Upstream.objects.filter(url=declaration.upstream)
    try:
        incident = client.incident(declaration.incident_id)
    except Misconfigured as error:
        if not is_private(declaration) or error.status not in {403, 404}:
            raise
        upstream.update(sees_private=False)
        return None
    upstream.update(keeps_labels=bears(incident.labels, declaration.pk))
    if is_private(declaration) and incident.private is True:
        upstream.update(sees_private=True)
    return incident


def _merged(declaration: Declaration, incident: Incident | None) -> dict[str, Any]:
    """What is new, without losing what an earlier answer said and this one doesn't."""
    said = summary(incident) if incident else {}
    fresh = {name: value for name, value in said.items() if value not in {None, ""}}
    return {**declaration.incident, **fresh}


def _next_reading(declaration: Declaration, known: Mapping[str, Any]) -> float | None:
    rounds = declaration.refreshes + 1
    if known.get("slack_url") or rounds >= len(REFRESH_AFTER):
        return None
    return REFRESH_AFTER[rounds]


def _soonest(*seconds: float | None) -> Combinable | None:
    """The first of these waits as a moment; None where there is none."""
    given = [each for each in seconds if each is not None]
    return claims.from_now(max(0.0, min(given))) if given else None


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
        except Rejected as error:
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
