"""Drafts: what somebody typed is kept, for them alone, until it is declared."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from pytest_django import DjangoAssertNumQueries

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.catalog.current import look_at_once
from incidentportal.catalog.sync import sync_catalog
from incidentportal.declarations import drafts, identity
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import CREATE
from tests.support.controls import controls, page_of
from tests.support.declarations import make_declaration
from tests.support.drafts import SAVE, Tab, address, again
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox


@pytest.fixture
def tab(form: Form) -> Tab:
    """A reporter's, with a script."""
    return Tab(form, "one")


@pytest.mark.store
def test_a_draft_is_opened_as_it_was_and_declared_once(tab: Tab, connected: Sandbox) -> None:
    summary = "All cards <b>fail</b>"
    answers = tab.form.filled(title="Checkout is down", summary=summary)
    assert tab.save(**answers).status_code == 204
    assert (tab.version, tab.save(**answers | {"title": "Basket"})["Draft-Version"]) == (1, "2")
    opened = Form(tab.form.client, address())
    assert identity.read(opened.identity, User.objects.get()) == Draft.objects.get().pk
    assert 'value="Basket"' in opened.html
    assert "All cards &lt;b&gt;fail&lt;/b&gt;</textarea>" in opened.html
    assert 'name="draft_version" value="2"' in opened.html
    assert 'action="/incidents/new/"' in opened.html
    opened.address = "/incidents/new/"
    assert opened.send().status_code == 303
    row = Declaration.objects.get()
    assert (row.title, row.answers["summary"]) == ("Basket", [summary])
    assert not Draft.objects.exists()
    assert len(connected.incidents()) == 1


@pytest.mark.store
def test_two_tabs_overwrite_nothing_silently(tab: Tab) -> None:
    other = again(tab)
    assert tab.save(title="First").status_code == 204
    response = other.save(title="Second")
    assert response.status_code == 409
    said = response.content.decode()
    assert "changed and saved in another tab" in said
    assert f'href="{address()}"' in said
    assert "<html" not in said
    draft = Draft.objects.get()
    assert (draft.title, draft.version) == ("First", 1)
    assert other.save(title="Second").status_code == 409, "also when it is tried again"
    kept = other.save(script=False, title="Second", keep="1", draft_version="0")
    assert kept.status_code == 303
    assert set(Draft.objects.values_list("title", flat=True)) == {"First", "Second"}
    assert Form(tab.form.client, kept["Location"]).identity != tab.form.identity


def test_whoever_opened_the_newer_one_goes_on_with_it(tab: Tab) -> None:
    other = again(tab)
    tab.save(title="First")
    other.version = 1
    assert other.save(title="Second").status_code == 204
    assert tab.save(title="Third").status_code == 409


@pytest.mark.parametrize(("step", "status"), [(5, 204), (1, 409), (2, 409)])
def test_a_page_whose_answer_was_lost_goes_on_and_its_overtaken_saves_do_nothing(
    tab: Tab, step: int, status: int
) -> None:
    tab.save(title="First")
    tab.save(title="Second")
    tab.version, tab.step = 0, step - 1
    assert tab.save(title="Third").status_code == status
    assert Draft.objects.get().title == ("Third" if status == 204 else "Second")


def test_without_a_script_a_button_saves_and_conflicts_are_told_with_the_form(tab: Tab) -> None:
    html = tab.form.html
    assert html.index(f'formaction="{SAVE}"') < html.index('data-action="declare"')
    saved = tab.save(script=False, title="Kept")
    assert (saved.status_code, saved["Location"]) == (303, address())
    late = tab.save(script=False, title="Late <b>")
    assert late.status_code == 409
    shown = late.content.decode()
    assert 'value="Late &lt;b&gt;"' in shown
    assert f'name="keep" value="1" formaction="{SAVE}"' in shown
    assert shown.rindex("<button class") > shown.rindex('name="keep"')
    assert Draft.objects.get().title == "Kept"
    tab.form.response = tab.form.client.get(address())
    assert tab.save(script=False, title="Better").status_code == 303
    assert Draft.objects.get().title == "Better"


def test_an_empty_form_is_no_draft(tab: Tab) -> None:
    assert tab.save()["Draft-Version"] == "0"
    assert tab.save(title=" ")["Draft-Version"] == "0"
    assert tab.save(script=False)["Location"] == "/incidents/new/"
    assert not Draft.objects.exists()
    tab.save(title="Something")
    assert Draft.objects.count() == 1
    assert tab.save(title="")["Draft-Version"] == "0"
    assert not Draft.objects.exists()
    assert tab.save(title="Again")["Draft-Version"] == "1"


