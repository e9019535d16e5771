"""What admins are told of Rootly's configuration."""

from __future__ import annotations

import html

from tests.presets.conftest import fetch
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

UNKNOWN = "“Ticket” is shown as text: unknown input kind “hologram”."


def remarks(client: PageClient) -> str:
    """The home page's part about it; empty where there is none."""
    _, _, rest = client.get("/").content.decode().partition("data-remarks")
    return html.unescape(rest.partition("</section>")[0])


def test_admins_are_told_what_of_the_form_the_portal_does_not_know(
    connected: Sandbox, admin_page: PageClient, visitor: PageClient
) -> None:
    field = connected.record("form_fields", "Ticket")
    connected.change_list("form_fields", upsert=[{**field, "input_kind": "hologram"}])
    fetch()
    assert remarks(admin_page).count(UNKNOWN) == 1
    assert remarks(visitor) == ""


def test_admins_are_told_which_lists_rootly_refuses(
    connected: Sandbox, admin_page: PageClient
) -> None:
    connected.fault("status", status=403, path="/causes$", times=None)
    fetch()
    assert "The list of causes is left out" in remarks(admin_page)
