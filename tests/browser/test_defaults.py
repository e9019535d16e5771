"""An admin sets site-wide defaults, with and without JavaScript."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.test_pages import assert_sound

LIST = "/admin/presets/sitedefault/"


def choose_field(page: Page, label: str) -> None:
    page.goto(LIST)
    page.get_by_role("link", name="Add site-wide default").click()
    page.get_by_label("Field", exact=True).select_option(label=label)
    page.get_by_role("button", name="Choose its value").click()


def delete(page: Page, label: str) -> None:
    page.goto(LIST)
    page.get_by_role("link", name=label, exact=True).click()
    page.get_by_role("link", name="Delete this default").click()
    page.get_by_role("button", name="Yes, I’m sure").click()


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_severity_for_all_forms(enter: Enter, js: bool) -> None:
    page = enter("admin", js=js)
    choose_field(page, "Severity")
    page.locator("[data-action=save]").click()
    if js:
        expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("SEV3").check()
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("row", name="Severity")).to_contain_text("SEV3")
    reporter = enter(js=js)
    reporter.goto("/incidents/new/")
    expect(reporter.get_by_label("SEV3")).to_be_checked()
    delete(page, "Severity")
    reporter.goto("/incidents/new/")
    expect(reporter.get_by_label("SEV3")).not_to_be_checked()


def test_a_service_is_searched_without_javascript(enter: Enter) -> None:
    page = enter("admin", js=False)
    choose_field(page, "Services")
    page.get_by_label("Search: Services").fill("checkout")
    page.get_by_label("Search: Services").press("Enter")
    expect(page.locator("[name=service_ids]:checked")).to_have_count(0)
    page.locator("[name=service_ids]").first.check()
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("row", name="Services")).to_contain_text("Checkout")
    reporter = enter(js=False)
    reporter.goto("/incidents/new/")
    expect(reporter.locator("[name=service_ids]:checked")).to_have_count(1)
    delete(page, "Services")


def test_the_pages_are_sound(enter: Enter) -> None:
    page = enter("admin")
    page.goto(f"{LIST}add/")
    assert_sound(page)
    page.get_by_label("Field", exact=True).select_option(label="Services")
    page.get_by_role("button", name="Choose its value").click()
    assert_sound(page)
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_sound(page)
    choose_field(page, "Ticket")
    page.get_by_label("Ticket").fill("CARE-1")
    page.locator("[data-action=save]").click()
    page.get_by_role("link", name="Ticket", exact=True).click()
    assert_sound(page)
    page.goto(LIST)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page, context="#result_list")
        assert found.violations_count == 0, f"{width} px: {found.generate_report()}"
    delete(page, "Ticket")
