"""Whatever the portal can't take now, what somebody typed is theirs to send again."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from pytest_django import Settings

from incidentportal.accounts import kept, throttle
from incidentportal.catalog import current
from incidentportal.declarations import submission
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.controls import controls, page_of
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

NASTY = 'Down: "<b>everything</b>"\r\n\tand  it\'s\r\n\r\nbad\r\n'
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def answers(form: Form) -> dict[str, Any]:
    """A whole form, as a browser posts it."""
    return {**controls(page_of(form.html), "declaration"), **form.filled(summary=NASTY)}


def of(response: Any) -> dict[str, list[str]]:
    """What the page's own button would post."""
    return controls(page_of(response.content.decode()), "update")


def press(client: PageClient, address: str, response: Any, **typed: str) -> Any:
    return client.post(address, {**of(response), **typed})


def signing_in(who: str = "rita", password: str = PASSWORD) -> dict[str, str]:
    return {kept.NAME: who, kept.PASSWORD: password}


def declare_as_shown(client: PageClient, shown: Any, address: str = "/incidents/new/") -> Any:
    """Press "Declare" on a page that shows the form."""
    assert shown.status_code in {200, 429}
    posted = controls(page_of(shown.content.decode()), "declaration")
    assert posted["summary"] == [NASTY]
    return client.post(address, posted)


def test_a_session_that_ended_costs_one_sign_in_and_nothing_typed(
    form: Form, answers: dict[str, Any], connected: Sandbox
) -> None:
    client = form.client
    Session.objects.all().delete()
    page = client.post(form.address, answers)
    assert (page.status_code, page["WWW-Authenticate"]) == (401, "Form")
    assert "no-store" in page["Cache-Control"]
    wrong = press(client, form.address, page, **signing_in(password="mistyped"))
    assert wrong.status_code == 401
    assert b'role="alert"' in wrong.content
    assert "mistyped" not in wrong.content.decode()
    shown = press(client, form.address, wrong, **signing_in())
    assert shown.status_code == 200
    assert not Declaration.objects.exists(), "nothing is declared by itself"
    identity = of_identity(shown)
    assert identity == form.identity
    assert declare_as_shown(client, shown).status_code == 303
    assert len(connected.incidents()) == 1


def of_identity(response: Any) -> str:
    return controls(page_of(response.content.decode()), "declaration")["declaration"][0]


def test_the_password_reaches_neither_the_form_nor_the_session(
    form: Form, answers: dict[str, Any]
) -> None:
    Session.objects.all().delete()
    page = form.client.post(form.address, answers)
    shown = press(form.client, form.address, page, **signing_in())
    assert PASSWORD not in shown.content.decode()
    (session,) = Session.objects.all()
    stored = repr(session.get_decoded())
    assert "everything" not in stored
    assert PASSWORD not in stored
    assert all("everything" not in str(cookie) for cookie in form.client.cookies.values())


def test_somebody_else_who_signs_in_gets_a_form_of_their_own(
    form: Form, answers: dict[str, Any], make_person: Person
) -> None:
    make_person("otto")
    Session.objects.all().delete()
    page = form.client.post(form.address, answers)
    shown = press(form.client, form.address, page, **signing_in("otto"))
    assert of_identity(shown) != form.identity
    assert declare_as_shown(form.client, shown).status_code == 303
    assert Declaration.objects.get().author.username == "otto"


@pytest.fixture
def rejected(form: Form, connected: Sandbox) -> Declaration:
    connected.fault(
        "validation", method="POST", path="/incidents$", shape="A", times=1,
        errors={"title": ["is too vague"]},
    )  # fmt: skip
    assert form.send(**form.filled(title="Help", summary="short")).status_code == 422
    return Declaration.objects.get(state=State.REJECTED)


def test_a_correction_is_kept_too_for_its_author(form: Form, rejected: Declaration) -> None:
    address = f"/declarations/{rejected.pk}/"
    posted = {**controls(page_of(form.html), "declaration"), "summary": NASTY}
    Session.objects.all().delete()
    page = form.client.post(address, posted)
    assert page.status_code == 401
    shown = press(form.client, address, page, **signing_in())
    assert b"Correct your declaration" in shown.content
    assert declare_as_shown(form.client, shown, address).status_code == 303
    rejected.refresh_from_db()
    assert rejected.state == State.DELIVERED


