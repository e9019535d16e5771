"""Which of the things that admins are told on every page there are at all: one query for all of
them, since mostly there is none.
"""

from __future__ import annotations

from django.db.models import Exists

from incidentportal.declarations import alerts, findings, queue
from incidentportal.declarations.models import Upstream

EXPOSED, MISTAKEN, TWINS, SHARED = "exposed", "mistaken", "twins", "shared"
WAITING, LASTING = "waiting", "lasting"
ALL = frozenset({EXPOSED, MISTAKEN, TWINS, SHARED, WAITING, LASTING})


def signs(url: str) -> frozenset[str]:
    """Those of `ALL` that this upstream's declarations and alerts show. Where nothing was ever sent
    to it all of them: each is then asked for itself.
    """
    rows = {
        EXPOSED: findings.exposed_rows(url), MISTAKEN: findings.mistaken_rows(url),
        TWINS: findings.twin_rows(url), SHARED: findings.shared_rows(url),
        WAITING: queue.waiting_rows(url), LASTING: alerts.lasting_rows(url),
    }  # fmt: skip
    asked = {f"has_{name}": Exists(found) for name, found in rows.items()}
    row = Upstream.objects.filter(url=url).annotate(**asked).values(*asked).first()
    if row is None:
        return ALL
    return frozenset(name for name in rows if row[f"has_{name}"])
