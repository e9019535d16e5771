"""The same form sent again under its declaration's id: nothing twice, and nothing lost."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from incidentportal.accounts.roles import Ability
from incidentportal.catalog import connection, current
from incidentportal.catalog.sync import sync_catalog
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.states import State
from tests.support.people import PageClient, Person, permission
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

NOTICE = "You changed the form after it was sent."
UNSENT = "These changes were not sent:"


def posted(form: Form, **answers: Any) -> dict[str, Any]:
    """The form as it stands in the browser, filled in."""
    return form.filled(declaration=form.identity, **answers)


def beside(client: PageClient) -> str:
    """The notice on the page of the one declaration there is; blank: none."""
    html = client.get(f"/declarations/{Declaration.objects.get().pk}/").content.decode()
    found = re.search(r"data-beside>(.*?)</p>", html, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""


@pytest.fixture
def sent(form: Form) -> dict[str, Any]:
    """What was declared, as it was posted."""
    answers = posted(form, title="Checkout is down", summary="Since three")
    assert form.client.post(form.address, answers).status_code == 303
    return answers


@pytest.mark.store
@pytest.mark.parametrize("where", ["/incidents/new/", "its own page"])
def test_other_answers_are_not_sent_and_offered_as_a_new_declaration(
    form: Form, connected: Sandbox, sent: dict[str, Any], where: str
) -> None:
    row = Declaration.objects.get()
    address = where if where.startswith("/") else f"/declarations/{row.pk}/"

    changed = {**sent, "title": "Basket is down", "summary": "Since four"}
    response = form.client.post(address, changed)

    assert (response.status_code, response["Location"]) == (303, f"/declarations/{row.pk}/")
    assert [each["title"] for each in connected.incidents()] == ["Checkout is down"]
    said = beside(form.client)
    assert said == f"{NOTICE} {UNSENT} “Title”, “Summary”. They are kept as a draft."
    draft = Draft.objects.get()
    assert (draft.beside, draft.title) == (row.pk, "Basket is down")

    offered = Form(form.client, f"/drafts/{draft.pk}/")
    assert 'value="Basket is down"' in offered.html
    offered.address = "/incidents/new/"
    assert offered.send(declaration=offered.identity).status_code == 303
    assert {each["title"] for each in connected.incidents()} == {
        "Checkout is down", "Basket is down",
    }  # fmt: skip
    assert not Draft.objects.exists()
    row.refresh_from_db()
    assert row.answers["title"] == ["Checkout is down"]


def test_the_same_answers_again_change_nothing_and_say_nothing(
    form: Form, connected: Sandbox, sent: dict[str, Any]
) -> None:
    again = [sent, {**sent, "summary": "Since three\r\n"}, dict(reversed(sent.items()))]

    for answers in again:
        assert form.client.post(form.address, answers).status_code == 303

    assert beside(form.client) == ""
    assert not Draft.objects.exists()
    assert len(connected.incidents()) == 1


def test_a_form_with_errors_under_its_id_is_kept_as_well(
    form: Form, connected: Sandbox, sent: dict[str, Any]
) -> None:
    response = form.client.post(form.address, {**sent, "title": ""})

    assert response.status_code == 303
    assert "not sent: “Title”." in beside(form.client)
    assert Draft.objects.get().content["answers"]["summary"] == ["Since three"]


def test_of_two_changed_tabs_the_later_is_offered_and_what_was_worked_on_stays(
    form: Form, connected: Sandbox, sent: dict[str, Any]
) -> None:
    form.client.post(form.address, {**sent, "title": "Two"})
    form.client.post(form.address, {**sent, "title": "Three"})
    assert [draft.title for draft in Draft.objects.all()] == ["Three"]
    third = Draft.objects.get().pk
    form.client.post(form.address, {**sent, "title": "Three"})
    assert Draft.objects.get().pk == third  # the same once more: its link stays good

    Draft.objects.update(version=2)  # it was opened, and changed
    form.client.post(form.address, {**sent, "title": "Four"})

    assert Draft.objects.get(pk=third).beside is None
    assert Draft.objects.exclude(pk=third).get().title == "Four"


def test_the_notice_goes_when_the_changes_are_discarded(
    form: Form, connected: Sandbox, sent: dict[str, Any]
) -> None:
    form.client.post(form.address, {**sent, "title": "Two"})
    page = f"/declarations/{Declaration.objects.get().pk}/"

    response = form.client.post(f"/drafts/{Draft.objects.get().pk}/delete/")

    assert (response.status_code, response["Location"]) == (303, page)
    assert beside(form.client) == ""


def test_an_old_post_after_a_correction_is_not_sent_and_the_correction_stays(
    form: Form, connected: Sandbox
) -> None:
    connected.fault(
        "validation", method="POST", path="/incidents$", times=1, errors={"title": ["is vague"]}
    )
    first = posted(form, title="Help")
    assert form.client.post(form.address, first).status_code == 422
    corrected = {**first, "title": "Checkout is down"}
    assert form.client.post(form.address, corrected).status_code == 303

    assert form.client.post(form.address, corrected).status_code == 303
    assert beside(form.client) == ""
    assert form.client.post(form.address, first).status_code == 303
    assert "not sent: “Title”." in beside(form.client)
    assert [each["title"] for each in connected.incidents()] == ["Checkout is down"]


def test_what_rootly_asked_for_besides_counts_as_the_same_when_sent_twice(
    form: Form, connected: Sandbox
) -> None:
    connected.fault(
        "validation", method="POST", path="/incidents$", times=1,
        errors={"vendor": ["can't be blank"]},
    )  # fmt: skip
    assert form.send(**form.filled(title="Help")).status_code == 422
    vendor = f"form_field_{connected.record('form_fields', 'Vendor')['id']}"
    answers = {**posted(form, title="Help"), vendor: form.option(vendor, "")}

    for _ in range(2):
        assert form.client.post(form.address, answers).status_code == 303

    assert Declaration.objects.get().state == State.DELIVERED
    assert not Draft.objects.exists()


def test_what_changed_in_rootly_since_is_no_change_of_the_persons(
    form: Form, connected: Sandbox, sent: dict[str, Any]
) -> None:
    noticed = connected.record("form_fields", "How was it noticed?")
    connected.change_list("form_fields", remove=[noticed["id"]])
    sync_catalog(connection.client(), connection.upstream())
    current.look_at_once()

    assert form.client.post(form.address, sent).status_code == 303

    assert beside(form.client) == ""
    assert form.client.post(form.address, {**sent, "title": "Two"}).status_code == 303
    assert "not sent: “Title”." in beside(form.client)


def test_a_private_ones_changes_are_sealed_and_its_author_alone_is_told(
    connected: Sandbox, make_person: Person, support_page: PageClient
) -> None:
    form = Form(support_page)
    answers = posted(form, title="Secret", private="true")
    form.client.post(form.address, answers)
    form.client.post(form.address, {**answers, "private": ""})
    assert not Draft.objects.exists()  # it stays private, whatever a form says
    form.client.post(form.address, {**answers, "title": "Secret two"})
    holder, viewer = make_person("vera"), PageClient()
    holder.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    viewer.force_login(holder)

    assert NOTICE in beside(form.client)
    assert beside(viewer) == ""


def test_another_persons_form_gets_an_id_of_its_own(
    form: Form, connected: Sandbox, sent: dict[str, Any], support_page: PageClient
) -> None:
    response = support_page.post("/incidents/new/", {**sent, "title": "Theirs"})

    assert response.status_code == 422
    assert b'value="Theirs"' in response.content
    assert not Draft.objects.exists()
