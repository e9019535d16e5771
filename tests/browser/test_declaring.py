"""Declaring, as a person with a browser does it: with JavaScript and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter, sign_in
from tests.browser.filling import DECLARE, fill
from tests.support.browser import Portal

WITH_AND_WITHOUT = pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])


def assert_summary_leads_to_fields(page: Page, names: list[str]) -> None:
    """The summary has the focus; its lines lead, one by one, into these fields."""
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    links = summary.get_by_role("link")
    expect(links).to_have_count(len(names))
    for position, name in enumerate(names):
        links.nth(position).click()
        expect(page.locator(f"[data-field='{name}'] :focus")).to_have_count(1)


@WITH_AND_WITHOUT
def test_signing_in_declaring_and_seeing_the_incident(
    portal: Portal, enter: Enter, js: bool
) -> None:
    page = enter("", js=js)
    sign_in(page, "reporter")
    page.get_by_role("link", name="Declare an incident").click()
    fill(page)
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    (incident,) = portal.sandbox.incidents()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    expect(page.get_by_role("definition").first).to_have_text(str(incident["sequential_id"]))
    expect(page.get_by_role("link", name="Open in Rootly")).to_have_attribute(
        "href", incident["url"]
    )
    if js:
        expect(page.get_by_text("Being made")).to_have_count(0, timeout=15_000)
    assert incident["title"] == "Checkout is down"


@WITH_AND_WITHOUT
def test_what_is_missing_is_said_at_once_and_everything_typed_is_kept(
    portal: Portal, enter: Enter, js: bool
) -> None:
    page = enter(js=js)
    page.goto("/incidents/new/")
    page.get_by_label(re.compile("^Summary")).fill("kept")
    page.locator(DECLARE).click()
    noticed = portal.sandbox.record("form_fields", "How was it noticed?")["id"]
    assert_summary_leads_to_fields(page, ["title", "severity_id", f"form_field_{noticed}"])
    expect(page.get_by_label(re.compile("^Summary"))).to_have_value("kept")
    title = page.locator("#id_title")
    expect(title).to_have_attribute("aria-invalid", "true")
    assert "id_title_error" in (title.get_attribute("aria-describedby") or "")
    assert portal.sandbox.incidents() == []


@WITH_AND_WITHOUT
def test_a_refusal_by_rootly_is_corrected_in_place(portal: Portal, enter: Enter, js: bool) -> None:
    page = enter(js=js)
    portal.sandbox.fault(
        "validation", method="POST", path="/incidents$", times=1,
        errors={"title": ["is too vague"]},
    )  # fmt: skip
    fill(page, "Help")
    page.get_by_label(re.compile("^Summary")).fill("Nobody can pay.\nSince 3 a.m.")
    page.locator(DECLARE).click()
    expect(page.locator("#id_title_error")).to_contain_text("is too vague")
    assert_summary_leads_to_fields(page, ["title"])
    expect(page.get_by_label(re.compile("^Summary"))).to_have_value("Nobody can pay.\nSince 3 a.m.")
    expect(page.get_by_label("SEV1 Critical")).to_be_checked()
    page.locator("#id_title").fill("Checkout is down")
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    assert len(portal.sandbox.incidents()) == 1


def test_without_javascript_a_long_list_is_searched_and_enter_never_declares(
    portal: Portal, enter: Enter
) -> None:
    page = enter(js=False)
    fill(page)
    box = page.locator("[name=service_ids__q]")
    box.fill("check")
    box.press("Enter")
    checkout, basket = (page.get_by_label(name, exact=True) for name in ("Checkout", "Basket"))
    expect(checkout).to_be_visible()
    checkout.press("Space")
    box.fill("basket")
    box.press("Enter")
    basket.press("Space")
    expect(basket).to_be_checked()
    expect(checkout).to_be_checked()
    expect(page.locator("#id_title")).to_have_value("Checkout is down")
    assert portal.sandbox.incidents() == []
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    (incident,) = portal.sandbox.incidents()
    names = {portal.sandbox.record("services", name)["id"] for name in ("Checkout", "Basket")}
    assert set(map(str, incident["service_ids"])) == set(map(str, names))


def test_enter_in_a_field_declares(portal: Portal, enter: Enter) -> None:
    page = enter()
    fill(page)
    page.locator("#id_title").press("Enter")
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()


@WITH_AND_WITHOUT
def test_a_double_click_makes_one_incident(portal: Portal, enter: Enter, js: bool) -> None:
    page = enter(js=js)
    fill(page)
    page.locator(DECLARE).dblclick()
    page.wait_for_url("**/declarations/*/")
    delivered = page.locator("[data-declaration-state=delivered]")
    look_again = page.get_by_role("link", name="look again")
    # The second click's page may come while the first one's delivery is under way.
    for _ in range(20):
        if js or delivered.count() or not look_again.count():
            break
        page.wait_for_timeout(200)
        look_again.click()
    expect(delivered).to_be_visible()
    assert len(portal.sandbox.incidents()) == 1


def test_the_page_updates_itself_once_rootly_is_back(portal: Portal, enter: Enter) -> None:
    page = enter()
    fill(page)
    portal.sandbox.fault("status", method="POST", path="/incidents$", status=401, times=2)
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=queued]")).to_be_visible()
    expect(page.locator("[data-held]")).to_be_visible(timeout=10_000)
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible(timeout=20_000)
    assert len(portal.sandbox.incidents()) == 1
