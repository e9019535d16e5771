"""From the form to the incident, over a real socket."""

from __future__ import annotations

import re
import time

import pytest
from django.db import connection as database
from django.utils.html import escape
from pytest_django import Settings

from incidentportal.catalog import connection
from incidentportal.catalog.models import Snapshot
from incidentportal.catalog.sync import SyncFailedError, sync_catalog
from incidentportal.declarations.labels import LABEL
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_a_form_becomes_an_incident_and_its_page_shows_it(form: Form, connected: Sandbox) -> None:
    response = form.send(**form.filled(title="Checkout is down", summary="All cards fail"))
    assert response.status_code == 303, form.html
    (incident,) = connected.incidents()
    row = Declaration.objects.get()
    assert response.url == f"/declarations/{row.pk}/"
    assert incident["title"] == "Checkout is down"
    assert incident["labels"][LABEL] == str(row.pk)
    assert row.labels[0] == {"name": "title", "label": "Title", "text": "Checkout is down"}
    assert row.upstream == (
        connected.jsonapi_url if "/api/" not in row.upstream else connected.plain_url
    )
    shown = form.client.get(response.url).content.decode()
    assert 'data-declaration-state="delivered"' in shown
    assert f"<dd>{incident['sequential_id']}</dd>" in shown
    assert incident["url"] in shown
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.outcome, attempt.is_open) == (201, "Delivered", False)


def test_required_fields_are_asked_for_all_at_once_and_everything_is_kept(
    form: Form, connected: Sandbox
) -> None:
    response = form.send(summary="kept <b>as typed</b>")
    assert response.status_code == 422
    assert "kept &lt;b&gt;as typed&lt;/b&gt;" in form.html
    assert form.error("title")
    assert 'role="alert"' in form.html
    assert connected.incidents() == []
    assert not Declaration.objects.exists()


def test_the_same_form_twice_is_one_incident(form: Form, connected: Sandbox) -> None:
    answers = form.filled(title="Twice", declaration=form.identity)
    first = form.client.post(form.address, answers)
    second = form.client.post(form.address, answers)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert len(connected.incidents()) == 1


@pytest.mark.parametrize("shape", ["A", "B", "C", "pointer"])
def test_a_refusal_comes_back_at_its_field_and_correcting_it_keeps_the_declaration(
    form: Form, connected: Sandbox, shape: str
) -> None:
    connected.fault(
        "validation", method="POST", path="/incidents$", shape=shape, times=1,
        errors={"title": ["is too vague"]},
    )  # fmt: skip
    response = form.send(**form.filled(title="Help", summary="kept"))
    assert response.status_code == 422
    assert "is too vague" in form.error("title")
    assert ">\nkept</textarea>" in form.html
    row = Declaration.objects.get()
    assert row.state == State.REJECTED
    own = form.client.get(f"/declarations/{row.pk}/")
    assert own.status_code == 200
    assert "is too vague" in own.content.decode()
    assert form.send(**form.filled(title="Checkout fails")).status_code == 303
    row.refresh_from_db()
    assert row.state == State.DELIVERED
    keys = list(Attempt.objects.values_list("idempotency_key", flat=True))
    assert keys == [str(row.pk), f"{row.pk}-2"]


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_when_rootly_fails_the_declaration_is_kept_and_the_page_says_so(
    form: Form, connected: Sandbox, admin_page: PageClient, status: int
) -> None:
    connected.fault("status", method="POST", path="/incidents$", status=status, body="<h1>No</h1>",
                    content_type="text/html", times=None)  # fmt: skip
    response = form.send(**form.filled(title="Kept"))
    assert response.status_code == 303
    row = Declaration.objects.get()
    assert row.state == State.QUEUED
    shown = form.client.get(response.url).content.decode()
    assert 'data-declaration-state="queued"' in shown
    assert escape(row.sentence) in shown
    assert "data-banner" in admin_page.get("/").content.decode()


