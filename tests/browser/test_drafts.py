"""What is typed is saved meanwhile; two tabs overwrite nothing; leaving loses nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, Page, Request, Route, expect

from tests.browser.conftest import Enter, sign_in
from tests.browser.filling import DECLARE, fill
from tests.browser.test_combobox import wait_for
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal

SAVE = "**/incidents/new/draft/"
MARK = "[data-draft-mark]"
SAVED = "Saved as a draft"
TROUBLE = "[data-draft-trouble]"
COUNT = """node => {
  node.spoken = 0;
  const count = new MutationObserver(() => { node.spoken += 1; });
  count.observe(node, { childList: true, characterData: true, subtree: true });
}"""
SUMMARY = re.compile("^Summary")


class Saves:
    """The script's own requests: counted, answered otherwise where asked."""

    def __init__(self, page: Page) -> None:
        self.sent: list[Request] = []
        self.status = 0
        self.cut = False
        page.route(SAVE, self._handle)

    def _handle(self, route: Route) -> None:
        self.sent.append(route.request)
        if self.cut:
            route.abort()
        elif self.status:
            route.fulfill(status=self.status, body="<h1>No</h1>", content_type="text/html")
        else:
            route.continue_()


@pytest.fixture
def page(enter: Enter) -> Page:
    """A reporter's window without drafts from before, with a new form."""
    page = enter(expected="net::ERR_FAILED|status of (403|409|500)")
    clear(page)
    page.goto("/incidents/new/")
    return page


def clear(page: Page) -> None:
    """Delete all drafts, as a person does."""
    page.goto("/declarations/")
    while page.locator("[data-draft-row]").count():
        page.locator(".deleting summary").first.click()
        page.locator("[data-action=delete-draft]").first.click()


def title(page: Page) -> None:
    """Type one, and wait until it is saved."""
    page.locator("#id_title").fill("Checkout is down")
    expect(page.locator(MARK)).to_have_text(SAVED)


def drafts(page: Page) -> int:
    """How many the person has, as another window lists them."""
    other = page.context.new_page()
    other.goto("/declarations/")
    count = other.locator("[data-draft-row]").count()
    other.close()
    return count


