"""Before Rootly has ever answered: the page says so, and goes on by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PASSWORD, Portal
from tests.support.sandbox import Sandbox


def test_the_waiting_page_finds_its_own_way_to_the_form(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Sandbox() as sandbox:
        sandbox.fault("status", method="GET", path="/form_fields", status=503, times=None)
        portal = Portal(sandbox, tmp_path_factory.mktemp("waiting"))
        try:
            portal.wait("/healthz")
            page = browser.new_context(base_url=portal.url).new_page()
            page.goto("/accounts/login/?next=/incidents/new/")
            page.get_by_label("Name").fill("reporter")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("The form isn't ready yet")
            sandbox.clear_faults()
            expect(page.locator("#id_title")).to_be_visible(timeout=30_000)
            page.context.close()
        finally:
            portal.stop()
