"""The mail about a refusal, where the worker that sends it is killed over it."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.declarations import telling
from incidentportal.declarations.models import Declaration
from tests.declarations.test_telling import LONG_AGO, mailbox, refuse_anew, refused, rita, write
from tests.support.mailbox import Mailbox

__all__ = ["mailbox", "rita"]


def dies(row: Declaration) -> None:
    """A worker is killed between its claim and the mail server's answer; its lease ends later."""
    assert telling._claim(Declaration.objects.get(pk=row.pk))
    write()
    assert not telling._claim(Declaration.objects.get(pk=row.pk)), "nobody knows that it is dead"
    leased = Declaration.objects.filter(pk=row.pk, teller_until__gt=Now())
    assert leased.update(teller_until=Now() - LONG_AGO) == 1


@pytest.mark.store
def test_the_mail_of_a_worker_that_was_killed_is_sent_by_the_next(
    rita: User, mailbox: Mailbox
) -> None:
    row = refused(rita)
    dies(row)
    assert mailbox.mails == []
    for _ in range(2):
        write()
    assert len(mailbox.mails) == 1
    row.refresh_from_db()
    assert row.told_at is not None


@pytest.mark.store
def test_a_mail_that_may_have_gone_is_sent_once_more_at_most(rita: User, mailbox: Mailbox) -> None:
    row = refused(rita)
    dies(row)
    mailbox.refusals = {"DATA": "452 full"}
    write()
    row.refresh_from_db()
    assert row.told_at is None, "that one surely didn't go"
    mailbox.refusals = {}
    assert telling._claim(row), "the last that may take it up dies as well"
    write()
    assert mailbox.mails == []
    refuse_anew(row)
    write()
    assert len(mailbox.mails) == 1, "another refusal is another mail"


def test_who_sees_it_while_the_mail_cannot_be_sent_gets_none_later(
    rita: User, mailbox: Mailbox
) -> None:
    row = refused(rita)
    dies(row)
    telling.seen(row)
    write()
    assert mailbox.mails == []
