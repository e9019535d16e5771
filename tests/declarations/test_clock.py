"""The clock is set an hour ahead or back while a declaration waits, is sent, or is unknown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import claims, queue, work
from incidentportal.declarations import clock as clocks
from incidentportal.declarations.alert_model import Alert
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.declarations.worker import Worker
from tests.support.clock import Clock
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.store
CREATE = {"method": "POST", "path": "/incidents$"}
HOUR = 3600.0
both_ways = pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["ahead", "back"])


@pytest.fixture
def row(clock: Clock, connected: Sandbox, reporter: User, settings: Settings) -> Declaration:
    """A saved declaration that nobody has tried to deliver; Rootly honours no key."""
    connected.switch(idempotency="ignore")
    settings.DELIVERY_LEASE, settings.DELIVERY_LOOK = 1, (1, 1)
    queue.known(connection.upstream())
    return make_declaration(reporter, upstream=connection.upstream())


@pytest.fixture
def worker(row: Declaration) -> Iterator[Callable[[], None]]:
    """Starts a worker; it ends with the test."""
    running = Worker()

    def run() -> None:
        try:
            running.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    yield thread.start
    running.end()
    thread.join()


def until(done: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def is_delivered(row: Declaration) -> bool:
    row.refresh_from_db()
    return row.state == State.DELIVERED


def watched() -> None:
    """A worker has looked at the clock before."""
    clocks.watch()


@both_ways
def test_what_waits_is_delivered_soon_and_once(
    row: Declaration, clock: Clock, connected: Sandbox, worker: Callable[[], None], jump: float
) -> None:
    Declaration.objects.update(due_at=claims.from_now(1))
    Upstream.objects.update(wait_until=claims.from_now(1), rate_at=claims.from_now(1))
    watched()
    clock.jump(jump)
    worker()
    until(lambda: is_delivered(row))
    assert len(connected.requests("POST", "/incidents")) == 1


def test_set_back_what_waits_long_waits_no_longer(row: Declaration, clock: Clock) -> None:
    Declaration.objects.update(due_at=claims.from_now(600))
    watched()
    clock.jump(-HOUR)
    watched()
    late = Declaration.objects.filter(due_at__gt=claims.from_now(590))
    assert late.exclude(due_at__gt=claims.from_now(610)).exists()


@both_ways
def test_what_never_arrived_is_sent_again_after_the_patience_and_once(
    row: Declaration, clock: Clock, connected: Sandbox, worker: Callable[[], None], jump: float
) -> None:
    connected.fault("drop_before", **CREATE, times=1)
    watched()
    worker()
    until(lambda: len(connected.requests("GET", "/incidents")) == 1)
    clock.jump(jump)
    until(lambda: is_delivered(row))
    first, second = connected.requests("POST", "/incidents")
    assert second["at"] - first["at"] >= 1
    assert len(connected.incidents()) == 1


@both_ways
def test_a_dead_workers_lease_ends_and_its_incident_is_found(
    row: Declaration, clock: Clock, connected: Sandbox, worker: Callable[[], None], jump: float
) -> None:
    claim = claims.take(row.pk)
    assert claim is not None
    connected.fault("drop_after", **CREATE, times=1)
    work.work_on(row.pk, claim)
    # As if whoever sent it had died then.
    Declaration.objects.update(state=State.DELIVERING, claimed_until=claims.from_now(2))
    watched()
    clock.jump(jump)
    worker()
    until(lambda: is_delivered(row))
    assert len(connected.requests("POST", "/incidents")) == 1


@both_ways
def test_a_call_under_way_keeps_its_lease_and_its_answer(
    row: Declaration, clock: Clock, connected: Sandbox, worker: Callable[[], None], jump: float
) -> None:
    connected.fault("latency", **CREATE, seconds=1.5)
    worker()
    until(lambda: connected.requests("POST", "/incidents"))
    clock.jump(jump)
    until(lambda: is_delivered(row))
    assert len(connected.requests("POST", "/incidents")) == 1
    assert len(connected.incidents()) == 1


@both_ways
def test_an_incident_is_found_although_the_clock_was_set_after_its_attempt(
    row: Declaration, clock: Clock, connected: Sandbox, reporter: User, jump: float
) -> None:
    """The list of incidents to look through begins by Rootly's clock, which was not set."""
    connected.fault("drop_after", **CREATE, times=1)
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    watched()
    clock.jump(jump)
    watched()
    other = make_declaration(reporter, upstream=connection.upstream())
    for pk in (other.pk, row.pk):
        Declaration.objects.filter(pk=pk).update(due_at=Now())
        claim = claims.take(pk)
        assert claim is not None
        work.work_on(pk, claim)
    assert is_delivered(row)
    assert len(connected.incidents()) == 2


def test_set_back_a_mail_that_a_dead_worker_began_waits_no_longer(
    row: Declaration, clock: Clock
) -> None:
    Alert.objects.create(kind="held", subject=row.upstream, teller_until=claims.from_now(60))
    watched()
    clock.jump(-HOUR)
    watched()
    assert Alert.objects.filter(teller_until__lte=claims.from_now(61)).exists()


def test_the_clock_is_believed_only_as_far_back_as_it_is_known_to_be_steady(
    clock: Clock, row: Declaration
) -> None:
    watched()
    attempt = Attempt.objects.create(declaration=row, claim=1, idempotency_key="x", digest="x")
    attempt.refresh_from_db()
    clock.jump(HOUR)
    now = claims.now(row.pk)
    assert clocks.seconds_since(attempt.started_at, now) == 0, "seen before the worker saw it"
    watched()
    since = clocks.seconds_since(attempt.started_at, claims.now(row.pk))
    assert 0 <= since < 5
    ahead = claims.now(row.pk) + timedelta(hours=1)
    assert 0 <= clocks.seconds_since(ahead, claims.now(row.pk)) < 5
