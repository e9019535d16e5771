"""`manage.py serve`: web server and delivery worker."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from incidentportal.portal import slots
from incidentportal.portal.processes import MANAGE, Family, StopAsked, is_taken, web
from incidentportal.portal.startup import refuse_bad_start

GRACE = 20.0
"""Seconds that calls under way get after SIGTERM; what is cut off counts as unknown."""


class Command(BaseCommand):
    """Runs both in one foreground process tree."""

    help = "Serve the portal and deliver declarations, for the environment given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port and the number of web processes."""
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=1, help="web processes")
        parser.add_argument(
            "--grace", type=float, default=GRACE, help="seconds for calls under way"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM, Ctrl-C, or the web server's end."""
        refuse_bad_start(self)
        if is_taken(settings.HOST, options["port"]):
            raise CommandError(
                f"Port {options['port']} on {settings.HOST} can't be used: it is in use, "
                "or the address is not this machine's. Choose with --port, or set HOST and PORT."
            )
        os.environ["SECRET_KEY"] = settings.SECRET_KEY  # the same for every process
        grace: float = options["grace"]
        with slots.shared(), Family(grace=grace) as family:
            try:
                family.start(web(settings.HOST, options["port"], options["workers"], grace))
                family.start([*MANAGE, "worker"], restart=True)
                self.stdout.write(f"Serving on http://{settings.HOST}:{options['port']}/")
                self.stdout.flush()
                status = family.wait()
            except StopAsked:
                return
        sys.exit(status or 1)
