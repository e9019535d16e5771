"""How urgent a declaration is, by its severity (Rootly's reference, severities)."""

from __future__ import annotations

from incidentportal.catalog.current import Catalog

RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3}
LAST_RANK = 9999


def rank(catalog: Catalog, severity_id: str | None) -> int:
    """Critical, high, medium, low, then its position; none, or one that is unknown, last."""
    for severity in catalog.picture.severities:
        if severity.id == severity_id:
            position = severity.position if severity.position is not None else 999
            return RANKS.get(severity.severity, 4) * 1000 + min(max(position, 0), 999)
    return LAST_RANK
