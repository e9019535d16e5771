"""Doctor's page, by keyboard, at both widths and in both themes."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal


def test_an_admin_has_it_checked_by_keyboard(portal: Portal, enter: Enter) -> None:
    portal.sandbox.switch(forbidden_lists=["severities", "users"], clock_offset_s=3600.0)
    page = enter("admin")
    page.goto("/operations/doctor/")
    assert_sound(page)
    page.get_by_role("button", name="Check now").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-summary]")).to_be_visible()
    expect(page.locator("[data-finding='rootly.read.severities']")).to_contain_text("error")
    expect(page.locator("[data-finding='rootly.clock']")).to_contain_text("warning")
    expect(page.locator("[data-finding='delivery.worker']")).to_contain_text("ok")
    assert_sound(page)
