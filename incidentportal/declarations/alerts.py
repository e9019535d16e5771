"""Alerts to admins: what `conditions.py` finds is kept as an event, and mailed when it begins and
when it is over.

An event is of a kind, not of one declaration: it begins with the first that is stuck and is over
with the last, so that two hundred are one mail. What joins an event is told in one more mail, at
most every ALERT_STUCK_AFTER minutes, then every twice as many, up to an hour. After `AT_ONCE`
events of a kind within an hour the next one is told when that hour is over: Rootly may come and go.

Each mail is claimed by compare-and-set: of several workers one sends it, and what could not be sent
is sent later.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse

from incidentportal.accounts.email import trusted_emails
from incidentportal.accounts.roles import admins
from incidentportal.catalog import connection
from incidentportal.declarations import mailing
from incidentportal.declarations.alert_model import Alert
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.conditions import CONDITIONS, Condition, Found

EVERY = 5.0
"""Seconds between looks."""
HOUR = 3600.0
AT_ONCE = 3
KEPT = 90 * 86_400.0
"""Seconds that an event is kept once it is over."""

log = logging.getLogger(__name__)
Standing = Mapping[str, Found | None]


class _Next:
    """When this process looks again."""

    at = float("-inf")


_mails = mailing.Pace()


def watch_if_due() -> None:
    """Look how things stand, keep what began and what is over, and write to admins; for the worker.

    Blocks for as long as the mail server takes, and raises nothing of its.
    """
    if time.monotonic() < _Next.at:
        return
    _Next.at = time.monotonic() + EVERY
    if upstream := connection.upstream():
        found = observe(upstream)
        if settings.EMAIL_IS_ON and _mails.is_due:
            _mails.again(all_went=tell(upstream, found))


def observe(upstream: str) -> Standing:
    """Ask each condition, and keep what began and what is over."""
    found = {condition.kind: condition.look(upstream) for condition in CONDITIONS}
    rows = Alert.objects.filter(closed_at=None)
    is_open = dict(rows.filter(subject=upstream).values_list("kind", "pk"))
    begun = [kind for kind, now in found.items() if now is not None and kind not in is_open]
    if begun:
        new = [Alert(kind=kind, subject=upstream) for kind in begun]
        Alert.objects.bulk_create(new, ignore_conflicts=True)  # another worker may be faster
    _forget_what_is_over(upstream, found)
    over = [pk for kind, pk in is_open.items() if found.get(kind) is None]
    if over:
        rows.filter(pk__in=over).update(closed_at=Now())
        Alert.objects.filter(closed_at__lt=from_now(-KEPT)).delete()
    # What was another Rootly's is over without a word: the portal doesn't ask it any more.
    rows.exclude(subject=upstream).update(closed_at=Now(), closed_told_at=Now())
    return found


def _forget_what_is_over(upstream: str, found: Standing) -> None:
    """Of what was told by name: should it begin again, it is told again."""
    marked = {kind: now.marks for kind, now in found.items() if now is not None and now.marks}
    for alert in Alert.objects.filter(subject=upstream, closed_at=None, kind__in=marked):
        left = sorted(marked[alert.kind] & set(alert.told_marks))
        if left != alert.told_marks:
            Alert.objects.filter(pk=alert.pk).update(told_marks=left)


def lasting(upstream: str) -> set[str]:
    """The kinds of what lasts, as the worker last saw it. One query."""
    return set(lasting_rows(upstream).values_list("kind", flat=True))


def lasting_rows(upstream: str) -> QuerySet[Alert]:
    """What lasts."""
    return Alert.objects.filter(subject=upstream, closed_at=None)


def tell(upstream: str, found: Standing) -> bool:
    """Write to admins of what began, of what joined, and of what is over. False: some could not be
    sent, and wait.
    """
    waiting = [alert for alert in _untold(upstream) if _is_to_tell(alert, found)]
    to = trusted_emails(admins()) if waiting else []
    all_went = True
    for alert in waiting if to else []:
        if not _claim(alert):
            continue
        try:
            _mail(alert, found[alert.kind], to)
        except mailing.FAILED as error:
            if not mailing.is_final(error):
                # What the server says may name people.
                log.warning("no mail about %s yet: %s", alert.kind, type(error).__name__)
                _this(alert).update(teller_until=None)
                all_went = False
                if isinstance(error, SMTPRecipientsRefused | SMTPDataError):
                    continue
                break  # it is the server, and not this mail
            log.warning("no mail about %s: its recipients are refused", alert.kind)
        _told(alert, found[alert.kind])
    return all_went


def _untold(upstream: str) -> QuerySet[Alert]:
    """What may have to be told: what lasts, and the end of what was told."""
    ended = Q(closed_told_at=None, tellings__gt=0)
    clock = ExpressionWrapper(Now(), output_field=DateTimeField())
    rows = Alert.objects.filter(Q(closed_at=None) | ended, subject=upstream)
    free = Q(teller_until=None) | Q(teller_until__lte=Now())
    kinds = [condition.kind for condition in CONDITIONS]
    return rows.filter(free, kind__in=kinds).annotate(clock=clock).order_by("pk")


def _is_to_tell(alert: Alert, found: Standing) -> bool:
    now = found[alert.kind]
    if alert.closed_at is not None:
        return True
    if now is None:  # another worker sees it otherwise: the next look will tell
        return False
    if not alert.tellings:
        told = Alert.objects.filter(kind=alert.kind, subject=alert.subject)
        return told.filter(told_at__gt=from_now(-HOUR)).count() < AT_ONCE
    if alert.told_at is None or not _has_joined(alert, now):
        return False
    apart = min(HOUR, settings.ALERT_STUCK_AFTER * 60 * 2.0 ** min(alert.tellings - 1, 20))
    clock = alert.clock  # type: ignore[attr-defined]  # `_untold` asked for it
    return bool((clock - alert.told_at).total_seconds() >= apart)


def _has_joined(alert: Alert, now: Found) -> bool:
    """Whether there is more than what was told."""
    if not now.marks <= set(alert.told_marks):
        return True
    newest, told = now.newest, alert.told_newest
    return newest is not None and told is not None and newest > told


def _this(alert: Alert) -> QuerySet[Alert]:
    """The row, as long as it stands as it was read."""
    lasts = alert.closed_at is None
    rows = Alert.objects.filter(pk=alert.pk, tellings=alert.tellings, closed_told_at=None)
    return rows.filter(closed_at__isnull=lasts)


def _claim(alert: Alert) -> bool:
    free = Q(teller_until=None) | Q(teller_until__lte=Now())
    return bool(_this(alert).filter(free).update(teller_until=from_now(mailing.LEASE)))


def _told(alert: Alert, now: Found | None) -> None:
    row = Alert.objects.filter(pk=alert.pk)  # it may be over meanwhile: that it began was told
    if alert.closed_at is not None:
        row.update(closed_told_at=Now(), teller_until=None)
    else:
        newest, marks = (now.newest, sorted(now.marks)) if now else (None, [])
        changes = {"told_at": Now(), "told_newest": newest, "tellings": F("tellings") + 1}
        row.update(teller_until=None, told_marks=marks, **changes)


def _mail(alert: Alert, now: Found | None, to: list[str]) -> None:
    """Raises what `mailing.FAILED` names."""
    condition = _condition(alert.kind)
    is_over = alert.closed_at is not None
    context = {
        "sentence": "" if is_over or now is None else now.sentence,
        "over": f"{condition.over}." if is_over else "",
        "since": alert.opened_at,
        "url": mailing.address(reverse("operations")),
    }
    subject = f"Incident Portal: {condition.over if is_over else condition.begun}"
    mailing.send(subject, render_to_string("declarations/alert_mail.txt", context), to)


def _condition(kind: str) -> Condition:
    return next(condition for condition in CONDITIONS if condition.kind == kind)
