"""A long list: a combobox with JavaScript, a search without it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Enter
from tests.browser.filling import DECLARE, fill
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal

DELIVERED = "[data-declaration-state=delivered]"


def services(page: Page) -> Locator:
    """The search box of the services, of which there are 200."""
    return page.get_by_role("combobox", name="Search: Services")


def options(page: Page) -> Locator:
    """The list that stands open."""
    return page.locator("[role=option]:visible")


def assert_active(page: Page, box: Locator, option: Locator | None) -> None:
    """The box has the focus and points at this option, or at none."""
    expect(box).to_be_focused()
    if option is None:
        expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    else:
        active = option.get_attribute("id")
        assert active
        expect(box).to_have_attribute("aria-activedescendant", active)
        expect(option).to_have_attribute("data-active", "")


def chosen(page: Page, name: str = "service_ids") -> list[str]:
    """What would be posted under this name."""
    script = "name => new FormData(document.querySelector('form[data-living]')).getAll(name)"
    values: list[str] = page.evaluate(script, name)
    return values


def test_by_keyboard_alone_a_list_is_opened_searched_and_chosen_from(
    portal: Portal, enter: Enter
) -> None:
    page = enter()
    fill(page)
    box = services(page)
    box.focus()
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(20)
    expect(box).to_have_attribute("aria-expanded", "true")
    assert_active(page, box, options(page).first)
    page.keyboard.press("ArrowUp")
    assert_active(page, box, options(page).last)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    assert_active(page, box, None)
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("check")
    expect(options(page)).to_have_text(["Checkout", "Fraud check"])
    expect(page.get_by_role("status").filter(has_text="2 found.")).to_be_attached()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove Checkout")).to_be_visible()
    expect(box).to_have_value("")
    page.keyboard.insert_text("basket")  # at once: no search for a part of it
    expect(options(page).first).to_have_text("Basket")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove Basket")).to_be_visible()
    page.locator("#id_title").press("Enter")
    expect(page.locator(DELIVERED)).to_be_visible()
    (incident,) = portal.sandbox.incidents()
    names = {str(portal.sandbox.record("services", name)["id"]) for name in ("Checkout", "Basket")}
    assert set(map(str, incident["service_ids"])) == names


def test_chips_are_removed_by_keyboard_and_the_focus_stays_near(enter: Enter) -> None:
    page = enter()
    page.goto("/incidents/new/")
    box = services(page)
    box.focus()
    for words in ("checkout", "basket", "fraud"):
        page.keyboard.type(words)
        expect(options(page).first).to_have_text(re.compile(words, re.IGNORECASE))
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    expect(box).to_have_accessible_description(re.compile("Chosen: Checkout, Basket, Fraud check"))
    page.keyboard.press("Backspace")
    expect(page.get_by_role("button", name="Remove Fraud check")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove Basket")).to_be_focused()
    page.get_by_role("button", name="Remove Checkout").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Remove Basket")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Checkout removed.")).to_be_attached()
    page.keyboard.press("Space")
    expect(box).to_be_focused()
    assert chosen(page) == []


def test_a_chosen_option_is_marked_in_the_list_and_let_go_by_choosing_it_again(
    enter: Enter,
) -> None:
    page = enter()
    page.goto("/incidents/new/")
    box = services(page)
    box.click()
    options(page).nth(2).click()
    expect(box).to_be_focused()
    assert len(chosen(page)) == 1
    page.keyboard.press("ArrowDown")
    expect(page.locator("[role=listbox]:visible")).to_have_attribute("aria-multiselectable", "true")
    expect(page.locator("[role=option][aria-selected=true]:visible")).to_have_count(1)
    page.keyboard.press("Tab")  # the first one is active; leaving the box takes it
    assert len(chosen(page)) == 2
    box.click()
    page.locator("[role=option][aria-selected=true]:visible").first.click()
    assert len(chosen(page)) == 1


def test_where_one_may_be_chosen_the_next_choice_replaces_it(enter: Enter) -> None:
    page = enter()
    page.goto("/incidents/new/")
    types = page.locator("[data-field=incident_type_ids]")
    types.get_by_label(re.compile("^Security")).check()  # brings another form
    box = page.get_by_role("combobox", name="Search: Upstream service")
    removes = page.locator("fieldset").filter(has=box).get_by_role("button", name="Remove")
    for words, label in (("checkout", "Checkout"), ("basket", "Basket")):
        box.fill(words)
        expect(options(page).first).to_have_text(label)
        box.press("ArrowDown")
        box.press("Enter")
        expect(removes).to_have_count(1)
        expect(removes).to_have_accessible_name(f"Remove {label}")


def test_escape_closes_then_clears(enter: Enter) -> None:
    page = enter()
    page.goto("/incidents/new/")
    box = services(page)
    box.fill("check")
    expect(options(page)).to_have_count(2)
    box.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(box).to_have_value("check")
    box.press("Escape")
    expect(box).to_have_value("")


def test_words_that_were_not_chosen_are_pointed_out_and_stop_the_form_once(
    portal: Portal, enter: Enter
) -> None:
    page = enter()
    fill(page)
    box = services(page)
    box.fill("check")
    page.locator("#id_title").focus()
    hint = page.locator(".combobox__left", has_text="“check” isn’t chosen")
    expect(hint).to_be_visible()
    expect(options(page)).to_have_count(0)
    assert chosen(page, "service_ids__q") == []
    page.locator(DECLARE).click()
    expect(box).to_be_focused()
    expect(options(page)).to_have_count(2)
    expect(hint).to_contain_text("send the form once more")
    assert portal.sandbox.incidents() == []
    page.locator(DECLARE).click()
    expect(page.locator(DELIVERED)).to_be_visible()


def test_enter_in_the_box_never_declares(portal: Portal, enter: Enter) -> None:
    page = enter()
    fill(page)
    box = services(page)
    box.press("Enter")
    expect(options(page)).to_have_count(20)
    box.press("Enter")
    box.fill("nothing of this name")
    box.press("Enter")
    expect(page.get_by_text("Nothing is called “nothing of this name”.").first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("Enter")
    expect(page.locator("#id_title")).to_have_value("Checkout is down")
    assert portal.sandbox.incidents() == []


def holding(page: Page, words: str) -> list[Route]:
    """Searches for these words get no answer until their routes go on."""
    held: list[Route] = []

    def handle(route: Route) -> None:
        if f"__q={words}" in f"{route.request.post_data}&".replace("&", "|"):
            held.append(route)
        else:
            route.continue_()

    page.route("**/incidents/new/options/", handle)
    return held


def wait_for(page: Page, condition: Callable[[], bool]) -> None:
    """Until it holds, with the page's events going on."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it did not happen")


