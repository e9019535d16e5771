"""`manage.py worker`: the delivery worker alone."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from incidentportal.declarations.worker import Worker
from incidentportal.portal.startup import open_only_what_exists, refuse_bad_start


class Command(BaseCommand):
    """Delivers what waits, and keeps Rootly's configuration fresh."""

    help = "Deliver declarations and fetch Rootly's configuration, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C; calls under way are waited for."""
        refuse_bad_start(self)
        open_only_what_exists()
        worker = Worker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop.set())
        worker.run()
