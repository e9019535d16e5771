"""What admins are told of Rootly's configuration."""

from __future__ import annotations

import re
from html import unescape

from incidentportal.portal import configuration
from tests.presets.conftest import fetch
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

PAGE = "/operations/configuration/"
UNKNOWN = "“Ticket” is shown as text: unknown input kind “hologram”."


def said(client: PageClient) -> str:
    """All that the page says."""
    return unescape(client.get(PAGE).content.decode())


def test_home_tells_admins_how_many_and_their_page_which_and_what_mends_them(
    connected: Sandbox, admin_page: PageClient, visitor: PageClient
) -> None:
    before = configuration.count()
    field = connected.record("form_fields", "Ticket")
    connected.change_list("form_fields", upsert=[{**field, "input_kind": "hologram"}])
    fetch()
    home = unescape(admin_page.get("/").content.decode())
    assert f"{before + 1} remarks about Rootly’s configuration" in home
    assert f'href="{PAGE}"' in home
    page = said(admin_page)
    assert page.count(UNKNOWN) == 1
    assert len(re.findall("data-finding=", page)) == before + 1
    assert "A newer version of the portal may know it" in page
    assert "data-remarks" not in visitor.get("/").content.decode()
    assert visitor.get(PAGE).status_code == 404


def test_admins_are_told_which_lists_rootly_refuses(
    connected: Sandbox, admin_page: PageClient
) -> None:
    connected.fault("status", status=403, path="/causes$", times=None)
    fetch()
    page = said(admin_page)
    assert "The list of causes is left out" in page
    assert "let the API token's role read this list" in page


def test_the_page_stands_before_the_first_fetch(admin_page: PageClient) -> None:
    assert "was not fetched yet" in said(admin_page)