def test_what_a_link_filled_in_is_not_yet_the_persons(connected: Sandbox, visitor: Any) -> None:
    tab = Tab(Form(visitor, "/incidents/new/?title=Linked"), "one")
    assert tab.save()["Draft-Version"] == "0"
    assert tab.save(title=None)["Draft-Version"] == "1", "taken away is something done"


def test_drafts_are_listed_and_a_new_form_tells_of_them(tab: Tab) -> None:
    tab.save(title="Tell <b>me</b>")
    Tab(Form(tab.form.client), "two").save(summary="no title yet")
    for place in ("/", "/declarations/", "/incidents/new/"):
        response = tab.form.client.get(place)
        page = response.content.decode()
        assert page.count('href="/drafts/') == 2
        assert ">Tell &lt;b&gt;me&lt;/b&gt;</a>" in page
        assert ">Untitled</a>" in page
        assert "no-store" in response["Cache-Control"]


def test_the_form_page_opens_no_more_than_titles(
    tab: Tab, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tab.save(title="Begun")
    with django_assert_max_num_queries(4) as asked:
        tab.form.client.get("/incidents/new/")
    assert not any('"content"' in query["sql"] for query in asked.captured_queries)


def test_one_is_deleted_by_its_author(tab: Tab) -> None:
    tab.save(title="Away")
    assert tab.form.client.get(f"{address()}delete/").status_code == 405
    deleted = tab.form.client.post(f"{address()}delete/")
    assert (deleted.status_code, deleted["Location"]) == (303, "/declarations/")
    assert not Draft.objects.exists()


@pytest.mark.parametrize("group", ["reporter", "admin", "superuser"])
def test_to_anybody_else_it_does_not_exist(tab: Tab, make_person: Person, group: str) -> None:
    tab.save(title="Secret plan")
    client = PageClient()
    rights = {"is_staff": True, "is_superuser": True} if group == "superuser" else {}
    client.force_login(make_person("eve", "admin" if rights else group, **rights))
    place, nowhere = address(), f"/drafts/{uuid.uuid4()}/"
    for path in (place, nowhere):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}delete/").status_code == 404
    assert client.get(place).content == client.get(nowhere).content
    for path in ("/", "/declarations/", "/incidents/new/"):
        assert "Secret plan" not in client.get(path).content.decode()
    assert Draft.objects.get().title == "Secret plan"


def test_a_form_of_somebody_elses_never_touches_their_draft(tab: Tab, make_person: Person) -> None:
    tab.save(title="Secret plan")
    tab.form.client = PageClient()
    tab.form.client.force_login(make_person("eve"))
    response = tab.save(title="Theirs")
    assert response.status_code == 422
    assert "opened by somebody else" in response.content.decode()
    assert Draft.objects.get().title == "Secret plan"
    saved = tab.save(script=False, title="Theirs")
    assert saved.status_code == 303, "pressed, it is a draft of their own"
    assert {row.author.username: row.title for row in Draft.objects.all()} == {
        "rita": "Secret plan",
        "eve": "Theirs",
    }


def test_what_is_declared_is_no_draft_any_more(tab: Tab, connected: Sandbox) -> None:
    tab.save(title="Begun")
    place = address()
    sent = tab.form.send(**tab.form.filled(title="Declared"))
    assert sent.status_code == 303
    assert tab.form.client.get(place)["Location"] == sent["Location"]
    tab.form.response = tab.form.client.get("/incidents/new/")
    pk = Declaration.objects.get().pk
    carried = identity.sign(pk, User.objects.get())
    late = tab.save(title="Late", declaration=carried)
    assert late.status_code == 409
    assert f'href="/declarations/{pk}/"' in late.content.decode()
    assert not Draft.objects.exists()
    kept = tab.save(script=False, title="Late", declaration=carried, keep="1")
    assert kept["Location"] == address()
    assert Draft.objects.get().pk != pk


def test_one_that_slipped_in_beside_its_declaration_is_not_offered(
    tab: Tab, reporter: User
) -> None:
    tab.save(title="Slipped in")
    pk, place = Draft.objects.get().pk, address()
    make_declaration(reporter, pk=pk, upstream=connection.upstream())
    assert drafts.rows(reporter) == []
    assert tab.form.client.get(place)["Location"] == f"/declarations/{pk}/"
    assert drafts.purge(30) == 1


