"""`serve`, `worker` and `make run` as an operator meets them: real processes."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest

from incidentportal.env import SETTINGS
from tests.support.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


def free_pair() -> int:
    """A port that is free like the one after it: the demo's sandbox takes that. Both from below
    those that the system hands out, where other tests' connections come and go.
    """
    for port in random.sample(range(20_000, 32_000, 2), 100):
        with suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 1))
            return port
    raise AssertionError("no two ports side by side are free")


@pytest.fixture
def env(tmp_path: Path, sandbox: Sandbox) -> dict[str, str]:
    """A production environment with the sandbox as its Rootly."""
    blank = {setting.name: "" for setting in SETTINGS}
    return {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        **blank,
        "SECRET_KEY": "s" * 60,
        "HTTPS_ONLY": "false",
        "DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3",
        "ROOTLY_API_URL": sandbox.jsonapi_url,
        "ROOTLY_API_TOKEN": sandbox.token,
    }


@contextmanager
def running(
    env: dict[str, str], *command: str, errors: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process of the portal's, killed at the end if it still runs; `errors` is its stderr."""
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE,
        stderr=errors,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def manage(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def answer(port: int, path: str) -> str:
    """The status line of a GET; blank while nothing listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
            wire.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return wire.recv(64).decode().partition("\r\n")[0]
    except OSError:
        return ""


def until_ready(port: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 40
    while " 200" not in answer(port, "/readyz"):
        assert process.poll() is None, "it ended before it was ready"
        assert time.monotonic() < end, "it was not ready in time"
        time.sleep(0.1)


def left_running(mark: str) -> list[str]:
    """The command lines of processes whose environment holds the mark."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.fixture
def mark(env: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """What only the processes of this test have in their environment."""
    env["PORTAL_TEST_MARK"] = str(tmp_path)
    yield str(tmp_path)
    assert left_running(f"PORTAL_TEST_MARK={tmp_path}") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_needs_only_migrate_and_leaves_nothing_running(
    env: dict[str, str], mark: str, number: int
) -> None:
    assert manage(env, "migrate").returncode == 0
    port = free_port()
    with running(env, "manage.py", "serve", "--port", str(port)) as process:
        until_ready(port, process)
        process.send_signal(number)
        assert process.wait(10) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a killed parent")
def test_nothing_stays_when_serve_is_killed(env: dict[str, str], mark: str) -> None:
    manage(env, "migrate")
    port = free_port()
    with running(env, "manage.py", "serve", "--port", str(port)) as process:
        until_ready(port, process)
        process.kill()
    end = time.monotonic() + 10
    while left_running(f"PORTAL_TEST_MARK={mark}") and time.monotonic() < end:
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"PORT": "eighty"}, "PORT="),
        ({"FIELD_ENCRYPTION_KEYS": "short"}, "FIELD_ENCRYPTION_KEYS"),
        ({"ROOTLY_API_URL": "http://rootly.example/v1"}, "INSECURE_HTTP_HOSTS"),
        ({"ROOTLY_API_DIALECT": "xml"}, "ROOTLY_API_DIALECT"),
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, "DATABASE_URL"),
    ],
    ids=str,
)
def test_a_wrong_setting_stops_the_start_with_its_name(
    env: dict[str, str], change: dict[str, str], words: str
) -> None:
    manage(env, "migrate")
    refused = manage({**env, **change}, "serve", "--port", str(free_port()))
    assert refused.returncode == 1
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_told(env: dict[str, str]) -> None:
    manage(env, "migrate")
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        wire.listen()
        port = wire.getsockname()[1]
        refused = manage(env, "serve", "--port", str(port))
        assert refused.returncode == 1
        assert f"Port {port}" in refused.stderr
        command = [sys.executable, "-m", "incidentportal.portal.demo"]
        demo = subprocess.run(
            command, cwd=ROOT, env={**env, "PORT": str(port)}, capture_output=True, text=True,
            timeout=30, check=False,
        )  # fmt: skip
        assert demo.returncode == 1
        assert f"Port {port} is in use" in demo.stderr


def test_a_database_that_is_behind_says_what_to_type(env: dict[str, str]) -> None:
    for command in ("serve", "worker"):
        refused = manage(env, command)
        assert refused.returncode == 1
        assert "manage.py migrate" in refused.stderr


def test_the_demo_prints_address_and_logins_and_ends_at_once(
    env: dict[str, str], mark: str, tmp_path: Path
) -> None:
    port = free_pair()
    here, said = {**env, "PORT": str(port)}, tmp_path / "stderr"
    with (
        said.open("wb") as errors,
        running(here, "-m", "incidentportal.portal.demo", errors=errors) as process,
    ):
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        assert first == f"Incident Portal: http://127.0.0.1:{port}/"
        printed = "".join(iter(process.stdout.readline, "Ctrl-C ends both.\n"))
        assert " 200" in answer(port, "/readyz")
        assert answer(port, "/")
        process.terminate()
        began = time.monotonic()
        process.wait(10)
        assert time.monotonic() - began < 3
    assert re.search(r"(?m)^\d\d:\d\d:\d\d GET / \d+ ", said.read_text("utf-8")), "for people"
    assert '{"' not in said.read_text("utf-8")
    for name in ("reporter", "support", "admin"):
        assert name in printed


def test_demo_accounts_beside_a_real_rootly_are_refused(env: dict[str, str]) -> None:
    manage(env, "migrate")
    code = (
        "from incidentportal.accounts.models import User; "
        "User.objects.create(username='reporter', is_demo=True)"
    )
    assert manage(env, "shell", "-c", code).returncode == 0
    real = {**env, "ROOTLY_API_URL": "https://api.rootly.com/v1"}
    for command in ("serve", "worker"):
        refused = manage(real, command)
        assert refused.returncode == 1
        assert "demo accounts" in refused.stderr


def test_without_an_address_of_rootly_it_runs_and_says_what_to_set(
    env: dict[str, str], mark: str
) -> None:
    env["ROOTLY_API_URL"] = ""
    manage(env, "migrate")
    port = free_port()
    with running(env, "manage.py", "serve", "--port", str(port)) as process:
        end = time.monotonic() + 40
        while " 200" not in answer(port, "/healthz"):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert " 503" in answer(port, "/readyz")
        process.terminate()
        assert process.wait(10) == 0
