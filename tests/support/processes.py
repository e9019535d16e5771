"""The portal's real processes, on an SQLite file of their own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from incidentportal.env import SETTINGS
from tests.support.sandbox import ROOT, Sandbox

MARK = "PORTAL_TEST_MARK"
"""An environment variable by which a test's processes are told from all others."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


def production(folder: Path, sandbox: Sandbox, **settings: str) -> dict[str, str]:
    """A production environment with the sandbox as its Rootly, and these settings."""
    blank = {setting.name: "" for setting in SETTINGS}
    return {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        **blank,
        "SECRET_KEY": "s" * 60,
        "HTTPS_ONLY": "false",
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
        "ROOTLY_API_URL": sandbox.jsonapi_url,
        "ROOTLY_API_TOKEN": sandbox.token,
        MARK: str(folder),
        **settings,
    }


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def status(port: int, path: str) -> int:
    """The status of a GET; 0 while nothing answers."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        wire.request("GET", path)
        return wire.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        wire.close()


def marked(mark: str) -> list[int]:
    """The ids of all processes whose environment holds the mark."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def answering(mark: str) -> list[int]:
    """Of these, the processes that answer requests: children of the web server's."""
    servers = [pid for pid in marked(mark) if b"granian" in _of(pid, "cmdline")]
    return [
        pid for pid in servers if int(_of(pid, "stat").rpartition(b")")[2].split()[1]) in servers
    ]


def _of(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


class Tree:
    """`manage.py serve` with all that it starts."""

    def __init__(self, folder: Path, sandbox: Sandbox, **settings: str) -> None:
        self.environment = production(folder, sandbox, **settings)
        self.database = folder / "portal.sqlite3"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        for arguments in (["migrate", "-v", "0"], ["sync_catalog"]):
            done = manage(self.environment, *arguments)
            assert done.returncode == 0, done.stderr

    def start(self, *arguments: str, errors: IO[bytes] | None = None) -> None:
        """Begin, with its logs in the file `errors`, if given; comes back at once."""
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), *arguments]
        quiet = None if "SHOW" in os.environ else subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=quiet, stderr=errors or quiet
        )

    def until_ready(self, seconds: float = 60) -> None:
        """Wait until it can serve."""
        end = time.monotonic() + seconds
        while status(self.port, "/readyz") != 200:
            assert self.process is not None
            assert self.process.poll() is None, "it ended before it was ready"
            assert time.monotonic() < end, "it was not ready in time"
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for every process of the tree; comes back once none is left."""
        mark = f"{MARK}={self.environment[MARK]}"
        while alive := marked(mark):
            for pid in alive:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            if self.process is not None:
                self.process.wait()
            time.sleep(0.01)
        self.process = None

    def end(self, seconds: float = 40) -> int:
        """SIGTERM for its head, as a supervisor sends it; the exit status."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(seconds)
        self.process = None
        return code

    def ask(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """What its database answers, read beside it."""
        connection = sqlite3.connect(self.database, timeout=20)
        try:
            return connection.execute(sql, tuple(values)).fetchall()
        finally:
            connection.close()