def leave(page: Page, *, warned: bool) -> None:
    """Try to close the window; whether the browser asks first."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.close(run_before_unload=True)
    if warned:
        wait_for(page, lambda: asked == ["beforeunload"])
        return
    if not page.is_closed():
        page.wait_for_event("close")
    assert asked == []


def test_what_is_typed_is_saved_once_it_rests_and_found_again(page: Page) -> None:
    saves = Saves(page)
    said = page.locator("[data-draft-said]")
    page.locator("#id_title").press_sequentially("Checkout is down", delay=20)
    expect(page.locator(MARK)).to_have_text(SAVED)
    expect(said).to_have_text(f"{SAVED}. What you change from here on is saved too.")
    assert len(saves.sent) == 1
    said.evaluate(COUNT)
    page.get_by_label("SEV1 Critical").check()
    page.get_by_label("What customers see").fill("Nothing")
    expect(page.locator(MARK)).to_be_empty()
    expect(page.locator(MARK)).to_have_text(SAVED)
    assert said.evaluate("node => node.spoken") == 0, "it is said once"
    before = len(saves.sent)
    page.locator("#id_title").focus()
    page.wait_for_timeout(1800)
    assert len(saves.sent) == before, "nothing changed"
    assert all("Checkout" not in request.url for request in saves.sent)
    assert_sound(page)

    page.goto("/incidents/new/")
    notice = page.locator("[data-drafts]")
    expect(notice).to_contain_text("You have not finished")
    expect(page.locator("#id_title")).to_have_value("")
    notice.get_by_role("link", name="Checkout is down").first.click()
    expect(page.locator("#id_title")).to_have_value("Checkout is down")
    expect(page.get_by_label("What customers see")).to_have_value("Nothing")
    assert_sound(page)
    page.get_by_label("Customer report").check()
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state]")).to_be_visible()
    assert drafts(page) == 0


def test_leaving_at_once_loses_nothing_and_asks_nothing(page: Page) -> None:
    other = page.context.new_page()
    page.locator("#id_title").fill("Typed and gone")
    leave(page, warned=False)
    other.wait_for_timeout(300)
    other.goto("/")
    other.get_by_role("link", name="Typed and gone").click()
    expect(other.locator("#id_title")).to_have_value("Typed and gone")


def test_a_form_that_nobody_touched_is_left_in_silence(page: Page) -> None:
    saves = Saves(page)
    page.locator("#id_title").focus()
    page.locator("#id_title").press("Tab")
    page.goto("/")
    assert saves.sent == []
    assert drafts(page) == 0


@pytest.mark.parametrize("how", ["cut", "500"])
def test_a_failed_save_says_so_warns_and_is_tried_again_with_the_next_change(
    page: Page, how: str
) -> None:
    saves = Saves(page)
    saves.cut, saves.status = how == "cut", 500 if how == "500" else 0
    page.locator("#id_title").fill("Checkout")
    trouble = page.locator(TROUBLE)
    expect(trouble).to_contain_text("could not be saved as a draft")
    assert_sound(page)
    leave(page, warned=True)
    saves.cut, saves.status = False, 0
    page.locator("#id_title").fill("Checkout is down")
    expect(page.locator(MARK)).to_have_text(SAVED)
    expect(trouble).to_be_empty()
    leave(page, warned=False)


def test_another_tab_is_not_overwritten(page: Page) -> None:
    title(page)
    page.goto("/")
    page.locator("[data-draft-row] a").click()
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label(SUMMARY).fill("From the other tab")
    expect(other.locator(MARK)).to_have_text(SAVED)
    saves = Saves(page)
    page.locator("#id_title").fill("From the first tab")
    trouble = page.locator(TROUBLE)
    expect(trouble).to_contain_text("changed and saved in another tab")
    assert_sound(page)
    page.get_by_label(SUMMARY).fill("more")
    page.wait_for_timeout(1800)
    assert len(saves.sent) == 1, "it stands until somebody decides"
    with page.context.expect_page() as opened:
        trouble.get_by_role("link", name="Open the newer one").click()
    expect(opened.value.get_by_label(SUMMARY)).to_have_value("From the other tab")
    expect(opened.value.locator("#id_title")).to_have_value("Checkout is down")
    trouble.get_by_role("button", name="Keep this one as a draft of its own").click()
    expect(page.locator("[data-draft-opened]")).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("From the first tab")
    assert drafts(page) == 2
    page.get_by_label(SUMMARY).fill("and on")
    expect(page.locator(MARK)).to_have_text(SAVED)


def test_a_session_that_ended_is_told_and_what_is_typed_is_saved_after_it(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")
    page.locator("#id_title").fill("Kept")
    trouble = page.locator(TROUBLE)
    expect(trouble).to_contain_text("Your session has ended")
    with page.context.expect_page() as opened:
        trouble.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, "reporter")
    opened.value.wait_for_url(lambda url: "login" not in url)
    page.locator("#id_title").fill("Kept and more")
    expect(page.locator(MARK)).to_have_text(SAVED)
    expect(trouble).to_be_empty()


def test_errors_of_the_form_cost_no_draft(page: Page) -> None:
    page.locator("#id_title").fill("Only a title")
    page.locator(DECLARE).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(MARK)).to_have_text(SAVED)
    fill_rest(page)
    expect(page.locator(MARK)).to_have_text(SAVED)
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state]")).to_be_visible()
    assert drafts(page) == 0


def fill_rest(page: Page) -> None:
    page.get_by_label("Customer report").check()
    page.get_by_label("SEV4 Low").check()


def test_declaring_at_once_makes_no_draft(portal: Portal, page: Page) -> None:
    fill(page, "At once")
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    page.go_back()
    page.wait_for_timeout(300)
    assert drafts(page) == 0
    assert len(portal.sandbox.incidents()) == 1


def test_without_javascript_a_button_saves_it(enter: Enter, page: Page) -> None:
    plain = enter(js=False)
    plain.goto("/incidents/new/")
    plain.locator("#id_title").fill("By hand")
    plain.get_by_role("button", name="Save as a draft").click()
    expect(plain.locator("[data-draft-opened]")).to_contain_text("This is your draft")
    expect(plain.locator("#id_title")).to_have_value("By hand")
    buttons = plain.locator("form[data-living] button:not([type=button])")
    expect(buttons.last).to_have_attribute("data-action", "declare")
    plain.goto("/declarations/")
    plain.get_by_text("Delete…").click()
    plain.get_by_role("button", name="Delete this draft for good").click()
    expect(plain.locator("[data-draft-row]")).to_have_count(0)
