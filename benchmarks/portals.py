"""What is measured: real processes on free ports, with databases in a folder that goes away."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from incidentportal.env import SETTINGS
from incidentportal.portal.processes import web

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = (
    "from incidentportal.accounts.models import User; "
    "User.objects.create_user('bench', password='bench')"
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


def wait_for(port: int) -> None:
    """Until something listens there."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("nothing listens")


class Browser:
    """One kept connection, with the cookies of whoever signed in."""

    def __init__(self, port: int) -> None:
        self._wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {}

    def send(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, bytes]:
        """The answer's status and body; cookies are kept."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        headers["Accept-Encoding"] = "gzip"
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._wire.request(method, path, urlencode(body) if body is not None else None, headers)
        answer = self._wire.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        return answer.status, answer.read()

    def sign_in(self) -> None:
        """As the one person that the benchmark made."""
        _, page = self.send("GET", "/accounts/login/")
        token = re.search(rb'csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        answers = {"login": "bench", "password": "bench", "csrfmiddlewaretoken": token[1].decode()}
        assert self.send("POST", "/accounts/login/", answers)[0] == 302


@contextmanager
def process(command: list[str], env: dict[str, str] | None = None) -> Iterator[None]:
    """A process for the length of the block."""
    running = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait()


@contextmanager
def portal(folder: Path, *sandbox: str) -> Iterator[tuple[Browser, int]]:
    """A portal beside a sandbox with these flags: a signed-in browser, and the sandbox's port."""
    port, upstream = free_port(), free_port()
    env = {
        **os.environ, **{setting.name: "" for setting in SETTINGS},
        "SECRET_KEY": "b" * 60, "HTTPS_ONLY": "false",
        "DATABASE_URL": f"sqlite:///{folder}/{port}.sqlite3",
        "ROOTLY_API_URL": f"http://127.0.0.1:{upstream}/v1", "ROOTLY_API_TOKEN": "sandbox-token",
    }  # fmt: skip
    serve = [sys.executable, "-m", "incidentportal.sandbox", "--port", str(upstream), *sandbox]
    with process(serve):
        wait_for(upstream)
        for arguments in (
            ["migrate", "-v", "0"],
            ["shell", "-v", "0", "-c", PEOPLE],
            ["sync_catalog"],
        ):
            subprocess.run(
                [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
        with process(web("127.0.0.1", port, 1, 2), env):
            wait_for(port)
            browser = Browser(port)
            browser.sign_in()
            yield browser, upstream


def median(work: Callable[[], object], times: int) -> float:
    """Milliseconds that the work takes at the median, once warm."""
    for _ in range(max(3, times // 10)):
        work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def compressed(content: bytes) -> int:
    """Bytes on the wire."""
    return len(gzip.compress(content, 6))
