"""The living form: it follows the answers, and whoever fills it in notices nothing else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Enter, sign_in
from tests.browser.filling import DECLARE, fill
from tests.browser.test_combobox import options, services, wait_for
from tests.support.browser import Portal

FORM = "**/incidents/new/"
APPEARS = "What customers see"  # asked for a grave severity
GRAVE, HARMLESS = "SEV1 Critical", "SEV3 Minor"


class Redraws:
    """The form's own requests: counted, and held back where asked."""

    def __init__(self, page: Page, *, hold: bool = False) -> None:
        self.sent: list[Request] = []
        self.held: list[Route] = []
        self.hold = hold
        self.page = page
        page.route(FORM, self._handle)

    def _handle(self, route: Route) -> None:
        if route.request.method == "POST":
            self.sent.append(route.request)
            if self.hold:
                self.held.append(route)
                return
        route.continue_()

    def let_go(self, at: int = 0) -> None:
        """Let a request through once it is there, and its answer in."""
        wait_for(self.page, lambda: len(self.held) > at)
        with self.page.expect_event("requestfinished"):
            self.held[at].continue_()


def new_form(enter: Enter, expected: str = "") -> Page:
    page = enter(expected=expected)
    page.goto("/incidents/new/")
    return page


MARK = """() => {
  const nodes = [...document.querySelectorAll("#fields, #fields *")];
  nodes.forEach((node) => { node.known = true; });
  return nodes.length;
}"""
KNOWN = "() => [...document.querySelectorAll('*')].filter((node) => node.known).length"
NEW_IN = """() => [...document.querySelectorAll("#fields *")].filter((node) => !node.known)
  .map((node) => node.closest("[data-field]")?.dataset.label)"""


def test_what_appears_and_vanishes_is_said_and_every_other_node_stays(enter: Enter) -> None:
    page = new_form(enter)
    before = page.evaluate(MARK)
    said = page.locator("[data-said]")
    page.get_by_label(GRAVE).check()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(said).to_have_text(f"1 more question: {APPEARS}.")
    assert page.evaluate(KNOWN) == before
    assert set(page.evaluate(NEW_IN)) == {APPEARS}
    expect(page.get_by_label(GRAVE)).to_be_focused()
    page.get_by_label(HARMLESS).check()
    expect(page.get_by_label(APPEARS)).to_have_count(0)
    expect(said).to_contain_text(f"No longer asked: {APPEARS}.")
    assert page.evaluate(KNOWN) == before
    page.get_by_label("Customers can tell").check()
    expect(said).to_contain_text("Now required: Customers affected.")


def test_another_form_set_keeps_what_both_have(enter: Enter) -> None:
    page = new_form(enter)
    page.locator("#id_title").fill("Kept")
    page.locator("#id_title").evaluate("box => { box.known = true; }")
    security = page.locator("[data-field=incident_type_ids]").get_by_label(re.compile("^Security"))
    security.check()
    expect(page.get_by_label(re.compile("^Evidence"))).to_be_visible()
    expect(security).to_be_focused()
    assert page.locator("#id_title").evaluate("box => box.known") is True
    services(page).fill("check")
    expect(options(page)).to_have_count(2)
    security.uncheck()
    expect(page.get_by_label(re.compile("^Labels"))).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("Kept")


def test_a_question_that_returns_has_its_answer(enter: Enter) -> None:
    page = new_form(enter)
    page.get_by_label(GRAVE).check()
    page.get_by_label(APPEARS).fill("A blank page")
    page.get_by_label(HARMLESS).check()
    expect(page.get_by_label(APPEARS)).to_have_count(0)
    page.get_by_label(GRAVE).check()
    expect(page.get_by_label(APPEARS)).to_have_value("A blank page")


def test_what_is_in_error_stays_the_same_while_the_form_follows(enter: Enter) -> None:
    page = new_form(enter)
    page.locator("[data-action=declare]").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.evaluate(MARK)
    page.get_by_label(GRAVE).check()
    page.get_by_label("Customer report").check()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    assert set(page.evaluate(NEW_IN)) <= {APPEARS, None}
    expect(page.get_by_label("Customer report")).to_be_checked()


def test_answers_that_the_browser_brings_back_have_their_questions(enter: Enter) -> None:
    page = new_form(enter)
    page.get_by_label(GRAVE).check()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    page.goto("/declarations/")
    redraws = Redraws(page)
    page.go_back()
    expect(page.get_by_label(GRAVE)).to_be_checked()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    assert len(redraws.sent) == 1
    page.goto("/incidents/new/", wait_until="load")
    page.wait_for_timeout(300)
    assert len(redraws.sent) == 1


