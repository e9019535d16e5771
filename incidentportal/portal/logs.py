"""What must not reach a log, however talkative it is set."""

from __future__ import annotations

import logging


class WithoutContext(logging.Filter):
    """For `django.template`, whose debug lines about a missing variable come with an exception that
    shows the whole context: what somebody typed, private or not. The line stays, the rest goes.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        record.exc_info = None
        return True
