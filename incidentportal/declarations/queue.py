"""What holds the whole queue, or makes it wait. Kept in the database: every process obeys it.

While it is held nothing is sent but a probe: one declaration, another each time, every
DELIVERY_PROBE seconds. A hold by an admin has none. What gets the cause meanwhile stays due: the
hold alone keeps it.

A hold ends with an answer that isn't its cause again, a refusal of what was sent too:

- `token` (401): any other answer, a 5xx too, also to a look or a follow-up. Where none comes,
  nothing is known.
- `path` (a redirect, 404, 405, 406, 415) and `forbidden` (403, twice): any other answer about an
  incident to be made. What reads are answered says nothing about it.
- `breaker`: any answer but a 5xx, 408 or 409, also to a look.
- `settings`: settings that can be used. `admin`: an admin, and nothing else.

A cause that shows itself while another holds takes its place, an admin's aside.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce, Greatest, Now

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.declarations import breaker, claims
from incidentportal.declarations.backoff import wait
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.course import SENTENCES, Cause, Course, Met, course, met
from incidentportal.declarations.models import Attempt, Declaration, DeclarationQuerySet, Upstream
from incidentportal.declarations.outcomes import Next, Outcome
from incidentportal.declarations.states import State
from incidentportal.rootly.errors import Misconfigured, RateLimited, RootlyError

__all__ = ["Cause", "Course", "Met", "course", "met"]
"""Told here too, since the queue is what they are about."""

log = logging.getLogger(__name__)


READ = frozenset({Cause.TOKEN, Cause.BREAKER, Cause.SETTINGS})
"""What an answer to a read shows to be over: it says nothing about creating incidents."""


def known(url: str) -> Upstream:
    """The upstream's row, made when it is first met."""
    return Upstream.objects.get_or_create(url=url)[0]


def stands(url: str) -> Met:
    """The same, with the course of its queue."""
    found = met(url)
    while found is None:
        known(url)
        found = met(url)
    return found


def hold(url: str, reason: str, cause: Cause = Cause.SETTINGS, probed: UUID | None = None) -> None:
    """Send nothing but probes until one shows that this is over; `probed` just showed it."""
    known(url)
    rows = Upstream.objects.filter(url=url).exclude(held_for=Cause.ADMIN)
    probe_at = from_now(settings.DELIVERY_PROBE)
    began = rows.filter(held="").update(
        held=reason, held_for=cause, held_at=Now(), probed_id=probed,
        wait_until=Greatest(Coalesce(F("wait_until"), probe_at), probe_at),
    )  # fmt: skip
    if began:
        _make_due(url)  # each may be the next probe
    if began or rows.exclude(held_for=cause).update(held=reason, held_for=cause):
        log.error("deliveries to %s are held (%s): %s", url, cause, reason)


def hold_by(url: str, person: User, reason: str = "") -> bool:
    """Send nothing at all until an admin says so; False: an admin holds it already."""
    known(url)
    rows = Upstream.objects.filter(url=url).exclude(held_for=Cause.ADMIN)
    done = rows.update(
        held=reason.strip() or SENTENCES[Cause.ADMIN], held_for=Cause.ADMIN, held_by=person,
        held_at=Now(), probed_id=None,
    )  # fmt: skip
    if done:
        log.warning("deliveries to %s are held by the admin %s", url, person.pk)
    return bool(done)


def release_by(url: str, person: User) -> bool:
    """End an admin's hold; False: there is none."""
    done = _release(url, [Cause.ADMIN])
    if done:
        log.warning("the admin %s lets deliveries to %s go on", person.pk, url)
    return done


def _release(url: str, causes: list[Cause]) -> bool:
    """End a hold for one of these, and have due what waited for that alone; False: none is."""
    rows = Upstream.objects.filter(url=url, held_for__in=causes).exclude(held="")
    over = {"held": "", "held_for": "", "held_by": None, "held_at": None, "probed_id": None}
    failed = {"failures": 0, "failed_id": None, "failed_several": False, "forbidden_id": None}
    # Further ahead than any probe only a 429 sets it: that is still to be obeyed.
    told = When(wait_until__gt=from_now(settings.DELIVERY_PROBE), then=F("wait_until"))
    if not rows.update(**over, **failed, wait_until=Case(told, default=None)):
        return False
    log.warning("deliveries to %s go on", url)
    _make_due(url)
    return True


def _make_due(url: str) -> None:
    """Let what waits after a failure of its own wait for nothing but the queue; only where a look
    found nothing, the next one keeps its time.
    """
    waits = Q(state=State.QUEUED) | Q(state=State.DELIVERED, claimed_until=None)
    Declaration.objects.filter(waits, upstream=url, failures__gt=0, due_at__gt=Now()).exclude(
        Q(looks__gt=0) & Exists(_patient())
    ).update(due_at=Now())


