"""Private incidents: what a look proves, and what is said where one isn't private after all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import CREATE, once
from tests.support.declarations import make_declaration
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

SECRET = {"title": "A theft", "private": True}


def private(reporter: User) -> Declaration:
    return make_declaration(reporter, upstream=connection.upstream(), payload=SECRET)


def sees_private() -> object:
    return Upstream.objects.get().sees_private


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_a_private_incident_that_is_read_back_shows_that_the_token_sees_them(
    connected: Sandbox, reporter: User, dialect: str
) -> None:
    once(make_declaration(reporter, upstream=connection.upstream()))
    assert sees_private() is None
    row = once(private(reporter))
    assert (row.state, row.is_exposed, sees_private()) == (State.DELIVERED, False, True)


def test_one_that_cannot_be_read_back_shows_that_it_does_not(
    connected: Sandbox, reporter: User
) -> None:
    connected.switch(hide_private=True)
    row = once(private(reporter))
    assert row.state == State.DELIVERED
    assert sees_private() is False
    assert row.incident["private"] is True
    assert not row.is_exposed
    for _ in range(5):
        once(row)
    assert row.due_at is None, "there is nothing to wait for"


@pytest.mark.parametrize("seen", [None, False, True])
def test_a_look_proves_a_private_ones_absence_only_where_such_are_seen(
    connected: Sandbox, reporter: User, *, seen: bool | None
) -> None:
    once(make_declaration(reporter, upstream=connection.upstream()))
    assert Upstream.objects.get().keeps_labels is True
    Upstream.objects.update(sees_private=seen)
    connected.fault(**CREATE, kind="drop_before", times=1)
    row = once(private(reporter))
    once(row)
    if seen is not True:
        assert row.state == State.UNCONFIRMED
        assert "may not see private ones" in row.sentence
        return
    assert row.state == State.QUEUED
    Attempt.objects.update(started_at=Now() - timedelta(seconds=60))
    assert once(row).state == State.DELIVERED
    titles = [incident["title"] for incident in connected.incidents()]
    assert titles.count("A theft") == 1


def test_an_incident_that_is_not_private_after_all_is_told_at_once(
    connected: Sandbox, reporter: User, visitor: PageClient, admin_page: PageClient
) -> None:
    assert "as private" not in admin_page.get("/").content.decode()
    row = once(private(reporter))
    incident = connected.incidents()[0]
    connected.change_list("incidents", upsert=[{"id": incident["id"], "private": False}])
    assert once(row).is_exposed
    html = visitor.get(f"/declarations/{row.pk}/").content.decode()
    assert "This incident is NOT private in Rootly" in html
    banner = admin_page.get("/").content.decode()
    assert f"that was asked for: #{incident['sequential_id']}." in banner
    assert "A theft" not in banner
    connected.change_list("incidents", upsert=[{"id": incident["id"], "private": True}])
    assert not once(row).is_exposed
    assert "as private" not in admin_page.get("/").content.decode()


def test_an_answer_that_does_not_say_is_told_too(
    connected: Sandbox, reporter: User, visitor: PageClient
) -> None:
    made = {"id": "0", "title": "A theft"}
    connected.fault("status", method="POST", path="/incidents$", status=201, body={"data": made})
    row = once(private(reporter))
    assert (row.incident_id, row.is_exposed) == ("0", True)
    html = visitor.get(f"/declarations/{row.pk}/").content.decode()
    assert "does not say whether this incident is private" in html


def test_what_another_token_could_see_says_nothing_of_this_one(
    connected: Sandbox, reporter: User, settings: Settings
) -> None:
    once(private(reporter))
    once(make_declaration(reporter, upstream=connection.upstream()))
    assert sees_private() is True
    connected.switch(token="another", hide_private=True)
    settings.ROOTLY_API_TOKEN = "another"  # the sandbox's
    connected.fault(**CREATE, kind="drop_after", times=1)
    row = once(private(reporter))
    assert sees_private() is None
    once(row)
    assert row.state == State.UNCONFIRMED, "it is there, and this token may not see it"
    assert settings.ROOTLY_API_TOKEN not in Upstream.objects.get().token
