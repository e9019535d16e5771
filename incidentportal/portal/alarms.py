"""What an admin is told of without being asked: each says a sentence about an upstream, or nothing.

Every page has them as banners (`context.py`), Operations as what there is to do (`needs.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils import timezone

from incidentportal.catalog import staleness
from incidentportal.catalog.current import sync_state
from incidentportal.declarations import alerts, findings, queue, signs
from incidentportal.declarations.conditions import CONDITIONS

MENDS: dict[str, str] = {
    queue.Cause.TOKEN: "Set ROOTLY_API_TOKEN to a key that Rootly accepts, and restart the portal.",
    queue.Cause.PATH: "Check ROOTLY_API_URL and ROOTLY_API_DIALECT.",
    queue.Cause.FORBIDDEN: "Give the token the right to create incidents, in Rootly.",
}


def held(upstream: str) -> str:
    """What holds the queue, and what ends that."""
    course = queue.course(upstream)
    if not course.held:
        return ""
    said = [
        "Declarations are kept but not sent.",
        course.told_admins,
        MENDS.get(course.held_for, ""),
    ]
    if not course.is_held_by_admin:
        said.append(f"The portal tries again every {settings.DELIVERY_PROBE:g} s.")
    return " ".join(filter(None, said))


def exposed(upstream: str) -> str:
    """Incidents that were to be private, and aren't known to be."""
    if not (found := findings.exposed(upstream)):
        return ""
    return (
        "Rootly does not show these incidents as private, although that was asked for: "
        f"{', '.join(found)}. Look at them in Rootly now."
    )


def mistaken(upstream: str) -> str:
    """Incidents that were to be tests, and aren't."""
    if not (found := findings.mistaken_tests(upstream)):
        return ""
    return (
        "Rootly does not show these incidents as tests, although that was asked for: "
        f"{', '.join(found)}. People may have been called: look at them in Rootly now."
    )


def twins(upstream: str) -> str:
    """Declarations that became several incidents."""
    if not (found := findings.twins(upstream)):
        return ""
    return (
        "Rootly has several incidents for one declaration: "
        f"{'; '.join(found)}. The portal deletes none: close in Rootly what is too many."
    )


def shared(upstream: str) -> str:
    """Incidents that are several declarations'."""
    if not (found := findings.shared(upstream)):
        return ""
    return (
        "Rootly has the same incident for several declarations: "
        f"{', '.join(found)}. Look there which of them it is, and tell the others' authors."
    )


def waiting(upstream: str) -> str:
    """What could not be sent at the first try, while nothing holds it."""
    if not (found := queue.waiting(upstream)):
        return ""
    count, sentence = found
    waits = "s wait" if count > 1 else " waits"
    return f"{count} declaration{waits} for Rootly after a try that failed. {sentence}"


def not_synced(_: str) -> str:
    """Why the picture of Rootly's configuration is an old one."""
    state = sync_state()
    if state is None or not state.error:
        return staleness.judged(state, timezone.now())
    return f"Rootly's configuration could not be fetched: {state.error}"


def overdue(upstream: str) -> str:
    """What has lasted, as the worker last saw it."""
    lasting = alerts.lasting(upstream)
    said = [f"{each.begun}." for each in CONDITIONS if each.kind in LATE & lasting]
    return " ".join([*said, "Operations shows which."]) if said else ""


LATE = {"stuck", "unconfirmed", "rejected"}
"""Of what the worker alerts to, what no other banner says."""


ALARMS: tuple[tuple[Callable[[str], str], str], ...] = (
    (held, ""), (exposed, signs.EXPOSED), (mistaken, signs.MISTAKEN), (twins, signs.TWINS),
    (shared, signs.SHARED), (waiting, signs.WAITING), (overdue, signs.LASTING), (not_synced, ""),
)  # fmt: skip
"""What admins are told of on every page: each says a sentence about this upstream, or nothing.
Those with a sign are asked only where there is one (`signs.signs`).
"""
