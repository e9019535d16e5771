"""Never lost, never twice: what the delivery does after each kind of outcome."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.declarations import claims, queue, work
from incidentportal.declarations.labels import DECLARED_BY, LABEL
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.declarations.worker import Worker
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

CREATE = {"method": "POST", "path": "/incidents$"}


def once(row: Declaration) -> Declaration:
    """One round of work on it, now, as the worker would do it; the row afterwards.

    Who works on it at the time is taken for dead: its lease ends.
    """
    rows = Declaration.objects.filter(pk=row.pk)
    rows.filter(state=State.DELIVERING).update(claimed_until=Now() - timedelta(seconds=1))
    rows.exclude(state=State.DELIVERING).update(due_at=Now(), claimed_until=None)
    claim = claims.take(row.pk)
    assert claim is not None
    work.work_on(row.pk, claim)
    row.refresh_from_db()
    return row


def until(done: Callable[[], bool], seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A running worker."""
    running = Worker()

    def run() -> None:
        try:
            running.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield running
    running.stop.set()
    thread.join()


AFTER_THE_WORK = [
    {"kind": "drop_after"}, {"kind": "malformed"}, {"kind": "truncated"}, {"kind": "huge"},
    {"kind": "status_after", "status": 500}, {"kind": "status_after", "status": 502},
    {"kind": "status_after", "status": 409}, {"kind": "status_after", "status": 408},
]  # fmt: skip


@pytest.mark.parametrize(
    "fault", AFTER_THE_WORK, ids=lambda fault: "-".join(map(str, fault.values()))
)
@pytest.mark.parametrize("idempotency", ["honour", "ignore"])
def test_an_incident_that_was_made_without_an_answer_is_found_by_its_label(
    connected: Sandbox, row: Declaration, fault: dict[str, Any], idempotency: str
) -> None:
    connected.switch(idempotency=idempotency)
    connected.fault(**CREATE, **fault, times=1)
    assert once(row).state == State.QUEUED
    assert Attempt.objects.get().is_open
    assert once(row).state == State.DELIVERED
    (incident,) = connected.incidents()
    assert row.incident["number"] == incident["sequential_id"]
    assert not Attempt.objects.filter(is_open=True).exists()
    assert len(posts(connected)) == 1


@pytest.mark.parametrize("kind", ["drop_before", "hang"])
def test_what_never_arrived_is_sent_again_after_two_looks_with_the_same_key(
    connected: Sandbox, row: Declaration, settings: Settings, kind: str
) -> None:
    settings.DELIVERY_TIMEOUT = 0.4
    connected.fault(**CREATE, kind=kind, times=1, **({"seconds": 3} if kind == "hang" else {}))
    assert once(row).state == State.QUEUED
    assert once(row).state == State.QUEUED, "the first look finds nothing, and is not enough"
    assert len(posts(connected)) == 1
    Attempt.objects.update(started_at=Now() - timedelta(seconds=60))
    assert once(row).state == State.DELIVERED
    assert len(connected.incidents()) == 1
    keys = [post["headers"]["idempotency-key"] for post in posts(connected)]
    assert keys == [str(row.pk)] * 2


def test_a_look_that_fails_is_no_look(connected: Sandbox, row: Declaration) -> None:
    connected.fault(**CREATE, kind="drop_after", times=1)
    once(row)
    connected.fault(kind="status", method="GET", path="/incidents$", status=404, times=None)
    for _ in range(3):
        assert once(row).state == State.QUEUED
    assert len(posts(connected)) == 1
    connected.clear_faults()
    assert once(row).state == State.DELIVERED
    assert len(connected.incidents()) == 1


def test_where_labels_do_not_stick_and_one_looks_alike_a_person_decides(
    connected: Sandbox, row: Declaration
) -> None:
    connected.switch(labels="drop")
    connected.fault(**CREATE, kind="drop_after", times=1)
    once(row)
    assert once(row).state == State.UNCONFIRMED
    assert row.due_at is None
    assert len(connected.incidents()) == 1


def test_a_killed_process_leaves_an_open_attempt_and_the_next_one_looks_first(
    connected: Sandbox, row: Declaration
) -> None:
    Attempt.objects.create(declaration=row, claim=1, idempotency_key=str(row.pk), digest="x")
    once(row)
    assert posts(connected) == []


@pytest.mark.parametrize("inline_values", ["keep", "drop", "refuse"])
@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_custom_values_arrive_whether_inline_ones_are_kept_dropped_or_refused(
    connected: Sandbox, reporter: User, inline_values: str, dialect: str
) -> None:
    connected.switch(inline_values=inline_values)
    catalog = current()
    assert catalog is not None
    fields = {item.name: item.id for item in catalog.picture.form_fields}
    field_id = fields["What customers see"]
    values = [{"form_field_id": field_id, "value": "A white page"}]
    row = make_declaration(
        reporter, upstream=connection.upstream(),
        payload={"title": "Checkout", "form_field_selections_attributes": values},
    )  # fmt: skip
    once(row)
    if row.state == State.QUEUED:
        once(row)
    assert row.state == State.DELIVERED
    if row.due_at:
        once(row)
    assert row.open_values == []
    selections = connection.client().selections(row.incident_id).records
    assert [item.value for item in selections if item.form_field_id == field_id] == ["A white page"]
    assert len(connected.incidents()) == 1


