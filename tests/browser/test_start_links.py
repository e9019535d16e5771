"""A preview and a start link in a browser: by an admin, and what a reporter gets of the link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.test_pages import assert_sound

MADE = "#made_link"


def choose(page: Page, label: str) -> None:
    page.get_by_label(label).check()


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_signed_link_from_making_it_to_a_form_that_it_fixes(enter: Enter, js: bool) -> None:
    page = enter("admin", js=js)
    page.goto("/presets/link/")
    choose(page, "SEV1 Critical")
    page.locator("[name=title]").fill("Checkout is down")
    page.get_by_label("Sign it").select_option(label="Yes, for a week")
    page.locator("[data-action=make-link]").click()
    expect(page.get_by_role("heading", name="Your link")).to_be_visible()
    if js:
        expect(page.get_by_role("heading", name="Your link")).to_be_focused()
    page.get_by_label("Title: Checkout is down").uncheck()
    page.locator("[data-action=make-link]").click()
    link = page.locator(MADE).input_value()
    assert re.search(r"/incidents/new/\?.*severity=sev1-critical.*signed=", link)
    if js:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy the link").click()
        expect(page.get_by_text("Copied.")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == link

    reporter = enter(js=js)
    reporter.goto(link)
    severity = reporter.locator("[data-field=severity_id]")
    expect(severity).to_contain_text("SEV1 Critical")
    expect(severity.locator("input")).to_have_count(0)
    choose(reporter, "Customer report")
    if not js:
        reporter.get_by_role("button", name="Update the form").click()
    expect(severity).to_contain_text("Fixed by the link")
    expect(reporter.locator("[name=title]")).to_have_value("Checkout is down")
    reporter.locator("[data-action=declare]").click()
    expect(reporter.locator("[data-declaration-state=delivered]")).to_be_visible()
    expect(reporter.locator("main")).to_contain_text("SEV1 Critical")

    reporter.goto(link.replace("sev1-critical", "sev4-low"))
    expect(reporter.locator("[data-notices]")).to_contain_text("was changed or has expired")
    expect(severity.locator("input").first).to_be_visible()
    if js:
        assert_sound(reporter)


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_form_is_rehearsed_and_declares_nothing(enter: Enter, js: bool) -> None:
    page = enter("admin", js=js)
    page.goto("/presets/preview/")
    page.get_by_label("As people of the group").select_option("reporter")
    page.get_by_role("button", name="Show this form").click()
    expect(page.locator("[data-field=private]")).to_have_count(0)
    page.locator("[name=title]").fill("Checkout is down")
    page.locator("[name=title]").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("How was it noticed?")
    expect(page.locator("[data-trace=title]")).to_contain_text("what the person said")
    if js:
        expect(page.get_by_role("alert")).to_be_focused()
    choose(page, "SEV1 Critical")
    choose(page, "Customer report")
    page.locator("[data-action=rehearse]").click()
    expect(page.locator("[data-payload]")).to_contain_text('"title": "Checkout is down"')
    expect(page.locator("[data-payload]")).to_contain_text("incident_portal_declaration")
    if js:
        # A change of a field that others depend on redraws it in place.
        page.locator("[data-field=incident_type_ids]").get_by_label("Security").check()
        expect(page.locator("[data-notices]")).to_contain_text("This is the form")
    page.goto("/declarations/")
    expect(page.locator("main")).not_to_contain_text("Checkout is down")


def test_the_pages_are_sound(enter: Enter) -> None:
    page = enter("admin")
    page.goto("/presets/preview/")
    assert_sound(page)
    page.locator("[name=title]").fill("Checkout is down")
    page.locator("[data-action=rehearse]").click()
    expect(page.locator("[data-rehearsed]")).to_be_visible()
    assert_sound(page)
    choose(page, "SEV1 Critical")
    choose(page, "Customer report")
    page.locator("[data-action=rehearse]").click()
    expect(page.locator("[data-payload]")).to_be_visible()
    assert_sound(page)
    page.goto("/presets/link/")
    assert_sound(page)
    choose(page, "SEV1 Critical")
    page.get_by_label("Sign it").select_option(label="Yes, for a day")
    page.locator("[data-action=make-link]").press("Enter")
    expect(page.locator(MADE)).to_be_visible()
    assert_sound(page)
    page.goto(page.locator(MADE).input_value())
    assert_sound(page)
