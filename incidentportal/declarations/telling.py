"""Telling people of their declarations that wait for them: on every page of theirs, and by mail.

Nothing of a private declaration's content leaves by mail, and nobody is told of another's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse

from incidentportal.accounts.email import has_trusted_email, trusted_email
from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given
from incidentportal.declarations import mailing
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Attempt, Declaration, DeclarationQuerySet
from incidentportal.declarations.states import State
from incidentportal.rootly.values import legible

MOST = 100
"""So many are counted; where there are more, "at least" as many are."""
LONGEST_TITLE = 80
PATIENCE = 60
"""Seconds: whoever has the form in front of them reads the refusal there, and gets no mail."""
AT_ONCE = 10
"""Mails in a row: the thread has other things to do, too."""

log = logging.getLogger(__name__)


class _Written(Value):
    """A constant that stands in the SQL itself: only so does SQLite see that an index with a
    condition holds all that is asked for.
    """

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        """One of the portal's own words, in quotes."""
        return f"'{self.value}'", ()


_TO_DECIDE = Q(state__in=[_Written(State.REJECTED.value), _Written(State.UNCONFIRMED.value)])
"""As the index `declaration_to_decide` says it."""


@dataclass(frozen=True, slots=True)
class Banner:
    """What waits for its author: a sentence around a title (blank: it has none to show), and where
    to go on.
    """

    state: str
    before: str
    title: str
    after: str
    url: str
    link: str


def to_decide(person: User, shown: UUID | None = None) -> list[Banner]:
    """What this person's declarations wait for, but for the one that the page shows. One query."""
    rows = waiting_for(person)
    if shown is not None:
        rows = rows.exclude(pk=shown)
    return told_of(rows.only("state", "title")[: MOST + 1].tolerant())


def waiting_for(person: User | Given) -> DeclarationQuerySet:
    """The person's declarations that wait for them. In no order, which would take another index: a
    title is said of an only one alone.
    """
    return Declaration.objects.own(person).filter(_TO_DECIDE).order_by()


def told_of(read: list[Declaration]) -> list[Banner]:
    """What is said of such declarations: of `MOST`, and one more where there are others."""
    refused = [row for row in read if row.state == State.REJECTED]
    unclear = [row for row in read if row.state == State.UNCONFIRMED]
    is_all = len(read) <= MOST
    return [*_refused(refused, is_all=is_all), *_unclear(unclear, is_all=is_all)]


def _refused(rows: list[Declaration], *, is_all: bool) -> list[Banner]:
    if not rows:
        return []
    what, title, url = _which(rows, "rejected", is_all=is_all)
    link = "Correct it" if len(rows) == 1 else "Correct them"
    before = f"Rootly did not accept {what}".strip()
    return [Banner(State.REJECTED, before, title, ".", url, link)]


def _unclear(rows: list[Declaration], *, is_all: bool) -> list[Banner]:
    if not rows:
        return []
    what, title, url = _which(rows, "unconfirmed", is_all=is_all)
    before = f"We can't tell whether Rootly has {what}".strip()
    return [Banner(State.UNCONFIRMED, before, title, ".", url, "Please decide")]


def _which(rows: list[Declaration], state: str, *, is_all: bool) -> tuple[str, str, str]:
    """Words for these, the title if it is one that has one, and the address."""
    if len(rows) > 1 or not is_all:
        count = str(len(rows)) if is_all else f"at least {len(rows)}"
        return f"{count} of your declarations", "", f"{reverse('declarations')}?state={state}"
    title = _title(rows[0])
    return "" if title else "your declaration", title, reverse("declaration", args=[rows[0].pk])


def _title(row: Declaration) -> str:
    try:
        title = " ".join(legible(row.title).split())
    except UnreadableError:
        return ""
    return title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE].rstrip()}…"


def seen(declaration: Declaration) -> None:
    """Its author has Rootly's refusal in front of them: no mail is needed any more."""
    if declaration.told_at is None:
        _told(declaration)


def _told(declaration: Declaration) -> None:
    _this(declaration).filter(told_at=None).update(told_at=Now())


def _claim(row: Declaration) -> bool:
    """Have this refusal's mail to send; False: another has it, it was sent, or isn't due any more.

    Whoever takes it up from one that died counts it as sent at once: it may have gone already, and
    goes once more at most.
    """
    this = _this(row).filter(told_at=None, teller_until=row.teller_until)
    if row.teller_until is None:
        return bool(this.update(teller_until=from_now(mailing.LEASE)))
    return bool(this.filter(teller_until__lte=Now()).update(told_at=Now()))


def _give_back(row: Declaration) -> None:
    """It surely wasn't sent: the claim stands as it was read."""
    if row.teller_until is None:
        _this(row).update(teller_until=None)
    else:
        _this(row).update(told_at=None)


def _this(declaration: Declaration) -> DeclarationQuerySet:
    """The row, as long as this very refusal is its latest: each has its own claim."""
    rows = Declaration.objects.filter(pk=declaration.pk, claim=declaration.claim)
    return rows.filter(state=State.REJECTED)


_pace = mailing.Pace()


def mail_if_due() -> None:
    """Write to the authors of refused declarations who haven't seen it for a minute, once for each
    refusal, or twice where a worker died over it; for the worker. Blocks for as long as the mail
    server takes, and raises nothing of its.
    """
    if settings.EMAIL_IS_ON and _pace.is_due:
        _pace.again(all_went=_mail_round())


def _mail_round() -> bool:
    """False: some could not be sent, and wait."""
    all_went = True
    for row in _untold()[:AT_ONCE].tolerant():
        email = trusted_email(row.author)
        if not email or not _claim(row):
            continue
        try:
            _mail(row, email)
        except mailing.FAILED as error:
            if mailing.is_final(error):
                log.warning("no mail about declaration %s: its recipient is refused", row.pk)
                _told(row)
                continue
            # Nobody was told; what the server says may name people.
            _give_back(row)
            log.warning("no mail about declaration %s yet: %s", row.pk, type(error).__name__)
            all_went = False
            if not isinstance(error, SMTPRecipientsRefused | SMTPDataError):
                break  # it is the server, and not this mail
        else:
            _told(row)
    return all_went


def _untold() -> DeclarationQuerySet:
    recent = Attempt.objects.filter(declaration=OuterRef("pk"), finished_at__gt=from_now(-PATIENCE))
    rows = Declaration.objects.filter(_TO_DECIDE, state=State.REJECTED, told_at=None)
    rows = rows.filter(Q(teller_until=None) | Q(teller_until__lte=Now()))
    rows = rows.filter(~Exists(recent), has_trusted_email("author"), author__is_active=True)
    return rows.select_related("author").order_by("submitted_at")


def _mail(row: Declaration, email: str) -> None:
    """Raises OSError and SMTPException."""
    url = mailing.address(reverse("declaration", args=[row.pk]))
    context = {"title": "" if row.private else _title(row), "url": url}
    text = render_to_string("declarations/refused_mail.txt", context)
    mailing.send("Your declaration needs a correction", text, [email])