def test_a_correction_is_kept_for_somebody_else_who_signs_in_as_their_own(
    form: Form, rejected: Declaration, make_person: Person
) -> None:
    make_person("otto")
    address = f"/declarations/{rejected.pk}/"
    posted = {**controls(page_of(form.html), "declaration"), "summary": NASTY}
    Session.objects.all().delete()
    page = form.client.post(address, posted)
    shown = press(form.client, address, page, **signing_in("otto"))
    assert 'action="/incidents/new/"' in shown.content.decode()
    assert "too vague" not in shown.content.decode()
    assert declare_as_shown(form.client, shown).status_code == 303
    assert form.client.post(address, posted).status_code == 404


@pytest.fixture
def guarded(form: Form) -> PageClient:
    """The same browser, whose tokens are checked."""
    client = PageClient(enforce_csrf_checks=True)
    client.cookies = form.client.cookies
    return client


def test_a_stale_token_costs_one_press(
    form: Form, guarded: PageClient, answers: dict[str, Any]
) -> None:
    guarded.cookies["csrftoken"] = "x" * 32
    page = guarded.post(form.address, answers)
    assert page.status_code == 403
    assert "sign_in_name" not in page.content.decode()
    shown = press(guarded, form.address, page)
    assert declare_as_shown(guarded, shown).status_code == 303


def test_lost_cookies_cost_a_sign_in(
    form: Form, guarded: PageClient, answers: dict[str, Any]
) -> None:
    guarded.cookies.clear()
    page = guarded.post(form.address, answers)
    assert page.status_code == 403
    shown = press(guarded, form.address, page, **signing_in())
    assert declare_as_shown(guarded, shown).status_code == 303


def test_a_stale_token_elsewhere_is_a_page(guarded: PageClient) -> None:
    page = guarded.post("/accounts/login/", {"login": "rita"})
    assert page.status_code == 403
    assert b"sign_in_name" not in page.content


def test_without_a_picture_of_rootly_a_form_is_kept(
    form: Form, answers: dict[str, Any], settings: Settings
) -> None:
    url = settings.ROOTLY_API_URL
    settings.ROOTLY_API_URL = "http://127.0.0.1:9/v1"
    current.forget()
    page = form.client.post(form.address, answers)
    assert (page.status_code, page["Retry-After"]) == (503, "3")
    assert press(form.client, form.address, page).status_code == 503
    settings.ROOTLY_API_URL = url
    current.forget()
    current.look_at_once()
    assert declare_as_shown(form.client, press(form.client, form.address, page)).status_code == 303


def test_a_database_that_is_busy_costs_nothing_typed(form: Form, answers: dict[str, Any]) -> None:
    client = form.client
    client.raise_request_exception = False
    # Twenty seconds are meant for people; the answer is the same.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        page = client.post(form.address, answers)
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20000")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert not Declaration.objects.exists()
    assert declare_as_shown(client, press(client, form.address, page)).status_code == 303


def test_a_database_that_is_gone_costs_nothing_typed(form: Form, answers: dict[str, Any]) -> None:
    client = form.client
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_session RENAME TO gone")
    try:
        page = client.post(form.address, answers)
        home = client.get("/")
    finally:
        with connection.cursor() as cursor:  # the portal let go of the other one's connection
            cursor.execute("ALTER TABLE gone RENAME TO django_session")
    assert (page.status_code, home.status_code) == (503, 503)
    assert declare_as_shown(client, press(client, form.address, page)).status_code == 303