def test_fields_that_nothing_depends_on_cost_no_request(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page)
    page.locator("#id_title").fill("Checkout is down")
    page.get_by_label(re.compile("^Summary")).fill("All of it")
    page.get_by_label("Customer report").check()
    page.get_by_label("Midlands").check()
    page.get_by_label(re.compile("^Tags")).fill("one, two")
    page.locator("#id_title").focus()
    page.wait_for_timeout(300)
    assert redraws.sent == []
    page.get_by_label(GRAVE).check()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    assert len(redraws.sent) == 1


def test_a_text_that_others_depend_on_redraws_when_it_is_left(portal: Portal, enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page)
    page.locator("[data-field=title]").evaluate("field => field.dataset.redraws = ''")
    page.locator("#id_title").press_sequentially("Check")
    assert redraws.sent == []
    page.locator("#id_title").press("Tab")
    wait_for(page, lambda: len(redraws.sent) == 1)


def test_what_is_typed_meanwhile_stays_with_focus_selection_and_place(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page, hold=True)
    page.get_by_label(GRAVE).check()
    labels = page.get_by_label(re.compile("^Labels"))
    labels.focus()
    page.keyboard.type("tier=1")
    labels.evaluate("box => box.setSelectionRange(1, 4)")
    page.get_by_label("Midlands").evaluate("box => { box.checked = true; }")
    top = labels.evaluate("box => box.getBoundingClientRect().top")
    redraws.let_go()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(labels).to_be_focused()
    expect(labels).to_have_value("tier=1")
    expect(page.get_by_label("Midlands")).to_be_checked()
    assert labels.evaluate("box => [box.selectionStart, box.selectionEnd]") == [1, 4]
    assert abs(labels.evaluate("box => box.getBoundingClientRect().top") - top) < 2


def test_a_radio_chosen_meanwhile_stays(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page, hold=True)
    page.get_by_label("Customers can tell").check()
    page.get_by_label("Customer report").check()
    page.get_by_label("A colleague").check()
    redraws.let_go()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(page.get_by_label("A colleague")).to_be_checked()
    expect(page.get_by_label("Customer report")).not_to_be_checked()


def test_an_open_list_with_its_words_and_open_reasons_stay(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page, hold=True)
    page.get_by_label(GRAVE).check()
    reason = page.locator("[data-field=title] details")
    reason.locator("summary").click()
    services(page).click()
    page.keyboard.type("check")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("ArrowDown")
    redraws.let_go()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(reason).to_have_attribute("open", "")
    expect(services(page)).to_have_value("check")
    expect(services(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove Checkout")).to_be_visible()


def test_what_is_being_composed_stays(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page, hold=True)
    page.get_by_label(GRAVE).check()
    summary = page.get_by_label(re.compile("^Summary"))
    summary.focus()
    keyboard = page.context.new_cdp_session(page)
    composed = {"text": "に", "selectionStart": 1, "selectionEnd": 1}
    keyboard.send("Input.imeSetComposition", composed)
    redraws.let_go()
    page.wait_for_timeout(200)
    keyboard.send("Input.imeSetComposition", composed | {"text": "にほ", "selectionStart": 2})
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(summary).to_have_value("日本")
    expect(page.get_by_label(APPEARS)).to_be_visible()
    assert len(redraws.sent) == 1


def test_nothing_moves_under_a_button_that_is_held_down(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page, hold=True)
    page.get_by_label(GRAVE).check()
    page.get_by_label("Midlands").hover()
    page.mouse.down()
    redraws.let_go()
    page.wait_for_timeout(200)
    expect(page.get_by_label(APPEARS)).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_label("Midlands")).to_be_checked()
    expect(page.get_by_label(APPEARS)).to_be_visible()


def test_a_late_answer_never_wins_over_a_newer_one(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page, hold=True)
    page.get_by_label(GRAVE).check()
    wait_for(page, lambda: len(redraws.held) == 1)
    redraws.hold = False
    page.get_by_label(HARMLESS).check()
    page.get_by_label("Customers can tell").check()
    expect(page.locator("[data-said]")).to_contain_text("Now required")
    page.get_by_label("Customers can tell").uncheck()
    expect(page.get_by_label(APPEARS)).to_have_count(0)
    redraws.held[0].continue_()
    page.wait_for_timeout(300)
    expect(page.get_by_label(HARMLESS)).to_be_checked()
    expect(page.get_by_label(APPEARS)).to_have_count(0)


def test_a_slow_answer_is_said_to_be_slow(enter: Enter) -> None:
    page = new_form(enter)
    redraws = Redraws(page, hold=True)
    page.get_by_label(GRAVE).check()
    trouble = page.locator("[data-trouble]")
    expect(trouble).to_contain_text("You can go on meanwhile")
    redraws.let_go()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(trouble).to_be_empty()


@pytest.mark.parametrize("how", ["cut", 500, 404])
def test_a_failed_one_says_so_can_be_tried_again_and_the_form_still_declares(
    portal: Portal, enter: Enter, how: str | int
) -> None:
    page = enter(expected="net::ERR_FAILED|status of 500")
    fill(page)
    page.get_by_label(HARMLESS).check()
    page.wait_for_timeout(200)

    def fail(route: Route) -> None:
        if (
            "HX-Request" not in route.request.headers
            and route.request.headers.get("hx-request") != "true"
        ):
            route.continue_()
        elif isinstance(how, int):
            route.fulfill(status=how, body="<h1>No</h1>", content_type="text/html")
        else:
            route.abort()

    page.route(FORM, fail)
    page.get_by_label(GRAVE).check()
    trouble = page.get_by_role("status").filter(has_text="could not be looked up")
    expect(trouble).to_be_visible()
    trouble.get_by_role("button", name="Try again").click()
    expect(page.get_by_label(re.compile("SEV0"))).to_be_focused()
    expect(trouble).to_be_visible()
    page.unroute(FORM)
    trouble.get_by_role("button", name="Try again").click()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(trouble).to_have_count(0)
    page.route(FORM, fail)
    page.get_by_label(HARMLESS).check()
    expect(trouble).to_be_visible()
    page.locator(DECLARE).click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    assert len(portal.sandbox.incidents()) == 1


def test_a_session_that_ended_is_told_and_nothing_is_lost(enter: Enter) -> None:
    page = new_form(enter, expected="status of 403")
    page.locator("#id_title").fill("Kept")
    page.context.clear_cookies(name="sessionid")
    page.get_by_label(GRAVE).check()
    trouble = page.get_by_role("status").filter(has_text="You are signed out")
    expect(trouble).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("Kept")
    with page.context.expect_page() as opened:
        trouble.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, "reporter")
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    opened.value.wait_for_url(lambda url: "login" not in url)
    trouble.get_by_role("button", name="Try again").click()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("Kept")


