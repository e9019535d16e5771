"""Looking in Rootly for an incident that an attempt may have made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from incidentportal.accounts.encryption import keyed_digest
from incidentportal.declarations.labels import LABEL, bears
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import OutcomeUnknown
from incidentportal.rootly.records import Incident
from incidentportal.rootly.values import legible

MARGIN = timedelta(minutes=10)
"""How long before the first attempt the look begins: clocks are never quite right."""
ROUNDING = timedelta(seconds=5)
"""How much earlier than the first attempt an incident made by it may seem: `Date` counts whole
seconds, a difference of up to one is not learnt, Rootly may cut its times off, and several
machines answer for it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: the incidents that bear its label, the oldest first, or what could be it
    although it bears none.
    """

    bearing: tuple[Incident, ...] = ()
    alike: tuple[Incident, ...] = ()

    @property
    def incident(self) -> Incident | None:
        """The declaration's incident; None: none was found."""
        return self.bearing[0] if self.bearing else None


def look(client: Client, declaration: Declaration, upstream: Upstream) -> Look:
    """List the incidents of the time in question and compare labels here.

    Raises a RootlyError where the list can't be read to its end: then nothing is known.
    """
    began = first_sent(declaration, upstream)
    listing = client.incidents(created_from=began - MARGIN)
    learn_clock(upstream, listing.server_date)
    earlier = first_sent(declaration, upstream)
    if began - earlier > MARGIN / 2:  # a clock has jumped: the first list may begin too late
        began = earlier
        listing = client.incidents(created_from=began - MARGIN)
    bearing = [item for item in listing.records if bears(item.labels, declaration.pk)]
    if bearing:
        return Look(tuple(sorted(bearing, key=_age)))
    if listing.skipped:
        raise OutcomeUnknown("Rootly's list of incidents has entries that can't be read.")
    # Without its clock the start is as uncertain as where the list begins.
    since = began - (MARGIN if listing.server_date is None else ROUNDING)
    return Look(alike=tuple(alike(listing.records, declaration, since)))


def alike(
    incidents: Iterable[Incident], declaration: Declaration, since: datetime
) -> list[Incident]:
    """Those that could be this declaration's although they bear no label."""
    return _nobodys([item for item in incidents if _alike(item, declaration, since)], declaration)


def know_token(upstream: Upstream) -> None:
    """Forget what another token than today's could see."""
    digest = keyed_digest(settings.ROOTLY_API_TOKEN.encode())
    if upstream.token == digest:
        return
    if upstream.token:
        upstream.sees_private = None
    upstream.token = digest
    upstream.save(update_fields=["token", "sees_private"])


def learn_clock(upstream: Upstream, date: datetime | None, now: datetime | None = None) -> None:
    """How far Rootly's clock is ahead of the database's, which attempts are timed by. `now` is
    what the database's says, where it was just read.
    """
    if date is None:
        return
    row = Upstream.objects.filter(pk=upstream.pk)
    offset = (date - (now or row.values_list(Now(), flat=True).get())).total_seconds()
    if abs(offset - upstream.clock_offset) > 1:  # the header counts whole seconds
        upstream.clock_offset = offset
        row.update(clock_offset=offset)


def proves_absence(found: Look, declaration: Declaration, upstream: Upstream) -> bool:
    """Whether "no incident bears the label" means "there is no incident".

    It does where labels are known to stick, and this one was sent, and the list tells them; or
    where nothing there could be it; and of a private one only where the token is known to see such
    incidents.
    """
    if is_private(declaration) and upstream.sees_private is not True:
        return False
    labelled = upstream.keeps_labels is True and declaration.sent_with.get("labels", True)
    return all(labelled and item.labels is not None for item in found.alike)


def is_private(declaration: Declaration) -> bool:
    """Whether a private incident was asked for."""
    return bool(declaration.payload.get("private"))


def first_sent(declaration: Declaration, upstream: Upstream) -> datetime:
    """When the first attempt began, by Rootly's clock; the earlier of two answers where a clock
    has jumped since (`attribution.py` keeps the difference as it was before the first attempt).
    """
    first = declaration.attempts.values_list("started_at", flat=True).first()
    then = declaration.sent_with.get("clock_offset", upstream.clock_offset)
    offset = min(float(then), upstream.clock_offset)
    return (first or declaration.submitted_at) + timedelta(seconds=offset)


def _alike(incident: Incident, declaration: Declaration, since: datetime) -> bool:
    """Could be ours: made since the first attempt, without our label, with our title or (where
    Rootly was to make the title) any.
    """
    if LABEL in (incident.labels or {}) or moment(incident.created_at, since) < since:
        return False
    title = _words(str(declaration.payload.get("title") or ""))
    return not title or has_its_title(incident, declaration)


def has_its_title(incident: Incident, declaration: Declaration) -> bool:
    """Whether an incident has the title that was declared; False where Rootly was to make one."""
    title = _words(str(declaration.payload.get("title") or ""))
    return bool(title) and _words(incident.title) == title


def may_be_it(incident: Incident, declaration: Declaration) -> bool:
    """Whether somebody may take an incident for this declaration, and so get to see it: one that
    isn't private, or bears the label; for a private declaration also one of its very title.
    """
    if incident.private is not True or bears(incident.labels, declaration.pk):
        return True
    return is_private(declaration) and has_its_title(incident, declaration)


def _words(text: str) -> str:
    return " ".join(legible(text).split()).casefold()


def _nobodys(alike: Iterable[Incident], declaration: Declaration) -> list[Incident]:
    """Without those that are known to be other declarations' incidents."""
    found = list(alike)
    taken = Declaration.objects.filter(
        upstream=declaration.upstream, incident_id__in=[item.id for item in found]
    ).exclude(pk=declaration.pk)
    others = set(taken.values_list("incident_id", flat=True)) if found else set()
    return [item for item in found if item.id not in others]


def _age(incident: Incident) -> datetime:
    return moment(incident.created_at, datetime.max.replace(tzinfo=UTC))


def moment(text: str, otherwise: datetime) -> datetime:
    """A moment as Rootly writes it; `otherwise` where it can't be read."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)