def test_a_fault_of_the_portal_costs_nothing_typed_and_doubles_nothing(
    form: Form, answers: dict[str, Any], connected: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = form.client
    client.raise_request_exception = False
    save = submission.save

    def fails_afterwards(*given: Any, claimed: bool) -> bool:
        with transaction.atomic():
            save(*given, claimed=claimed)
        raise RuntimeError("a fault")

    # No real part fails so right after it saved.
    monkeypatch.setattr(submission, "save", fails_afterwards)
    page = client.post(form.address, answers)
    assert page.status_code == 500
    monkeypatch.undo()
    shown = press(client, form.address, page)
    assert declare_as_shown(client, shown).status_code == 303
    assert Declaration.objects.count() == 1


def test_too_much_is_told_and_not_sent_back_and_forth(form: Form, answers: dict[str, Any]) -> None:
    Session.objects.all().delete()
    page = form.client.post(form.address, answers | {"summary": "x" * 1_000_001})
    assert page.status_code == 401
    assert b"too much to be kept" in page.content
    assert len(page.content) < 10_000


def test_text_that_no_page_may_hold_is_replaced(form: Form, answers: dict[str, Any]) -> None:
    Session.objects.all().delete()
    page = form.client.post(form.address, answers | {"title": "a\x00b\ufffe\x9b", "odd\x01": "1"})
    assert of(page)["title"] == ["a\ufffdb\ufffd\ufffd"]


@pytest.mark.parametrize("address", ["/", "/nowhere/", "/admin/", "/incidents/new/preview/"])
def test_only_forms_of_ours_are_kept(form: Form, address: str) -> None:
    Session.objects.all().delete()
    page = form.client.post(address, {"title": "kept?", **signing_in()})
    assert page.status_code in {302, 404}
    assert b"kept?" not in page.content
    assert not Session.objects.exists()


def test_the_page_leads_back_to_the_form_alone(form: Form, answers: dict[str, Any]) -> None:
    Session.objects.all().delete()
    address = f"{form.address}?next=https://evil.example/"
    page = form.client.post(address, answers | {"next": "https://evil.example/"})
    assert f'action="{form.address}"' in page.content.decode()
    shown = press(form.client, address, page, **signing_in())
    assert shown.status_code == 200


def test_a_name_that_is_locked_out_keeps_the_form(form: Form, answers: dict[str, Any]) -> None:
    Session.objects.all().delete()
    page = form.client.post(form.address, answers)
    for _ in range(10):
        page = press(form.client, form.address, page, **signing_in(password="wrong"))
    assert (page.status_code, page["Retry-After"]) == (429, "300")
    cache.clear()
    shown = press(form.client, form.address, page, **signing_in())
    assert declare_as_shown(form.client, shown).status_code == 303


@pytest.fixture
def limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.THROTTLE_DECLARATIONS = settings.THROTTLE_SEARCHES = 1
    monkeypatch.setattr(throttle, "now", lambda: 1_000_010.0)


def test_too_many_declarations_keep_the_form(
    limits: None, form: Form, answers: dict[str, Any]
) -> None:
    first = form.client.post(form.address, answers)
    assert first.status_code == 303
    fresh = Form(form.client)
    again = form.client.post(form.address, answers | {"declaration": fresh.identity})
    assert (again.status_code, again["Retry-After"]) == (429, "10")
    assert of_identity(again) == fresh.identity
    assert Declaration.objects.count() == 1
    cache.clear()
    assert declare_as_shown(form.client, again).status_code == 303
    assert Declaration.objects.count() == 2


def test_too_many_searches_keep_the_form_and_nobody_from_declaring(
    limits: None, form: Form, answers: dict[str, Any]
) -> None:
    search = {"search": "service_ids", "service_ids__q": "a"}
    assert form.client.post(form.address, answers | search).status_code == 200
    again = form.client.post(form.address, answers | search)
    assert (again.status_code, again["Retry-After"]) == (429, "10")
    assert declare_as_shown(form.client, again).status_code == 303


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {}], ids=["script", "none"])
def test_searches_and_previews_count_together(
    limits: None, form: Form, headers: dict[str, str]
) -> None:
    search = {"field": "service_ids", "service_ids__q": "a"}
    first, second = (
        form.client.post("/incidents/new/options/", search, headers={"HX-Request": "true"})
        for _ in range(2)
    )
    assert (first.status_code, second.status_code, second["Retry-After"]) == (200, 429, "10")
    text = {"preview": "summary", "summary": "**x**"}
    preview = form.client.post("/incidents/new/preview/", text, headers=headers)
    assert (preview.status_code, preview["Retry-After"]) == (429, "10")
    assert b"<strong>" not in preview.content
