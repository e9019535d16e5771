"""Every page, at both widths and in both themes: nothing for axe to find, nothing cut off."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.filling import DECLARE, fill
from tests.support.browser import Portal

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def assert_sound(page: Page) -> None:
    """Axe finds nothing, and nothing stands out beyond the window's width."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            found = Axe().run(page)
            where = f"{page.url} at {width} px, {theme}"
            assert found.violations_count == 0, f"{where}: {found.generate_report()}"
        for _ in range(50):  # a page may be in the middle of being laid out anew
            if page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
                break
            page.wait_for_timeout(100)
        else:
            pytest.fail(f"{page.url} scrolls sideways at {width} px")


def test_sign_in_and_its_errors_are_sound(enter: Enter) -> None:
    page = enter("")
    assert_sound(page)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_sound(page)


def test_the_form_its_hits_and_its_errors_are_sound(portal: Portal, enter: Enter) -> None:
    page = enter()
    page.goto("/incidents/new/")
    assert_sound(page)
    page.locator("[name=service_ids__q]").fill("e")
    page.locator("[role=option]").first.click()
    page.locator(DECLARE).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_sound(page)


def test_a_declaration_its_lists_and_a_message_are_sound(portal: Portal, enter: Enter) -> None:
    page = enter()
    fill(page, "Unbreakable" * 20)
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    assert_sound(page)
    for address in ("/", "/declarations/", "/nowhere/", "/accounts/logout/"):
        page.goto(address)
        assert_sound(page)


def test_what_waits_and_an_admins_banner_are_sound(portal: Portal, enter: Enter) -> None:
    page = enter("admin")
    portal.sandbox.fault("status", method="POST", path="/incidents$", status=401, times=None)
    fill(page)
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=queued]")).to_be_visible()
    page.reload()
    expect(page.locator("[data-banner]").first).to_be_visible()
    assert_sound(page)
    portal.sandbox.clear_faults()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible(timeout=20_000)
