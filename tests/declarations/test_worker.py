"""The worker: what it takes up and when, who stands by, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.db.models.functions import Now
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import announce, beats, claims, queue, turns
from incidentportal.declarations import worker as workers
from incidentportal.declarations.beat_model import Beat
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.declarations.worker import Worker
from incidentportal.env import SETTINGS
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.store
ROOT = Path(__file__).resolve().parents[2]
CREATE = {"method": "POST", "path": "/incidents$"}
on_postgresql = pytest.mark.skipif(
    "postgres" not in os.environ.get("STORE_DATABASE_URL", ""), reason="PostgreSQL's own"
)
on_sqlite = pytest.mark.skipif(
    "postgres" in os.environ.get("STORE_DATABASE_URL", ""), reason="SQLite's own"
)


def until(done: Callable[[], Any], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


class Running:
    """A worker on a thread. `ended`: whether everything under way had finished."""

    def __init__(self, grace: float = 20) -> None:
        self.worker = Worker()
        self.ended: bool | None = None
        self._grace = grace
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.ended = self.worker.run(self._grace)

    def end(self) -> None:
        self.worker.end()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def start(connected: Sandbox) -> Iterator[Callable[..., Running]]:
    """Starts workers; all are ended with the test."""
    running: list[Running] = []

    def start(**settings: Any) -> Running:
        running.append(Running(**settings))
        return running[-1]

    yield start
    for each in running:
        each.end()


def save(author: User, **fields: Any) -> Declaration:
    return make_declaration(author, upstream=connection.upstream(), **fields)


def state_of(row: Declaration) -> str:
    return Declaration.objects.values_list("state", flat=True).get(pk=row.pk)


def test_what_a_dead_worker_held_is_taken_up_once_its_lease_is_over(
    connected: Sandbox, reporter: User, start: Callable[..., Running], settings: Settings
) -> None:
    settings.DELIVERY_LEASE = 0.5
    row = save(reporter)
    assert claims.take(row.pk) == 1
    start()
    until(lambda: state_of(row) == State.DELIVERED)
    assert len(connected.incidents()) == 1


def test_sixteen_are_under_way_and_no_more(
    connected: Sandbox, reporter: User, start: Callable[..., Running]
) -> None:
    connected.fault(**CREATE, kind="latency", seconds=0.7, times=None)
    rows = [save(reporter) for _ in range(20)]
    start()
    until(lambda: len(connected.requests("POST", "/incidents")) >= 16)
    assert Declaration.objects.filter(state=State.DELIVERING).count() <= 16
    delivered = Declaration.objects.filter(state=State.DELIVERED)
    until(lambda: delivered.count() == len(rows))
    posts = connected.requests("POST", "/incidents")
    assert max(each["under_way"] for each in posts) <= 17, "16, and a look at the configuration"


def test_while_held_it_probes_one_and_then_another(
    connected: Sandbox, reporter: User, start: Callable[..., Running], settings: Settings
) -> None:
    connected.fault(**CREATE, kind="status", status=401, times=None)
    queue.hold(connection.upstream(), "Held for a test.", queue.Cause.TOKEN)
    rows = [save(reporter) for _ in range(6)]
    began = time.monotonic()
    start()
    posts: Callable[[], list[Any]] = lambda: connected.requests("POST", "/incidents")  # noqa: E731
    until(lambda: len(posts()) >= 4)
    seen = posts()
    most = (time.monotonic() - began) / settings.DELIVERY_PROBE + 1
    assert len(seen) <= most, "one each DELIVERY_PROBE"
    keys = [each["headers"]["idempotency-key"] for each in seen]
    assert len(set(keys[:4])) == 4
    connected.clear_faults()
    until(lambda: Declaration.objects.filter(state=State.DELIVERED).count() == len(rows))
    assert len(connected.incidents()) == len(rows)


def test_without_budget_it_claims_nothing(
    connected: Sandbox, reporter: User, start: Callable[..., Running]
) -> None:
    queue.known(connection.upstream())
    Upstream.objects.update(rate_at=from_now(3600))
    row = save(reporter)
    start()
    until(beats.alive)
    time.sleep(0.5)
    assert Declaration.objects.get(pk=row.pk).claim == 0
    Upstream.objects.update(rate_at=None)
    until(lambda: state_of(row) == State.DELIVERED)


def test_it_gives_back_what_it_has_not_begun_and_finishes_what_it_has(
    connected: Sandbox, reporter: User, start: Callable[..., Running]
) -> None:
    begun, looked_for = save(reporter), save(reporter)
    Attempt.objects.create(
        declaration=looked_for, claim=0, idempotency_key="x", digest="x",
        started_at=from_now(-600),
    )  # fmt: skip
    Declaration.objects.filter(pk=looked_for.pk).update(looks=1)
    connected.fault(**CREATE, kind="latency", seconds=0.6)
    connected.fault(method="GET", path="/incidents$", kind="latency", seconds=0.6)
    running = start()
    until(lambda: len(connected.requests("POST", "/incidents")) == 1)
    until(lambda: len(connected.requests("GET", "/incidents")) == 1)
    running.end()
    assert running.ended is True
    assert state_of(begun) == State.DELIVERED
    assert state_of(looked_for) == State.QUEUED, "looked for, and not sent any more"
    assert claims.take(looked_for.pk), "due, and free"
    assert len(connected.requests("POST", "/incidents")) == 1
    assert not Beat.objects.exists()


def test_what_takes_longer_than_the_grace_is_cut_off_and_counts_as_unknown(
    connected: Sandbox, reporter: User, start: Callable[..., Running]
) -> None:
    row = save(reporter)
    connected.fault(**CREATE, kind="latency", seconds=1.5)
    running = start(grace=0.2)
    until(lambda: len(connected.requests("POST", "/incidents")) == 1)
    running.end()
    assert running.ended is False
    assert state_of(row) == State.DELIVERING
    assert Attempt.objects.get().is_open
    until(lambda: state_of(row) == State.DELIVERED)  # its thread lives on in this process


def test_a_claimed_row_that_is_given_back_is_as_it_was(connected: Sandbox, reporter: User) -> None:
    row = save(reporter)
    claim = claims.take(row.pk)
    assert claim is not None
    turns.hand_back(row.pk, claim - 1)
    assert state_of(row) == State.DELIVERING, "who lost it gives nothing back"
    turns.hand_back(row.pk, claim)
    row.refresh_from_db()
    assert (row.state, row.claimed_until, row.failures) == (State.QUEUED, None, 0)
    assert claims.take(row.pk)


def test_it_beats_while_it_lives_and_old_beats_go(
    connected: Sandbox, start: Callable[..., Running]
) -> None:
    Beat.objects.create(host="gone", process=1, seen_at=from_now(-beats.ALIVE - 1))
    Beat.objects.create(host="long gone", process=2, seen_at=from_now(-beats.KEPT - 1))
    running = start()
    until(beats.alive)
    (beat,) = beats.alive()
    assert (beat.process, beat.stands_by) == (os.getpid(), False)
    until(lambda: not Beat.objects.filter(host="long gone").exists())
    running.end()
    assert beats.alive() == []


@on_sqlite
def test_a_second_one_stands_by_until_the_first_ends(
    connected: Sandbox, reporter: User, start: Callable[..., Running],
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(workers, "PLACE_EVERY", 0.05)
    first = start()
    until(beats.alive)
    start()
    until(lambda: [beat.stands_by for beat in beats.alive()] == [False, True])
    assert "stands by" in caplog.text
    first.end()
    row = save(reporter)
    until(lambda: state_of(row) == State.DELIVERED)
    assert [beat.stands_by for beat in beats.alive()] == [False]
    assert "delivers now" in caplog.text


@on_postgresql
def test_any_number_deliver(connected: Sandbox, start: Callable[..., Running]) -> None:
    for _ in range(3):
        start()
    until(lambda: [beat.stands_by for beat in beats.alive()] == [False] * 3)


@on_postgresql
def test_it_is_told_of_what_becomes_due_and_looks_for_itself_when_that_breaks(
    connected: Sandbox, reporter: User, start: Callable[..., Running],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(workers, "POLL_TOLD", 60.0)
    monkeypatch.setattr(announce, "RETRY", 60.0)
    running = start()
    until(lambda: running.worker._listener.hears)
    time.sleep(0.3)
    row = save(reporter)
    until(lambda: state_of(row) == State.DELIVERED, 5)
    rejected = save(reporter, state=State.REJECTED, due_at=None)
    Declaration.objects.filter(pk=rejected.pk).update(state=State.QUEUED, due_at=Now())
    until(lambda: state_of(rejected) == State.DELIVERED, 5)
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%%' AND datname = current_database()"
        )
    until(lambda: not running.worker._listener.hears)
    row = save(reporter)
    until(lambda: state_of(row) == State.DELIVERED, 5)


def environment() -> dict[str, str]:
    """For `manage.py worker` on the test's own database, with its upstream."""
    chosen = database.settings_dict
    url = f"sqlite:///{chosen['NAME']}"
    if database.vendor == "postgresql":
        url = (
            f"postgres://{chosen['USER']}:{chosen['PASSWORD']}@{chosen['HOST']}:"
            f"{chosen['PORT']}/{chosen['NAME']}"
        )
    return {
        **{name: text for name, text in os.environ.items() if "DJANGO" not in name},
        **{setting.name: "" for setting in SETTINGS},
        "SECRET_KEY": "a secret for tests, long enough to be taken for a real one: 0123456789",
        "HTTPS_ONLY": "false",
        "DATABASE_URL": url,
        "ROOTLY_API_URL": connection.upstream(),
        "ROOTLY_API_TOKEN": Sandbox.token,
        "DELIVERY_LEASE": "2",
    }


def test_a_killed_one_is_followed_by_another_process_and_sigterm_ends_that(
    connected: Sandbox, reporter: User
) -> None:
    def another() -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "worker"]
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment()))
        until(lambda: len(beats.alive()) == len(running), 40)
        return running[-1]

    running: list[subprocess.Popen[bytes]] = []
    try:
        first = another()
        connected.fault(**CREATE, kind="hang", seconds=30)
        row = save(reporter)
        until(lambda: len(connected.requests("POST", "/incidents")) == 1)
        second = another()
        first.kill()
        until(lambda: connected.requests("GET", "/incidents"), 20)
        assert state_of(row) in {State.QUEUED, State.DELIVERING}, "it is looked for first"
        second.terminate()
        assert second.wait(10) == 0
        assert [beat.process for beat in Beat.objects.all()] == [first.pid], "until it is old"
    finally:
        for each in running:
            each.kill()
            each.wait()
    assert len(connected.requests("POST", "/incidents")) == 1
