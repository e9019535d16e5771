"""Which workers live."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Beat(models.Model):
    """A worker that lives, and that it does: one row a process, removed when it ends in order."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    host = models.CharField(max_length=255)
    process = models.PositiveBigIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    stands_by = models.BooleanField(default=False)
    """On SQLite one worker delivers, and any other waits for it to end."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Worker {self.process} on {self.host}"
