"""The labels by which an incident is known to come from a declaration, and from whom. Reserved:
nobody else may set them. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

LABEL = "incident_portal_declaration"
DECLARED_BY = "incident_portal_declared_by"
OURS = frozenset({LABEL, DECLARED_BY})


def mark(payload: Mapping[str, Any], pk: UUID) -> dict[str, Any]:
    """The payload with its declaration's label among the person's own; not with one of ours that
    the person set.
    """
    labels = payload.get("labels", {})
    own = {key: text for key, text in labels.items() if key.lower() not in OURS}
    payload = {**payload, "labels": own}
    return _labelled(payload, LABEL, str(pk))


def declared_by(payload: Mapping[str, Any], who: str) -> dict[str, Any]:
    """The payload with who declared it, where Rootly has no such user."""
    return _labelled(payload, DECLARED_BY, who)


def _labelled(payload: Mapping[str, Any], key: str, text: str) -> dict[str, Any]:
    return {**payload, "labels": {**payload.get("labels", {}), key: text}}


def bears(labels: Mapping[str, str] | None, pk: UUID) -> bool:
    """Whether these labels are those of this declaration's incident."""
    return bool(labels) and str((labels or {}).get(LABEL, "")).strip().lower() == str(pk)
