"""Keys that protect private text, and accounts that should or shouldn't be there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from incidentportal.accounts import samples
from incidentportal.accounts.groups import ADMIN
from incidentportal.accounts.models import User
from incidentportal.portal.checks import LOOPBACK
from incidentportal.portal.doctor.findings import Finding, error, ok, skipped, warning


def own_key() -> Iterator[Finding]:
    """Whether private text has a key of its own."""
    if any(wrong.name == "FIELD_ENCRYPTION_KEYS" for wrong in settings.SETTINGS_WRONG):
        said = (
            "Whether private texts have a key of their own: not checked, its setting comes first."
        )
        yield skipped("keys.own", said)
        return
    if settings.FIELD_ENCRYPTION_KEYS:
        yield ok("keys.own", "Private texts are encrypted with a key of their own.")
        return
    said = "FIELD_ENCRYPTION_KEYS is not set: whoever learns SECRET_KEY can read private texts."
    remedy = (
        'Set FIELD_ENCRYPTION_KEYS="$(openssl rand -base64 32)", keep it, and run '
        "manage.py rotate_keys."
    )
    yield warning("keys.own", said, remedy)


def stored_keys() -> Iterator[Finding]:
    """Whether every key that something was encrypted with is still given."""
    problems = samples.problems()
    for sentence in problems:
        remedy = "Set FIELD_ENCRYPTION_KEYS (or SECRET_KEY_FALLBACKS) so that it holds that key."
        yield error("keys.stored", sentence, remedy)
    if not problems:
        yield ok("keys.stored", "Every private text's key is given.")


def accounts() -> Iterator[Finding]:
    """Whether there is an admin, and no demo account beside a real Rootly."""
    runs = Q(is_superuser=True) | Q(groups__name=ADMIN)
    if User.objects.filter(runs, is_active=True).exists():
        yield ok("accounts.admin", "There is an admin.")
    else:
        said = "There is no admin: nobody is told of trouble, and nobody can mend it here."
        yield warning("accounts.admin", said, "Run: manage.py createsuperuser")
    host = urlsplit(settings.ROOTLY_API_URL).hostname
    if host is None or host in LOOPBACK or not User.objects.filter(is_demo=True).exists():
        yield ok("accounts.demo", "No demo account stands beside a real Rootly.")
        return
    said = f"This database has the demo accounts, and ROOTLY_API_URL leads to {host}."
    remedy = "Use another DATABASE_URL, or delete the accounts that `make run` made."
    yield error("accounts.demo", said, remedy)