def test_where_labels_are_refused_it_is_sent_without_and_that_is_remembered(
    connected: Sandbox, row: Declaration, reporter: User
) -> None:
    connected.switch(labels="refuse")
    assert once(row).state == State.QUEUED
    assert once(row).state == State.DELIVERED
    assert once(make_declaration(reporter, upstream=connection.upstream())).state == State.DELIVERED
    assert len(posts(connected)) == 3
    assert len(connected.incidents()) == 2


def test_429_makes_everything_wait_as_told(connected: Sandbox, row: Declaration) -> None:
    connected.fault(**CREATE, kind="rate_limit", style="retry_after", seconds=2, times=1)
    assert once(row).state == State.QUEUED
    assert not queue.may_send(connection.upstream())


def test_the_queue_is_held_by_401_and_goes_on_by_itself(
    connected: Sandbox, row: Declaration, reporter: User, worker: Worker
) -> None:
    connected.fault(**CREATE, kind="status", status=401, times=None)
    others = [make_declaration(reporter, upstream=connection.upstream()) for _ in range(3)]
    until(lambda: bool(queue.is_held(connection.upstream())))
    connected.clear_faults()
    pks = [row.pk, *(other.pk for other in others)]
    delivered = Declaration.objects.filter(pk__in=pks, state=State.DELIVERED)
    until(lambda: delivered.count() == 4)
    assert len(connected.incidents()) == 4
    assert queue.is_held(connection.upstream()) == ""


def test_one_403_goes_back_to_its_author_once_another_one_succeeds(
    connected: Sandbox, row: Declaration, reporter: User
) -> None:
    connected.fault(**CREATE, kind="status", status=403, times=1)
    assert once(row).state == State.QUEUED
    assert queue.is_held(connection.upstream()) == ""
    other = make_declaration(reporter, upstream=connection.upstream())
    assert once(other).state == State.DELIVERED
    row.refresh_from_db()
    assert row.state == State.REJECTED


def test_two_403_in_a_row_hold_the_queue(
    connected: Sandbox, row: Declaration, reporter: User
) -> None:
    connected.fault(**CREATE, kind="status", status=403, times=None)
    once(row)
    other = once(make_declaration(reporter, upstream=connection.upstream()))
    assert queue.is_held(connection.upstream())
    connected.clear_faults()
    assert once(row).state == State.DELIVERED
    assert once(other).state == State.DELIVERED, "the token was to blame, not what it says"


def test_the_worker_delivers_what_a_request_left_and_finds_the_slack_channel(
    connected: Sandbox, row: Declaration, worker: Worker
) -> None:
    until(lambda: Declaration.objects.filter(state=State.DELIVERED).exists())

    def has_channel() -> bool:
        row.refresh_from_db()
        return bool(row.incident.get("slack_url"))

    until(has_channel)
    assert Upstream.objects.get().keeps_labels is True


def test_another_upstreams_declaration_is_left_alone(
    connected: Sandbox, reporter: User, worker: Worker
) -> None:
    other = make_declaration(reporter, upstream="https://elsewhere.example/v1")
    mine = make_declaration(reporter, upstream=connection.upstream())
    until(lambda: Declaration.objects.filter(pk=mine.pk, state=State.DELIVERED).exists())
    other.refresh_from_db()
    assert other.state == State.QUEUED
    assert len(connected.incidents()) == 1


def test_who_lost_its_claim_sends_nothing(connected: Sandbox, row: Declaration) -> None:
    claim = claims.take(row.pk)
    assert claim is not None
    Declaration.objects.filter(pk=row.pk).update(claimed_until=Now() - timedelta(seconds=1))
    claims.take(row.pk)
    work.work_on(row.pk, claim)
    assert posts(connected) == []


def test_the_label_is_the_declarations_own_even_if_someone_sets_it(
    connected: Sandbox, reporter: User
) -> None:
    labels = {LABEL: str(uuid.uuid4()), DECLARED_BY.upper(): "The boss", "team": "care"}
    forged = {"title": "Forged", "labels": labels}
    row = once(make_declaration(reporter, upstream=connection.upstream(), payload=forged))
    (incident,) = connected.incidents()
    ours = {LABEL: str(row.pk), DECLARED_BY: "rita"}
    assert incident["labels"] == {**ours, "team": "care"}


def posts(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The requests that asked for a new incident."""
    return [
        item for item in sandbox.requests()
        if item["method"] == "POST" and item["path"].endswith("/incidents")
    ]  # fmt: skip
