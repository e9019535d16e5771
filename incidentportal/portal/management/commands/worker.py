"""`manage.py worker`: the delivery worker alone."""

import os
import signal
import sys
import threading
from typing import Any

from django.core.management.base import BaseCommand

from incidentportal.declarations.worker import Worker
from incidentportal.portal.logs import begin
from incidentportal.portal.startup import open_only_what_exists, refuse_bad_start

ASKED = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    """Delivers what waits, and keeps Rootly's configuration fresh."""

    help = "Deliver declarations and fetch Rootly's configuration, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C; calls under way get a while to finish."""
        refuse_bad_start(self)
        begin("worker")
        open_only_what_exists()
        worker = Worker()
        ended: list[bool] = []
        # Waited for, not handled: a handler that sets an event can lock up in the middle of one.
        signal.pthread_sigmask(signal.SIG_BLOCK, ASKED)
        working = threading.Thread(target=lambda: ended.append(worker.run()), name="worker")
        working.start()
        while working.is_alive():
            if signal.sigtimedwait(ASKED, 0.5):
                worker.end()
                working.join()
        sys.stdout.flush()
        sys.stderr.flush()
        if ended != [True]:
            # Calls that go on would keep the process; who restarts it must see that it failed.
            os._exit(0 if ended else 1)
