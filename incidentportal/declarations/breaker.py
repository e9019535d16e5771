"""Counts calls that failed in a row, over all declarations and processes.

A failure is a call to create an incident, or a look for one, that Rootly did not answer: it could
not be reached, gave no or no readable answer, or a 5xx, 408 or 409. Any answer about what was sent
(201, a refusal, also 401, 403, 404 and 429) begins the count anew; so does an incident that a look
finds. A look that finds nothing does neither: Rootly may answer questions and still take nothing.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import BooleanField, Case, F, Q, UUIDField, Value, When

from incidentportal.declarations.models import Upstream

FAILURES = 5
"""In a row, of at least two declarations, open it: one declaration alone may be to blame itself."""


def count(url: str, pk: UUID) -> bool:
    """Count a failed call for this declaration; True: too many failed by now."""
    rows = Upstream.objects.filter(url=url)
    another = Q(failures__gt=0) & ~Q(failed_id=pk)
    rows.update(
        # Each on the right is the row as it was.
        failed_several=Case(
            When(another, then=Value(True)), default=F("failed_several"),
            output_field=BooleanField(),
        ),
        failed_id=Case(
            When(failures=0, then=Value(pk)), default=F("failed_id"), output_field=UUIDField()
        ),
        failures=F("failures") + 1,
    )  # fmt: skip
    return rows.filter(failures__gte=FAILURES, failed_several=True).exists()


def forget(url: str) -> None:
    """Rootly answered: begin anew."""
    rows = Upstream.objects.filter(url=url, failures__gt=0)
    rows.update(failures=0, failed_id=None, failed_several=False)
