"""What admins are told of by mail: once when it begins, once when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.declarations import alerts, mailing, queue
from incidentportal.declarations.alert_model import Alert
from incidentportal.declarations.conditions import CONDITIONS
from incidentportal.declarations.course import Cause
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from incidentportal.presets import history
from tests.presets.conftest import make_preset, setting
from tests.support.declarations import make_declaration
from tests.support.mailbox import Mailbox
from tests.support.people import PageClient, Person
from tests.support.sandbox import Sandbox

URL = "http://127.0.0.1:9/v1"
LONG = timedelta(minutes=20)


@pytest.fixture
def mailbox(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, make_person: Person
) -> Iterator[Mailbox]:
    """The mail server that is set up, and an admin whose e-mail is believed."""
    monkeypatch.setattr(alerts, "_mails", mailing.Pace())
    settings.ROOTLY_API_URL = URL
    settings.EMAIL_IS_ON = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.CSRF_TRUSTED_ORIGINS = ["https://incidents.x.org"]
    person = make_person("ada", "admin", email="Ada@x.org")
    EmailAddress.objects.create(user=person, email="ada@x.org", verified=True)
    with Mailbox() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
        server.shutdown()


def watch() -> None:
    """A look, now, and a mail if one is due."""
    alerts._Next.at = alerts._mails.next_at = float("-inf")
    alerts.watch_if_due()


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(mail["Subject"]).removeprefix("Incident Portal: ") for mail in mailbox.mails]


def old(author: User, state: State = State.QUEUED, **fields: Any) -> Declaration:
    """A declaration that has stood so for 20 minutes."""
    given = {"upstream": URL, "queued_at": timezone.now() - LONG, "state": state, **fields}
    row = make_declaration(author, **given)
    if state in {State.REJECTED, State.UNCONFIRMED}:
        Attempt.objects.create(
            declaration=row, claim=1, idempotency_key="k", private=row.private, digest="",
            started_at=timezone.now() - LONG, finished_at=timezone.now() - LONG,
        )  # fmt: skip
    return row


def held(author: User) -> None:
    queue.hold(URL, "Rootly no longer accepts the portal's token.", Cause.TOKEN)


def released(author: User) -> None:
    queue._release(URL, [Cause.TOKEN])


def stale(author: User) -> None:
    snapshot = Snapshot.objects.create(
        upstream=URL, digest="d", content=b"", created_at=timezone.now()
    )
    good_at = timezone.now() - LONG
    SyncState.objects.create(upstream=URL, snapshot=snapshot, good_at=good_at, error="Gone.")


def fresh(author: User) -> None:
    SyncState.objects.update(good_at=Now(), error="")


def become(state: State) -> Callable[[User], None]:
    def over(author: User) -> None:
        Declaration.objects.update(state=state, due_at=None)

    return over


CASES: dict[str, tuple[Callable[[User], object], Callable[[User], object], str]] = {
    "held": (held, released, "Declarations are kept but not sent. Rootly no longer accepts"),
    "stuck": (old, become(State.WITHDRAWN), "1 declaration is waiting for Rootly for more than 15"),
    "rejected": (
        lambda who: old(who, State.REJECTED), become(State.WITHDRAWN), "sent back and not corrected"
    ),
    "unconfirmed": (
        lambda who: old(who, State.UNCONFIRMED), become(State.FAILED), "may be in Rootly"
    ),
    "stale": (stale, fresh, "was last fetched at"),
}  # fmt: skip


@pytest.mark.store
@pytest.mark.parametrize("kind", CASES)
def test_once_when_it_begins_and_once_when_it_is_over(
    kind: str, mailbox: Mailbox, reporter: User
) -> None:
    begin, end, said = CASES[kind]
    watch()
    assert mailbox.mails == []
    begin(reporter)
    for _ in range(3):
        watch()
    condition = alerts._condition(kind)
    assert subjects(mailbox) == [condition.begun]
    mail = mailbox.mails[0]
    assert mail["To"] == "ada@x.org"
    assert said in mail.get_content()
    assert "https://incidents.x.org/operations/" in mail.get_content()
    end(reporter)
    for _ in range(3):
        watch()
    assert subjects(mailbox) == [condition.begun, condition.over]
    alert = Alert.objects.get()
    assert (alert.kind, alert.tellings) == (kind, 1)
    assert alert.closed_told_at is not None


def test_every_condition_is_tested_here() -> None:
    assert {condition.kind for condition in CONDITIONS} == {*CASES, "presets"}


def test_a_preset_that_broke_is_told_once_and_that_it_fits_again(
    mailbox: Mailbox, connected: Sandbox
) -> None:
    preset = make_preset(setting("Severity", "SEV1 Critical"), name="Payments")
    watch()
    assert mailbox.mails == []
    whole = preset.content
    gone = replace(whole.fields["severity_id"], values=("nowhere",))
    preset.take(replace(whole, fields={"severity_id": gone}))
    history.save(preset, None)
    for _ in range(3):
        watch()
    (mail,) = mailbox.mails
    assert "no longer fits Rootly" in str(mail["Subject"])
    assert "“Payments”" in mail.get_content()
    preset.take(whole)
    history.save(preset, None)
    watch()
    assert "fit Rootly again" in str(mailbox.mails[-1]["Subject"])


def test_another_preset_that_breaks_while_one_is_broken_is_told_too(
    mailbox: Mailbox, connected: Sandbox
) -> None:
    name, whole = setting("Severity", "SEV1 Critical")
    gone = replace(whole, values=("nowhere",))
    make_preset((name, gone), name="Payments")
    watch()
    second = make_preset((name, gone), slug="logins", name="Logins")
    watch()
    assert len(mailbox.mails) == 1, "not at once"
    for mails in (2, 2):
        Alert.objects.update(told_at=timezone.now() - timedelta(minutes=16))
        watch()
        assert len(mailbox.mails) == mails
    assert "“Logins”" in mailbox.mails[-1].get_content()
    fits = second.content
    second.take(replace(fits, fields={name: whole}))
    history.save(second, None)
    watch()
    second.take(fits)
    history.save(second, None)
    Alert.objects.update(told_at=timezone.now() - timedelta(minutes=61))
    watch()
    assert len(mailbox.mails) == 3, "it broke again"


def test_two_hundred_are_one_mail_that_says_nothing_of_them(
    mailbox: Mailbox, reporter: User
) -> None:
    secret = {"title": "A theft", "private": True}
    old(reporter, queued_at=timezone.now() - timedelta(hours=3), payload=secret, title="A theft")
    for number in range(199):
        old(reporter, title=f"Broken {number}")
    watch()
    (mail,) = mailbox.mails
    assert "200 declarations are waiting" in mail.get_content()
    assert "the oldest for 3 hours" in mail.get_content()
    for word in ("theft", "Broken", "rita"):
        assert word not in mail.get_content()


def test_what_is_not_late_is_nothing_to_tell(
    mailbox: Mailbox, reporter: User, settings: Settings
) -> None:
    recent = timezone.now() - timedelta(minutes=10)
    for state in (State.QUEUED, State.REJECTED, State.UNCONFIRMED):
        old(reporter, state, queued_at=recent)
    Attempt.objects.update(finished_at=recent)
    old(reporter, upstream="http://127.0.0.1:8/v1")
    watch()
    assert (mailbox.mails, Alert.objects.count()) == ([], 0)
    settings.ALERT_STUCK_AFTER = 5
    watch()
    assert len(mailbox.mails) == 3


def test_what_joins_is_told_later_and_ever_more_rarely(mailbox: Mailbox, reporter: User) -> None:
    old(reporter, queued_at=timezone.now() - timedelta(hours=2))
    watch()
    old(reporter, queued_at=timezone.now() - timedelta(hours=1))
    watch()
    assert len(mailbox.mails) == 1, "not at once"
    for minutes, mails in ((14, 1), (16, 2)):
        Alert.objects.update(told_at=timezone.now() - timedelta(minutes=minutes))
        watch()
        assert len(mailbox.mails) == mails
    assert "2 declarations are waiting" in mailbox.mails[-1].get_content()
    Alert.objects.update(told_at=timezone.now() - timedelta(hours=2))
    watch()
    assert len(mailbox.mails) == 2, "nothing has joined since"
    old(reporter)
    for minutes, mails in ((29, 2), (31, 3)):
        Alert.objects.update(told_at=timezone.now() - timedelta(minutes=minutes))
        watch()
        assert len(mailbox.mails) == mails


def test_what_comes_and_goes_floods_nobody(mailbox: Mailbox, reporter: User) -> None:
    for _ in range(6):
        held(reporter)
        watch()
        released(reporter)
        watch()
    assert len(mailbox.mails) == 2 * alerts.AT_ONCE
    held(reporter)
    watch()
    assert len(mailbox.mails) == 2 * alerts.AT_ONCE
    Alert.objects.filter(tellings__gt=0).update(told_at=timezone.now() - timedelta(minutes=61))
    watch()
    assert len(mailbox.mails) == 2 * alerts.AT_ONCE + 1


@pytest.mark.parametrize("refusal", [{"MAIL": "451 later"}, {"RCPT": "451 later"}], ids=str)
def test_what_could_not_be_sent_is_sent_later(
    mailbox: Mailbox, reporter: User, refusal: dict[str, str]
) -> None:
    mailbox.refusals = refusal
    held(reporter)
    watch()
    assert alerts._mails.failures == 1
    alerts._Next.at = float("-inf")
    alerts.watch_if_due()
    assert mailbox.asked == 1, "with patience"
    mailbox.refusals = {}
    watch()
    watch()
    assert len(mailbox.mails) == 1
    mailbox.refusals = refusal
    released(reporter)
    watch()
    mailbox.refusals = {}
    watch()
    assert len(mailbox.mails) == 2


def test_what_is_over_before_it_was_told_is_not_told(mailbox: Mailbox, reporter: User) -> None:
    mailbox.refusals = {"MAIL": "451 later"}
    held(reporter)
    watch()
    released(reporter)
    mailbox.refusals = {}
    watch()
    assert mailbox.mails == []


def test_a_sender_that_died_leaves_the_mail_to_another(mailbox: Mailbox, reporter: User) -> None:
    held(reporter)
    alerts.observe(URL)
    assert alerts._claim(Alert.objects.get())
    watch()
    assert mailbox.mails == [], "somebody is at it"
    Alert.objects.update(teller_until=timezone.now() - timedelta(seconds=1))
    watch()
    assert len(mailbox.mails) == 1


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_writes(mailbox: Mailbox, reporter: User) -> None:
    held(reporter)

    def look() -> None:
        try:
            alerts.tell(URL, alerts.observe(URL))
        finally:
            connection.close()

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(mailbox.mails) == 1
    assert Alert.objects.count() == 1


def test_who_is_written_to(mailbox: Mailbox, make_person: Person) -> None:
    chief = User.objects.create_superuser("chief", email="chief@x.org")
    gone = make_person("gone", "admin", email="gone@x.org", is_active=False)
    rita = make_person("other", email="rita@x.org")
    for person in (chief, gone, rita):
        EmailAddress.objects.create(user=person, email=person.email, verified=True)
    make_person("claims", "admin", email="boss@x.org")
    held(chief)
    watch()
    (mail,) = mailbox.mails
    assert mail["To"] == "ada@x.org, chief@x.org"


def test_without_mail_or_anybody_to_write_to_it_waits(
    mailbox: Mailbox, reporter: User, settings: Settings
) -> None:
    settings.EMAIL_IS_ON = False
    held(reporter)
    watch()
    assert (mailbox.asked, Alert.objects.filter(closed_at=None).count()) == (0, 1)
    settings.EMAIL_IS_ON = True
    EmailAddress.objects.update(verified=False)
    watch()
    assert mailbox.asked == 0
    EmailAddress.objects.update(verified=True)
    watch()
    assert len(mailbox.mails) == 1


def test_another_rootly_ends_what_was_open_without_a_word(
    mailbox: Mailbox, reporter: User, settings: Settings
) -> None:
    held(reporter)
    watch()
    settings.ROOTLY_API_URL = "http://127.0.0.1:8/v1"
    watch()
    assert len(mailbox.mails) == 1
    assert not Alert.objects.filter(closed_at=None).exists()


def test_pages_say_it_to_admins_too(
    reporter: User, make_person: Person, settings: Settings, visitor: PageClient
) -> None:
    settings.ROOTLY_API_URL, settings.ROOTLY_API_TOKEN = URL, "t"
    old(reporter)
    old(reporter, State.REJECTED)
    client = PageClient()
    client.force_login(make_person("ada", "admin"))
    assert b"data-banner" not in client.get("/").content
    alerts.observe(URL)
    page = client.get("/").content.decode()
    words = "Declarations are stuck. Declarations were sent back and not corrected. Operations"
    assert words in page
    assert b"Operations" not in visitor.get("/").content
    stale(reporter)
    SyncState.objects.update(error="")
    assert "was last fetched at" in client.get("/").content.decode()
