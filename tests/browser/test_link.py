"""A link to the form as filled in, made in the browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.filling import fill
from tests.browser.test_combobox import chosen, options, services
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal

BUTTON = "Copy a link to this form as filled in"


def copied(page: Page) -> dict[str, list[str]]:
    """The link's parameters; its address is checked."""
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("status").filter(has_text="Link copied.")).to_be_visible()
    link = urlsplit(page.evaluate("navigator.clipboard.readText()"))
    assert link.path == "/incidents/new/"
    return parse_qs(link.query, keep_blank_values=True)


def test_the_link_has_the_answers_and_nothing_else(portal: Portal, enter: Enter) -> None:
    page = enter()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill(page, "Checkout & basket")
    services(page).fill("checkout")
    options(page).first.click()
    services(page).fill("left over")
    noticed = f"form_field_{portal.sandbox.record('form_fields', 'How was it noticed?')['id']}"
    production = str(portal.sandbox.record("environments", "Production")["id"])
    assert copied(page) == {
        "title": ["Checkout & basket"],
        "severity_id": [str(portal.sandbox.record("severities", "SEV1 Critical")["id"])],
        "service_ids": chosen(page),
        "environment_ids": [production],
        noticed: chosen(page, noticed),
    }


def test_a_private_ones_link_has_no_text_that_was_typed(enter: Enter) -> None:
    page = enter("admin")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill(page, "Secret")
    page.locator("[name=private]").check()
    found = copied(page)
    assert found.keys() >= {"private", "severity_id", "environment_ids"}
    assert "title" not in found
    assert "Secret" not in str(found)
    expect(page.get_by_role("status").filter(has_text="not what you typed")).to_be_visible()


def test_what_a_link_says_is_not_put_into_the_browsers_storage(
    portal: Portal, enter: Enter
) -> None:
    page = enter("admin")
    page.goto(f"{portal.url}/incidents/new/?title=Secret&private=true")
    expect(page.get_by_label("Title")).to_have_value("Secret")
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert page.evaluate(stored) == "[{},{}]"


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_where_the_clipboard_is_denied_the_link_stands_there(enter: Enter, js: bool) -> None:
    page = enter(js=js)
    fill(page)
    if not js:
        expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
        return
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error()); }")
    page.get_by_role("button", name=BUTTON).click()
    field = page.get_by_label("The link")
    expect(field).to_be_focused()
    assert "title=Checkout+is+down" in field.input_value()
    assert_sound(page)
