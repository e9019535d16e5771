"""A sample of each key that sealed something, so that a key which is dropped too early is noticed
before it costs a text.
"""

from __future__ import annotations

import time

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from incidentportal.accounts.encryption import UnreadableError, keyring, seal, unseal

TRUSTED_FOR = 10.0
"""Seconds before it is looked up again whether the newest key's sample is still there."""

_known: dict[tuple[str, str], float] = {}


def remember(using: str = "default") -> None:
    """Keep a sample of the newest key in the database in which something is sealed with it."""
    from incidentportal.accounts.models import EncryptionKey  # noqa: PLC0415  # models need the fields

    newest = keyring().newest
    known = (using, newest.fingerprint)
    if _known.get(known, 0.0) > time.monotonic():
        return
    EncryptionKey.objects.using(using).get_or_create(
        fingerprint=newest.fingerprint,
        defaults={"sample": seal("sample"), "is_derived": newest.is_derived},
    )
    # Only once it is sure to stay: a sample that is rolled back is none.
    transaction.on_commit(
        lambda: _known.update({known: time.monotonic() + TRUSTED_FOR}), using=using
    )


def problems() -> list[str]:
    """A sentence for each key that sealed something here and is not among those given; none: all
    can be read. One about the setting where it can't be used. Raises DatabaseError.
    """
    from incidentportal.accounts.models import EncryptionKey  # noqa: PLC0415  # models need the fields

    try:
        keyring()
    except ImproperlyConfigured as error:
        return [str(error)]
    found = []
    for row in EncryptionKey.objects.order_by("pk"):
        try:
            unseal(row.sample)
        except UnreadableError:
            found.append(_missing(row.fingerprint, is_derived=row.is_derived))
    return found


def _missing(fingerprint: str, *, is_derived: bool) -> str:
    if is_derived:
        return (
            "Private declarations are encrypted with a key made from an earlier SECRET_KEY "
            f"(fingerprint {fingerprint}): put that one into SECRET_KEY_FALLBACKS, "
            "run manage.py rotate_keys, then drop it."
        )
    return (
        "Private declarations are encrypted with a key that is not in FIELD_ENCRYPTION_KEYS "
        f"(fingerprint {fingerprint}): put it back behind the newest one, "
        "run manage.py rotate_keys, then drop it."
    )


def forget_others() -> list[str]:
    """Forget the samples of all keys but the newest; their fingerprints."""
    from incidentportal.accounts.models import EncryptionKey  # noqa: PLC0415  # models need the fields

    others = EncryptionKey.objects.exclude(fingerprint=keyring().newest.fingerprint)
    gone = list(others.values_list("fingerprint", flat=True))
    others.delete()
    _known.clear()
    return gone
