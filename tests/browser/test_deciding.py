"""Deciding about a declaration, as a person with a browser does it: with JavaScript and without."""

from __future__ import annotations

import itertools
import os
import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ClientConfig
from tests.browser.conftest import Enter
from tests.browser.filling import DECLARE, fill
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal

WITH_AND_WITHOUT = pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
CREATE = {"method": "POST", "path": "/incidents$"}


def picture(page: Page, name: str) -> None:
    """Where somebody wants to look at it (`PICTURES=folder`)."""
    folder = os.environ.get("PICTURES")
    if folder:
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def stands(page: Page, state: str) -> None:
    """Look until it stands there."""
    for _ in range(60):
        if page.locator(f"[data-declaration-state={state}]").count():
            return
        page.wait_for_timeout(250)
        page.goto(page.url)
    raise AssertionError(f"not {state}: {page.content()}")


_how_many = itertools.count(10, 10)


def make_older_ones(portal: Portal) -> None:
    """Incidents of other titles, another number of them each time: the sandbox gives the same ids
    again after a reset, and the portal knows those of its earlier declarations as theirs.
    """
    sandbox = portal.sandbox
    config = ClientConfig.create(sandbox.jsonapi_url, sandbox.token, "jsonapi")
    with Client(config) as client:
        for _ in range(next(_how_many)):
            client.create_incident({"title": "An older one"}, idempotency_key=str(uuid.uuid4()))


def made_by_us(portal: Portal) -> int:
    """How many incidents came of declarations."""
    return sum(each["title"] != "An older one" for each in portal.sandbox.incidents())


def declared_without_an_answer(portal: Portal, page: Page) -> None:
    """One that Rootly may have, but without its label: on its page, unconfirmed."""
    make_older_ones(portal)
    portal.sandbox.switch(labels="drop", idempotency="ignore")
    fill(page, "The label is lost")
    page.locator(DECLARE).click()
    stands(page, "delivered")
    expect(page.get_by_role("link", name="Open in Rootly")).to_be_visible()
    portal.sandbox.fault("drop_after", **CREATE)
    fill(page, "Checkout is down")
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    stands(page, "unconfirmed")


