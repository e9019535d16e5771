"""The page about Rootly's configuration in a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal


def test_it_is_reached_from_home_and_sound(portal: Portal, enter: Enter) -> None:
    page = enter("admin")
    assert_sound(page)
    link = page.locator("[data-remarks] a")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rootly’s configuration")
    expect(page.locator("[data-findings=rootly] [data-finding]").first).to_be_visible()
    assert_sound(page)


def test_reporters_find_nothing_there(enter: Enter) -> None:
    page = enter()
    expect(page.locator("[data-remarks]")).to_have_count(0)
    page.goto("/operations/configuration/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
