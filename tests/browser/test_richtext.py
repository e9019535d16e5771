"""How a rich text will look: beside its box with JavaScript, in another tab without."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from django.template.loader import get_template
from playwright.sync_api import Page, Route, expect

from incidentportal.formengine.view import form_view
from tests.browser.conftest import Enter
from tests.browser.test_pages import assert_sound
from tests.formengine.building import form_field, resolved
from tests.support.browser import Portal

TYPED = "**Restarted** it\n\n<img src=x onerror=alert(1)>"


def open_form(page: Page) -> None:
    """The form, with a rich text field added to it on its way to the browser."""
    form = resolved(form_field("900", name="Steps so far", input_kind="rich_text"))
    (view,) = form_view(form, {}, UTC).fields
    field = get_template(view.template).render({"field": view})

    def add(route: Route) -> None:
        answer = route.fetch()
        before, button, after = answer.text().rpartition('<button class="button button--main')
        route.fulfill(response=answer, body=before + field + button + after)

    page.route("**/incidents/new/", add)
    page.goto("/incidents/new/")


@pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
def test_a_preview_shows_what_is_meant_and_keeps_the_form(
    portal: Portal, enter: Enter, js: bool
) -> None:
    page = enter(js=js)
    open_form(page)
    page.get_by_label("Title").fill("kept")
    page.get_by_label("Steps so far optional", exact=True).fill(TYPED)
    button = page.get_by_role("button", name=re.compile("^Preview"))
    if js:
        button.focus()
        page.keyboard.press("Enter")
        shown = page.locator("[data-preview]")
    else:
        with page.context.expect_page() as opened:
            button.click()
        shown = opened.value.locator("main")
    expect(shown.locator("strong")).to_have_text("Restarted")
    expect(shown.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    expect(shown.locator("img")).to_have_count(0)
    expect(page.get_by_label("Title")).to_have_value("kept")
    expect(page.get_by_label("Steps so far optional", exact=True)).to_have_value(TYPED)
    assert "Restarted" not in page.url
    assert portal.sandbox.incidents() == []
    if js:
        assert_sound(page)