def retry_by(pk: UUID, person: User) -> bool:
    """Have a queued declaration tried now; False: it isn't queued, or is due already.

    What was sent and not found keeps its time: sooner, it could be sent twice.
    """
    rows = Declaration.objects.filter(pk=pk, state=State.QUEUED, due_at__gt=Now())
    done = rows.exclude(Q(looks__gt=0) & Exists(_patient())).update(due_at=Now())
    if done:
        log.warning("the admin %s has declaration %s tried now", person.pk, pk)
    return bool(done)


def _patient() -> QuerySet[Attempt]:
    """Of a declaration, attempts that began too recently to be sent again."""
    since = from_now(-settings.DELIVERY_LOOK[0])
    return Attempt.objects.filter(declaration=OuterRef("pk"), is_open=True, started_at__gt=since)


def learn(declaration: Declaration, outcome: Outcome, *, looking: bool = False) -> None:
    """Draw what concerns every declaration from how an attempt, or a look that failed, ended."""
    url = declaration.upstream
    _release(url, [Cause.SETTINGS])  # a call was made
    if outcome.next in {Next.RETRY, Next.LOOK}:
        if outcome.status is not None:
            _release(url, [Cause.TOKEN] if looking else [Cause.TOKEN, Cause.PATH, Cause.FORBIDDEN])
        if breaker.count(url, declaration.pk):
            hold(url, SENTENCES[Cause.BREAKER], Cause.BREAKER, declaration.pk)
        return
    breaker.forget(url)
    cause = None if looking and outcome.status != 401 else _cause(declaration, outcome)
    over = READ if looking else set(Cause) - {Cause.ADMIN}
    _release(url, [each for each in over if each is not cause])
    if cause is not None:
        hold(url, SENTENCES[cause], cause, declaration.pk)
    if outcome.next is Next.WAIT:
        _leave_alone(url, outcome.retry_after)


def _cause(declaration: Declaration, outcome: Outcome) -> Cause | None:
    """What this answer holds the queue for, if anything."""
    if outcome.next is Next.HOLD:
        return Cause.TOKEN if outcome.status == 401 else Cause.PATH
    if outcome.next is not Next.FORBIDDEN:
        return None
    rows = Upstream.objects.filter(url=declaration.upstream)
    if rows.filter(forbidden_id=None).update(forbidden_id=declaration.pk):
        # The first one; but the queue may be held for others by now.
        return Cause.FORBIDDEN if rows.filter(held_for=Cause.FORBIDDEN).exists() else None
    another = ~Q(forbidden_id=declaration.pk) | Q(held_for=Cause.FORBIDDEN)
    return Cause.FORBIDDEN if rows.filter(another).exists() else None


def _leave_alone(url: str, seconds: float | None) -> None:
    """Rootly wants the whole token to wait so long."""
    until = from_now(settings.DELIVERY_BACKOFF[0] if seconds is None else seconds)
    Upstream.objects.filter(url=url).update(
        wait_until=Greatest(Coalesce(F("wait_until"), until), until)
    )


def noticed(declaration: Declaration, error: RootlyError) -> None:
    """Draw from a follow-up that failed what concerns every declaration: the token, and its limit.

    The rest is about that incident, or about a call that isn't the one that creates them.
    """
    known(declaration.upstream)
    if isinstance(error, RateLimited):
        _leave_alone(declaration.upstream, error.retry_after)
    elif isinstance(error, Misconfigured) and error.status == 401:
        hold(declaration.upstream, SENTENCES[Cause.TOKEN], Cause.TOKEN, declaration.pk)


def answered(declaration: Declaration) -> None:
    """A look or a follow-up got its answers: if it was the probe, that releases what it can."""
    found = met(declaration.upstream)
    if found is not None and found.row.held and found.row.probed_id == declaration.pk:
        _release(declaration.upstream, list(READ))


def released(declaration: Declaration, row: Upstream | None = None) -> None:
    """An incident was made, or found: the way is free, and whoever waited for that alone is due.
    `row` is the upstream's, where it was read since.

    If another declaration alone was forbidden before, that was about its content: it goes back to
    its author. After a hold it was about the token, and it is tried again.
    """
    rows = Upstream.objects.filter(url=declaration.upstream)
    row = row or rows.only("failures", "held", "forbidden_id").first()
    if row is None or not (row.failures or row.held or row.forbidden_id):
        return
    breaker.forget(declaration.upstream)
    if _release(declaration.upstream, [cause for cause in Cause if cause is not Cause.ADMIN]):
        return
    if rows.filter(forbidden_id=row.forbidden_id).update(forbidden_id=None) and (
        row.forbidden_id not in {None, declaration.pk}
    ):
        _refuse(row.forbidden_id)


