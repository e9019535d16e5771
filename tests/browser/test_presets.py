"""Presets in a browser: an admin makes one, reporters start from it, with or without JavaScript."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.test_pages import assert_sound

LIST = "/admin/presets/preset/"
LONG_WORD = "Unbreakable" * 5


def make(page: Page, name: str, **texts: str) -> None:
    """A new preset, made on its page."""
    page.goto(f"{LIST}add/")
    page.get_by_label("Name required").fill(name)
    for label, text in texts.items():
        page.get_by_label(label.replace("_", " "), exact=False).first.fill(text)
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Preset: {name}")


def set_field(page: Page, label: str) -> None:
    """Go to the page of one of its fields."""
    page.get_by_label("Another field").select_option(label=label)
    page.get_by_role("button", name="Set", exact=True).click()


def delete(page: Page, name: str) -> None:
    page.goto(LIST)
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Delete this preset").click()
    page.get_by_role("button", name="Yes, I’m sure").click()


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_preset_from_making_it_to_declaring_with_it(enter: Enter, js: bool) -> None:
    name = f"Customers can’t pay {uuid.uuid4().hex[:6]}"
    page = enter("admin", js=js)
    make(page, name, Description="Cards are declined", Title_pattern="Payments: {summary}")
    set_field(page, "Severity")
    page.get_by_label("SEV2").check()
    page.get_by_label("Fixed", exact=True).check()
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Preset: {name}")
    set_field(page, "Environments")
    page.get_by_label("Under “More”").check()
    page.locator("[data-action=save]").click()
    expect(page.locator("main")).to_contain_text("under “More”")
    set_field(page, "Title")
    page.get_by_label("Hidden", exact=True).check()
    page.locator("[data-action=save]").click()

    reporter = enter(js=js)
    reporter.goto("/")
    reporter.get_by_role("link", name=name).click()
    expect(reporter.get_by_role("heading", level=1)).to_have_text(name)
    severity = reporter.locator("[data-field=severity_id]")
    expect(severity).to_contain_text("SEV2")
    expect(severity.locator("input")).to_have_count(0)
    expect(reporter.locator("[data-field=title]")).to_have_count(0)
    environments = reporter.locator("[data-field=environment_ids]")
    expect(environments).to_be_hidden()
    reporter.locator("[data-more] > summary").click()
    expect(environments).to_be_visible()
    reporter.locator("[name=summary]").fill("Cards are declined")
    reporter.locator("[data-action=declare]").click()
    expect(reporter.get_by_role("alert")).to_contain_text("How was it noticed?")
    reporter.get_by_label("Customer report").check()
    reporter.locator("[data-action=declare]").click()
    expect(reporter.locator("[data-declaration-state=delivered]")).to_be_visible()
    expect(reporter.locator("main")).to_contain_text("Payments: Cards are declined")
    expect(reporter.locator("main")).to_contain_text("Declared through preset")
    delete(page, name)


def test_the_title_follows_what_is_typed_and_more_opens_for_what_it_lacks(enter: Enter) -> None:
    name = f"Slow {uuid.uuid4().hex[:6]}"
    page = enter("admin")
    make(page, name, Title_pattern="Slow: {summary}")
    set_field(page, "Services")
    page.get_by_label("Under “More”").check()
    page.get_by_label("Required here").check()
    page.locator("[data-action=save]").click()
    reporter = enter()
    reporter.goto("/")
    reporter.get_by_role("link", name=name).click()
    expect(reporter.locator("[data-more]")).to_have_attribute("open", "")
    reporter.locator("[name=summary]").fill("Search hangs")
    reporter.locator("[name=summary]").blur()
    expect(reporter.locator("[name=title]")).to_have_value("Slow: Search hangs")
    reporter.locator("[name=title]").fill("My own words")
    reporter.locator("[name=summary]").fill("Search hangs badly")
    reporter.locator("[name=summary]").blur()
    expect(reporter.locator("[name=form_state]")).to_have_value(re.compile(r"own.*title"))
    expect(reporter.locator("[name=title]")).to_have_value("My own words")
    delete(page, name)


def test_the_pages_are_sound_and_work_by_keyboard(enter: Enter) -> None:
    name = f"Login {LONG_WORD} {uuid.uuid4().hex[:6]}"
    page = enter("admin")
    page.goto(f"{LIST}add/")
    assert_sound(page)
    page.locator("[data-action=save]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    assert_sound(page)
    page.get_by_label("Name required").fill(name)
    page.get_by_label("Always private").focus()
    page.keyboard.press("Space")
    page.get_by_label("A test, which is no real incident").check()
    page.get_by_label("Icon").select_option("shield")
    page.get_by_label("Description", exact=False).first.fill(f"Nobody can sign in {LONG_WORD}")
    page.keyboard.press("Tab")
    page.locator("[data-action=save]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Preset: {name}")
    set_field(page, "Services")
    assert_sound(page)
    page.get_by_label("Fixed", exact=True).check()
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_sound(page)
    page.get_by_label("Fixed", exact=True).uncheck()
    page.get_by_label("Under “More”").check()
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Preset: {name}")
    assert_sound(page)
    look_as_a_reporter(enter(), name)
    delete(page, name)


def look_as_a_reporter(reporter: Page, name: str) -> None:
    """The card by keyboard, the form that it leads to, and what is folded there: all sound."""
    reporter.goto("/")
    assert_sound(reporter)
    card = reporter.get_by_role("link", name=name)
    box = card.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    cards = reporter.locator(".cards").bounding_box()
    below = reporter.get_by_role("link", name="the full form").bounding_box()
    assert cards is not None
    assert below is not None
    assert below["y"] - (cards["y"] + cards["height"]) >= 8, "a thumb tells the two apart"
    card.focus()
    reporter.keyboard.press("Enter")
    expect(reporter.get_by_role("heading", level=1)).to_have_text(name)
    expect(reporter.locator("[data-field=private] input")).to_be_disabled()
    assert_sound(reporter)
    reporter.locator("[data-more] > summary").press("Enter")
    assert_sound(reporter)


def test_a_groups_default_and_its_pages_are_sound(enter: Enter) -> None:
    page = enter("admin")
    page.goto("/admin/presets/groupdefault/add/")
    assert_sound(page)
    page.get_by_label("Group").select_option("reporter")
    page.get_by_label("Field", exact=True).select_option(label="Severity")
    page.get_by_role("button", name="Choose its value").click()
    page.get_by_label("SEV3").check()
    assert_sound(page)
    page.locator("[data-action=save]").click()
    expect(page.get_by_role("row", name="Severity")).to_contain_text("reporter")
    reporter = enter()
    reporter.goto("/incidents/new/")
    expect(reporter.get_by_label("SEV3")).to_be_checked()
    page.get_by_role("link", name="Severity", exact=True).click()
    page.get_by_role("link", name="Delete this default").click()
    page.get_by_role("button", name="Yes, I’m sure").click()


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_deleted_preset_is_put_back_from_its_history(enter: Enter, js: bool) -> None:
    name = f"Shop is slow {uuid.uuid4().hex[:6]}"
    page = enter("admin", js=js)
    make(page, name)
    page.get_by_role("link", name="Its history").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(f"“{name}” was made on its page")
    delete(page, name)
    page.goto(LIST)
    page.get_by_role("link", name="History", exact=True).click()
    expect(page.get_by_role("heading", level=2).first).to_have_text(
        f"“{name}” was deleted on its page"
    )
    if js:
        assert_sound(page)
    page.locator("[data-action=restore]").first.click()
    if js:
        assert_sound(page)
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("status")).to_contain_text("is put back")
    page.goto(LIST)
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    delete(page, name)


def test_two_admins_before_the_same_page(enter: Enter) -> None:
    name = f"Shared {uuid.uuid4().hex[:6]}"
    ada, bob = enter("admin"), enter("admin", js=False)
    make(ada, name)
    bob.goto(ada.url)
    bob.get_by_label("Description optional").fill("Bob's")
    bob.locator("[data-action=save]").click()
    expect(bob.locator("main")).to_contain_text("is saved")
    ada.get_by_label("Description optional").fill("Ada's")
    ada.locator("[data-action=save]").click()
    summary = ada.locator("[data-error-summary]")
    expect(summary).to_contain_text("“Description: Bob's → Ada's”")
    expect(summary).to_be_focused()
    expect(ada.get_by_label("Description optional")).to_have_value("Ada's")
    assert_sound(ada)
    ada.locator("[data-action=save]").click()
    expect(ada.locator("main")).to_contain_text("is saved")
    delete(ada, name)
