"""A declaration's page before a person: it keeps itself up to date, and loses nobody's place."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Enter
from tests.browser.filling import DECLARE, answer, fill
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal

WITH_AND_WITHOUT = pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
CREATE = {"method": "POST", "path": "/incidents$"}
DELIVERED = "[data-declaration-state=delivered]"
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(autouse=True)
def _rootly_is_well_again(portal: Portal) -> Iterator[None]:
    """No test leaves a held queue to the next."""
    yield
    portal.sandbox.clear_faults()


def declare(page: Page, title: str = "Checkout is down") -> str:
    """Declare; the declaration's id as its form carried it."""
    fill(page, title)
    identity = page.locator("[name=declaration]").input_value()
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    return identity


def back(page: Page, identity: str) -> None:
    """The form as it was sent, as a tab that was kept open still has it."""
    page.goto("/incidents/new/")
    carried = page.locator("[name=declaration]").element_handle()
    page.evaluate("([control, value]) => { control.value = value; }", [carried, identity])
    answer(page)  # afterwards: an answer asks for the form anew, under the id that it has


def break_rootly(portal: Portal, **fault: object) -> None:
    """It refuses the portal's token: the queue is held."""
    portal.sandbox.fault("status", **CREATE, status=401, **{"times": None, **fault})


def polls(page: Page) -> list[str]:
    """What the page's script asks for from now on."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if request.headers.get("hx-request"):
            seen.append(request.url)

    page.on("request", note)
    return seen


def change(portal: Portal, page: Page, **columns: object) -> None:
    """Set columns of the declaration that the page shows, as a worker would."""
    pk = UUID(page.url.rstrip("/").rpartition("/")[2]).hex
    names = ", ".join(f"{name} = ?" for name in columns)
    values = [json.dumps(value) if isinstance(value, list) else value for value in columns.values()]
    with closing(sqlite3.connect(portal.database, timeout=20)) as database, database:
        database.execute(f"UPDATE declarations_declaration SET {names} WHERE id = ?", [*values, pk])


def test_it_follows_the_delivery_and_keeps_the_place_and_what_is_open(
    portal: Portal, enter: Enter
) -> None:
    page = enter()
    break_rootly(portal)
    declare(page)
    expect(page.locator("[data-held]")).to_be_visible()
    expect(page.get_by_role("link", name="+1 555 0100")).to_have_attribute("href", "tel:+15550100")
    page.get_by_text("This page as text", exact=True).click()
    text = page.get_by_label("This page as text, to copy")
    text.focus()
    status = page.get_by_role("status").first
    page.evaluate(
        "status => { window.said = []; new MutationObserver(() => said.push(status.textContent))"
        ".observe(status, {subtree: true, childList: true, characterData: true}); }",
        status.element_handle(),
    )
    attempts = page.get_by_role("list").last.get_by_role("listitem")
    before = attempts.count()
    expect(attempts).not_to_have_count(before, timeout=10_000)  # the probes show as they happen
    assert page.evaluate("said") == []  # and a screen reader isn't told of each

    portal.sandbox.clear_faults()

    expect(page.locator(DELIVERED)).to_be_visible(timeout=20_000)
    (incident,) = portal.sandbox.incidents()
    number = incident["sequential_id"]
    expect(status).to_have_text(f"In Rootly as incident {number}.")
    expect(page).to_have_title(f"In Rootly: #{number} – Incident Portal")
    expect(page.get_by_role("link", name="Open in Rootly")).to_be_visible()
    expect(text).to_be_focused()
    expect(text).to_have_value(re.compile(f"^Incident #{number}: Checkout is down"))


def test_once_nothing_is_left_to_happen_it_asks_no_more(portal: Portal, enter: Enter) -> None:
    page = enter()
    declare(page)
    expect(page.locator("[data-look-again='0']")).to_be_attached(timeout=20_000)
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
    seen = polls(page)
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    page.wait_for_timeout(2500)
    assert seen == []


def test_a_tab_that_nobody_looks_at_hardly_asks(portal: Portal, enter: Enter) -> None:
    page = enter()
    break_rootly(portal)
    declare(page)
    page.evaluate(HIDE, True)
    seen = polls(page)
    page.wait_for_timeout(3500)
    assert len(seen) <= 1  # one may have been under way
    with page.expect_request(lambda request: bool(request.headers.get("hx-request"))):
        page.evaluate(HIDE, False)


def test_while_the_portal_is_away_it_says_so_and_goes_on(portal: Portal, enter: Enter) -> None:
    page = enter(expected="ERR_FAILED|^htmx:")
    break_rootly(portal)
    declare(page)
    page.route("**/declarations/*/", lambda route: route.abort())
    trouble = page.get_by_role("status").filter(has_text="can't be reached at the moment")
    expect(trouble).to_be_visible(timeout=10_000)
    page.unroute("**/declarations/*/")
    expect(trouble).to_have_count(0, timeout=20_000)


def test_without_javascript_it_is_looked_at_again_by_hand(portal: Portal, enter: Enter) -> None:
    page = enter(js=False)
    break_rootly(portal)
    declare(page)
    expect(page.locator("[data-held]")).to_be_visible()
    expect(page.get_by_role("button", name="Copy as text")).to_have_count(0)
    expect(page.get_by_text("This page updates itself")).to_be_hidden()
    portal.sandbox.clear_faults()
    look_again = page.get_by_role("link", name="Look again")
    for _ in range(60):
        if page.locator(DELIVERED).count():
            break
        page.wait_for_timeout(200)
        look_again.click()
    expect(page.locator(DELIVERED)).to_be_visible()
    page.get_by_text("This page as text", exact=True).click()
    text = page.get_by_label("This page as text, to copy").input_value()
    assert text.startswith("Incident #")
    assert text.endswith(f"This page: {page.url}")


def test_it_is_copied_as_text(enter: Enter) -> None:
    page = enter()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    declare(page)
    expect(page.locator(DELIVERED)).to_be_visible()
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert "Severity: SEV1 Critical" in page.evaluate("navigator.clipboard.readText()")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error()); }")
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_label("This page as text, to copy")).to_be_focused()


def test_on_paper_stands_what_happened_with_its_addresses(portal: Portal, enter: Enter) -> None:
    page = enter()
    declare(page)
    expect(page.locator(DELIVERED)).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    (incident,) = portal.sandbox.incidents()
    for address in (incident["url"], page.url):
        expect(page.locator("p").filter(has_text=address)).to_be_visible()
    for text in ("Checkout is down", "Rootly made the incident."):
        expect(page.locator("dd, li").filter(has_text=text).first).to_be_visible()
    for hidden in ("navigation", "button"):
        expect(page.get_by_role(hidden)).to_have_count(0)
    expect(page.get_by_role("link", name="Declare another incident")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    ground = "getComputedStyle(document.querySelector('.status')).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"  # dark ink needs it, whatever the theme


@WITH_AND_WITHOUT
def test_what_was_changed_after_it_was_sent_is_offered_as_a_new_one(
    portal: Portal, enter: Enter, js: bool
) -> None:
    page = enter(js=js)
    identity = declare(page)
    back(page, identity)
    page.get_by_label("Title").fill("Basket is down")
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    expect(page.get_by_text("These changes were not sent: “Title”.")).to_be_visible()
    if js:
        assert_sound(page)
    page.get_by_role("link", name="Open them as a new declaration").click()
    expect(page.get_by_label("Title")).to_have_value("Basket is down")
    page.locator(DECLARE).click()
    expect(page.locator(DELIVERED)).to_be_visible()
    assert [each["title"] for each in portal.sandbox.incidents()] == [
        "Checkout is down", "Basket is down",
    ]  # fmt: skip


@WITH_AND_WITHOUT
def test_going_back_and_sending_the_same_once_more_says_nothing(
    portal: Portal, enter: Enter, js: bool
) -> None:
    page = enter(js=js)
    identity = declare(page)
    back(page, identity)
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    expect(page.locator("#declaration")).to_be_visible()
    expect(page.locator("[data-beside]")).to_have_count(0)
    assert len(portal.sandbox.incidents()) == 1


def test_whatever_is_wrong_the_page_is_sound(portal: Portal, enter: Enter) -> None:
    page = enter()
    break_rootly(portal)
    declare(page, "Unbreakable" * 20)
    expect(page.locator("[data-held]")).to_be_visible()
    assert_sound(page)
    portal.sandbox.clear_faults()
    # Once the incident was read for the last time, nobody writes these columns but the test.
    expect(page.locator("[data-look-again='0']")).to_be_attached(timeout=20_000)
    twins = [{"id": "2", "number": 15, "url": "https://rootly.com/15"}]
    change(portal, page, twins=twins, is_exposed=True, mismatches=["private", "parent"])
    page.reload()
    expect(page.locator("[data-twins]")).to_contain_text("#15")
    expect(page.locator("[data-warning]")).to_have_count(2)
    assert_sound(page)
