"""What a look proves, and where it begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations.look import MARGIN, Look, learn_clock, look, proves_absence
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.queue import known
from incidentportal.declarations.states import State
from incidentportal.rootly.records import Incident
from tests.declarations.test_delivery import CREATE, once
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

ALIKE = Look(alike=(Incident(id="9", labels={}),))


def shows(sandbox: Sandbox, *, seconds: float, **said: Any) -> None:
    """An incident without a label, made so many seconds from now by Rootly's clock."""
    made_at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    incident = {"title": "Checkout is slow", "labels": {}, "created_at": made_at, **said}
    sandbox.change_list("incidents", upsert=[incident])


def looked(row: Declaration) -> Look:
    return look(connection.client(), row, known(row.upstream))


@pytest.mark.parametrize(
    ("seconds", "said", "is_alike"),
    [
        (0, {}, True),
        (0, {"title": " checkout  IS slow "}, True),
        (0, {"title": "Something else"}, False),
        (-2, {}, True),  # clocks that count seconds
        (-30, {}, False),  # before the first attempt
        (0, {"labels": {"incident_portal_declaration": "another one's"}}, False),
        (0, {"labels": {"team": "care"}}, True),
    ],
)
def test_what_could_be_it_was_made_since_the_first_attempt(
    connected: Sandbox, row: Declaration, seconds: float, said: dict[str, Any], *, is_alike: bool
) -> None:
    Attempt.objects.create(declaration=row, claim=1)
    shows(connected, seconds=seconds, **said)
    assert bool(looked(row).alike) is is_alike


def test_where_rootly_made_the_title_any_could_be_it(connected: Sandbox, reporter: User) -> None:
    row = make_declaration(reporter, upstream=connection.upstream(), title="", payload={})
    Attempt.objects.create(declaration=row, claim=1)
    shows(connected, seconds=0, title="Incident 12")
    assert looked(row).alike


def test_another_declarations_incident_is_not_it(
    connected: Sandbox, row: Declaration, reporter: User
) -> None:
    connected.switch(labels="drop")
    Attempt.objects.create(declaration=row, claim=1, started_at=Now() - timedelta(seconds=60))
    other = once(make_declaration(reporter, upstream=connection.upstream()))
    assert other.title == row.title
    assert looked(row).alike == ()
    Declaration.objects.filter(pk=other.pk).update(upstream="https://elsewhere.example/v1")
    assert [each.id for each in looked(row).alike] == [other.incident_id]


@pytest.mark.parametrize("keeps", [None, False, True])
@pytest.mark.parametrize("labelled", [True, False])
def test_a_missing_label_proves_something_only_where_labels_were_sent_and_stick(
    connected: Sandbox, row: Declaration, *, keeps: bool | None, labelled: bool
) -> None:
    upstream = Upstream(url="x", keeps_labels=keeps)
    row.sent_with = {"labels": labelled}
    assert proves_absence(ALIKE, row, upstream) is (keeps is True and labelled)
    assert proves_absence(Look(), row, upstream), "nothing there could be it"
    silent = Look(alike=(*ALIKE.alike, Incident(id="10", labels=None)))
    assert not proves_absence(silent, row, upstream), "the list tells no labels"


def test_what_was_sent_without_its_label_is_not_sent_again_beside_its_like(
    connected: Sandbox, row: Declaration
) -> None:
    Upstream.objects.create(url=row.upstream, takes_labels=False, keeps_labels=True)
    connected.fault(**CREATE, kind="drop_after", times=1)
    once(row)
    assert once(row).state == State.UNCONFIRMED
    assert len(connected.incidents()) == 1


@pytest.mark.parametrize("hours", [-3, 3])
@pytest.mark.parametrize("when", ["before the attempt", "after it"])
def test_an_incident_is_found_although_our_clock_has_jumped(
    connected: Sandbox, row: Declaration, hours: int, when: str
) -> None:
    """Told the other way round, since the database's can't be moved: Rootly's clock goes back."""
    once(make_declaration(row.author, upstream=row.upstream))  # its clock is learnt
    connected.fault(**CREATE, kind="drop_after", times=1)
    once(row)
    back = timedelta(hours=hours)
    if when == "after it":  # the attempt was timed by the clock as it was
        row.attempts.update(started_at=Now() - back)
    connected.switch(clock_offset_s=-back.total_seconds())
    made_at = (datetime.now(UTC) - back).isoformat()
    made = connected.incidents()[-1]
    connected.change_list("incidents", upsert=[{"id": made["id"], "created_at": made_at}])
    if when == "after it":  # that it has jumped is known by the time of the look
        once(make_declaration(row.author, upstream=row.upstream))
        assert abs(known(row.upstream).clock_offset + back.total_seconds()) < 5
    assert once(row).state == State.DELIVERED
    assert [each["id"] for each in connected.incidents()].count(made["id"]) == 1
    assert row.incident["number"] == made["sequential_id"]


def test_the_clock_is_learnt_against_the_databases(connected: Sandbox, row: Declaration) -> None:
    upstream = known(row.upstream)
    learn_clock(upstream, None)
    learn_clock(upstream, datetime.now(UTC))
    assert upstream.clock_offset == 0, "the header counts whole seconds"
    learn_clock(upstream, datetime.now(UTC) + MARGIN)
    assert abs(known(row.upstream).clock_offset - MARGIN.total_seconds()) < 5