def _refuse(pk: UUID) -> None:
    """Give the one that alone was forbidden back to its author, with Rootly's words if it had any.

    Not where somebody is at work on it, and not where a later attempt may have made it.
    """
    row = next(iter(Declaration.objects.filter(pk=pk, state=State.QUEUED).tolerant()), None)
    if row is None:
        return
    last = row.attempts.last()
    if last is None or last.status != 403 or row.attempts.filter(is_open=True).exists():
        return
    claimed = {"state": State.DELIVERING, "claimed_until": from_now(settings.DELIVERY_LEASE)}
    mine = Declaration.objects.filter(pk=pk, state=State.QUEUED, claim=row.claim)
    if not mine.update(claim=F("claim") + 1, **claimed):
        return
    try:
        errors: dict[str, Any] = dict(row.errors)
    except UnreadableError:
        errors = {}
    words = ["Rootly does not let the portal create an incident like this one."]
    claims.release(
        row, row.claim + 1, State.REJECTED, due_at=None, failures=0, told_at=None,
        teller_until=None, key_number=F("key_number") + 1,
        sentence="Rootly does not let the portal create this incident.",
        errors={"field_errors": [], **errors, "messages": errors.get("messages") or words},
    )  # fmt: skip


def pause(declaration: Declaration, outcome: Outcome) -> float:
    """Seconds until a declaration is tried again after this outcome, which was learnt before.

    0 while the queue is held: that alone keeps it.
    """
    if outcome.next is Next.WAIT:
        told = outcome.retry_after
        return float(settings.DELIVERY_BACKOFF[0] if told is None else told)
    if is_held(declaration.upstream):
        return 0.0
    seconds = wait(declaration.failures + 1, *settings.DELIVERY_BACKOFF)
    return max(seconds, settings.DELIVERY_PROBE) if outcome.next is Next.FORBIDDEN else seconds


def may_send(url: str) -> bool:
    """Whether a delivery may be tried now by a request: nothing is held, nobody has to wait, and
    the budget has room.
    """
    now = course(url)
    return now.runs and now.free > 0


def probe(url: str) -> tuple[UUID, int] | None:
    """The declaration to try while the queue is held, claimed; None: it isn't time, or there is
    none. True for one worker every DELIVERY_PROBE seconds.

    It is the one that waits longest for its turn, but not the last one again if there is another:
    what was tried stays due, behind the others.
    """
    rows = Upstream.objects.filter(url=url).exclude(held="").exclude(held_for=Cause.ADMIN)
    turn = rows.filter(Q(wait_until=None) | Q(wait_until__lte=Now()))
    if not turn.update(wait_until=from_now(settings.DELIVERY_PROBE)):
        return None
    last = rows.values_list("probed_id", flat=True).first()
    for pk in _candidates(url, last):
        # One that waits after its own failure waits for what holds the queue by now.
        waiting = Declaration.objects.filter(pk=pk, state=State.QUEUED, due_at__gt=Now())
        waiting.update(due_at=Now())
        claim = claims.take(pk)
        if claim is not None:
            rows.update(probed_id=pk)
            return pk, claim
    return None


def _candidates(url: str, last: UUID | None) -> list[UUID]:
    """A few to try, best first: what is to become an incident before what follows one."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
    rows = Declaration.objects.filter(free, upstream=url, due_at__isnull=False)
    unsent = rows.filter(state__in=[State.QUEUED, State.DELIVERING])
    after = rows.filter(state=State.DELIVERED, due_at__lte=Now())
    found: list[UUID] = []
    for each in (unsent, after):
        if not found:
            found = list(each.order_by("due_at", "queued_at").values_list("pk", flat=True)[:4])
    return [pk for pk in found if pk != last] + [pk for pk in found if pk == last]


def is_held(url: str) -> str:
    """Why nothing is sent to this upstream; blank while deliveries run."""
    return Upstream.objects.filter(url=url).values_list("held", flat=True).first() or ""


def waiting(url: str) -> tuple[int, str] | None:
    """How many declarations wait after a failed attempt, and what the latest was told; None: none,
    or the queue is held, which keeps more than these and is told by itself.

    The sentence is the portal's own: it says nothing of a declaration's content. Those of private
    ones stay with their authors all the same; where all are private it is blank.
    """
    rows = waiting_rows(url)
    count = rows.count()
    if not count:
        return None
    told = rows.filter(private=False).order_by("-submitted_at")
    return count, told.values_list("sentence", flat=True).first() or ""


def waiting_rows(url: str) -> DeclarationQuerySet:
    """Those that wait after a failed attempt, while nothing holds the whole queue."""
    return Declaration.objects.filter(
        ~Exists(Upstream.objects.filter(url=url).exclude(held="")),
        upstream=url, failures__gt=0, state__in=[State.QUEUED, State.DELIVERING],
    )  # fmt: skip