def test_a_correction_has_its_draft_too(tab: Tab, connected: Sandbox) -> None:
    errors = {"title": ["is too vague"]}
    connected.fault(**CREATE, kind="validation", shape="A", times=1, errors=errors)
    tab.save(title="Help")
    assert tab.form.send(**tab.form.filled(title="Help")).status_code == 422
    assert "data-unsaved" not in tab.form.html
    assert not Draft.objects.exists()
    row = Declaration.objects.get()
    assert tab.save(title="Better help").status_code == 204
    assert Draft.objects.get().pk == row.pk
    page = tab.form.client.get(f"/declarations/{row.pk}/").content.decode()
    assert "is too vague" in page
    assert f'href="/drafts/{row.pk}/"' in page
    opened = Form(tab.form.client, f"/drafts/{row.pk}/")
    assert 'value="Better help"' in opened.html
    opened.address = f"/declarations/{row.pk}/"
    assert f'action="{opened.address}"' in opened.html
    assert opened.send().status_code == 303
    row.refresh_from_db()
    assert (row.title, row.state) == ("Better help", State.DELIVERED)
    assert not Draft.objects.exists()


def test_a_form_with_errors_keeps_its_draft_and_its_place_in_it(tab: Tab) -> None:
    tab.save(title="Half")
    tab.form.send(title="Half", draft_version=str(tab.version))
    assert tab.form.response.status_code == 422
    assert 'name="draft_version" value="1"' in tab.form.html
    assert "data-unsaved" in tab.form.html
    assert tab.save(title="More").status_code == 204


def test_what_no_longer_fits_is_said_and_stays_said(tab: Tab, connected: Sandbox) -> None:
    custom = tab.form.field_called("How was it noticed?")
    tab.save(**tab.form.filled(title="Kept"))
    connected.change_list("form_fields", remove=[custom.removeprefix("form_field_")])
    sync_catalog(connection.client(), connection.upstream())
    look_at_once()
    lost = "“How was it noticed?” is no longer on the form. Your answer was: Customer report"
    for _ in range(2):  # saved by the form of today, which has no such field
        tab.form.response = tab.form.client.get(address())
        assert 'value="Kept"' in tab.form.html
        assert lost in tab.form.html
        assert tab.save(script=False, summary="more").status_code == 303
    assert tab.form.client.get(address()).content.decode().count(lost) == 1


def test_a_form_that_lost_its_only_answer_is_still_a_draft(tab: Tab, connected: Sandbox) -> None:
    custom = tab.form.field_called("How was it noticed?")
    answer = tab.form.option(custom, "Customer report")
    connected.change_list("form_fields", remove=[custom.removeprefix("form_field_")])
    sync_catalog(connection.client(), connection.upstream())
    look_at_once()
    answers: dict[str, Any] = {custom: answer}
    assert tab.save(**answers)["Draft-Version"] == "1"
    assert "Your answer was: Customer report" in tab.form.client.get(address()).content.decode()


def test_another_upstreams_draft_is_not_offered(tab: Tab, reporter: User) -> None:
    tab.save(title="Elsewhere")
    Draft.objects.update(upstream="http://127.0.0.1:9/v1")
    assert tab.form.client.get(address()).status_code == 404
    assert drafts.rows(reporter) == []
    assert "Elsewhere" not in tab.form.client.get("/").content.decode()
    assert tab.save(title="Here").status_code == 204, "an open form goes on where it is now"
    assert [row.title for row in drafts.rows(reporter)] == ["Here"]


@pytest.mark.store
def test_of_two_first_saves_at_once_one_is_told(tab: Tab) -> None:
    tabs = [Tab(tab.form, name) for name in ("one", "two")]
    both = threading.Barrier(2)

    def save(each: Tab) -> int:
        try:
            both.wait(10)
            return int(each.save(title=each.name).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(save, tabs)) == [204, 409]
    assert Draft.objects.get().version == 1


def test_a_session_that_ended_costs_nothing(tab: Tab) -> None:
    tab.form.client.logout()
    asked = tab.save(script=False, title="Kept")
    assert asked.status_code == 401
    kept = controls(page_of(asked.content.decode()), "declaration")
    signed = {"sign_in_name": "rita", "sign_in_password": "correct horse battery"}
    shown = tab.form.client.post(SAVE, {**kept, **signed})
    assert (shown.status_code, shown["Location"]) == (303, address())
    opened = Form(tab.form.client, address())
    assert 'value="Kept"' in opened.html
    assert opened.identity.split(":")[0] == tab.form.identity.split(":")[0]
    content = Draft.objects.get().content["answers"]
    assert {"sign_in_name", "sign_in_password", "update"}.isdisjoint(content)
    tab.form.response = tab.form.client.get(address())
    tab.save(script=False, **signed)  # signed in again in another tab meanwhile
    assert "sign_in_password" not in Draft.objects.get().content["answers"]