@WITH_AND_WITHOUT
def test_saying_which_incident_it_is(portal: Portal, enter: Enter, js: bool) -> None:
    page = enter(js=js)
    declared_without_an_answer(portal, page)
    incident = portal.sandbox.incidents()[-1]
    row = page.locator("[data-alike]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(f"Incident {incident['sequential_id']}")
    expect(row).not_to_contain_text("Checkout is down")
    if js:
        assert_sound(page)
        picture(page, "unconfirmed")
    that_one = page.locator("li").filter(has=page.locator("#act_incident"))
    that_one.get_by_label("The incident that it is").or_(page.locator("#act_incident")).fill(
        "99999"
    )
    that_one.locator("[data-action=this-one]").click()
    expect(page.get_by_role("alert")).to_contain_text("no incident “99999”")
    expect(page.locator("#act_incident")).to_have_value("99999")
    expect(page.locator("#act_incident")).to_have_attribute("aria-invalid", "true")
    if js:
        expect(page.get_by_role("alert")).to_be_focused()
        assert_sound(page)
        picture(page, "unconfirmed-wrong")
    page.locator("[data-alike] [data-action=this-one]").click()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible()
    expect(page.get_by_role("link", name="Open in Rootly")).to_have_attribute(
        "href", incident["url"]
    )
    assert made_by_us(portal) == 2


@WITH_AND_WITHOUT
def test_an_admin_decides_that_it_is_not_there(portal: Portal, enter: Enter, js: bool) -> None:
    page = enter(js=js, expected="status of 409 ")
    declared_without_an_answer(portal, page)
    admin = enter("admin", js=js)
    admin.goto(page.url)
    expect(admin.locator("[data-alike]")).to_contain_text("Checkout is down")
    if js:
        assert_sound(admin)
        picture(admin, "unconfirmed-admin")
    admin.locator("[data-action=not-there]").click()
    stands(admin, "delivered")
    assert made_by_us(portal) == 3
    page.locator("[data-action=not-there]").click()
    expect(page.get_by_role("alert")).to_contain_text("It is in Rootly already.")
    if js:
        assert_sound(page)
        picture(page, "too-late")


@WITH_AND_WITHOUT
def test_giving_up_and_sending_again(portal: Portal, enter: Enter, js: bool) -> None:
    page = enter(js=js)
    portal.sandbox.fault("status", status=403, times=None, **CREATE)
    fill(page)
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    stands(page, "queued")
    expect(page.locator("[data-action=withdraw]")).to_be_visible()
    if js:
        assert_sound(page)
        picture(page, "queued")
    admin = enter("admin", js=js)
    admin.goto(page.url)
    stands(admin, "queued")
    admin.locator("[data-action=give-up]").click()
    expect(admin.get_by_role("alert")).to_contain_text("Say why it is given up")
    if js:
        expect(admin.get_by_role("alert")).to_be_focused()
        assert_sound(admin)
        picture(admin, "give-up-wrong")
    admin.get_by_label(re.compile("^Why it is given up")).fill("The pump is gone.")
    admin.locator("[data-action=give-up]").click()
    expect(admin.locator("[data-declaration-state=failed]")).to_be_visible()
    portal.sandbox.clear_faults()
    page.goto(page.url)
    expect(page.get_by_text("admin gave it up: The pump is gone.").first).to_be_visible()
    if js:
        assert_sound(page)
        picture(page, "failed")
    page.locator("[data-action=send-again]").click()
    stands(page, "delivered")
    assert len(portal.sandbox.incidents()) == 1


@WITH_AND_WITHOUT
def test_a_refused_one_is_taken_back_beside_its_form(
    portal: Portal, enter: Enter, js: bool
) -> None:
    page = enter(js=js)
    portal.sandbox.fault("validation", errors={"title": ["is too vague"]}, **CREATE)
    fill(page)
    page.locator(DECLARE).click()
    expect(page.locator("#id_title_error")).to_contain_text("is too vague")
    expect(page.locator("[data-action=send-again]")).to_be_visible()
    last = page.locator("main button:visible:not([type=button])").last
    expect(last).to_have_attribute("data-action", "declare")
    if js:
        expect(page.get_by_role("alert")).to_be_focused()
        assert_sound(page)
        picture(page, "rejected")
    page.locator("[data-action=withdraw]").click()
    expect(page.locator("[data-declaration-state=withdrawn]")).to_be_visible()
    assert portal.sandbox.incidents() == []


@WITH_AND_WITHOUT
def test_a_refused_value_is_corrected(portal: Portal, enter: Enter, js: bool) -> None:
    page = enter(js=js)
    portal.sandbox.switch(inline_values="drop")
    portal.sandbox.fault(
        "validation", method="POST", path="/form_field_selections$",
        errors={"value": ["is out of season"]},
    )  # fmt: skip
    fill(page)
    page.locator(DECLARE).click()
    page.wait_for_url("**/declarations/*-*/")
    for _ in range(60):
        if page.locator("[data-action=retry-step]").count():
            break
        page.wait_for_timeout(250)
        page.goto(page.url)
    expect(page.locator("li").filter(has=page.locator("[data-action=retry-step]"))).to_contain_text(
        "out of season"
    )
    if js:
        assert_sound(page)
        picture(page, "value")
    page.locator("[data-action=retry-step]").click()
    expect(page.locator("[data-action=retry-step]")).to_have_count(0)
    (incident,) = portal.sandbox.incidents()
    assert incident["selections"]


def test_a_page_that_stays_open_drops_what_is_over(portal: Portal, enter: Enter) -> None:
    page = enter()
    portal.sandbox.fault("status", status=403, times=None, **CREATE)
    fill(page)
    page.locator(DECLARE).click()
    expect(page.locator("[data-action=withdraw]")).to_be_visible()
    portal.sandbox.clear_faults()
    expect(page.locator("[data-declaration-state=delivered]")).to_be_visible(timeout=20_000)
    expect(page.locator("[data-action=withdraw]")).to_have_count(0)
