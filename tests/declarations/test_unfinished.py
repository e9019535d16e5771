"""Drafts and what waits for their author, told with one query."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection as database
from pytest_django import DjangoAssertNumQueries, Settings

from incidentportal.accounts.models import User
from incidentportal.declarations import drafts, telling, unfinished
from incidentportal.declarations.models import Draft
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.store]
HERE = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _connected(settings: Settings) -> None:
    settings.ROOTLY_API_URL = HERE


def begin(author: User, title: str) -> None:
    Draft.objects.create(pk=uuid.uuid4(), author=author, upstream=HERE, title=title, content={})


def begun(author: User) -> None:
    """Drafts, and declarations in every state; another's beside them."""
    for number in range(5):
        begin(author, f"Draft {number}")
    for state in (State.QUEUED, State.REJECTED, State.UNCONFIRMED, State.FAILED):
        make_declaration(author, upstream=HERE, state=state, payload={"title": f"It is {state}"})


def test_it_is_what_each_would_tell(
    make_person: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rita, other = make_person(), make_person("otto")
    begun(rita)
    begun(other)
    make_declaration(rita, upstream=HERE, state=State.REJECTED, private=True)
    with django_assert_num_queries(1):
        found = unfinished.of(rita, 3)
    assert found.drafts == drafts.rows(rita, 3)
    assert [one.title for one in found.drafts] == ["Draft 4", "Draft 3", "Draft 2"]
    assert found.to_decide == telling.to_decide(rita)
    assert [one.state for one in found.to_decide] == [State.REJECTED, State.UNCONFIRMED]
    assert unfinished.of(make_person("nina"), 3) == unfinished.Unfinished([], [])


def test_what_cannot_be_read_hides_nothing_else(make_person: Person) -> None:
    rita = make_person()
    begin(rita, "Readable")
    begin(rita, "Broken")
    broken = Draft.objects.order_by("-updated_at").first()
    assert broken is not None
    with database.cursor() as cursor:
        table, column = Draft._meta.db_table, Draft._meta.pk.column
        key = Draft._meta.pk.get_db_prep_value(broken.pk, database)
        cursor.execute(f"UPDATE {table} SET title = 'sealed:x' WHERE {column} = %s", [key])
    make_declaration(rita, upstream=HERE, state=State.REJECTED)
    found = unfinished.of(rita, 3)
    assert len(found.drafts) == 2
    assert "Readable" in [one.title for one in found.drafts]
    assert len(found.to_decide) == 1
