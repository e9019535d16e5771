"""What becomes of a declaration once its incident is known."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from incidentportal.accounts.prepared import places
from incidentportal.catalog.current import current
from incidentportal.declarations import claims, doubles, privacy, steps
from incidentportal.declarations.attribution import INLINE
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.shown import summary, verdict
from incidentportal.declarations.states import State, before
from incidentportal.declarations.transitions import become, often
from incidentportal.rootly.records import Incident

log = logging.getLogger(__name__)


def store_incident(
    declaration: Declaration, incident: Incident, *, claim: int | None = None, only: bool = False
) -> bool:
    """The incident exists: a fact that no lost claim and no other state takes back.

    Whoever works on the declaration loses its claim. One that has another incident already keeps
    it, and has this one as a twin. True: it was stored under this claim, still held; with `only`
    that claim's attempt is the only one there is, and over.
    """
    privacy.follow_incident(declaration, incident)
    known = summary(incident)
    found = {
        "incident_id": incident.id,
        "incident": known,
        "open_values": declaration.payload.get(INLINE, []),
        "open_steps": steps.planned(declaration.payload, settings.ROOTLY_API_DIALECT, _workflow),
        **verdict(declaration.payload, declaration.sent_with, known),
    }
    held = {"pk": declaration.pk, "claim": claim}
    if only and not declaration.private and _IS_INCIDENT.run(**held, **found):
        _is_incident(declaration, incident)
        return True
    is_held = claim is not None and claims.held(declaration.pk, claim).exists()
    stored = become(
        Declaration.objects.filter(pk=declaration.pk, state__in=before(State.DELIVERED)),
        declaration.private,
        State.DELIVERED,
        **found,
        **_KNOWN,
        second_look_at=doubles.second_look(declaration),
    )
    declaration.attempts.filter(is_open=True).update(is_open=False)
    if stored:
        _is_incident(declaration, incident)
    else:
        doubles.keep(declaration, [incident])
    return is_held


_KNOWN: dict[str, Any] = {
    "delivered_at": Now(), "due_at": Now(), "claim": F("claim") + 1, "claimed_until": None,
    "sentence": "", "failures": 0,
}  # fmt: skip
"""What else becomes of a declaration whose incident is known."""
_IS_INCIDENT = often(
    claims.held(claims.PK, claims.CLAIM),
    State.DELIVERED,
    **places(
        Declaration, "incident_id", "incident", "open_values", "open_steps", "is_exposed",
        "is_mistaken_real", "mismatches",
    ),
    **_KNOWN,
    second_look_at=None,
)  # fmt: skip


def _is_incident(declaration: Declaration, incident: Incident) -> None:
    log.info("declaration %s is incident %s", declaration.pk, incident.id)


def _workflow(workflow_id: str) -> str:
    """A workflow's name as it is known here, else its id."""
    catalog = current()
    option = catalog.options("workflows").get(workflow_id) if catalog else None
    return option.label if option else workflow_id
