"""Mails that the portal sends by itself: their links, their pace, and what a failure means."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage

EVERY = 5.0
"""Seconds between looks for somebody to write to."""
FIRST_WAIT, LONGEST_WAIT = 60.0, 900.0
"""Seconds between tries while the mail server fails."""
LEASE = 120.0
"""Seconds after which a mail whose sender died is another's to send; sending one takes less."""
FAILED = (OSError, SMTPException)
"""What `send` raises."""


@dataclass
class Pace:
    """When this process looks again, and how often in a row the mail server failed."""

    next_at: float = float("-inf")
    failures: int = 0

    @property
    def is_due(self) -> bool:
        """Whether it is time to look."""
        return time.monotonic() >= self.next_at

    def again(self, *, all_went: bool) -> None:
        """Look again soon; after a failure with more patience each time."""
        self.failures = 0 if all_went else self.failures + 1
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self.failures - 1))
        self.next_at = time.monotonic() + (EVERY if all_went else wait)


def send(subject: str, text: str, to: Sequence[str]) -> None:
    """One mail to all of these. Raises what `FAILED` names."""
    headers = {"Auto-Submitted": "auto-generated"}
    EmailMessage(subject, text, to=list(to), headers=headers).send()


def is_final(error: Exception) -> bool:
    """Whether the server will say the same of this mail again."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code >= 500


def address(path: str) -> str:
    """A page's whole address; blank where the settings don't say under which name the portal is
    reached.
    """
    origins = [origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin]
    return origins[0].rstrip("/") + path if origins else ""
