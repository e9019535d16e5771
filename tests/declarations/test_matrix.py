"""Every fault that a first attempt may meet, in both dialects, to its end: by Rootly's own record
there is exactly one incident, or none and the page says so. Never two.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.declarations.matrix_cases import CASES, REFUSED
from tests.declarations.unknown_cases import UNKNOWN, Unknown
from tests.support.declarations import make_declaration
from tests.support.matrix import (
    CANT_TELL,
    CREATE,
    UNCLEAR,
    Case,
    keys,
    made,
    seen,
    settle,
    turn,
    until,
)
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
SHORT = 0.3
"""Seconds that a call may take where it is to run out of time."""


@pytest.fixture
def row(alone: Sandbox, reporter: User) -> Declaration:
    """A saved declaration that nobody has tried to deliver."""
    return make_declaration(reporter, upstream=connection.upstream())


def meet(sandbox: Sandbox, case: Case, settings: Settings) -> None:
    """Have the next create call meet the case's fault."""
    fault = dict(case.fault)
    settings.DELIVERY_TIMEOUT = SHORT if is_slow(fault) else 25
    if case.switches:
        sandbox.switch(**case.switches)
    if fault.get("kind") == "down":
        sandbox.down(60, silent=bool(fault.get("silent")))
    elif fault:
        sandbox.fault(**CREATE, **fault)


def is_slow(fault: dict[str, Any]) -> bool:
    return fault.get("silent") or fault.get("kind") in {"hang", "hang_after"}


def heal(sandbox: Sandbox, settings: Settings) -> None:
    """Rootly is healthy again."""
    settings.DELIVERY_TIMEOUT = 25
    sandbox.clear_faults()
    sandbox.switch(token=sandbox.token, read_only_token=False)


def check_first(case: Case, row: Declaration, visitor: PageClient) -> None:
    """What the first attempt left: its row, and what a person sees."""
    attempt = row.attempts.get()
    told = (attempt.outcome, attempt.status, attempt.is_open, attempt.next)
    assert told == (case.outcome, case.status, case.is_open, case.next)
    assert attempt.idempotency_key == str(row.pk)
    assert attempt.finished_at is not None
    page = seen(visitor, row)
    assert page.state == row.state
    assert page.held is case.held
    assert case.says in page.text
    if case.status and row.state != State.REJECTED:
        assert str(case.status) in page.text


@BOTH
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_first_attempt_meets_a_fault_and_rootly_is_healthy_again(
    alone: Sandbox, row: Declaration, visitor: PageClient, settings: Settings, case: Case
) -> None:
    meet(alone, case, settings)
    turn(row)
    if case.fault.get("kind") == "down":
        alone.up()
    until(lambda: len(made(alone, row)) == case.upstream, 2)
    assert row.state == (State.REJECTED if case in REFUSED else State.QUEUED)
    check_first(case, row, visitor)

    heal(alone, settings)
    settle(row)
    assert row.state == case.finally_
    check_end(alone, row, visitor, case.keys, case.incidents)


def check_end(
    sandbox: Sandbox,
    row: Declaration,
    visitor: PageClient,
    asked: tuple[str, ...],
    incidents: int,
) -> None:
    """At rest: what Rootly has on record, what the rows tell, and what a person sees."""
    there = made(sandbox, row)
    assert len(there) == incidents == len(sandbox.incidents())
    assert keys(sandbox, row) == asked
    attempts = list(row.attempts.all())
    assert all(attempt.finished_at for attempt in attempts)
    page = seen(visitor, row)
    assert page.state == row.state
    assert not page.held
    if row.state == State.DELIVERED:
        assert row.incident["number"] == there[0]["sequential_id"]
        assert f"Number {there[0]['sequential_id']}" in page.text
        assert not any(attempt.is_open for attempt in attempts)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_rootly_refused_is_corrected_and_sent_under_a_new_key(
    unhurried: Sandbox,
    reporter: User,
    visitor: PageClient,
    settings: Settings,
    case: Case,
) -> None:
    row = make_declaration(reporter, upstream=connection.upstream())
    meet(unhurried, case, settings)
    turn(row)
    form = Form(visitor, f"/declarations/{row.pk}/")
    assert form.send(**form.filled(title="Checkout answers 500")).status_code == 303
    settle(row)
    assert row.state == State.DELIVERED
    check_end(unhurried, row, visitor, ("", "-2"), 1)
    assert made(unhurried, row)[0]["title"] == "Checkout answers 500"


def learn(sandbox: Sandbox, author: User, before: str) -> None:
    """Have an earlier declaration delivered and read back: so this Rootly is known."""
    payload = {"title": "Long before", "private": before == "private"}
    settle(make_declaration(author, upstream=connection.upstream(), payload=payload))
    assert len(sandbox.incidents()) == 1


def others(sandbox: Sandbox, case: Unknown) -> None:
    """Incidents that somebody else made, around now by Rootly's clock."""
    records = [
        {
            "title": title, "kind": "normal", "status": "started", "private": False, "labels": {},
            "created_at": (timezone.now() + timedelta(minutes=minutes)).isoformat(),
        }
        for minutes, title in case.others
    ]  # fmt: skip
    if records:
        sandbox.change_list("incidents", upsert=records)


@pytest.mark.parametrize(
    ("dialect", "idempotency"), [("jsonapi", "ignore"), ("plain", "honour")], indirect=["dialect"]
)
@pytest.mark.parametrize("case", UNKNOWN, ids=lambda case: case.name)
def test_after_an_unknown_outcome_nothing_is_doubled_and_nothing_lost(
    alone: Sandbox, reporter: User, visitor: PageClient, case: Unknown, idempotency: str
) -> None:
    alone.switch(idempotency=idempotency, **case.switches)
    if case.before:
        learn(alone, reporter, case.before)
    payload = {"title": case.title, **({"private": True} if case.private else {})}
    row = make_declaration(reporter, upstream=connection.upstream(), payload=payload)
    alone.fault(**CREATE, **case.fault)
    turn(row)
    assert row.state == State.QUEUED
    assert UNCLEAR in seen(visitor, row).text
    others(alone, case)
    settle(row)
    assert row.state == case.ends
    there = made(alone, row)
    assert len(there) == case.incidents
    assert keys(alone, row) == case.keys
    page = seen(visitor, row)
    assert page.state == case.ends
    if case.ends == State.DELIVERED:
        assert f"Number {there[0]['sequential_id']}" in page.text
        assert not row.attempts.filter(is_open=True).exists()
    else:
        assert CANT_TELL in page.text
        assert row.attempts.filter(is_open=True).count() == 1


def test_the_matrix_has_enough_cases() -> None:
    for cases in (CASES, UNKNOWN):
        assert len({case.name for case in cases}) == len(cases)
    assert 2 * len(CASES) + 2 * len(UNKNOWN) >= 180
