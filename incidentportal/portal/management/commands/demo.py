"""`manage.py demo`, which `make run` calls: the portal with a pretend Rootly, ready to try."""

import os
import secrets
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from incidentportal.accounts import groups
from incidentportal.accounts.models import User
from incidentportal.env import SETTINGS
from incidentportal.portal.management.commands.serve import web
from incidentportal.portal.processes import MANAGE, Family, Stopped

PASSWORD = "demo"  # noqa: S105  # printed on the screen; never beside a real Rootly (portal.E004)
PEOPLE = (("reporter", groups.REPORTER), ("support", groups.SUPPORT), ("admin", groups.ADMIN))
TOKEN = "sandbox-token"  # noqa: S105  # the sandbox's own
GRACE = 2.0
MARK = "INCIDENT_PORTAL_DEMO"


class Command(BaseCommand):
    """Sandbox, database, accounts, portal and worker in one foreground process tree."""

    help = "Try the portal: everything on this machine, with a pretend Rootly."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM."""
        if os.environ.get(MARK) != "1":
            command = [*MANAGE, "demo"]
            os.execve(command[0], command, _environment())  # noqa: S606  # ourselves, with settings
        try:
            with Family(grace=GRACE) as family:
                self._run(family)
        except Stopped:
            self.stdout.write("\nStopped.")

    def _run(self, family: Family) -> None:
        call_command("migrate", verbosity=0)
        _make_accounts()
        port = settings.PORT
        family.start(
            [sys.executable, "-m", "incidentportal.sandbox", "--port", str(port + 1), "--quiet"]
        )
        family.start(web(port, 1, GRACE))
        family.start([*MANAGE, "worker"], restart=True)
        _wait_until_it_answers(f"http://127.0.0.1:{port}/readyz")
        self.stdout.write(
            f"Incident Portal: http://127.0.0.1:{port}/\n\nSign in as\n"
            + "".join(f"  {name:<9} password: {PASSWORD}\n" for name, _ in PEOPLE)
            + f"\nThe pretend Rootly: http://127.0.0.1:{port + 1}/\nCtrl-C ends both."
        )
        self.stdout.flush()
        status = family.wait()
        raise CommandError(f"A part of the demo ended (status {status}); its message stands above.")


def _environment() -> dict[str, str]:
    """The process's environment with the demo's settings; `.env` has no say."""
    port = int(os.environ.get("PORT") or 8000)
    var = Path(settings.VAR_DIR)
    key = var / "demo.key"
    if not key.exists():
        key.write_text(secrets.token_urlsafe(50))
    return {
        **os.environ,
        **{setting.name: "" for setting in SETTINGS},
        MARK: "1",
        "PORT": str(port),
        "SECRET_KEY": key.read_text(),
        "DATABASE_URL": f"sqlite:///{var / 'demo.sqlite3'}",
        "HTTPS_ONLY": "false",
        "ROOTLY_API_URL": f"http://127.0.0.1:{port + 1}/v1",
        "ROOTLY_API_TOKEN": TOKEN,
        "SYNC_INTERVAL": "30",
    }


def _make_accounts() -> None:
    for name, group in PEOPLE:
        person, is_new = User.objects.get_or_create(
            username=name, defaults={"is_demo": True, "email": f"{name}@example.com"}
        )
        if is_new:
            person.is_staff = person.is_superuser = group == groups.ADMIN
            person.set_password(PASSWORD)
            person.save()
            person.groups.add(Group.objects.get(name=group))


def _wait_until_it_answers(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urlopen(url, timeout=2):  # noqa: S310  # our own address
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise CommandError("The portal did not come up within a minute; its messages stand above.")
