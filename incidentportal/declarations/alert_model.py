"""What admins are told of by mail, and that they were: so that several workers tell it once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Alert(models.Model):
    """One event of a kind, from its beginning to its end. Nothing of a declaration's content."""

    kind = models.CharField(max_length=32)
    """`held`, `stuck`, `unconfirmed`, `rejected`, `stale`, …: `conditions.py` has them."""
    subject = models.CharField(max_length=500)
    """The upstream's canonical URL."""
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)
    """Null while it lasts."""
    tellings = models.PositiveIntegerField(default=0)
    """How often admins were written to while it lasted: again where more has joined."""
    told_at = models.DateTimeField(null=True)
    told_newest = models.DateTimeField(null=True)
    """Since when the latest of what was told then stood so; what is later has joined since."""
    told_marks = models.JSONField(default=list)
    """Which of what lasts was told, where each has a name of its own (`conditions.Found.marks`)."""
    closed_told_at = models.DateTimeField(null=True)
    """When they were told that it is over."""
    teller_until = models.DateTimeField(null=True)
    """Until when somebody is writing about it: free again should they have died."""

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(closed_at=None), name="alert_open_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject}"
