"""Views of others' private declarations: each is kept, and nothing takes it away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now
from django.test import Client

from incidentportal.accounts.append_only import AppendOnlyError
from incidentportal.accounts.models import PrivateView, User
from incidentportal.accounts.roles import Ability
from incidentportal.declarations.models import Declaration
from tests.support.declarations import make_declaration
from tests.support.people import PageClient, Person, permission

SOMETHING = uuid.UUID(int=7)
SECRET = {"title": "A theft", "private": True}


@pytest.fixture
def secret(make_person: Person) -> Declaration:
    """A support agent's private declaration."""
    labels = [{"name": "title", "label": "Title", "text": "A theft"}]
    sam = make_person("sam", "support")
    return make_declaration(sam, payload=SECRET, title="A theft", labels=labels)


@pytest.fixture
def holder(make_person: Person) -> User:
    """A responder who may see others' private ones."""
    person = make_person("hal", "responder")
    person.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    return person


@pytest.fixture
def browser(holder: User) -> PageClient:
    client = PageClient()
    client.force_login(holder)
    return client


def seen() -> list[tuple[str, str, object]]:
    return list(PrivateView.objects.values_list("person__username", "kind", "object_id"))


def test_a_view_is_recorded_who_which_and_when(secret: Declaration, browser: PageClient) -> None:
    html = browser.get(f"/declarations/{secret.pk}/").content.decode()
    assert "A theft" in html
    assert "by sam" in html
    assert seen() == [("hal", "declaration", secret.pk)]
    assert PrivateView.objects.filter(viewed_at__gt=Now() - timedelta(minutes=1)).count() == 1


def test_so_is_one_by_a_fragment(secret: Declaration, browser: PageClient) -> None:
    browser.get(f"/declarations/{secret.pk}/", headers={"HX-Request": "true"})
    assert len(seen()) == 1


def test_a_page_that_updates_itself_is_recorded_once_a_minute(
    secret: Declaration, browser: PageClient, holder: User
) -> None:
    long_ago = Now() - timedelta(seconds=61)
    PrivateView.objects.create(
        person=holder, kind="declaration", object_id=secret.pk, viewed_at=long_ago
    )
    for _ in range(3):
        browser.get(f"/declarations/{secret.pk}/")
    assert len(seen()) == 2


def test_ones_own_and_public_ones_are_not_recorded(
    secret: Declaration, browser: PageClient, reporter: User
) -> None:
    author = Client()
    author.force_login(secret.author)
    assert author.get(f"/declarations/{secret.pk}/").status_code == 200
    public = make_declaration(reporter)
    assert browser.get(f"/declarations/{public.pk}/").status_code == 200
    assert seen() == []


def test_lists_say_nothing_of_others_private_ones_and_record_nothing(
    secret: Declaration, browser: PageClient
) -> None:
    html = browser.get("/declarations/?whose=everyone").content.decode()
    assert "Private declaration" in html
    assert f"/declarations/{secret.pk}/" in html
    assert "A theft" not in html
    assert seen() == []


def test_without_the_record_nothing_is_shown(
    secret: Declaration, holder: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(PrivateView.objects.all().__class__, "record", fail)
    client = Client(raise_request_exception=False)
    client.force_login(holder)
    response = client.get(f"/declarations/{secret.pk}/")
    assert response.status_code == 503
    assert b"A theft" not in response.content


def attempts() -> list[Callable[[PrivateView], object]]:
    rows = PrivateView.objects
    return [
        lambda row: row.save(),
        lambda row: row.delete(),
        lambda _: rows.update(kind="x"),
        lambda _: rows.all().delete(),
        lambda row: rows.bulk_update([row], ["kind"]),
        lambda row: rows.bulk_create(
            [row], update_conflicts=True, update_fields=["kind"], unique_fields=["id"]
        ),
        lambda row: rows.update_or_create(pk=row.pk, defaults={"kind": "x"}),
        lambda _: PrivateView._base_manager.all().delete(),
    ]


@pytest.mark.parametrize("number", range(len(attempts())))
def test_the_orm_changes_and_removes_none(holder: User, number: int) -> None:
    PrivateView.objects.record(holder, "declaration", SOMETHING)
    row = PrivateView.objects.get()
    with pytest.raises(AppendOnlyError):
        attempts()[number](row)
    assert seen() == [("hal", "declaration", SOMETHING)]


@pytest.mark.store
@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_privateview SET kind = 'x'", "DELETE FROM accounts_privateview"],
)
def test_neither_does_sql(holder: User, statement: str) -> None:
    PrivateView.objects.record(holder, "declaration", SOMETHING)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert len(seen()) == 1


def test_who_has_seen_something_cannot_be_deleted(holder: User) -> None:
    PrivateView.objects.record(holder, "declaration", SOMETHING)
    with pytest.raises(ProtectedError):
        holder.delete()
