"""Counts attempts by how they ended, over all processes and machines."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import models, transaction
from django.db.models import F


class Tally(models.Model):
    """How many attempts ended in one way, since the beginning: it only grows, whatever becomes of
    the attempts' own rows.
    """

    outcome = models.CharField(max_length=32)
    """As `Attempt.outcome`."""
    dialect = models.CharField(max_length=16)
    attempts = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    """How long they took together."""

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["outcome", "dialect"], name="tally_one_each"),
        )

    def __str__(self) -> str:
        return f"{self.outcome} ({self.dialect}): {self.attempts}"


def count(outcome: str, seconds: float) -> None:
    """Count an attempt that ended now, once that is committed. That it could not be counted must
    not touch what became of the declaration: then it is logged and no more.
    """
    add = partial(_add, outcome, settings.ROOTLY_API_DIALECT, seconds)
    transaction.on_commit(add, robust=True)


def _add(outcome: str, dialect: str, seconds: float) -> None:
    rows = Tally.objects.filter(outcome=outcome, dialect=dialect)
    more = {"attempts": F("attempts") + 1, "seconds": F("seconds") + seconds}
    if not rows.update(**more):
        Tally.objects.get_or_create(outcome=outcome, dialect=dialect)
        rows.update(**more)
