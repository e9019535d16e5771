"""Statements that are written once do what Django's own do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import (
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    UUIDField,
)  # fmt: skip
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given, Select, Update, places
from incidentportal.declarations.models import Declaration
from tests.support.declarations import make_declaration

pytestmark = [pytest.mark.store, pytest.mark.django_db]
PK = Given("pk", UUIDField())
ROW = Select(
    Declaration.objects.filter(pk=PK).annotate(
        clock=ExpressionWrapper(
            Now() + Given("ahead", DurationField()), output_field=DateTimeField()
        )
    )
)
WRITTEN = Update(
    Declaration.objects.filter(pk=PK, state=Given("state", CharField())),
    claim=F("claim") + 1,
    **places(Declaration, "due_at", "title", "labels", "sent_with", "is_exposed"),
)


@pytest.mark.parametrize("title", ["Checkout", "sealed: or not", "50 % 'off' %s"])
def test_what_is_written_is_read_back_by_either(reporter: User, title: str) -> None:
    row = make_declaration(reporter)
    assert row.due_at is not None
    told = {
        "due_at": row.due_at + timedelta(seconds=7), "title": title,
        "labels": [{"name": "title", "text": title}], "sent_with": {"key_number": 1},
        "is_exposed": True,
    }  # fmt: skip
    for state, count in (("failed", 0), (row.state, 1), (row.state, 1)):
        with CaptureQueriesContext(connection) as asked:
            assert WRITTEN.run(pk=row.pk, state=state, **told) == count
        assert len(asked) == 1
    found, plain = ROW.first(pk=row.pk, ahead=timedelta(hours=1)), Declaration.objects.get()
    assert found is not None
    for field in Declaration._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(plain, field.attname), field.name
    assert (plain.claim, {name: getattr(plain, name) for name in told}) == (2, told)
    assert found.author == reporter
    ahead = vars(found)["clock"] - plain.submitted_at
    assert timedelta(minutes=59) < ahead < timedelta(minutes=61)


def test_several_rows_single_columns_and_none(reporter: User) -> None:
    wanted = Declaration.objects.filter(state=Given("state", CharField()))
    columns = Select(wanted.order_by("severity_rank").values_list("pk", "state")[:2])
    assert columns.all(state="queued") == []
    assert columns.first(state="queued") is None
    rows = [make_declaration(reporter, severity_rank=rank) for rank in (3, 1, 2)]
    assert columns.all(state="queued") == [(rows[1].pk, "queued"), (rows[2].pk, "queued")]


def test_what_is_sealed_is_opened_and_what_cannot_be_is_said(
    reporter: User, settings: pytest.FixtureRequest
) -> None:
    row = make_declaration(reporter, title="A theft", payload={"title": "A theft", "private": True})
    found = ROW.first(pk=row.pk, ahead=timedelta(0))
    assert found is not None
    assert (found.title, found.payload["private"]) == ("A theft", True)
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]  # pytest-django's settings
    with pytest.raises(UnreadableError):
        ROW.first(pk=row.pk, ahead=timedelta(0))
