"""A session that ends in the middle of a form, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter, sign_in
from tests.browser.filling import DECLARE, fill
from tests.browser.test_pages import assert_sound
from tests.support.browser import PASSWORD

REFUSED = r"responded with a status of (401|403|429) "
SUMMARY = 'Two lines,\n  "quoted" & <b>bold</b>'


def lose(page: Page, name: str) -> None:
    page.context.clear_cookies(name=name)


def declare(page: Page) -> None:
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_after_signing_in_again_the_form_is_as_it_was(enter: Enter, js: bool) -> None:
    page = enter(js=js, expected=REFUSED)
    fill(page, "Kept")
    page.get_by_label(re.compile("^Summary")).fill(SUMMARY)
    lose(page, "sessionid")
    page.locator(DECLARE).click()
    expect(page.get_by_role("heading", name="Sign in to go on")).to_be_visible()
    page.get_by_label("Name").fill("reporter")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("reporter")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label(re.compile("^Title"))).to_have_value("Kept")
    expect(page.get_by_label(re.compile("^Summary"))).to_have_value(SUMMARY)
    expect(page.get_by_label("SEV1 Critical")).to_be_checked()
    declare(page)


def test_a_form_whose_token_is_lost_is_shown_again(enter: Enter) -> None:
    page = enter(expected=REFUSED)
    fill(page, "Kept")
    lose(page, "csrftoken")
    page.locator(DECLARE).click()
    page.get_by_role("button", name="Show my form again").click()
    expect(page.get_by_label(re.compile("^Title"))).to_have_value("Kept")
    declare(page)


def test_the_pages_of_a_kept_form_and_of_an_account_are_sound(enter: Enter) -> None:
    page = enter(expected=REFUSED)
    page.goto("/accounts/password/change/")
    assert_sound(page)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_sound(page)
    page.goto("/accounts/password/reset/")
    assert_sound(page)
    fill(page, "Unbreakable" * 20)
    lose(page, "sessionid")
    page.locator(DECLARE).click()
    expect(page.get_by_role("heading", name="Sign in to go on")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_sound(page)


def test_who_guesses_a_password_meets_a_sound_page(enter: Enter) -> None:
    page = enter("", expected=REFUSED)
    for _ in range(10):
        page.goto("/accounts/login/")
        page.get_by_label("Name").fill("somebody")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Too many wrong passwords")).to_be_visible()
    assert_sound(page)
    page.goto("/accounts/login/")
    sign_in(page, "reporter")
    page.wait_for_url("**/")
