"""Private declarations at rest: a canary goes through each flow, and is then looked for."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from incidentportal.accounts.encryption import keyed_digest
from incidentportal.accounts.models import User
from incidentportal.accounts.sealed import Sealed, sealable
from incidentportal.catalog import connection
from incidentportal.declarations import claims, decisions, delivery, queue, submission, work
from incidentportal.declarations.arrival import store_incident
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.submission import Submission
from incidentportal.portal.logs import formatter
from incidentportal.rootly.records import Incident
from tests.accounts.test_encryption import new_key
from tests.declarations.test_delivery import CREATE, once, until
from tests.support.at_rest import at_rest
from tests.support.declarations import make_declaration
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

Lines = Callable[[], str]
SECRET = {"title": "A theft", "private": True}


@pytest.fixture
def canary() -> str:
    """A word that lies nowhere yet."""
    return f"canary{uuid.uuid4().hex}"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, settings: Settings) -> Lines:
    """All that is logged, with every logger at its most talkative, SQL and its values included."""
    settings.DEBUG, settings.DELIVERY_TIMEOUT = True, 0.4
    caplog.set_level(logging.DEBUG)
    for name in (*logging.root.manager.loggerDict, "django.db.backends", "django.template"):
        caplog.set_level(logging.DEBUG, logger=name)

    def everything() -> str:
        return caplog.text + "\n".join(
            f"{each.getMessage()} {vars(each)}" for each in caplog.records
        )

    return everything


@pytest.fixture
def written(lines: Lines) -> Iterator[Lines]:
    """The same as production writes it, SQL apart: there nobody logs that."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(readable=False))
    handler.addFilter(lambda record: not record.name.startswith("django.db"))
    root.addHandler(handler)
    yield stream.getvalue
    root.removeHandler(handler)


@pytest.fixture
def sam(connected: Sandbox, make_person: Person) -> Form:
    """The form before a support agent, who may declare in private."""
    client = PageClient()
    client.force_login(make_person("sam", "support"))
    return Form(client)


@pytest.fixture
def ada(make_person: Person) -> Client:
    """An admin's browser. A plain one: with DEBUG Django's own pages for errors are shown."""
    client = Client()
    client.force_login(make_person("ada", "admin", is_staff=True, is_superuser=True))
    return client


class Flow:
    """A declaration with the canary in all that a person types, and in what Rootly says."""

    def __init__(self, form: Form, sandbox: Sandbox, canary: str, *, private: bool) -> None:
        self.form, self.sandbox, self.canary = form, sandbox, canary
        self.admin = User.objects.get(username="ada")
        self.private = {"private": "true"} if private else {}

    def send(self, **answers: str) -> object:
        """Post it, first with what is required missing."""
        texts = {"title": f"{self.canary} in the title", "summary": f"{self.canary} too"}
        if "severity_id" in answers:
            self.form.send(**texts, **self.private)
            assert self.form.response.status_code == 422
        filled = self.form.filled(**texts, **self.private, **answers)
        return self.form.send(**filled).status_code

    def declare(self) -> None:
        """It arrives at once."""
        assert self.send(severity_id=self.form.option("severity_id", "SEV1")) == 303

    def time_out(self) -> None:
        """No answer; it is looked for twice, then sent again. A person decides where a look would
        not see it: nobody knows yet whether this token sees private ones.
        """
        self.sandbox.fault(**CREATE, kind="hang", seconds=1, times=1)
        assert self.send() == 303
        row = Declaration.objects.get()
        until(lambda: Declaration.objects.filter(state=State.QUEUED).exists())
        if self.private:
            assert once(row).state == State.UNCONFIRMED
            return
        once(row)
        Attempt.objects.update(started_at=Now() - timedelta(seconds=60))
        assert once(row).state == State.DELIVERED

    def fail(self) -> None:
        """A 500 whose body repeats the title; then a look that finds nothing."""
        body = f"<h1>{self.canary}</h1>"
        self.sandbox.fault(**CREATE, kind="status", status=500, body=body, times=1)
        assert self.send() == 303
        once(Declaration.objects.get())

    def retry(self) -> None:
        """Rootly can't be reached for a while."""
        self.sandbox.down(60)
        assert self.send() == 303
        self.sandbox.up()
        assert once(Declaration.objects.get()).state == State.DELIVERED

    def correct(self) -> None:
        """Rootly refuses it and repeats the title; it is corrected."""
        errors = {"title": [f"{self.canary} is too vague"]}
        self.sandbox.fault(**CREATE, kind="validation", shape="A", times=1, errors=errors)
        assert self.send() == 422
        assert self.canary in self.form.error("title")
        self.form.client.get(f"/declarations/{Declaration.objects.get().pk}/")
        assert self.send() == 303

    def break_down(self) -> None:
        """A fault of the portal's own while it is worked on, with the title in its message."""

        def send(*_: object) -> None:
            raise ValueError(f"can't cope with {self.canary}")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delivery, "_send", send)
            assert self.send() == 303
        once(Declaration.objects.get())

    def look_in_vain(self) -> None:
        """No answer, and then no look: Rootly fails with the title in its body, and again."""
        body = f"<h1>{self.canary}</h1>"
        self.sandbox.fault(**CREATE, kind="drop_before", times=1)
        self.sandbox.fault("status", method="GET", status=500, body=body, times=2)
        assert self.send() == 303
        once(Declaration.objects.get())

    def be_given_up(self) -> None:
        """A draft before; then an admin holds the queue and gives it up, each with a reason."""
        draft = {**self.private, "title": self.canary}
        self.form.client.post("/incidents/new/draft/", draft)
        queue.hold_by(connection.upstream(), self.admin, f"{len(self.canary)} letters")
        assert self.send() == 303
        row = Declaration.objects.get()
        decisions.give_up(row.pk, self.admin, f"It says {self.canary}")


