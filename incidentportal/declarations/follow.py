"""After the incident exists: read it back, and give it the custom values that didn't stick."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F

from incidentportal.catalog import connection
from incidentportal.declarations import claims
from incidentportal.declarations.backoff import wait
from incidentportal.declarations.delivery import summary
from incidentportal.declarations.labels import bears
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ConfigError
from incidentportal.rootly.errors import Rejected, RootlyError
from incidentportal.rootly.records import Incident, Selection

log = logging.getLogger(__name__)

REFRESH_AFTER = (0.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before each further reading of the incident, while its Slack channel isn't there yet."""


def follow(pk: UUID, claim: int) -> None:
    """One round of the rest of the work on a delivered declaration; gives the claim back."""
    with claims.kept(pk, claim):
        declaration = Declaration.objects.get(pk=pk)
        try:
            client = connection.client()
            incident = client.incident(declaration.incident_id)
            still_open = _complete_values(client, declaration)
        except (RootlyError, ConfigError) as error:
            log.warning("follow-up of %s: %s", pk, type(error).__name__)
            seconds = wait(declaration.failures + 1, *settings.DELIVERY_BACKOFF)
            claims.release(
                pk, claim, None, due_at=claims.from_now(seconds), failures=F("failures") + 1
            )
            return
        sticks = bears(incident.labels, pk)
        Upstream.objects.filter(url=declaration.upstream).update(keeps_labels=sticks)
        claims.release(
            pk, claim, None,
            incident=_merged(declaration, incident),
            open_values=still_open,
            refreshes=F("refreshes") + 1,
            failures=0,
            due_at=_next_round(declaration, incident),
        )  # fmt: skip


def _merged(declaration: Declaration, incident: Incident) -> dict[str, Any]:
    """What is new, without losing what an earlier answer said and this one doesn't."""
    fresh = {name: value for name, value in summary(incident).items() if value not in {None, ""}}
    return {**declaration.incident, **fresh}


def _next_round(declaration: Declaration, incident: Incident) -> Any:
    rounds = declaration.refreshes + 1
    if incident.slack_channel_url or rounds >= len(REFRESH_AFTER):
        return None
    return claims.from_now(REFRESH_AFTER[rounds])


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
        try:
            if selection is None:
                client.create_selection(declaration.incident_id, value)
            else:
                client.update_selection(selection.id, value)
        except Rejected as error:
            words = [item.message for item in error.field_errors] + list(error.messages)
            still_open.append({**value, "refused": " ".join(words)})
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
