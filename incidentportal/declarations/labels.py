"""The label by which an incident is known to come from a declaration. Reserved: nobody else may
set it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

LABEL = "incident_portal_declaration"


def mark(payload: Mapping[str, Any], pk: UUID) -> dict[str, Any]:
    """The payload with its declaration's label among the person's own."""
    return {**payload, "labels": {**payload.get("labels", {}), LABEL: str(pk)}}


def bears(labels: Mapping[str, str] | None, pk: UUID) -> bool:
    """Whether these labels are those of this declaration's incident."""
    return bool(labels) and str((labels or {}).get(LABEL, "")).strip().lower() == str(pk)