def test_a_dead_rootly_keeps_the_declaration(
    form: Form, connected: Sandbox, admin_page: PageClient
) -> None:
    connected.down(60)
    form.send(**form.filled(title="Kept"))
    row = Declaration.objects.get()
    assert row.state == State.QUEUED
    assert "could not be reached" in row.sentence
    assert "1 declaration waits" in admin_page.get("/").content.decode()


def test_admins_see_a_banner_while_the_queue_is_held(
    form: Form, connected: Sandbox, admin_page: PageClient
) -> None:
    connected.fault("status", method="POST", path="/incidents$", status=401, times=None)
    response = form.send(**form.filled(title="Kept"))
    assert "data-banner" in admin_page.get("/").content.decode()
    assert "data-banner" not in form.client.get("/").content.decode()
    assert re.search(r'data-held="[^"]+"', form.client.get(response.url).content.decode())


def test_somebody_elses_declaration_does_not_exist(
    form: Form, connected: Sandbox, support_page: PageClient
) -> None:
    response = form.send(**form.filled(title="Mine"))
    assert support_page.get(response.url).status_code == 404


def test_another_persons_form_declares_nothing(
    form: Form, connected: Sandbox, admin_page: PageClient
) -> None:
    answers = form.filled(title="Stolen", declaration=form.identity)
    response = admin_page.post("/incidents/new/", answers)
    assert response.status_code == 422
    assert b'value="Stolen"' in response.content
    assert not Declaration.objects.exists()


def test_a_request_by_htmx_redraws_and_never_declares(form: Form, connected: Sandbox) -> None:
    answers = form.filled(title="Half typed", declaration=form.identity)
    response = form.client.post(form.address, answers, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert b'value="Half typed"' in response.content
    assert b"<html" not in response.content
    assert not Declaration.objects.exists()


def test_the_deadline_ends_the_persons_wait_and_not_the_call(
    form: Form, connected: Sandbox, settings: Settings
) -> None:
    settings.DELIVERY_DEADLINE = 0.3
    connected.fault("latency", method="POST", path="/incidents$", seconds=20, times=1)
    response = form.send(**form.filled(title="Slow"))
    assert b'data-declaration-state="delivering"' in form.client.get(response["Location"]).content
    connected.let_go()
    end = time.monotonic() + 8
    while not Declaration.objects.filter(state=State.DELIVERED).exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert len(connected.incidents()) == 1


def test_everything_that_was_submitted_is_stored_with_its_meaning(
    form: Form, connected: Sandbox
) -> None:
    custom = form.field_called("How was it noticed?")
    form.send(**form.filled(title="Stored"))
    row = Declaration.objects.get()
    assert row.answers["title"] == ["Stored"]
    assert {"name": custom, "label": "How was it noticed?", "text": "Customer report"} in row.labels
    assert row.payload["title"] == "Stored"
    assert Snapshot.objects.filter(pk=row.snapshot_id, upstream=row.upstream).exists()
    attempt = Attempt.objects.get()
    assert len(attempt.digest) == 64
    assert attempt.finished_at is not None


def test_urgent_ones_rank_before_others(form: Form, connected: Sandbox) -> None:
    for label in ("SEV4", "SEV0"):
        form = Form(form.client)
        form.send(**form.filled(title=label, severity_id=form.option("severity_id", label)))
    ranks = dict(Declaration.objects.values_list("title", "severity_rank"))
    assert ranks["SEV0"] < ranks["SEV4"]


@pytest.mark.store
def test_a_wrong_token_is_told_to_admins_and_costs_nothing(
    form: Form, connected: Sandbox, admin_page: PageClient, settings: Settings
) -> None:
    settings.ROOTLY_API_TOKEN = "no-such-token"
    with pytest.raises(SyncFailedError):
        sync_catalog(connection.client(), connection.upstream())
    assert "ROOTLY_API_TOKEN" in admin_page.get("/").content.decode()
    assert Form(form.client).send(**form.filled(title="Kept")).status_code == 303
    assert Declaration.objects.get().state == State.QUEUED


def test_on_sqlite_what_was_saved_survives_a_power_cut(connected: Sandbox) -> None:
    if database.vendor != "sqlite":
        return  # PostgreSQL's own default
    with database.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
