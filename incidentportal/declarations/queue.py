"""What holds the whole queue, or makes it wait. Kept in the database: every process obeys it."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.outcomes import Next, Outcome
from incidentportal.declarations.states import State

EXPOSED_DAYS = 7
"""How long admins are told of an incident that isn't private as asked."""

log = logging.getLogger(__name__)


def known(url: str) -> Upstream:
    """The upstream's row, made when it is first met."""
    return Upstream.objects.get_or_create(url=url)[0]


def hold(url: str, reason: str) -> None:
    """Send nothing but one probe every DELIVERY_PROBE seconds, until one gets through."""
    known(url)
    log.error("deliveries to %s are held: %s", url, reason)
    Upstream.objects.filter(url=url).update(
        held=reason, wait_until=from_now(settings.DELIVERY_PROBE)
    )


def learn(declaration: Declaration, outcome: Outcome) -> None:
    """Draw from an attempt's or a look's outcome what concerns every declaration."""
    row = Upstream.objects.filter(url=declaration.upstream)
    if outcome.next is Next.HOLD:
        hold(declaration.upstream, outcome.sentence)
    elif outcome.next is Next.WAIT:
        row.update(wait_until=from_now(outcome.retry_after or settings.DELIVERY_BACKOFF[0]))
    elif outcome.next is Next.FORBIDDEN:
        others = row.exclude(forbidden_id=None).exclude(forbidden_id=declaration.pk)
        if others.exists():
            hold(declaration.upstream, outcome.sentence)
        row.update(forbidden_id=declaration.pk)


def released(declaration: Declaration) -> None:
    """Rootly judged a declaration: the way is free, and whoever waited for that alone is due.

    If another one alone was forbidden before, that was about its content: it goes back to its
    author. After a hold it was about the token, and it is tried again.
    """
    row = Upstream.objects.get(url=declaration.upstream)
    if not row.held and row.forbidden_id not in {None, declaration.pk}:
        _refuse(row.forbidden_id)
    if row.held:
        log.warning("deliveries to %s go on", declaration.upstream)
        Declaration.objects.filter(upstream=row.url, state=State.QUEUED).update(due_at=Now())
    if row.held or row.wait_until or row.forbidden_id:
        Upstream.objects.filter(pk=row.pk).update(held="", wait_until=None, forbidden_id=None)


def _refuse(pk: UUID) -> None:
    """Give the one that alone was forbidden back to its author."""
    row = Declaration.objects.filter(pk=pk)
    claimed = {"state": State.DELIVERING, "due_at": Now(), "claimed_until": from_now(60)}
    if not row.filter(state=State.QUEUED).update(claim=F("claim") + 1, **claimed):
        return
    words = "Rootly does not let the portal create an incident like this one."
    row.write(
        False,  # what is written says nothing of its content
        state=State.REJECTED,
        due_at=None,
        claimed_until=None,
        told_at=None,
        sentence="Rootly does not let the portal create this incident.",
        errors={"field_errors": [], "messages": [words]},
    )


def may_send(url: str) -> bool:
    """Whether a delivery may be tried now by a request (nothing is held, nobody has to wait)."""
    waiting = Q(wait_until__gt=Now()) | ~Q(held="")
    return not Upstream.objects.filter(waiting, url=url).exists()


def take_probe(url: str) -> bool:
    """Whether the worker may send now; while held, true once every DELIVERY_PROBE seconds."""
    rows = Upstream.objects.filter(url=url)
    if rows.filter(wait_until__gt=Now()).exists():
        return False
    held = rows.exclude(held="").filter(Q(wait_until=None) | Q(wait_until__lte=Now()))
    if held.update(wait_until=from_now(settings.DELIVERY_PROBE)):
        return True
    return not rows.exclude(held="").exists()


def is_held(url: str) -> str:
    """Why nothing is sent to this upstream; blank while deliveries run."""
    return Upstream.objects.filter(url=url).values_list("held", flat=True).first() or ""


def exposed(url: str) -> list[str]:
    """The newest incidents of the last `EXPOSED_DAYS` that were to be private and aren't known to
    be: their numbers in Rootly, or their ids there. Nothing of their content.
    """
    rows = Declaration.objects.filter(
        upstream=url, is_exposed=True, delivered_at__gt=from_now(-EXPOSED_DAYS * 86_400)
    ).order_by("-delivered_at")
    return [_number(row) for row in rows[:5].tolerant()]


def _number(row: Declaration) -> str:
    """The incident's number, else its id."""
    try:
        number = row.incident.get("number")
    except UnreadableError:
        number = None
    return row.incident_id if number is None else f"#{number}"


def waiting(url: str) -> tuple[int, str] | None:
    """How many declarations wait after a failed attempt, and what the latest was told; None: none.

    The sentence is the portal's own: it says nothing of a declaration's content. Those of private
    ones stay with their authors all the same; where all are private it is blank.
    """
    rows = Declaration.objects.filter(
        upstream=url, failures__gt=0, state__in=[State.QUEUED, State.DELIVERING]
    )
    count = rows.count()
    if not count:
        return None
    told = rows.filter(private=False).order_by("-submitted_at")
    return count, told.values_list("sentence", flat=True).first() or ""
