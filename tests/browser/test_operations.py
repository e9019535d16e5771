"""Operations in a browser: by keyboard, without JavaScript, on a phone and a laptop."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.filling import DECLARE, fill
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal

REFUSED = r"responded with a status of 422 "


@pytest.fixture(autouse=True)
def _released(portal: Portal) -> Iterator[None]:
    """No admin holds the queue: the portal serves other tests too."""
    yield
    with closing(sqlite3.connect(portal.database, timeout=20)) as database, database:
        database.execute(
            "UPDATE declarations_upstream SET held = '', held_for = '', wait_until = NULL"
        )


def declare(page: Page, title: str, state: str) -> None:
    page.goto("/incidents/new/")
    fill(page, title)
    page.locator(DECLARE).click()
    expect(page.locator(f"[data-declaration-state={state}]")).to_be_attached()


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_the_queue_is_held_and_let_go(portal: Portal, enter: Enter, js: bool) -> None:
    page = enter("admin", js=js, expected=REFUSED)
    declare(page, "Delivered before", "delivered")
    page.get_by_role("link", name="Operations").click()
    expect(page.locator("[data-figure=delivered]")).not_to_have_text("0")
    expect(page.get_by_role("img", name="Attempts in each of the last 24 hours")).to_be_visible()
    summary = page.get_by_text("Hold the queue").first
    summary.focus()
    summary.press("Enter")
    page.get_by_role("button", name="Hold the queue").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    if js:
        expect(page.locator("[data-error-summary]")).to_be_focused()
        page.get_by_role("link", name="Say why").press("Enter")
        expect(page.get_by_label("Why")).to_be_focused()
        assert_sound(page)
    page.get_by_label("Why").fill("Rootly is moving")
    page.get_by_label("Why").press("Enter")
    expect(page.locator("[data-held-for=admin]")).to_contain_text("Rootly is moving")
    declare(page, "Waits for an admin", "queued")
    expect(page.locator("[data-held]")).to_contain_text("Rootly is moving")
    page.goto("/operations/")
    page.get_by_text("Let declarations go").click()
    if js:
        assert_sound(page)
    page.get_by_role("button", name="Send declarations again").click()
    expect(page.get_by_text("Declarations are sent again.")).to_be_visible()


def test_what_needs_somebody_is_given_up_after_a_page_of_its_own(
    portal: Portal, enter: Enter
) -> None:
    page = enter("admin", expected=REFUSED)
    portal.sandbox.fault(
        "status", method="POST", path="/incidents$", status=422,
        body={"errors": [{"title": "No such severity today", "status": "422"}]},
    )  # fmt: skip
    title = "Inseparable" * 15
    declare(page, title, "rejected")
    page.goto("/operations/")
    assert_sound(page)
    page.get_by_text("The numbers of each hour").click()
    assert_sound(page)
    page.get_by_role("link", name=re.compile("^Give up ?: Inseparable")).click()
    assert_sound(page)
    page.get_by_role("button", name="Give it up").click()
    expect(page.get_by_label("Why it is given up")).to_have_attribute("aria-invalid", "true")
    assert_sound(page)
    page.get_by_label("Why it is given up").fill("A test of the test")
    page.get_by_role("button", name="Give it up").click()
    expect(page.get_by_text("It was given up.")).to_be_visible()
    expect(page.get_by_role("link", name=title, exact=True)).to_have_count(0)
