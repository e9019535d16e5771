"""What every page receives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import is_admin
from incidentportal.catalog import connection, staleness
from incidentportal.catalog.current import sync_state
from incidentportal.declarations import alerts, findings, queue, telling
from incidentportal.declarations.conditions import CONDITIONS
from incidentportal.presets import drift


class Page(TypedDict):
    """`banners`: sentences for admins about what keeps declarations or the form from working.
    `is_admin`: whether the reader runs the portal. `to_decide`: what of the reader's own waits for
    them; asked for by whole pages alone, so that a part of one costs no query.
    """

    banners: list[str]
    is_admin: bool
    to_decide: Callable[[], list[telling.Banner]]


def page(request: HttpRequest) -> Page:
    """Banners cost queries, and only admins see them."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_authenticated:
        return {"banners": [], "is_admin": False, "to_decide": list}

    def to_decide() -> list[telling.Banner]:
        return telling.to_decide(user, _shown(request))

    runs = is_admin(user)
    return {"banners": banners() if runs else [], "is_admin": runs, "to_decide": to_decide}


def _shown(request: HttpRequest) -> UUID | None:
    """The declaration, or its draft, that the page itself is about."""
    match = request.resolver_match
    by_address = match.kwargs.get("pk") if match else None
    pk = getattr(request, "shows", by_address)
    return pk if isinstance(pk, UUID) else None


def banners() -> list[str]:
    """What an admin has to know now, in plain words."""
    problem = connection.config_problem()
    if problem is not None:
        return [f"{problem[0]} {problem[1]} Then restart the portal."]
    upstream = connection.upstream()
    return [*filter(None, (alarm(upstream) for alarm in ALARMS)), *drift.warnings()]


MENDS: dict[str, str] = {
    queue.Cause.TOKEN: "Check ROOTLY_API_TOKEN.",
    queue.Cause.PATH: "Check ROOTLY_API_URL and ROOTLY_API_DIALECT.",
    queue.Cause.FORBIDDEN: "Give the token the right to create incidents, in Rootly.",
}


def _held(upstream: str) -> str:
    course = queue.course(upstream)
    if not course.held:
        return ""
    said = ["Declarations are kept but not sent.", course.held, MENDS.get(course.held_for, "")]
    if not course.is_held_by_admin:
        said.append(f"The portal tries again every {settings.DELIVERY_PROBE:g} s.")
    return " ".join(filter(None, said))


def _exposed(upstream: str) -> str:
    if not (exposed := queue.exposed(upstream)):
        return ""
    return (
        "Rootly does not show these incidents as private, although that was asked for: "
        f"{', '.join(exposed)}. Look at them in Rootly now."
    )


def _mistaken(upstream: str) -> str:
    if not (mistaken := findings.mistaken_tests(upstream)):
        return ""
    return (
        "Rootly does not show these incidents as tests, although that was asked for: "
        f"{', '.join(mistaken)}. People may have been called: look at them in Rootly now."
    )


def _twins(upstream: str) -> str:
    if not (twins := findings.twins(upstream)):
        return ""
    return (
        "Rootly has several incidents for one declaration: "
        f"{'; '.join(twins)}. The portal deletes none: close in Rootly what is too many."
    )


def _shared(upstream: str) -> str:
    if not (shared := findings.shared(upstream)):
        return ""
    return (
        "Rootly has the same incident for several declarations: "
        f"{', '.join(shared)}. Look there which of them it is, and tell the others' authors."
    )


def _waiting(upstream: str) -> str:
    if not (waiting := queue.waiting(upstream)):
        return ""
    count, sentence = waiting
    return f"{count} declaration{'s wait' if count > 1 else ' waits'} for Rootly. {sentence}"


def _not_synced(_: str) -> str:
    state = sync_state()
    if state is None or not state.error:
        return staleness.judged(state, timezone.now())
    return f"Rootly's configuration could not be fetched: {state.error}"


def _overdue(upstream: str) -> str:
    lasting = alerts.lasting(upstream)
    said = [f"{each.begun}." for each in CONDITIONS if each.kind in LATE & lasting]
    return " ".join([*said, "Operations shows which."]) if said else ""


LATE = {"stuck", "unconfirmed", "rejected"}
"""Of what the worker alerts to, what no other banner says."""


ALARMS: tuple[Callable[[str], str], ...] = (
    _held, _exposed, _mistaken, _twins, _shared, _waiting, _overdue, _not_synced,
)  # fmt: skip
"""What admins are told of on every page: each says a sentence about this upstream, or nothing."""
