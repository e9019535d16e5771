"""Before Rootly has ever answered: the page says so, and goes on by itself."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Enter, sign_in
from tests.browser.test_pages import assert_sound
from tests.support.browser import Portal
from tests.support.sandbox import Sandbox


def test_the_waiting_page_finds_its_own_way_to_the_form(
    enter: Enter, database: Path, tmp_path: Path
) -> None:
    with Sandbox() as sandbox:
        sandbox.fault("status", method="GET", path="/form_fields", status=503, times=None)
        portal = Portal(sandbox, database, tmp_path)
        try:
            portal.wait("/healthz")
            pages = [enter("", js=js, at=portal.url) for js in (True, False)]
            for page in pages:
                page.goto("/accounts/login/?next=/incidents/new/")
                sign_in(page, "reporter")
                heading = page.get_by_role("heading", level=1)
                expect(heading).to_have_text("The form isn't ready yet")
            assert_sound(pages[0])
            sandbox.clear_faults()
            for page in pages:
                expect(page.locator("#id_title")).to_be_visible(timeout=30_000)
                page.context.close()
        finally:
            portal.stop()
