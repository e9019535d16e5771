"""A portal to look at with a browser: `manage.py serve` in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from incidentportal.env import SETTINGS
from tests.support.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
_PREPARE = f"""
from django.contrib.auth.models import Group
from django.core.management import call_command
from incidentportal.accounts.models import User
call_command("migrate", verbosity=0)
for name in ("reporter", "admin"):
    person = User.objects.create_user(name, password={PASSWORD!r}, is_staff=name == "admin")
    person.groups.add(Group.objects.get(name=name))
"""


def environment(database: Path) -> dict[str, str]:
    """Settings for a portal of its own; nothing of this machine's reaches it."""
    return {
        **{name: value for name, value in os.environ.items() if "DJANGO" not in name},
        **{setting.name: "" for setting in SETTINGS},
        "SECRET_KEY": "b" * 60,
        "HTTPS_ONLY": "false",
        "DATABASE_URL": f"sqlite:///{database}",
    }


def make_database(database: Path) -> None:
    """A migrated SQLite file in which `reporter` and `admin` may sign in with PASSWORD."""
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", _PREPARE]
    subprocess.run(command, cwd=ROOT, env=environment(database), check=True)


class Portal:
    """A running portal with a copy of a database. `sandbox` is its Rootly."""

    def __init__(self, sandbox: Sandbox, prepared: Path, folder: Path) -> None:
        self.sandbox = sandbox
        self.database = folder / "portal.sqlite3"
        shutil.copy(prepared, self.database)
        with socket.socket() as wire:
            wire.bind(("127.0.0.1", 0))
            self._port: int = wire.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        settings = {
            "ROOTLY_API_URL": sandbox.jsonapi_url,
            "ROOTLY_API_TOKEN": sandbox.token,
            "DELIVERY_PROBE": "1",
            "EMERGENCY_CONTACT": "the on-call desk, +1 555 0100",
        }
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self._port)],
            cwd=ROOT,
            env=environment(self.database) | settings,
        )

    def wait(self, path: str = "/readyz") -> None:
        """Until it answers 200 there."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert self._process.poll() is None, "the portal ended"
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=5) as wire:
                    wire.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                    if b" 200 " in wire.recv(20):
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("the portal did not come up")

    def empty(self) -> None:
        """Forget what was declared and drafted, and what was learnt of Rootly on the way."""
        with closing(sqlite3.connect(self.database, timeout=30)) as database, database:
            database.execute("PRAGMA foreign_keys = OFF")
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ?"
            tables = {name for (name,) in database.execute(names, ["declarations_%"]).fetchall()}
            for table in tables - {"declarations_beat"}:  # its worker lives on
                database.execute(f"DELETE FROM {table}")

    def stop(self) -> None:
        """End it as an operator would."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
