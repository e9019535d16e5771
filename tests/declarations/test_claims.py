"""Leases: who works on a row."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.declarations import claims
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import IllegalTransitionError, State
from tests.support.declarations import make_declaration

pytestmark = [pytest.mark.store, pytest.mark.django_db]


def test_a_free_due_row_is_taken_once(reporter: User) -> None:
    row = make_declaration(reporter)
    assert claims.take(row.pk) == 1
    assert claims.take(row.pk) is None
    row.refresh_from_db()
    assert row.state == State.DELIVERING


def test_a_row_that_is_not_due_is_not_taken(reporter: User) -> None:
    row = make_declaration(reporter, due_at=Now() + timedelta(minutes=1))
    assert claims.take(row.pk) is None


def test_when_the_lease_is_over_the_next_one_takes_it_with_a_higher_number(reporter: User) -> None:
    row = make_declaration(reporter)
    claims.take(row.pk)
    Declaration.objects.filter(pk=row.pk).update(claimed_until=Now() - timedelta(seconds=1))
    assert claims.take(row.pk) == 2


def test_who_lost_the_claim_changes_nothing(reporter: User) -> None:
    row = make_declaration(reporter)
    first = claims.take(row.pk)
    assert first is not None
    Declaration.objects.filter(pk=row.pk).update(claimed_until=Now() - timedelta(seconds=1))
    claims.take(row.pk)
    assert claims.renew(row.pk, first) is False
    assert claims.release(row, first, State.REJECTED) is False
    row.refresh_from_db()
    assert row.state == State.DELIVERING


def test_an_illegal_step_raises_and_is_not_written(reporter: User) -> None:
    row = make_declaration(reporter)
    claim = claims.take(row.pk)
    assert claim is not None
    with pytest.raises(IllegalTransitionError, match="delivering can't become withdrawn"):
        claims.release(row, claim, State.WITHDRAWN, due_at=None)
    row.refresh_from_db()
    assert (row.state, row.claim) == (State.DELIVERING, claim)
    assert claims.release(row, claim, State.QUEUED)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_it(reporter: User) -> None:
    row = make_declaration(reporter)
    taken: list[int | None] = []
    together = threading.Barrier(6)

    def take() -> None:
        together.wait()
        try:
            taken.append(claims.take(row.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=str) == [1, None, None, None, None, None]


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_the_work_lasts(reporter: User, settings: object) -> None:
    settings.DELIVERY_LEASE = 0.6  # type: ignore[attr-defined]  # pytest-django's settings
    row = make_declaration(reporter)
    claim = claims.take(row.pk)
    assert claim is not None
    with claims.kept(row.pk, claim):
        threading.Event().wait(1.2)
        assert claims.take(row.pk) is None
