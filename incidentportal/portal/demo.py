"""`make run`: the portal with a pretend Rootly, ready to try.

A program of its own (`python -m incidentportal.portal.demo`), so that the settings it chooses are
set before Django reads any.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import django

from incidentportal.env import SETTINGS
from incidentportal.portal.processes import (
    DEMO_LOGS,
    MANAGE,
    Family,
    StopAsked,
    end_with_parent,
    is_taken,
    web,
)

VAR = Path(__file__).resolve().parents[2] / "var"
PASSWORD = "demo"  # noqa: S105  # printed on the screen; never beside a real Rootly (portal.E004)
PEOPLE = ("reporter", "support", "admin")  # each in the group of its name
GRACE = 2.0


def main() -> None:
    """Run until Ctrl-C or SIGTERM, or until `make` is gone."""
    end_with_parent()
    port = int(os.environ.get("PORT") or 8000)
    for each in (port, port + 1):
        if is_taken("127.0.0.1", each):
            sys.exit(f"Port {each} is in use. Choose another, such as: PORT={port + 100} make run")
    VAR.mkdir(exist_ok=True)
    os.environ.update(_environment(port))
    os.environ["DJANGO_SETTINGS_MODULE"] = "incidentportal.portal.demo_settings"
    try:
        with Family(grace=GRACE) as family:
            sys.exit(_run(family, port))
    except StopAsked:
        sys.stdout.write("\nStopped.\n")


def _run(family: Family, port: int) -> str:
    sandbox = [sys.executable, "-m", "incidentportal.sandbox", "--port", str(port + 1)]
    family.start(sandbox, quiet=True)
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # after setup

    call_command("migrate", verbosity=0)
    _make_accounts()
    family.start(web("127.0.0.1", port, 1, GRACE, DEMO_LOGS))
    family.start([*MANAGE, "worker"], restart=True)
    _wait_until_ready(port)
    sys.stdout.write(
        f"Incident Portal: http://127.0.0.1:{port}/\n\nSign in as\n"
        + "".join(f"  {name:<9} password: {PASSWORD}\n" for name in PEOPLE)
        + f"\nThe pretend Rootly: http://127.0.0.1:{port + 1}/\nCtrl-C ends both.\n"
    )
    sys.stdout.flush()
    status = family.wait(_is_make_interrupted())
    return f"A part of the demo ended (status {status}); its message stands above."


def _is_make_interrupted() -> Callable[[], bool]:
    """Whether `make` got a SIGINT that we did not (Linux only).

    It expects Ctrl-C to reach its children too, and waits for them; so after a SIGINT to it alone
    both would go on. It gives up its own handler when hit, and that can be seen.
    """
    status = Path(f"/proc/{os.getppid()}/status")

    def handles_interrupt() -> bool:
        try:
            caught = status.read_text().partition("SigCgt:")[2].split()[0]
        except (OSError, IndexError):
            return False
        return bool(int(caught, 16) & 1 << (signal.SIGINT - 1))

    handled = handles_interrupt()
    return lambda: handled and not handles_interrupt()


def _environment(port: int) -> dict[str, str]:
    """The demo's settings; every other one is blank, so that `.env` has no say."""
    key = VAR / "demo.key"
    if not key.exists():
        key.write_text(secrets.token_urlsafe(50))
    return {setting.name: "" for setting in SETTINGS} | {
        "PORT": str(port),
        "SECRET_KEY": key.read_text(),
        "DATABASE_URL": f"sqlite:///{VAR / 'demo.sqlite3'}",
        "HTTPS_ONLY": "false",
        "ROOTLY_API_URL": f"http://127.0.0.1:{port + 1}/v1",
        "ROOTLY_API_TOKEN": "sandbox-token",
        "SYNC_INTERVAL": "30",
    }


def _make_accounts() -> None:
    from django.contrib.auth.models import Group  # noqa: PLC0415  # after setup

    from incidentportal.accounts.models import User  # noqa: PLC0415

    for name in PEOPLE:
        person, is_new = User.objects.get_or_create(
            username=name, defaults={"is_demo": True, "email": f"{name}@example.com"}
        )
        if is_new:
            person.is_staff = person.is_superuser = name == "admin"
            person.set_password(PASSWORD)
            person.save()
            person.groups.add(Group.objects.get(name=name))


def _wait_until_ready(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as wire:
            wire.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
            if b" 200 " in wire.recv(16):
                return
        time.sleep(0.05)
    sys.exit("The portal did not come up within a minute; its messages stand above.")


if __name__ == "__main__":
    main()
