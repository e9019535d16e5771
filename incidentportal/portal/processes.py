"""A handful of child processes in the foreground: started together, ended together."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

MANAGE = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]
SERVER_LOGS = Path(__file__).with_name("server_logs.json")
DEMO_LOGS = Path(__file__).with_name("demo_logs.json")
_PR_SET_PDEATHSIG = 1

THREADS = 16
"""Requests that a web process answers at once. Few are enough: a page costs milliseconds; four
times the places for people who wait for Rootly (`declarations/work.py`), so pages never starve."""


def is_taken(host: str, port: int) -> bool:
    """Whether somebody listens there; the web server itself would share the port without a word."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            wire.bind((host, port))
        except OSError:
            return True
    return False


def web(host: str, port: int, workers: int, grace: float, logs: Path = SERVER_LOGS) -> list[str]:
    """The web server's command line; requests get `grace` seconds to end after SIGTERM. `logs`: how
    its own lines are written.
    """
    return [
        sys.executable, "-m", "granian",
        "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(THREADS),
        "--workers-kill-timeout", str(max(1, int(grace))), "--respawn-failed-workers",
        # Of requests the portal has lines of its own, without query strings.
        "--no-access-log", "--log-level", "error", "--log-config", str(logs),
        "incidentportal.wsgi:application",
    ]  # fmt: skip


class StopAsked(Exception):  # noqa: N818  # no error: a wish
    """Somebody asked for the end (Ctrl-C or SIGTERM)."""


def end_with_parent() -> None:
    """Have this process get SIGTERM when its parent dies, however it dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Child:
    """A command. `restart`: started again whenever it ends; else its end is everybody's end.
    `quiet`: what it prints is not shown, only what it complains of.
    """

    command: Sequence[str]
    restart: bool
    quiet: bool


class Family:
    """Children that live and die together.

    `grace`: seconds that a child gets between SIGTERM and SIGKILL.
    """

    def __init__(self, *, grace: float) -> None:
        self.grace = grace
        self._children: list[Child] = []
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Family:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @staticmethod
    def _asked(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(
                each, signal.SIG_IGN
            )  # the end has begun: a second Ctrl-C changes nothing
        raise StopAsked

    def start(self, command: Sequence[str], *, restart: bool = False, quiet: bool = False) -> None:
        """Start a child in a session of its own, so that Ctrl-C reaches it through us alone."""
        self._children.append(Child(command, restart, quiet))
        self._run(len(self._children) - 1)

    def _run(self, number: int) -> None:
        child = self._children[number]
        self._running[number] = subprocess.Popen(  # noqa: S603  # our own commands
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if child.quiet else None,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509  # started before this process has threads
        )

    def wait(self, is_over: Callable[[], bool] = lambda: False) -> int:
        """Until one ends that can't be started again: its exit status.

        Raises StopAsked once `is_over` says so.
        """
        while True:
            if is_over():
                raise StopAsked
            for number, child in list(self._running.items()):
                status = child.poll()
                if status is None:
                    continue
                if not self._children[number].restart:
                    return status
                time.sleep(1)  # one that can't start must not burn the machine
                self._run(number)
            time.sleep(0.1)

    def _stop(self) -> None:
        running = [child for child in self._running.values() if child.poll() is None]
        for child in running:
            child.terminate()
        end = time.monotonic() + self.grace
        for child in running:
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, end - time.monotonic()))
        for child in self._running.values():
            # What a child left behind goes too: each has a session, and so a group, of its own.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
