"""The list of declarations and its search, and what is said on every page, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.filling import DECLARE, fill
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal

REFUSED = r"responded with a status of (422|429) "


def declare(page: Page, title: str, state: str) -> None:
    fill(page, title)
    page.locator(DECLARE).click()
    expect(page.locator(f"[data-declaration-state={state}]")).to_have_count(1)


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_words_find_and_lead_on_and_stand_nowhere_else(enter: Enter, js: bool) -> None:
    page = enter(js=js)
    word = "brulee" if js else "gruyere"
    declare(page, "Crème Brûlée and Gruyère oven", "delivered")
    page.goto("/declarations/")
    page.get_by_label("Search").fill(f"OVEN {word}")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("found for")
    expect(page.locator("[data-declaration-row]").first).to_contain_text("Crème Brûlée")
    page.get_by_role("button", name="In Rootly").click()
    expect(page.locator("[data-declaration-row]").first).to_contain_text("Crème Brûlée")
    expect(page.get_by_role("button", name="In Rootly")).to_have_attribute("aria-current", "true")
    assert word not in page.url + page.title()
    if js:
        assert_sound(page)
    page.get_by_label("Search").fill("nothing like that")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No declaration has all these words")).to_be_visible()
    page.get_by_role("link", name="Show all again").click()
    expect(page.get_by_label("Search")).to_have_value("")
    page.get_by_role("link", name="In Rootly").click()
    page.wait_for_url("**/declarations/?state=delivered")
    expect(page.locator("[data-declaration-row]").first).to_be_visible()
    if js:
        assert_sound(page)


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_a_refusal_is_said_on_every_page_until_it_is_corrected(
    portal: Portal, enter: Enter, js: bool
) -> None:
    page = enter("admin", js=js, expected=REFUSED)
    portal.sandbox.fault(
        "status", method="POST", path="/incidents$", status=422,
        body={"errors": [{"title": "No such severity today", "status": "422"}]},
    )  # fmt: skip
    title = "Unbreakable" * 15
    declare(page, title, "rejected")
    banner = page.locator("[data-to-decide=rejected]")
    expect(banner).to_have_count(0)
    for address in ("/", "/declarations/", "/incidents/new/"):
        page.goto(address)
        expect(banner).to_contain_text("Rootly did not accept “Unbreakable")
    if js:
        assert_sound(page)
        page.goto("/declarations/")
        assert_sound(page)
    banner.get_by_role("link", name="Correct it").click()
    expect(banner).to_have_count(0)
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    page.goto("/")
    expect(banner).to_have_count(0)
