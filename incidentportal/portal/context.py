"""What every page receives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict
from uuid import UUID

from django.http import HttpRequest

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import is_admin
from incidentportal.catalog import connection
from incidentportal.declarations import signs, telling
from incidentportal.portal import alarms
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
        known: list[telling.Banner] | None = getattr(request, "to_decide", None)
        return telling.to_decide(user, _shown(request)) if known is None else known

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
    there = signs.signs(upstream)
    told = (alarm(upstream) for alarm, sign in alarms.ALARMS if not sign or sign in there)
    return [*filter(None, told), *drift.warnings()]