def test_a_late_answer_never_replaces_a_newer_one(enter: Enter) -> None:
    page = enter()
    page.goto("/incidents/new/")
    held = holding(page, "che")
    box = services(page)
    box.fill("che")
    wait_for(page, lambda: bool(held))
    box.fill("basket")
    expect(options(page).first).to_have_text("Basket")
    held[0].continue_()
    page.wait_for_timeout(300)
    expect(options(page).first).to_have_text("Basket")


def test_a_slow_search_says_so(enter: Enter) -> None:
    page = enter()
    page.goto("/incidents/new/")
    held = holding(page, "che")
    services(page).fill("che")
    wait_for(page, lambda: bool(held))
    expect(page.get_by_text("Still searching…").first).to_be_visible()
    held[0].continue_()
    expect(options(page).first).to_be_visible()
    expect(page.get_by_text("Still searching…")).to_have_count(0)


def test_a_failed_search_says_so_and_is_tried_again(enter: Enter) -> None:
    page = enter(expected="net::ERR_FAILED")
    page.goto("/incidents/new/")
    box = services(page)
    page.route("**/incidents/new/options/", lambda route: route.abort())
    box.fill("check")
    expect(page.get_by_text("The search got no answer.").first).to_be_visible()
    box.press("Enter")
    page.wait_for_timeout(200)
    expect(page.get_by_role("button", name="Search again")).to_be_visible()
    page.unroute("**/incidents/new/options/")
    page.get_by_role("button", name="Search again").click()
    expect(options(page)).to_have_count(2)
    expect(box).to_be_focused()


def test_what_is_chosen_comes_back_with_errors_and_marks_stand_on_the_box(
    portal: Portal, enter: Enter
) -> None:
    page = enter()
    field = portal.sandbox.record("form_fields", "How was it noticed?")["id"]
    fill(page)
    services(page).click()
    options(page).first.click()
    ids = chosen(page)
    page.locator("#id_title").fill("")
    page.locator(DECLARE).click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert chosen(page) == ids
    assert len(chosen(page, f"form_field_{field}")) == 1


@pytest.mark.parametrize("state", ["open", "chosen", "left"])
def test_it_is_sound_at_both_widths_and_in_both_themes(enter: Enter, state: str) -> None:
    page = enter()
    page.goto("/incidents/new/")
    box = services(page)
    box.fill("check")
    expect(options(page)).to_have_count(2)
    box.press("ArrowDown")
    if state != "open":
        box.press("Enter")
        expect(page.get_by_role("button", name="Remove Checkout")).to_be_visible()
    if state == "left":
        box.fill("nothing of this name")
        box.press("Tab")
        expect(page.get_by_text("isn’t chosen").first).to_be_visible()
    assert_sound(page)
