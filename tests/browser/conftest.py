"""A real browser before a real portal. One of each serves all tests of a process."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import find
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState

from tests.support.browser import PASSWORD, Portal, make_database
from tests.support.sandbox import Sandbox

# Playwright keeps an event loop in this thread; Django would refuse to use the database beside it,
# also in the tests that run here afterwards. Nothing of the portal's is asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A browser reports every such answer in its console; these are ones that pages are meant to get.
EXPECTED = re.compile(r"responded with a status of (404|422|503) ")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser. Each process has its own, and a portal."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with people in it, to be copied."""
    prepared = tmp_path_factory.mktemp("prepared") / "portal.sqlite3"
    make_database(prepared)
    return prepared


@pytest.fixture(scope="session")
def portal(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with 200 services, so that their list is a long one."""
    with Sandbox("--services", "200", "--slack-delay-s", "0.2") as sandbox:
        running = Portal(sandbox, database, tmp_path_factory.mktemp("portal"))
        try:
            running.wait()
            yield running
        finally:
            running.stop()


@pytest.fixture(autouse=True)
def _as_if_new(portal: Portal) -> None:
    """No test meets what another one declared or drafted; accounts and their sessions stay."""
    portal.sandbox.reset()
    portal.empty()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Which browser: `.ci/browser.py` finds it."""
    arguments = ["--disable-background-networking", "--disable-component-update"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {"executable_path": os.environ.get("CHROMIUM") or find() or None, "args": arguments}


def sign_in(page: Page, who: str) -> None:
    """Fill the sign-in form that the page shows, and send it."""
    page.get_by_label("Name").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="session")
def signed_in(portal: Portal, browser: Browser) -> Callable[[str], StorageState]:
    """The cookies of someone who signed in; each person does so once."""
    known: dict[str, StorageState] = {}

    def state(who: str) -> StorageState:
        if who not in known:
            with browser.new_context(base_url=portal.url) as context:
                page = context.new_page()
                page.goto("/accounts/login/")
                sign_in(page, who)
                page.wait_for_url("**/")
                known[who] = context.storage_state()
        return known[who]

    return state


Enter = Callable[..., Page]


@pytest.fixture
def enter(
    portal: Portal, browser: Browser, signed_in: Callable[[str], StorageState]
) -> Iterator[Enter]:
    """Opens a window, signed in unless `who` is blank; `at` is another portal's address, `expected`
    a pattern of what its console may say besides.

    What a page complains of in its console fails the test: the content security policy is in
    force, so whatever it stops is among that.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def enter(who: str = "reporter", *, js: bool = True, at: str = "", expected: str = "") -> Page:
        def listen(message: ConsoleMessage) -> None:
            meant = EXPECTED.search(message.text) or (
                expected and re.search(expected, message.text)
            )
            if message.type in {"error", "warning"} and not meant:
                complaints.append(message.text)

        context = browser.new_context(
            base_url=at or portal.url,
            java_script_enabled=js,
            reduced_motion="reduce",
            storage_state=signed_in(who) if who else None,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/" if who else "/accounts/login/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []
