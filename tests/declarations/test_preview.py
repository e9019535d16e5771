"""How a rich text will look, before it is sent."""

from __future__ import annotations

from typing import Any

from django.test import Client

from incidentportal.accounts.models import User
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.preview import LIMIT
from tests.support.people import PageClient

ADDRESS = "/incidents/new/preview/"
HTMX = {"HX-Request": "true"}


def look(client: Client, text: str, **more: Any) -> Any:
    return client.post(ADDRESS, {"preview": "form_field_5", "form_field_5": text}, **more)


def test_a_preview_is_a_fragment_of_safe_html(visitor: PageClient) -> None:
    response = look(visitor, "# Hi\r\n**so** <script>alert(1)</script>", headers=HTMX)
    assert response.status_code == 200
    html = response.content.decode().strip()
    assert html.startswith('<div class="rich" data-previewed><h3>Hi</h3>')
    assert "<strong>so</strong> &lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "no-store" in response["Cache-Control"]


def test_without_script_it_is_a_page_of_its_own(visitor: PageClient) -> None:
    html = look(visitor, "# Hi").content.decode()
    assert "<h3>Hi</h3>" in html
    assert 'target="_blank"' in look(visitor, "[l](https://x.org)").content.decode()
    assert "Nothing was declared" in html
    assert not Declaration.objects.exists()


def test_nothing_and_too_much_are_said(visitor: PageClient) -> None:
    assert "nothing to preview" in look(visitor, " ").content.decode()
    assert "nothing to preview" in visitor.post(ADDRESS).content.decode()
    said = look(visitor, "x" * (LIMIT + 1)).content.decode()
    assert f"Only {LIMIT:,} characters fit here; this has {LIMIT + 1:,}." in said
    assert "xxxx" not in said


def test_it_is_for_people_who_are_signed_in_and_never_in_an_address(reporter: User) -> None:
    stranger = look(Client(), "x")
    assert (stranger.status_code, stranger["Location"].split("?")[0]) == (302, "/accounts/login/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reporter)
    assert look(strict, "x").status_code == 403
    assert strict.get(ADDRESS, {"preview": "a", "a": "x"}).status_code == 405
