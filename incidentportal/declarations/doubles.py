"""Two incidents of one declaration: looked for once more after it was sent again, and kept with
it. The portal deletes neither. And one incident of two declarations: both keep that it is so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from incidentportal.accounts.prepared import Select, places
from incidentportal.declarations import claims, privacy, queue
from incidentportal.declarations.look import look
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.outcomes import Next
from incidentportal.declarations.shown import summary
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import RootlyError
from incidentportal.rootly.records import Incident

log = logging.getLogger(__name__)

SECOND_LOOK_AFTER = 300.0
"""Seconds: what was sent before may have been carried out as late as this."""


def second_look(declaration: Declaration) -> Combinable | None:
    """When to look once more, should more than one attempt have made an incident; None: never."""
    made = Q(outcome="Delivered") | Q(next=Next.LOOK) | Q(is_open=True) | Q(finished_at=None)
    if declaration.attempts.filter(made).count() < 2:
        return None
    return claims.from_now(SECOND_LOOK_AFTER)


def keep(declaration: Declaration, incidents: Iterable[Incident]) -> None:
    """Store those of these incidents of a delivered declaration that it isn't known by."""
    for incident in incidents:
        privacy.follow_incident(declaration, incident)
        with transaction.atomic():
            row = Declaration.objects.select_for_update().get(pk=declaration.pk)
            if incident.id in {row.incident_id, *(twin["id"] for twin in row.twins)}:
                continue
            Declaration.objects.filter(pk=row.pk).write(
                row.private,
                twins=[*row.twins, {"id": incident.id, **summary(incident)}],
                twins_at=Coalesce("twins_at", Now()),
            )
        log.error(
            "declaration %s has a second incident: %s beside %s",
            declaration.pk, incident.id, row.incident_id,
        )  # fmt: skip


def keep_shared(declaration: Declaration) -> None:
    """Keep with a delivered declaration, and with any other that has the same incident, that it is
    so. Asked for once each has its incident: of two at once the later one finds the other.
    """
    of = {"incident_id": declaration.incident_id, "upstream": declaration.upstream}
    if _ANOTHER.first(pk=declaration.pk, **of) is None:
        return
    same = Declaration.objects.filter(**of)
    if same.filter(shared_at=None).update(shared_at=Now()):
        log.error(
            "declaration %s has another one's incident: %s", declaration.pk, declaration.incident_id
        )


_ANOTHER = Select(
    Declaration.objects.filter(**places(Declaration, "incident_id", "upstream"))
    .exclude(pk=claims.PK)
    .values_list("pk")[:1]
)


def look_again(client: Client, declaration: Declaration, claim: int) -> float | None:
    """The look that is due some time after it was sent again. Seconds until the next; None: never.

    One that fails is repeated: only the answer to its last page is an answer.
    """
    if declaration.second_look_at is None:
        return None
    left = (declaration.second_look_at - claims.now(declaration.pk)).total_seconds()
    if left > 0:
        return left
    try:
        found = look(client, declaration, queue.known(declaration.upstream))
    except RootlyError as error:
        log.warning("second look for %s: %s", declaration.pk, type(error).__name__)
        return float(settings.DELIVERY_BACKOFF[1])
    keep(declaration, found.bearing)
    claims.held(declaration.pk, claim).update(second_look_at=None)
    return None
