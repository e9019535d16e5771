"""Every page, at both widths and in both themes: nothing for axe to find, nothing cut off."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Enter, Portal
from tests.browser.test_declaring import DECLARE, fill


def assert_sound(page: Page) -> None:
    """Axe finds nothing, and nothing stands out beyond the window's width."""
    # Axe is put into the page by the test; only for that the page's own policy stands aside.
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], "the page scrolls sideways"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_every_page_is_sound(portal: Portal, enter: Enter, width: int, theme: str) -> None:
    assert_sound(enter("", width=width, theme=theme))
    page = enter(width=width, theme=theme)
    assert_sound(page)
    page.goto("/incidents/new/")
    assert_sound(page)
    page.locator("[name=service_ids__q]").fill("e")
    page.locator(DECLARE).click()
    page.locator("[name=service_ids]").first.check()
    assert_sound(page)
    page.locator(DECLARE).click()
    page.wait_for_selector("[data-error-summary]")
    assert_sound(page)
    fill(page)
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    assert_sound(page)
    page.goto("/declarations/")
    assert_sound(page)
