"""The Back button after a declaration: the form as the browser brings it back, sent again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, Route, StorageState, expect

from tests.browser.filling import DECLARE, fill
from tests.support.browser import Portal

BESIDE = "[data-beside]"
TITLE = re.compile("^Title")


@pytest.fixture(scope="module")
def keeping(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Browser]:
    """A browser that keeps pages as they were left, as people's do; Playwright's forget them."""
    forgets = ["--disable-back-forward-cache"]
    with browser_type.launch(**browser_type_launch_args, ignore_default_args=forgets) as running:
        yield running


def keep(route: Route) -> None:
    """Some browsers keep a page although it says `no-store`; Chromium does where it doesn't."""
    answer = route.fetch(max_redirects=0)
    told = {name: text for name, text in answer.headers.items() if name != "cache-control"}
    route.fulfill(response=answer, headers=told)


@pytest.fixture(params=[True, False], ids=["js", "no-js"])
def page(
    request: pytest.FixtureRequest,
    portal: Portal,
    keeping: Browser,
    signed_in: Callable[[str], StorageState],
) -> Iterator[Page]:
    with keeping.new_context(
        base_url=portal.url, java_script_enabled=request.param, storage_state=signed_in("reporter")
    ) as context:
        context.route(lambda url: url.endswith("/incidents/new/"), keep)
        yield context.new_page()


def declare(page: Page) -> str:
    """Press the button; the address of the declaration's page."""
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    return page.url


def test_the_same_form_sent_again_leads_to_the_same_declaration(portal: Portal, page: Page) -> None:
    fill(page, "Checkout is down")
    first = declare(page)
    page.go_back(wait_until="commit")  # nothing is loaded
    expect(page.get_by_label(TITLE)).to_have_value("Checkout is down")
    assert declare(page) == first
    expect(page.locator(BESIDE)).to_have_count(0)
    assert len(portal.sandbox.incidents()) == 1


def test_what_was_changed_is_not_sent_and_offered_as_a_new_declaration(
    portal: Portal, page: Page
) -> None:
    fill(page, "Checkout is down")
    first = declare(page)
    page.go_back(wait_until="commit")  # nothing is loaded
    page.get_by_label(TITLE).fill("Basket is down")
    assert declare(page) == first
    expect(page.locator(BESIDE)).to_contain_text("These changes were not sent: “Title”")
    assert [each["title"] for each in portal.sandbox.incidents()] == ["Checkout is down"]
    page.get_by_role("link", name="Open them as a new declaration").click()
    expect(page.get_by_label(TITLE)).to_have_value("Basket is down")
    assert declare(page) != first
    titles = {each["title"] for each in portal.sandbox.incidents()}
    assert titles == {"Checkout is down", "Basket is down"}
