"""A wish for privacy is never lost on the way to somebody who may not declare in private."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection

from incidentportal.accounts import kept
from incidentportal.declarations.models import Declaration, Draft
from tests.support.controls import controls, page_of
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

PASSWORD = "correct horse battery"


@pytest.fixture
def sam(connected: Sandbox, make_person: Person) -> Form:
    """The form of somebody who may declare in private."""
    client = PageClient()
    client.force_login(make_person("sam", "support"))
    return Form(client)


def typed(form: Form) -> dict[str, Any]:
    return {**controls(page_of(form.html), "declaration"), **form.filled(private="true")}


def posted_by(response: Any) -> dict[str, Any]:
    return controls(page_of(response.content.decode()), "declaration")


def check(client: PageClient, shown: Any, sandbox: Sandbox) -> None:
    """The page says so at the field; as it is it declares nothing, and without the tick all."""
    assert shown.status_code == 200
    html = shown.content.decode()
    assert 'id="id_private_error"' in html
    answers = posted_by(shown)
    assert answers["private"] == ["true"]
    refused = client.post("/incidents/new/", answers)
    assert refused.status_code == 422
    assert 'href="#id_private"' in refused.content.decode()
    assert not Declaration.objects.exists()
    assert sandbox.incidents() == []
    again = posted_by(refused)
    assert again["private"] == ["true"], "a second press sends it no more than the first"
    assert client.post("/incidents/new/", {**again, "private": ""}).status_code == 303
    assert [one["private"] for one in sandbox.incidents()] == [False]


def test_to_somebody_else_who_signs_in_in_the_middle_of_a_form(
    sam: Form, make_person: Person, connected: Sandbox
) -> None:
    make_person("rita")
    Session.objects.all().delete()
    asked = sam.client.post(sam.address, typed(sam))
    answers = controls(page_of(asked.content.decode()), "update")
    answers |= {kept.NAME: ["rita"], kept.PASSWORD: [PASSWORD]}
    check(sam.client, sam.client.post(sam.address, answers), connected)


def test_to_its_author_who_may_no_longer(sam: Form, connected: Sandbox) -> None:
    saved = sam.client.post("/incidents/new/draft/", typed(sam))
    assert saved.status_code == 303
    Group.objects.get(name="support").user_set.clear()
    check(sam.client, sam.client.get(saved["Location"]), connected)
    assert not Draft.objects.exists()


def test_in_a_redraw_for_a_script_or_without(form: Form, connected: Sandbox) -> None:
    answers = {**controls(page_of(form.html), "declaration"), **form.filled(private="true")}
    for more, headers in (({"update": "1"}, {}), ({}, {"HX-Request": "true"})):
        shown = form.client.post(form.address, {**answers, **more}, headers=headers)
        assert 'id="id_private_error"' in shown.content.decode()
    check(form.client, form.client.post(form.address, {**answers, "update": "1"}), connected)


def test_nothing_that_a_page_carried_makes_it_the_forms_own(form: Form, connected: Sandbox) -> None:
    state = '{"start": {"private": ["rootly", ["true"]]}, "kept": {"private": ["true"]}}'
    answers = form.filled(private="true", form_state=state)
    assert form.send(**answers).status_code == 422
    assert form.error("private")
    assert connected.incidents() == []


def test_a_stored_text_that_cannot_be_read_costs_nothing_typed(
    sam: Form, connected: Sandbox
) -> None:
    errors = {"title": ["is too vague"]}
    connected.fault("validation", method="POST", path="/incidents$", shape="A", errors=errors)
    assert sam.send(**sam.filled(private="true")).status_code == 422
    row = Declaration.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE declarations_declaration SET answers = 'sealed:damaged'")
    answers = {**controls(page_of(sam.html), "declaration"), "title": "Typed since"}
    for address in (f"/declarations/{row.pk}/", "/incidents/new/"):
        page = sam.client.post(address, answers)
        assert page.status_code == 503
        assert "no-store" in page["Cache-Control"]
        assert controls(page_of(page.content.decode()), "update")["title"] == ["Typed since"]
