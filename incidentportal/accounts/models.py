"""The people who use the portal."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now


def validate_zone(value: str) -> None:
    """Refuse a time zone that this machine doesn't know."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(
            "%(value)s is not a time zone such as Europe/Paris.", params={"value": value}
        ) from error


class User(AbstractUser):
    """A person with an account here."""

    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_zone])
    is_demo = models.BooleanField(default=False, editable=False)
    """Made by `make run`, with a password that everybody knows."""

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Where this person's clock stands: their own choice, else the portal's."""
        return zoneinfo.ZoneInfo(self.time_zone or settings.TIME_ZONE)


class EncryptionKey(models.Model):
    """That a key sealed something in this database. The key itself is never stored."""

    fingerprint = models.CharField(max_length=16, unique=True)
    sample = models.TextField()
    """Sealed with it: who can read this can read the rest."""
    is_derived = models.BooleanField()
    """Made from SECRET_KEY, not set in FIELD_ENCRYPTION_KEYS."""
    first_used_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.fingerprint
