"""A real browser before a real portal: `manage.py serve` in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import find
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from incidentportal.env import SETTINGS
from tests.support.sandbox import Sandbox

# Playwright keeps an event loop in this thread; Django would refuse to use the database beside it,
# also in the tests that run here afterwards. Nothing of the portal's is asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
PEOPLE = f"""
from django.contrib.auth.models import Group
from incidentportal.accounts.models import User
for name in ("reporter", "admin"):
    person = User.objects.create_user(name, password={PASSWORD!r})
    person.groups.add(Group.objects.get(name=name))
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser, and shares one portal: one process runs it all."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


class Portal:
    """A running portal. `sandbox` is its Rootly."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        with socket.socket() as wire:
            wire.bind(("127.0.0.1", 0))
            port = wire.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._env = {
            **{name: value for name, value in os.environ.items() if "DJANGO" not in name},
            **{setting.name: "" for setting in SETTINGS},
            "SECRET_KEY": "b" * 60,
            "HTTPS_ONLY": "false",
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "ROOTLY_API_URL": sandbox.jsonapi_url,
            "ROOTLY_API_TOKEN": sandbox.token,
            "DELIVERY_PROBE": "1",
        }
        self._manage("migrate", "--verbosity", "0")
        self._manage("shell", "--verbosity", "0", "--command", PEOPLE)
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)], cwd=ROOT, env=self._env
        )

    def _manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self._env, check=True
        )

    def wait(self, path: str = "/readyz") -> None:
        """Until it answers 200 there."""
        port = int(self.url.rpartition(":")[2])
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
                    wire.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                    if b" 200 " in wire.recv(20):
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("the portal did not come up")

    def stop(self) -> None:
        """End it as an operator would."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with 60 services, so that their list is a long one."""
    with Sandbox("--services", "60", "--slack-delay-s", "0.2") as sandbox:
        running = Portal(sandbox, tmp_path_factory.mktemp("portal"))
        running.wait()
        yield running
        running.stop()


@pytest.fixture(autouse=True)
def _fresh_sandbox(portal: Portal) -> None:
    portal.sandbox.reset()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Which browser: `.ci/browser.py` finds it."""
    arguments = ["--disable-background-networking", "--disable-component-update"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {"executable_path": os.environ.get("CHROMIUM") or find() or None, "args": arguments}


Enter = Callable[..., Page]


@pytest.fixture
def enter(portal: Portal, browser: Browser) -> Iterator[Enter]:
    """Opens a window, signed in. What the page complains of in its console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 422" not in message.text:
            complaints.append(message.text)

    def enter(
        who: str = "reporter", *, js: bool = True, width: int = 1280, theme: str = "light"
    ) -> Page:
        context = browser.new_context(
            base_url=portal.url, java_script_enabled=js, bypass_csp=False,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/accounts/login/")
        if who:
            page.get_by_label("Name").fill(who)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []
