"""What a delivery asks of the database: each commit waits for the disk, and each statement costs
more in the portal than in the database.
"""

from __future__ import annotations

import uuid

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import claims, submission, work
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

pytestmark = [pytest.mark.store, pytest.mark.django_db(transaction=True)]
WRITES = ("INSERT", "UPDATE", "DELETE")


def costs(asked: CaptureQueriesContext) -> tuple[int, int]:
    """Statements, and how often something was committed: a write outside of a transaction is."""
    statements = commits = 0
    is_open = False
    for each in asked:
        word = each["sql"].split()[0].strip(";")
        if word in {"BEGIN", "COMMIT"}:
            is_open = word == "BEGIN"
            commits += not is_open
        elif word not in {"SAVEPOINT", "RELEASE"}:
            statements += 1
            commits += word in WRITES and not is_open
    return statements, commits


@pytest.fixture
def warm(connected: Sandbox, reporter: User) -> None:
    """The upstream is known, and what is counted and read back has its rows."""
    deliver(make_declaration(reporter, upstream=connection.upstream()).pk)
    Declaration.objects.all().delete()


def deliver(pk: uuid.UUID, claim: int | None = None) -> None:
    claim = claim or claims.take(pk, (0, State.QUEUED))
    assert claim is not None
    work.work_on(pk, claim, then_follow=False)


def test_a_worker_commits_the_claim_the_attempt_and_its_end(warm: None, reporter: User) -> None:
    row = make_declaration(reporter, upstream=connection.upstream())
    with CaptureQueriesContext(database) as asked:
        deliver(row.pk)
    row.refresh_from_db()
    assert row.state == State.DELIVERED
    statements, commits = costs(asked)
    assert commits == 3
    assert statements <= 13


def test_a_request_commits_what_is_saved_the_attempt_and_its_end(
    warm: None, reporter: User
) -> None:
    pk = uuid.uuid4()
    submitted = submission.Submission(
        upstream=connection.upstream(), snapshot_id=1, title="Checkout is slow", answers={},
        labels=[], payload={"title": "Checkout is slow"}, severity_rank=1,
    )  # fmt: skip
    with CaptureQueriesContext(database) as asked:
        saved = submission.save(pk, reporter, submitted, claimed=True)
        assert saved is not None
        deliver(pk, saved.claim)
    assert Declaration.objects.get(pk=pk).state == State.DELIVERED
    statements, commits = costs(asked)
    assert commits == 3
    assert statements <= 14


def test_a_round_that_follows_commits_its_claim_and_its_end(warm: None, reporter: User) -> None:
    row = make_declaration(reporter, upstream=connection.upstream())
    deliver(row.pk)
    for _ in range(2):  # what is learnt of the upstream is stored in the first
        Declaration.objects.filter(pk=row.pk).update(due_at=claims.from_now(0))
        row.refresh_from_db()
        with CaptureQueriesContext(database) as asked:
            claim = claims.take(row.pk, (row.claim, row.state))
            assert claim is not None
            work.work_on(row.pk, claim)
    row.refresh_from_db()
    assert row.refreshes == 2
    statements, commits = costs(asked)
    assert commits == 2
    assert statements <= 6