FLOWS = (
    "declare", "time_out", "fail", "retry", "correct", "break_down", "look_in_vain", "be_given_up",
)  # fmt: skip


@pytest.mark.store
@pytest.mark.parametrize("private", [True, False], ids=["private", "public"])
@pytest.mark.parametrize("flow", FLOWS)
def test_a_private_declarations_texts_lie_nowhere_in_clear(
    sam: Form, connected: Sandbox, canary: str, lines: Lines, written: Lines, ada: Client,
    *, flow: str, private: bool,
) -> None:  # fmt: skip
    getattr(Flow(sam, connected, canary, private=private), flow)()
    row = Declaration.objects.get()
    assert (row.private, canary in row.title) == (private, True)
    assert all(attempt.private == private for attempt in row.attempts.all())
    for address in ("/", "/declarations/", f"/declarations/{row.pk}/"):
        assert canary in sam.client.get(address).content.decode()
    for address in ("/", "/admin/", f"/declarations/{row.pk}/", "/operations/",
                    f"/operations/declarations/{row.pk}/"):  # fmt: skip
        ada.get(address)
    if row.state == State.DELIVERED:
        once(row)  # reads it back
    assert (canary.encode() in at_rest()) is not private
    assert (canary in lines()) is not private
    assert canary not in written(), "nothing that anybody typed, private or not"
    told = [json.loads(line) for line in written().splitlines()]
    about = {line["event"] for line in told if line.get("declaration_id") == str(row.pk)}
    assert len(about) > 1, "what was told of it is told with its id"


def test_a_page_that_fails_tells_the_log_nothing_of_what_it_shows(
    sam: Form, connected: Sandbox, canary: str, written: Lines, ada: Client, settings: Settings
) -> None:
    settings.DEBUG = False  # with it Django shows its own page

    def fail(*_: object, **__: object) -> None:
        raise ValueError(f"can't show {canary}")

    Flow(sam, connected, canary, private=True).declare()
    sam.client.raise_request_exception = False
    pk = Declaration.objects.get().pk
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("incidentportal.declarations.views.page_of", fail)
        assert sam.client.get(f"/declarations/{pk}/").status_code == 500
    assert "ValueError" in written()
    assert canary not in written()


@pytest.mark.django_db
def test_sqlite_overwrites_what_it_deletes() -> None:
    with database.cursor() as cursor:
        assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)


def submitted(**payload: object) -> Submission:
    return Submission(
        upstream="http://127.0.0.1:9/v1", snapshot_id=1, title=str(payload["title"]),
        answers={"title": [str(payload["title"])]}, labels=[], payload=payload, severity_rank=1,
    )  # fmt: skip


@pytest.fixture
def rejected(reporter: User, transactional_db: None, canary: str) -> Declaration:
    """A public declaration that Rootly refused, with the canary in every text."""
    row = make_declaration(
        reporter, state=State.REJECTED, due_at=None, title=canary, payload={"title": canary},
        answers={"title": [canary]}, labels=[{"name": "title", "label": "x", "text": canary}],
        sentence=canary, errors={"messages": [canary]}, incident={"title": canary},
        open_values=[canary], open_steps=[{"value": canary}],
    )  # fmt: skip
    Attempt.objects.create(declaration=row, claim=1, sentence=canary, is_open=False)
    return row


@pytest.mark.store
def test_a_correction_makes_it_private_and_nothing_stays_behind(
    rejected: Declaration, reporter: User, canary: str
) -> None:
    assert canary.encode() in at_rest()
    assert submission.save(rejected.pk, reporter, submitted(title=canary, private=True))
    assert canary.encode() not in at_rest()
    rejected.refresh_from_db()
    assert (rejected.private, rejected.state, rejected.errors) == (True, State.QUEUED, {})
    assert (rejected.title, rejected.incident) == (canary, {"title": canary})
    attempt = rejected.attempts.get()
    assert (attempt.private, attempt.sentence) == (True, canary)


@pytest.mark.store
def test_what_is_private_stays_private_whatever_a_correction_says(
    rejected: Declaration, reporter: User, canary: str
) -> None:
    submission.save(rejected.pk, reporter, submitted(title=canary, private=True))
    for said in ({}, {"private": False}):
        claim = claims.take(rejected.pk)
        assert claim is not None
        assert claims.release(rejected, claim, State.REJECTED, due_at=None)
        assert submission.save(rejected.pk, reporter, submitted(title=f"{canary} again", **said))
        rejected.refresh_from_db()
        assert rejected.private
        assert rejected.payload == {"title": f"{canary} again", "private": True}
        assert rejected.answers["private"] == ["true"]
        assert rejected.labels[-1] == {"name": "private", "label": "Private", "text": "Yes"}
        assert canary.encode() not in at_rest()


@pytest.mark.store
def test_an_answer_that_comes_late_is_stored_sealed_where_it_became_private_meanwhile(
    rejected: Declaration, reporter: User, canary: str
) -> None:
    stale = Declaration.objects.get(pk=rejected.pk)
    attempt = stale.attempts.get()
    submission.save(rejected.pk, reporter, submitted(title=canary, private=True))
    delivery._finish(attempt, 0, None, delivery.DONE)
    store_incident(stale, Incident(id="7", title=canary))
    rejected.refresh_from_db()
    assert (rejected.state, rejected.incident["title"]) == (State.DELIVERED, canary)
    assert canary.encode() not in at_rest()


def test_nothing_is_sent_of_what_was_read_before_it_became_private(
    rejected: Declaration, reporter: User
) -> None:
    claim = claims.take(make_declaration(reporter).pk)
    assert claim is not None
    stale = Declaration.objects.exclude(pk=rejected.pk).get()
    Declaration.objects.filter(pk=stale.pk).update(
        private=True, **{name: Sealed(getattr(stale, name)) for name in TEXTS}
    )
    assert delivery._begin(stale, claim, stale.payload) is None
    assert not stale.attempts.exists()


TEXTS = sealable(Declaration)


@pytest.mark.parametrize("when", ["made", "read back"])
def test_an_incident_that_rootly_made_private_makes_its_declaration_private(
    connected: Sandbox, reporter: User, canary: str, when: str
) -> None:
    made = {"id": "77", "title": canary, "private": True}
    if when == "made":
        connected.fault(**CREATE, kind="status", status=201, body={"data": made})
    row = once(make_declaration(reporter, upstream=connection.upstream(), title=canary))
    if when == "read back":
        assert not row.private
        (incident,) = connected.incidents()
        change = {"id": incident["id"], "private": True, "title": canary}
        connected.change_list("incidents", upsert=[change])
        once(row)
    assert (row.state, row.private, row.is_exposed) == (State.DELIVERED, True, False)
    assert canary.encode() not in at_rest()
    assert row.incident["title"] == canary


@pytest.mark.store
def test_the_digest_of_what_was_sent_is_keyed(connected: Sandbox, reporter: User) -> None:
    once(make_declaration(reporter, upstream=connection.upstream(), payload=SECRET))
    digest = Attempt.objects.get().digest
    assert len(digest) == 64
    assert digest not in {keyed_digest(b"x"), ""}


@pytest.fixture
def unreadable(connected: Sandbox, reporter: User, settings: Settings) -> Declaration:
    """A private declaration that waits, and whose key was dropped."""
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    row = make_declaration(reporter, upstream=connection.upstream(), payload=SECRET)
    settings.FIELD_ENCRYPTION_KEYS = []
    return row


@pytest.mark.parametrize("state", [State.QUEUED, State.DELIVERED])
def test_the_worker_leaves_what_it_cannot_read_alone_and_does_not_loop(
    unreadable: Declaration, settings: Settings, caplog: pytest.LogCaptureFixture, state: State
) -> None:
    settings.DELIVERY_BACKOFF = (0.05, 60)
    rows = Declaration.objects.filter(pk=unreadable.pk)
    rows.update(state=state, incident_id="7" if state == State.DELIVERED else "")
    before = rows.defer(*TEXTS).get()
    claim = claims.take(unreadable.pk)
    assert claim is not None
    work.work_on(unreadable.pk, claim)
    after = rows.defer(*TEXTS).get()
    assert after.state == before.state
    assert after.claimed_until is None
    assert claims.take(unreadable.pk) is None, "it is not due again at once"
    assert not rows.filter(due_at__lt=Now() + timedelta(seconds=30)).exists()
    assert not Attempt.objects.exists()
    assert "can't be read with the keys given" in caplog.text


def test_the_journal_is_emptied_as_soon_as_no_reader_needs_it(
    rejected: Declaration, reporter: User, canary: str
) -> None:
    other = database.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            cursor.execute("SELECT count(*) FROM declarations_declaration").fetchone()
        submission.save(rejected.pk, reporter, submitted(title=canary, private=True))
        assert canary.encode() in at_rest(), "the reader still needs it"
        with other.cursor() as cursor:
            cursor.execute("COMMIT")
        until(lambda: canary.encode() not in at_rest())
    finally:
        other.close()


def test_what_is_saved_under_anothers_id_corrects_nothing(
    rejected: Declaration, make_person: Person
) -> None:
    assert submission.save(rejected.pk, make_person("mallory"), submitted(title="Mine")) is None
    rejected.refresh_from_db()
    assert (rejected.state, rejected.title != "Mine") == (State.REJECTED, True)
