"""The portal's own database locked, full, or gone for a while: what people see, and what holds.

Full is SQLite's `max_page_count`, which answers as a full disk does. Gone is a file that was moved
away, or PostgreSQL behind a proxy that is cut.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections, connection, connections
from django.db.models.functions import Now
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection as upstream
from incidentportal.declarations import claims, work
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.worker import Worker
from tests.support.browser import ROOT, environment
from tests.support.controls import controls, page_of
from tests.support.declarations import make_declaration
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox
from tests.support.trouble import Away, Full, Locked, Proxy, Trouble, quick_to_give_up, through

pytestmark = pytest.mark.store
SUMMARY = "It began at noon.\r\n" * 500
CREATE = {"method": "POST", "path": "/incidents$"}
KINDS = {"sqlite": ["locked", "full", "away"], "postgresql": ["cut"]}[connection.vendor]
GONE = [kind for kind in KINDS if kind in {"away", "cut"}]
IN_THE_MIDDLE = [kind for kind in KINDS if kind in {"locked", "cut"}]
"""What also strikes a connection that is open already."""


@contextmanager
def closed_at_last(trouble: Trouble) -> Iterator[None]:
    try:
        yield
    finally:
        trouble.end()
        trouble.close()


@contextmanager
def trouble_of(kind: str) -> Iterator[Trouble]:
    if kind == "cut":
        settings = connection.settings_dict
        proxy = Proxy(settings["HOST"] or "127.0.0.1", int(settings["PORT"] or 5432))
        with through(proxy), closed_at_last(proxy):
            yield proxy
        return
    with quick_to_give_up():
        makers: dict[str, Callable[[], Trouble]] = {"locked": Locked, "full": Full, "away": Away}
        trouble = makers[kind]()
        with closed_at_last(trouble):
            yield trouble


@pytest.fixture
def trouble(request: pytest.FixtureRequest, connected: Sandbox) -> Iterator[Trouble]:
    """The kind that the test asks for, not begun yet."""
    with trouble_of(request.param) as trouble:
        yield trouble


@pytest.fixture
def client(trouble: Trouble, form: Form) -> PageClient:
    """The browser before the form; a failure shows as its page."""
    form.client.raise_request_exception = False
    return form.client


def until(done: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize("trouble", KINDS, indirect=True)
def test_a_submission_is_refused_whole_and_goes_through_later_as_it_was(
    trouble: Trouble, client: PageClient, form: Form, connected: Sandbox
) -> None:
    posted = controls(page_of(form.html), "declaration")
    answers = {**posted, **form.filled(summary=SUMMARY)}
    trouble.begin()
    page = client.post(form.address, answers)
    trouble.end()
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "save anything at the moment" in page.content.decode()
    assert not Declaration.objects.exists()
    assert not Attempt.objects.exists()
    kept = controls(page_of(page.content.decode()), "update")
    assert kept["summary"] == [SUMMARY.replace("\r\n", "\n")], "as HTML reads it"
    assert kept["declaration"] == [form.identity]
    shown = client.post(form.address, kept)
    again = controls(page_of(shown.content.decode()), "declaration")
    assert client.post(form.address, again).status_code == 303
    assert Declaration.objects.get().answers["summary"] == [SUMMARY]
    assert len(connected.incidents()) == 1


@pytest.mark.parametrize("trouble", GONE, indirect=True)
def test_while_it_is_gone_every_page_says_so_and_comes_back_by_itself(
    trouble: Trouble, client: PageClient, form: Form
) -> None:
    pages = ["/", "/declarations/", "/incidents/new/", "/accounts/login/", "/admin/"]
    kept = {**controls(page_of(form.html), "declaration"), "update": "1"}
    trouble.begin()
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 503, page
        assert "Try again in a moment" in answer.content.decode()
    first = client.post(form.address, kept)
    second = client.post(form.address, controls(page_of(first.content.decode()), "update"))
    assert (first.status_code, second.status_code) == (503, 503), "as often as one presses"
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, list(ready.json()["missing"])) == (503, ["database"])
    trouble.end()
    assert client.get("/readyz").status_code == 200
    for page in pages:
        assert client.get(page, follow=True).status_code in {200, 404}, page
    third = client.post(form.address, controls(page_of(second.content.decode()), "update"))
    assert third.status_code == 200


@pytest.fixture
def row(connected: Sandbox, reporter: User) -> Declaration:
    return make_declaration(reporter, upstream=upstream.upstream())


def in_a_thread(work_to_do: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work_to_do()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def once_more(row: Declaration) -> None:
    """What whoever takes it up does, once the lease is over."""
    Declaration.objects.filter(pk=row.pk, state=State.DELIVERING).update(claimed_until=Now())
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    row.refresh_from_db()


@pytest.mark.parametrize("trouble", IN_THE_MIDDLE, indirect=True)
def test_an_incident_that_was_made_while_it_was_gone_is_found_and_not_made_twice(
    trouble: Trouble, connected: Sandbox, row: Declaration
) -> None:
    connected.switch(idempotency="ignore")
    connected.fault("hang_after", **CREATE, seconds=0.7)
    claim = claims.take(row.pk)
    assert claim is not None
    thread = in_a_thread(lambda: work.work_on(row.pk, claim))
    until(connected.incidents)
    trouble.begin()
    thread.join()
    trouble.end()
    row.refresh_from_db()
    assert row.state == State.DELIVERING
    assert Attempt.objects.get().is_open
    once_more(row)
    assert row.state == State.DELIVERED
    assert row.incident_id == connected.incidents()[0]["id"]
    assert len(connected.requests("POST", "/incidents")) == 1


FORBID = {
    "sqlite": [
        (
            "CREATE TRIGGER test_trouble BEFORE UPDATE OF state ON declarations_declaration "
            "WHEN NEW.state = 'delivered' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    ],
    "postgresql": [
        (
            "CREATE FUNCTION test_trouble() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"
        ),
        (
            "CREATE TRIGGER test_trouble BEFORE UPDATE ON declarations_declaration FOR EACH ROW "
            "WHEN (NEW.state = 'delivered') EXECUTE FUNCTION test_trouble()"
        ),
    ],
}
ALLOW = {
    "sqlite": "DROP TRIGGER test_trouble",
    "postgresql": "DROP FUNCTION test_trouble() CASCADE",
}


@contextmanager
def nothing_can_be_delivered() -> Iterator[None]:
    """The database takes everything but that a declaration is delivered."""
    with connection.cursor() as cursor:
        for statement in FORBID[connection.vendor]:
            cursor.execute(statement)
        try:
            yield
        finally:
            cursor.execute(ALLOW[connection.vendor])


def test_an_answer_that_can_be_stored_only_by_half_is_not_stored(
    connected: Sandbox, row: Declaration
) -> None:
    connected.switch(idempotency="ignore")
    claim = claims.take(row.pk)
    assert claim is not None
    with nothing_can_be_delivered():
        work.work_on(row.pk, claim)
    assert len(connected.incidents()) == 1
    assert Attempt.objects.get().is_open, "an attempt that is over would not be looked for"
    once_more(row)
    assert row.state == State.DELIVERED
    assert len(connected.requests("POST", "/incidents")) == 1


@pytest.mark.parametrize("trouble", IN_THE_MIDDLE, indirect=True)
def test_the_worker_outlives_it_and_goes_on_by_itself(
    trouble: Trouble, connected: Sandbox, row: Declaration, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    worker = Worker()
    trouble.begin()
    thread = in_a_thread(worker.run)
    try:
        until(lambda: "the database does not answer" in caplog.text)
        trouble.end()
        rows = Declaration.objects.filter(pk=row.pk, state=State.DELIVERED)
        until(rows.exists)
        assert thread.is_alive()
    finally:
        trouble.end()
        worker.stop.set()
        thread.join()
    assert len(connected.incidents()) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server")
def test_connections_that_the_server_ended_are_opened_anew(
    transactional_db: None, visitor: PageClient
) -> None:
    def end_all(*_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    thread = in_a_thread(end_all)
    thread.join()
    visitor.raise_request_exception = False
    close_old_connections()  # as the server does before each request, and the test's client doesn't
    assert visitor.get("/").status_code == 200


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such lock")
def test_a_person_waits_seconds_for_the_lock_and_a_delivery_longer(tmp_path: Path) -> None:
    asked = (
        "from incidentportal import wsgi; from django.db import connection;"
        "from incidentportal.declarations import patience;"
        "ask = lambda: connection.cursor().execute('PRAGMA busy_timeout').fetchone()[0];"
        "a = ask(); patience.of_a_delivery(); print(a, ask())"
    )
    database = tmp_path / "empty.sqlite3"
    database.touch()
    command = [sys.executable, "-c", asked]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(database), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["5000", "20000"]


@pytest.mark.parametrize("trouble", IN_THE_MIDDLE[:1], indirect=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such lock")
def test_what_rootly_says_is_stored_although_the_lock_lasts_longer_than_a_page_waits(
    trouble: Trouble, form: Form, connected: Sandbox, settings: Settings
) -> None:
    settings.DELIVERY_DEADLINE = 0.1
    connected.fault("latency", **CREATE, seconds=600)
    assert form.send(**form.filled()).status_code == 303
    until(lambda: connected.requests("POST", "/incidents"))
    trouble.begin()
    connected.let_go()
    until(connected.incidents)
    time.sleep(0.3)  # longer than a page waits here
    trouble.end()
    until(Declaration.objects.filter(state=State.DELIVERED).exists)
