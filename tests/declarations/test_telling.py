"""What needs its author is said on every page of theirs, and by mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from threading import Thread
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection as upstreams
from incidentportal.declarations import claims, mailing, telling, work
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from tests.support.controls import controls, page_of
from tests.support.declarations import make_declaration
from tests.support.mailbox import Mailbox
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

LONG_AGO = timedelta(minutes=5)
PAGES = ("/", "/declarations/", "/incidents/new/", "/accounts/password/change/")


def said(response: Any) -> list[str]:
    """The banners of a page, as they are read."""
    found = re.findall(r"<div [^>]*data-to-decide[^>]*>(.*?)</div>", response.content.decode())
    return [unescape(re.sub(r"<[^>]+>", "", each)) for each in found]


def refused(author: User, title: str = "Checkout is slow", **fields: Any) -> Declaration:
    """A declaration that Rootly refused some minutes ago."""
    row = make_declaration(author, title=title, state=State.REJECTED, **fields)
    Attempt.objects.create(
        declaration=row, claim=0, idempotency_key=str(row.pk), private=row.private,
        started_at=Now() - LONG_AGO, finished_at=Now() - LONG_AGO, outcome="ValidationError",
    )  # fmt: skip
    return row


def test_every_page_says_what_was_refused_and_leads_there(
    connected: Sandbox, reporter: User, visitor: PageClient
) -> None:
    assert [said(visitor.get(page)) for page in PAGES] == [[]] * len(PAGES)
    row = refused(reporter, upstream=upstreams.upstream())
    for page in PAGES:
        response = visitor.get(page)
        assert said(response) == ["Rootly did not accept “Checkout is slow”. Correct it."]
        assert f'href="/declarations/{row.pk}/">Correct it' in response.content.decode()
    own = visitor.get(f"/declarations/{row.pk}/")
    assert 'data-declaration-state="rejected"' in own.content.decode()
    assert said(own) == []


def test_one_that_is_unclear_and_several(
    reporter: User, visitor: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_declaration(reporter, title="First", state=State.UNCONFIRMED)
    assert said(visitor.get("/")) == ["We can't tell whether Rootly has “First”. Please decide."]
    assert said(visitor.get(f"/declarations/{first.pk}/")) == []
    make_declaration(reporter, title="", state=State.REJECTED)
    for _ in range(2):
        make_declaration(reporter, state=State.UNCONFIRMED)
    response = visitor.get("/")
    assert said(response) == [
        "Rootly did not accept your declaration. Correct it.",
        "We can't tell whether Rootly has 3 of your declarations. Please decide.",
    ]
    assert 'href="/declarations/?state=unconfirmed">Please decide' in response.content.decode()
    assert len(said(visitor.get(f"/declarations/{first.pk}/"))) == 2
    monkeypatch.setattr(telling, "MOST", 2)
    assert "at least " in " ".join(said(visitor.get("/")))


def test_private_titles_are_their_authors_alone_and_unreadable_ones_left_out(
    reporter: User, visitor: PageClient, admin_page: PageClient, settings: Settings
) -> None:
    row = refused(reporter, "A theft", payload={"private": True})
    assert "“A theft”" in said(visitor.get("/"))[0]
    assert said(admin_page.get("/")) == []
    assert b"A theft" not in admin_page.get("/declarations/?whose=everyone").content
    settings.SECRET_KEY = "another key, long enough to be taken for a real one: 0123456789"
    visitor.force_login(reporter)
    assert said(visitor.get("/")) == ["Rootly did not accept your declaration. Correct it."]
    assert f"/declarations/{row.pk}/" in visitor.get("/").content.decode()


def test_a_title_stays_within_its_marks(reporter: User, visitor: PageClient) -> None:
    refused(reporter, "<b>\u202e\nbold " + "x" * 500)
    (sentence,) = said(visitor.get("/"))
    assert "“<b> bold x" in sentence
    assert len(sentence) < 150


def test_it_costs_one_query_and_none_in_a_part_of_a_page(
    connected: Sandbox, reporter: User, visitor: PageClient
) -> None:
    def queries(**headers: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert visitor.get("/incidents/new/", headers=headers).status_code == 200
        return len([each for each in asked if "declaration_to_decide" in each["sql"] or (
            "'unconfirmed'" in each["sql"])])  # fmt: skip

    for _ in range(3):
        refused(reporter, upstream=upstreams.upstream())
    assert queries() == 1
    form = controls(page_of(visitor.get("/incidents/new/").content.decode()), "declaration")
    with CaptureQueriesContext(connection) as asked:
        visitor.post("/incidents/new/", form, headers={"HX-Request": "true"})
    assert not [each for each in asked if "'unconfirmed'" in each["sql"]]


def test_both_questions_are_answered_by_their_index(rita: User, mailbox: Mailbox) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by how many rows there are")
    with CaptureQueriesContext(connection) as asked:
        telling.to_decide(rita)
        write()
    for each in asked:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + each["sql"].replace("%", "%%"), ())
            plan = str(cursor.fetchall())
        assert "declaration_to_decide" in plan, plan
    assert len(asked) == 2


def test_who_sees_the_refusal_at_once_is_told_by_that(form: Form, connected: Sandbox) -> None:
    connected.fault(
        "status", method="POST", path="/incidents$", status=422, times=None,
        body={"errors": [{"title": "Severity is not allowed here", "status": "422"}]},
    )  # fmt: skip
    response = form.send(**form.filled())
    assert response.status_code == 422
    row = Declaration.objects.get()
    assert row.told_at is not None
    assert said(response) == [], "the page is about that one"
    assert len(said(form.client.get("/"))) == 1
    resent = form.send(title="Again")
    assert resent.status_code == 422
    again = Declaration.objects.get()
    assert again.told_at is not None
    assert again.told_at > row.told_at, "refused anew, and seen anew"


def test_a_refusal_in_the_background_is_not_told_until_its_page_is_seen(
    connected: Sandbox, reporter: User, visitor: PageClient
) -> None:
    row = make_declaration(reporter, upstream=upstreams.upstream(), payload={}, told_at=Now())
    connected.fault(
        "status", method="POST", path="/incidents$", status=422,
        body={"errors": [{"title": "No", "status": "422"}]},
    )  # fmt: skip
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    row.refresh_from_db()
    assert (row.state, row.told_at) == (State.REJECTED, None)
    visitor.get("/")
    row.refresh_from_db()
    assert row.told_at is None
    visitor.get(f"/declarations/{row.pk}/")
    row.refresh_from_db()
    assert row.told_at is not None


def test_admins_are_told_of_twins_and_of_tests_that_are_none(
    connected: Sandbox, reporter: User, visitor: PageClient, admin_page: PageClient
) -> None:
    given: dict[str, Any] = {
        "upstream": upstreams.upstream(), "state": State.DELIVERED, "due_at": None,
        "delivered_at": Now(), "payload": {"private": True},
    }  # fmt: skip
    make_declaration(
        reporter, incident_id="a", incident={"number": 7, "title": "A theft"},
        is_mistaken_real=True, **given,
    )  # fmt: skip
    make_declaration(
        reporter, incident_id="b", incident={"number": 8, "title": "A theft"},
        twins=[{"id": "c", "number": 9, "title": "A theft"}], twins_at=Now(), **given,
    )  # fmt: skip
    page = admin_page.get("/").content.decode()
    assert "as tests, although that was asked for: #7. " in page
    assert "several incidents for one declaration: #8 and #9. " in page
    assert "A theft" not in page
    assert b"data-banner" not in visitor.get("/").content


# --- By mail ----------------------------------------------------------------------------------


@pytest.fixture
def mailbox(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """The mail server that is set up."""
    monkeypatch.setattr(telling, "_pace", mailing.Pace())
    settings.EMAIL_IS_ON = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.x.org", "https://incidents.x.org"]
    with Mailbox() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
        server.shutdown()


@pytest.fixture
def rita(reporter: User) -> User:
    """A reporter whose e-mail is believed."""
    User.objects.filter(pk=reporter.pk).update(email="rita@x.org")
    EmailAddress.objects.create(user=reporter, email="rita@x.org", verified=True)
    reporter.refresh_from_db()
    return reporter


def write() -> None:
    """A look for somebody to write to, now."""
    telling._pace.next_at = 0
    telling.mail_if_due()


@pytest.mark.store
def test_the_author_is_written_to_once_for_each_refusal(rita: User, mailbox: Mailbox) -> None:
    row = refused(rita)
    for _ in range(2):
        write()
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("rita@x.org", "Your declaration needs a correction")
    text = mail.get_content()
    assert "“Checkout is slow”" in text
    assert f"https://incidents.x.org/declarations/{row.pk}/" in text
    row.refresh_from_db()
    assert row.told_at is not None
    refuse_anew(row)
    write()
    assert len(mailbox.mails) == 2


def refuse_anew(row: Declaration) -> None:
    """Corrected, and refused again, some minutes ago."""
    rows = Declaration.objects.filter(pk=row.pk)
    rows.update(state=State.QUEUED, due_at=Now())
    claim = claims.take(row.pk)
    assert claim is not None
    assert claims.release(row, claim, State.REJECTED, due_at=None, told_at=None, teller_until=None)


def test_nothing_private_is_in_a_mail(rita: User, mailbox: Mailbox) -> None:
    row = refused(rita, "A theft", payload={"private": True}, sentence="Theft is no title.")
    write()
    (mail,) = mailbox.mails
    told = f"{mail.items()} {mail.get_content()}"
    assert "theft" not in told.lower()
    assert str(row.pk) in told


def test_without_an_address_of_its_own_the_portal_says_where_to_look(
    rita: User, mailbox: Mailbox, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.x.org"]
    refused(rita)
    write()
    text = mailbox.mails[0].get_content()
    assert "look under “My declarations”" in text
    assert "http" not in text


def test_who_is_not_written_to(rita: User, mailbox: Mailbox, make_person: Person) -> None:
    claimed = make_person("claims", email="boss@x.org")
    EmailAddress.objects.create(user=claimed, email="boss@x.org", verified=False)
    loosely = make_person("loosely", email="r_ta@x.org")
    EmailAddress.objects.create(user=loosely, email="rxta@x.org", verified=True)
    gone = make_person("gone", email="gone@x.org", is_active=False)
    EmailAddress.objects.create(user=gone, email="gone@x.org", verified=True)
    for person in (claimed, loosely, gone, make_person("none")):
        refused(person)
    recent = refused(rita)
    Attempt.objects.filter(declaration=recent).update(finished_at=Now())
    make_declaration(rita, state=State.UNCONFIRMED)
    telling.seen(refused(rita))
    write()
    assert mailbox.mails == []
    assert Declaration.objects.filter(told_at=None).count() == 6


def test_without_mail_nobody_is_asked_for(rita: User, settings: Settings, mailbox: Mailbox) -> None:
    settings.EMAIL_IS_ON = False
    row = refused(rita)
    with CaptureQueriesContext(connection) as asked:
        write()
    row.refresh_from_db()
    assert (len(asked), row.told_at, mailbox.asked) == (0, None, 0)


@pytest.mark.parametrize(
    "refusal", [{"MAIL": "451 later"}, {"RCPT": "451 later"}, {"DATA": "452 full"}], ids=str
)
def test_what_could_not_be_sent_is_sent_later(
    rita: User, mailbox: Mailbox, refusal: dict[str, str]
) -> None:
    mailbox.refusals = refusal
    row = refused(rita)
    write()
    row.refresh_from_db()
    assert row.told_at is None
    waits = telling._pace.next_at
    telling.mail_if_due()
    assert mailbox.asked == 1, "with patience"
    write()
    assert telling._pace.next_at - waits > mailing.FIRST_WAIT / 2, "with more of it each time"
    mailbox.refusals = {}
    write()
    write()
    assert len(mailbox.mails) == 1
    assert telling._pace.failures == 0


def test_a_mail_server_that_is_gone_is_asked_once(
    rita: User, mailbox: Mailbox, settings: Settings
) -> None:
    mailbox.shutdown()
    mailbox.server_close()
    for _ in range(3):
        refused(rita)
    write()
    assert Declaration.objects.filter(told_at=None).count() == 3
    assert telling._pace.failures == 1


def test_a_recipient_that_is_refused_for_good_holds_nobody_up(
    rita: User, mailbox: Mailbox, make_person: Person
) -> None:
    mailbox.refusals = {"RCPT": "550 no such person"}
    row = refused(rita)
    write()
    row.refresh_from_db()
    assert row.told_at is not None
    assert telling._pace.failures == 0


def test_of_several_that_read_the_same_refusal_one_has_it(rita: User) -> None:
    row = refused(rita)
    one, other = (Declaration.objects.get(pk=row.pk) for _ in range(2))
    assert telling._claim(one)
    assert not telling._claim(other)
    refuse_anew(row)
    assert not telling._claim(one), "that was of the refusal before"


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_writes(rita: User, mailbox: Mailbox) -> None:
    refused(rita)

    def look() -> None:
        telling._mail_round()
        connection.close()

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(mailbox.mails) == 1
