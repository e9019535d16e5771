"""What is measured: real processes on free ports, with databases in a folder that goes away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.browser import Browser
from incidentportal.env import SETTINGS
from incidentportal.portal.processes import web
from tests.support.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
PERSON = "bench"
MAKE_PERSON = (
    "from incidentportal.accounts.models import User; "
    f"User.objects.create_user('{PERSON}', password='{PERSON}')"
)


@dataclass(frozen=True)
class Portal:
    """A running portal: a signed-in browser, its sandbox, its environment, its database."""

    browser: Browser
    sandbox: Sandbox
    environment: dict[str, str]
    file: Path


@contextmanager
def floor() -> Iterator[Browser]:
    """The bare view alone on the portal's web server."""
    with _web("benchmarks.floor:application", dict(os.environ)) as port:
        yield Browser(port)


@contextmanager
def portal(folder: Path, *sandbox: str) -> Iterator[Portal]:
    """A portal with its database in this empty folder, beside a sandbox with these flags."""
    folder.mkdir()
    with Sandbox(*sandbox) as upstream:
        file = folder / "portal.sqlite3"
        environment = database(file, upstream)
        with _web("incidentportal.wsgi:application", environment) as port:
            browser = Browser(port)
            browser.sign_in(PERSON)
            yield Portal(browser, upstream, environment, file)


def database(file: Path, upstream: Sandbox) -> dict[str, str]:
    """The environment of a portal with a new database in this file: a person, and the upstream's
    configuration.
    """
    environment = {
        **os.environ,
        **{setting.name: "" for setting in SETTINGS},
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "SECRET_KEY": "of no worth beyond these minutes" * 2,
        "HTTPS_ONLY": "false",
        "DATABASE_URL": f"sqlite:///{file}",
        "ROOTLY_API_URL": upstream.jsonapi_url,
        "ROOTLY_API_TOKEN": upstream.token,
    }
    for arguments in (
        ["migrate", "-v", "0"],
        ["shell", "-v", "0", "-c", MAKE_PERSON],
        ["sync_catalog"],
    ):
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return environment


@contextmanager
def _web(application: str, environment: dict[str, str]) -> Iterator[int]:
    """The portal's web server with this application, on a free port."""
    port = _free_port()
    command = [*web("127.0.0.1", port, 1, 2)[:-1], application]
    with tempfile.TemporaryFile("w+") as log:
        running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(port, running)
            yield port
        except BaseException:
            log.seek(0)
            print(log.read()[-4000:], file=sys.stderr)
            raise
        finally:
            running.terminate()
            running.wait()


def _free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and running.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the web server did not come up")
