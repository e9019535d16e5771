"""Which declarations go first, and what it costs to find out."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.declarations import claims, order
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration

pytestmark = [pytest.mark.django_db, pytest.mark.store]
HERE = "http://127.0.0.1:9/v1"
CRITICAL, HIGH, LOW, NONE = 0, 1000, 3000, 9999


def waits(author: User, name: str, rank: int, minutes: float, **fields: Any) -> Declaration:
    return make_declaration(
        author, title=name, severity_rank=rank, queued_at=from_now(-60 * minutes), **fields
    )


def names(most: int = 100) -> list[str]:
    return [Declaration.objects.get(pk=due.pk).title for due in order.first_due(HERE, most)]


def test_the_most_urgent_goes_first_then_the_newest_and_what_waited_long_before_all(
    reporter: User,
) -> None:
    waits(reporter, "none, new", NONE, 0)
    waits(reporter, "low", LOW, 1)
    waits(reporter, "critical, older", CRITICAL, 9)
    waits(reporter, "critical, newer", CRITICAL, 2)
    waits(reporter, "high", HIGH, 1)
    waits(reporter, "none, long ago", NONE, 11)
    waits(reporter, "low, long ago", LOW, 12)
    waits(reporter, "low, longer ago", LOW, 30)
    long_ago = ["low, longer ago", "low, long ago", "none, long ago"]
    soon = ["critical, newer", "critical, older", "high", "low", "none, new"]
    assert names() == [*long_ago, *soon]
    assert names(most=5) == [*long_ago, *soon[:2]]
    assert names(most=2) == long_ago[:2]


def test_only_what_is_due_and_free_and_for_this_upstream(reporter: User) -> None:
    waits(reporter, "later", LOW, 1, due_at=from_now(60))
    waits(reporter, "elsewhere", LOW, 1, upstream="https://elsewhere.example/v1")
    waits(reporter, "done", LOW, 1, state=State.DELIVERED, incident_id="7", due_at=None)
    taken = waits(reporter, "taken", LOW, 1)
    waits(reporter, "free", LOW, 2)
    claims.take(taken.pk)
    assert names() == ["free"]
    Declaration.objects.filter(pk=taken.pk).update(claimed_until=from_now(-1))
    assert names() == ["taken", "free"], "whose lease is over is taken up by another"


def test_the_index_answers_it_however_many_old_rows_there_are(reporter: User) -> None:
    done = {"state": State.DELIVERED, "incident_id": "7", "due_at": None}
    Declaration.objects.bulk_create(
        [
            Declaration(
                author=reporter, upstream=HERE, snapshot_id=1, title="Old", answers={}, labels=[],
                payload={}, severity_rank=number % 40, queued_at=Now(), **done,
            )
            for number in range(3000)
        ]
    )  # fmt: skip
    for number in range(20):
        waits(reporter, f"new {number}", number % 4 * 1000, number)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for half in order.ranked(HERE):
        plan = half.values_list("pk", flat=True)[:16].explain()
        # PostgreSQL may take either: what is delivered stands in the one not, under the other's
        # states not.
        assert "declaration_due" in plan or "declaration_standing" in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "SCAN" not in plan, plan
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan, "it sorts everything that waits"
    assert len(names(16)) == 16
