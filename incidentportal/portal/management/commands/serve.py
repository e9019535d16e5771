"""`manage.py serve`: web server and delivery worker."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from incidentportal.portal.processes import MANAGE, Family, Stopped
from incidentportal.portal.startup import refuse_bad_start

THREADS = 16
"""Requests that a web process answers at once. Few are enough: a page costs milliseconds; four
times the places for people who wait for Rootly (`declarations/work.py`), so pages never starve."""

GRACE = 20.0
"""Seconds that calls under way get after SIGTERM; what is cut off counts as unknown."""


class Command(BaseCommand):
    """Runs both in one foreground process tree."""

    help = "Serve the portal and deliver declarations, for the environment given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port and the number of web processes."""
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=1, help="web processes")
        parser.add_argument("--grace", type=float, default=GRACE, help="seconds for calls under way")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM, Ctrl-C, or the web server's end."""
        refuse_bad_start(self)
        with Family(grace=options["grace"]) as family:
            try:
                family.start(web(options["port"], options["workers"], options["grace"]))
                family.start([*MANAGE, "worker"], restart=True)
                status = family.wait()
            except Stopped:
                return
        sys.exit(status or 1)


def web(port: int, workers: int, grace: float) -> list[str]:
    """The web server's command line."""
    return [
        os.path.join(os.path.dirname(sys.executable), "granian"),  # noqa: PTH118, PTH120  # not resolved: it must stay the virtual environment's
        "--interface", "wsgi", "--host", settings.HOST, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(THREADS),
        "--workers-kill-timeout", str(max(1, int(grace))), "--respawn-failed-workers",
        "--log-level", "warning", "incidentportal.wsgi:application",
    ]  # fmt: skip
