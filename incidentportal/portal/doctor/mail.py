"""Mail: whether the server takes a connection, and the name and password. Sends nothing."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings
from django.core.mail import get_connection

from incidentportal.portal.doctor.findings import Finding, error, ok, warning

SECONDS = 5
EXAMPLE = "smtp+tls://user:password@mail.example.com:587"


def server() -> Iterator[Finding]:
    """Connect and say goodbye."""
    if not settings.EMAIL_IS_ON:
        said = (
            "Mail is off: no password reset, no mail to who declared about a refusal, none to "
            "admins about trouble."
        )
        yield warning("mail.server", said, f"Set EMAIL_URL={EXAMPLE}")
        return
    yield _connected()
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        said = f"Mail comes from {settings.DEFAULT_FROM_EMAIL}, which many servers refuse."
        yield warning("mail.sender", said, "Set DEFAULT_FROM_EMAIL=incidents@example.com")


def _connected() -> Finding:
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    mail = get_connection(timeout=SECONDS)
    try:
        mail.open()
    except smtplib.SMTPAuthenticationError:
        said = f"The mail server {where} refuses the name or the password."
        return error("mail.server", said, "Correct the name and password in EMAIL_URL.")
    except (OSError, smtplib.SMTPException) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        said = f"The mail server {where} can't be used ({why})."
        remedy = f"Correct host, port and encryption in EMAIL_URL, as in {EXAMPLE}"
        return error("mail.server", said, remedy)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            mail.close()
    return ok("mail.server", f"The mail server {where} takes connections; nothing was sent.")
