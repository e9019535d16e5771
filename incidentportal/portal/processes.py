"""A handful of child processes in the foreground: started together, ended together."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

MANAGE = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]
_PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """Somebody asked for the end (Ctrl-C or SIGTERM)."""


def _end_with_parent() -> None:
    """In the child: get SIGTERM when the parent dies, however it dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Family:
    """Children that live and die together.

    `grace`: seconds that a child gets between SIGTERM and SIGKILL.
    """

    def __init__(self, *, grace: float) -> None:
        self.grace = grace
        self._children: list[tuple[Sequence[str], Mapping[str, str] | None, bool]] = []
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
            signal.signal(each, signal.SIG_IGN)  # the end has begun: a second Ctrl-C changes nothing
        raise Stopped

    def start(
        self, command: Sequence[str], env: Mapping[str, str] | None = None, *, restart: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a child in a session of its own, so that Ctrl-C reaches it through us alone.

        `restart`: start it again whenever it ends; else its end is everybody's end.
        """
        self._children.append((command, env, restart))
        return self._run(len(self._children) - 1)

    def _run(self, number: int) -> subprocess.Popen[bytes]:
        command, env, _ = self._children[number]
        child = subprocess.Popen(  # noqa: S603  # our own commands
            command,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # started before this process has threads
        )
        self._running[number] = child
        return child

    def wait(self) -> int:
        """Until one ends that can't be started again: its exit status."""
        while True:
            for number, child in list(self._running.items()):
                status = child.poll()
                if status is None:
                    continue
                if not self._children[number][2]:
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
            try:
                child.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
