"""The people who use the portal."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from incidentportal.accounts.append_only import AppendOnly, AppendOnlyQuerySet


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
    languages: tuple[str, ...] = ()
    """What their browser asks for, the best first; known within a request (`roles.person`)."""

    class Meta(AbstractUser.Meta):
        permissions = (
            ("administer", "Runs the portal: presets, defaults, operations, the admin site"),
            ("read_audit", "Reads the audit trail"),
        )

    @property
    def display_name(self) -> str:
        """What others call this person: their name, else what they sign in with."""
        return self.get_full_name() or self.username

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


class PrivateViewQuerySet(AppendOnlyQuerySet["PrivateView"]):
    """Views as they happen."""

    def record(self, person: User, kind: str, object_id: uuid.UUID) -> None:
        """Keep that this person was shown it, at most once a minute: pages update themselves."""
        minute_ago = Now() - timedelta(minutes=1)
        same = self.filter(person=person, kind=kind, object_id=object_id)
        if not same.filter(viewed_at__gt=minute_ago).exists():
            self.create(person=person, kind=kind, object_id=object_id)


class PrivateView(AppendOnly):
    """That somebody was shown another person's private thing. Triggers keep it as it is."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=32)
    """What was seen, such as `declaration`; only its id is kept beside."""
    object_id = models.UUIDField()
    viewed_at = models.DateTimeField(db_default=Now())

    objects = PrivateViewQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        default_permissions = ()
        indexes = (
            models.Index(fields=["object_id", "person", "-viewed_at"], name="privateview_object"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
