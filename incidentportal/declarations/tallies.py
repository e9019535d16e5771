"""Counts attempts by how they ended, over all processes and machines."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.db.models import F

from incidentportal.accounts.prepared import Given, Update

log = logging.getLogger(__name__)


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
    """Count an attempt that ended now, at the end of the transaction that stores it: a commit of
    its own would cost as much as storing it. That it could not be counted must not touch what
    became of the declaration: then it is logged and no more.
    """
    try:
        with transaction.atomic():
            _add(outcome, settings.ROOTLY_API_DIALECT, seconds)
    except DatabaseError as error:
        log.error("an attempt could not be counted: %s", type(error).__name__)  # noqa: TRY400  # its message may show rows


def _add(outcome: str, dialect: str, seconds: float) -> None:
    if not _ONE_MORE.run(seconds=seconds, outcome=outcome, dialect=dialect):
        Tally.objects.get_or_create(outcome=outcome, dialect=dialect)
        _ONE_MORE.run(seconds=seconds, outcome=outcome, dialect=dialect)


_ONE_MORE = Update(
    Tally.objects.filter(
        outcome=Given("outcome", models.CharField()), dialect=Given("dialect", models.CharField())
    ),
    attempts=F("attempts") + 1,
    seconds=F("seconds") + Given("seconds", models.FloatField()),
)
