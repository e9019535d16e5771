"""Looking in Rootly for an incident that an attempt may have made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from incidentportal.declarations.labels import LABEL, bears
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import OutcomeUnknown
from incidentportal.rootly.records import Incident
from incidentportal.rootly.values import legible

MARGIN = timedelta(minutes=10)
"""How long before the first attempt the look begins: clocks are never quite right."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: the incident, or what could be it although it bears no label."""

    incident: Incident | None
    alike: tuple[Incident, ...] = ()


def look(client: Client, declaration: Declaration, upstream: Upstream) -> Look:
    """List the incidents of the time in question and compare labels here.

    Raises a RootlyError where the list can't be read to its end: then nothing is known.
    """
    first = declaration.attempts.values_list("started_at", flat=True).first()
    offset = timedelta(seconds=upstream.clock_offset)
    began = (first or declaration.submitted_at) + offset
    listing = client.incidents(created_from=began - MARGIN)
    for incident in listing.records:
        if bears(incident.labels, declaration.pk):
            return Look(incident)
    if listing.skipped:
        raise OutcomeUnknown("Rootly's list of incidents has entries that can't be read.")
    return Look(None, tuple(item for item in listing.records if _alike(item, declaration, began)))


def proves_absence(found: Look, declaration: Declaration, upstream: Upstream) -> bool:
    """Whether "no incident bears the label" means "there is no incident".

    It does where labels are known to stick, or where nothing there could be it; and of a private
    one only where the token is known to see such incidents.
    """
    if is_private(declaration) and upstream.sees_private is not True:
        return False
    return upstream.keeps_labels is True or not found.alike


def is_private(declaration: Declaration) -> bool:
    """Whether a private incident was asked for."""
    return bool(declaration.payload.get("private"))


def _alike(incident: Incident, declaration: Declaration, began: datetime) -> bool:
    """Could be ours: made since the first attempt, without our label, with our title or (where
    Rootly was to make the title) any.
    """
    if LABEL in (incident.labels or {}) or _moment(incident.created_at, began) < began - MARGIN:
        return False
    title = legible(str(declaration.payload.get("title") or "")).strip()
    return not title or incident.title.strip() == title


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
