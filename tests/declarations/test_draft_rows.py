"""Drafts as rows: sealed, readable again, and gone when they are old."""

from __future__ import annotations

import uuid
from datetime import timedelta
from urllib.parse import quote_plus

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from incidentportal.declarations import drafts
from incidentportal.declarations.models import Draft
from tests.accounts.test_encryption import new_key
from tests.declarations.test_delivery import CREATE, until, worker  # noqa: F401  # a fixture
from tests.support.at_rest import at_rest
from tests.support.controls import controls, page_of
from tests.support.drafts import SAVE, Tab, address, again
from tests.support.portal import Form
from tests.support.sandbox import Sandbox


@pytest.fixture
def tab(form: Form) -> Tab:
    """A reporter's, with a script."""
    return Tab(form, "one")


def test_old_ones_go(tab: Tab, settings: Settings) -> None:
    tab.save(title="Old")
    Tab(Form(tab.form.client), "two").save(title="New")
    Draft.objects.filter(version=1).update(updated_at=Now() - timedelta(days=29.9))
    assert drafts.purge(30) == 0
    moved = Draft.objects.first()
    assert moved
    Draft.objects.filter(pk=moved.pk).update(updated_at=Now() - timedelta(days=30.1))
    assert drafts.purge(30) == 1
    assert not Draft.objects.filter(pk=moved.pk).exists()
    assert Draft.objects.count() == 1


def test_the_worker_removes_old_ones(
    tab: Tab, settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    tab.save(title="Old")
    Draft.objects.update(updated_at=Now() - timedelta(days=3))
    settings.DRAFT_DAYS = 2
    monkeypatch.setattr(drafts, "_purged_at", float("-inf"))
    request.getfixturevalue("worker")
    until(lambda: not Draft.objects.exists())


def test_it_looks_for_old_ones_once_an_hour(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "_purged_at", float("-inf"))
    drafts.purge_if_due()
    tab.save(title="Old")
    Draft.objects.update(updated_at=Now() - timedelta(days=31))
    drafts.purge_if_due()
    assert Draft.objects.exists()
    monkeypatch.setattr(drafts, "_purged_at", drafts._purged_at - 3600)
    Session.objects.create(session_key="old", expire_date=timezone.now() - timedelta(minutes=1))
    drafts.purge_if_due()
    assert not Draft.objects.exists()
    assert not Session.objects.filter(session_key="old").exists()


def test_a_save_makes_an_old_one_young(tab: Tab) -> None:
    tab.save(title="Old")
    Draft.objects.update(updated_at=Now() - timedelta(days=60))
    tab.save(title="Old again")
    assert drafts.purge(30) == 0


@pytest.mark.store
def test_it_lies_nowhere_in_clear(tab: Tab, connected: Sandbox) -> None:
    canary = f"canary{uuid.uuid4().hex}"
    tab.save(title=canary, summary=canary)
    tab.save(title=canary, summary=f"{canary} again")
    assert canary in tab.form.client.get(address()).content.decode()
    tab.form.client.get("/")
    assert again(tab).save(script=False, title=canary, draft_version="0").status_code == 409
    assert canary.encode() not in at_rest()
    assert Draft.objects.get().content["answers"]["title"] == [canary]
    assert {"csrfmiddlewaretoken", "declaration", "draft_version", "draft_tab"}.isdisjoint(
        Draft.objects.get().content["answers"]
    )


@pytest.mark.store
@pytest.mark.parametrize("column", ["title", "content"])
def test_the_database_refuses_one_in_clear(tab: Tab, column: str) -> None:
    tab.save(title="Sealed")
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.update(**{column: "in clear"})


def test_one_that_cannot_be_read_is_listed_and_can_be_deleted(tab: Tab, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    tab.save(title="Sealed")
    settings.FIELD_ENCRYPTION_KEYS = []
    for place in ("/", "/declarations/", "/incidents/new/"):
        assert "can&#x27;t be read at the moment" in tab.form.client.get(place).content.decode()
    place = address()
    assert tab.form.client.get(place).status_code == 503
    assert tab.form.client.post(f"{place}delete/").status_code == 303
    assert not Draft.objects.exists()


def test_nobody_has_too_many(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST", 1)
    tab.save(title="One")
    other = Tab(Form(tab.form.client), "two")
    response = other.save(title="Two")
    assert response.status_code == 422
    assert "drafts already" in response.content.decode()
    shown = other.save(script=False, title="Two")
    assert shown.status_code == 422
    assert 'value="Two"' in shown.content.decode()
    assert tab.save(title="One more").status_code == 204


@pytest.mark.parametrize("text", ["-1", "1e9", "9" * 40, "²", "x", ""])
def test_what_a_page_says_it_knows_is_not_believed_blindly(text: str) -> None:
    posted = {"draft_version": text, "draft_step": text, "draft_tab": "a b"}
    known = drafts.Known.read(posted)
    assert (known.version, known.step, known.tab) == (0, 0, "")


@pytest.mark.parametrize("title", ["a\x00b", "\ud800", "x" * 100_000, "\u202e"])
def test_anything_typed_can_be_read_back(tab: Tab, title: str) -> None:
    posted = {**controls(page_of(tab.form.html), "declaration"), "title": [title]}
    body = "&".join(
        f"{name}={quote_plus(value.encode('utf-8', 'surrogatepass'))}"
        for name, values in posted.items()
        for value in values
    )
    kind, headers = "application/x-www-form-urlencoded", {"HX-Request": "true"}
    saved = tab.form.client.post(SAVE, body, content_type=kind, headers=headers)
    assert saved.status_code == 204
    for place in (address(), "/", "/declarations/"):
        assert tab.form.client.get(place).status_code == 200


def test_what_is_too_large_is_refused_in_plain_words(tab: Tab) -> None:
    assert tab.save(script=False, summary="x" * 3_000_000).status_code == 413
    assert not Draft.objects.exists()


def test_a_sign_in_leads_back_to_the_form(tab: Tab) -> None:
    assert tab.form.client.get(SAVE)["Location"] == "/incidents/new/"