def test_a_suggestion_is_taken_by_keyboard_in_place(enter: Enter) -> None:
    page = new_form(enter)
    services(page).fill("checkout")
    options(page).first.click()
    take = page.get_by_role("button", name="Add Payments (owns Checkout)")
    page.locator("#id_title").fill("Typed")
    take.press("Enter")
    expect(page.get_by_label("Payments", exact=True)).to_be_checked()
    expect(take).to_have_count(0)
    expect(page.locator("[data-field=group_ids] :focus")).to_have_count(1)
    expect(page.locator("#id_title")).to_have_value("Typed")


def test_a_field_that_vanishes_with_the_focus_hands_it_to_the_next(enter: Enter) -> None:
    page = new_form(enter)
    page.get_by_label(GRAVE).check()
    seen = page.get_by_label(APPEARS)
    expect(seen).to_be_visible()
    redraws = Redraws(page, hold=True)
    page.get_by_label(HARMLESS).check()
    seen.focus()
    redraws.let_go()
    expect(seen).to_have_count(0)
    expect(page.get_by_label("North")).to_be_focused()


def test_without_javascript_a_button_updates_the_form(portal: Portal, enter: Enter) -> None:
    page = enter(js=False)
    page.goto("/incidents/new/")
    page.locator("#id_title").fill("Kept")
    page.get_by_label(GRAVE).check()
    page.get_by_role("button", name="Update the form").click()
    expect(page.get_by_label(APPEARS)).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("Kept")
    expect(page.get_by_role("alert")).to_have_count(0)
    names = page.locator("form[data-living] button:not([type=button])")
    expect(names.last).to_have_attribute("data-action", "declare")
    assert portal.sandbox.incidents() == []


def test_a_preview_stays(enter: Enter) -> None:
    page = new_form(enter)
    page.locator("[data-field=incident_type_ids]").get_by_label(re.compile("^Security")).check()
    page.get_by_label(re.compile("^Steps so far")).fill("**Restarted** it")
    page.locator("[name=preview]").click()
    shown = page.locator("[data-preview] strong")
    expect(shown).to_have_text("Restarted")
    page.get_by_role("group", name=re.compile("^Attack still")).get_by_label("Yes").check()
    expect(page.get_by_label(re.compile("^Contained at"))).to_be_visible()
    expect(shown).to_have_text("Restarted")
