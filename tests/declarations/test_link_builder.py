"""A link made on its page, and what it opens."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from incidentportal.formengine import prefill, readable
from incidentportal.formengine.kinds import CONTROLS
from tests.declarations.test_prefill import chosen, field, notice
from tests.presets.conftest import forms, make_preset, name_of, setting
from tests.support.controls import controls, page_of
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

BUILDER = "/presets/link/"


class Builder(Form):
    """The page's form: it has no declaration."""

    def __init__(self, client: PageClient, query: str = "") -> None:
        super().__init__(client, f"{BUILDER}?{query}")

    def send(self, **answers: Any) -> Any:
        posted = {**controls(page_of(self.html), "form_state"), **answers}
        kept = {name: value for name, value in posted.items() if value is not None}
        self.response = self.client.post(BUILDER, kept)
        return self.response

    @property
    def link(self) -> str:
        """The link that was made, without the host."""
        found = re.search(r'id="made_link" value="([^"]*)"', self.html)
        assert found, self.html
        whole = urlsplit(unescape(found[1]))
        assert (whole.scheme, whole.netloc) == ("http", "testserver")
        return f"{whole.path}?{whole.query}" if whole.query else whole.path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.link).query, keep_blank_values=True)


def ids(label: str, *words: str) -> list[str]:
    return list(setting(label, *words)[1].values)


def test_the_link_reads_well_and_opens_the_form_so(
    connected: Sandbox, admin_page: PageClient, visitor: PageClient
) -> None:
    make_preset(setting("Ticket", "CARE-1"))
    page = Builder(admin_page, "of=payments")
    noticed = "How was it noticed?"
    page.send(
        service_ids=ids("Services", "Checkout", "Web shop"), title="Pay & go",
        severity_id=ids("Severity", "SEV2 Major"),
        **{name_of(noticed): ids(noticed, "Customer report")},
    )  # fmt: skip
    assert page.query["field.how-was-it-noticed"] == ["Customer report"]
    assert page.query["preset"] == ["payments"]
    assert page.query["severity"] == ["sev2-major"]
    assert sorted(page.query["service"]) == ["checkout", "web-shop"]
    assert page.query["title"] == ["Pay & go"]
    assert "environment" not in page.query  # it begins with it by itself
    assert name_of("Ticket") not in page.query
    opened = Form(visitor, page.link)
    assert notice(opened) == ""
    assert sorted(chosen(opened, "service_ids")) == ["Checkout", "Web shop"]
    assert 'value="CARE-1"' in opened.html
    assert ", fixed" not in field(opened, "severity_id")
    assert connected.incidents() == []


def test_a_signed_one_fixes_what_is_ticked(
    connected: Sandbox, admin_page: PageClient, visitor: PageClient
) -> None:
    page = Builder(admin_page)
    page.send(severity_id=ids("Severity", "SEV2 Major"), title="Down", sign_link="week")
    opened = Form(visitor, page.link)
    assert ", fixed" in field(opened, "severity_id")
    assert ", fixed" in field(opened, "title")
    assert "It can be opened until" in page.html
    # Unticked, and one more that the form begins with by itself.
    page.send(fix_field=["severity_id", "environment_ids"], sign_link="ever")
    opened = Form(visitor, page.link)
    assert ", fixed" in field(opened, "environment_ids")
    assert "Production" in field(opened, "environment_ids")
    assert ", fixed" in field(opened, "severity_id")
    assert ", fixed" not in field(opened, "title")
    assert 'value="Down"' in field(opened, "title")
    assert "It can be opened until" not in page.html
    # What is chosen since is fixed too.
    page.send(service_ids=ids("Services", "Checkout"), sign_link="day")
    assert ", fixed" in field(Form(visitor, page.link), "service_ids")
    page.send(sign_link="")
    assert "signed" not in page.query
    assert "environment" not in page.query


def test_a_private_ones_link_has_no_text_that_was_typed(
    connected: Sandbox, admin_page: PageClient, visitor: PageClient, support_page: PageClient
) -> None:
    page = Builder(admin_page)
    severity = ids("Severity", "SEV2 Major")
    page.send(severity_id=severity, title="Secret", private="true", sign_link="day")
    assert page.query.keys() == {"severity", "private", "signed"}
    assert "not what you typed" in page.html
    assert visitor.get(page.link).status_code == 403
    assert ", fixed" in field(Form(support_page, page.link), "private")


def test_what_can_not_be_an_answer_is_said_at_its_field(
    connected: Sandbox, admin_page: PageClient
) -> None:
    page = Builder(admin_page)
    assert page.send(notify_emails="nobody", title="x" * 300).status_code == 422
    assert page.error("title")
    assert "data-made" not in page.html
    assert page.send(title="", notify_emails="").status_code == 200
    assert page.link == "/incidents/new/"
    assert page.send(update="1").status_code == 200
    assert "data-made" not in page.html


def test_every_option_of_every_list_survives_the_way_there_and_back(connected: Sandbox) -> None:
    made = forms()
    for one in made.by_name.values():
        options = list(one.options or ())[:50]
        if not CONTROLS[one.control].chooses or one.read_only:
            continue
        many = CONTROLS[one.control].many
        values = tuple(option.id for option in options)[: None if many else 1]
        if values:
            said = readable.parameters(made, {one.name: values})
            assert prefill.read(made, said).values == {one.name: values}, said


def test_a_link_that_servers_would_refuse_is_not_made(
    connected: Sandbox, admin_page: PageClient
) -> None:
    page = Builder(admin_page)
    response = page.send(title="Kept", summary="é" * 2000, sign_link="week")
    assert response.status_code == 422
    assert "made_link" not in page.html
    assert "some servers take no more than 8,000" in unescape(page.html)
    assert 'value="Kept"' in page.html
    page.send(summary="é" * 1200)
    assert 2000 < len(page.link) < 8000
    assert "some programs cut such links" in page.html
    stranger = PageClient()
    for client in (admin_page, stranger):  # who isn't signed in brings it along to the sign-in
        assert client.get(page.link, follow=True).status_code == 200


@pytest.mark.store
@pytest.mark.parametrize("which", ["link", "preview"])
def test_a_name_that_no_preset_can_have_is_not_found(
    connected: Sandbox, admin_page: PageClient, which: str
) -> None:
    for slug in ("%00", "pay%00ments", "x" * 5000, "%F0%9F%98%80"):
        assert admin_page.get(f"/presets/{which}/?of={slug}").status_code == 404, slug
