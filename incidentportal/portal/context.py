"""What every page receives."""

from __future__ import annotations

from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest

from incidentportal.accounts.roles import is_admin
from incidentportal.catalog import connection
from incidentportal.catalog.current import sync_state
from incidentportal.declarations import queue
from incidentportal.presets import current as presets


class Page(TypedDict):
    """`banners`: sentences for admins about what keeps declarations or the form from working.
    `is_admin`: whether the reader runs the portal.
    """

    banners: list[str]
    is_admin: bool


def page(request: HttpRequest) -> Page:
    """Banners cost queries, and only admins see them."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not is_admin(user):
        return {"banners": [], "is_admin": False}
    return {"banners": banners(), "is_admin": True}


def banners() -> list[str]:
    """What an admin has to know now, in plain words."""
    problem = connection.config_problem()
    if problem is not None:
        return [f"{problem[0]} {problem[1]} Then restart the portal."]
    found = []
    if held := queue.is_held(connection.upstream()):
        found.append(
            f"Declarations are kept but not sent. {held} Check ROOTLY_API_TOKEN and "
            f"ROOTLY_API_URL; the portal tries again every {settings.DELIVERY_PROBE:g} s."
        )
    if exposed := queue.exposed(connection.upstream()):
        found.append(
            "Rootly does not show these incidents as private, although that was asked for: "
            f"{', '.join(exposed)}. Look at them in Rootly now."
        )
    if waiting := queue.waiting(connection.upstream()):
        count, sentence = waiting
        found.append(
            f"{count} declaration{'s wait' if count > 1 else ' waits'} for Rootly. {sentence}"
        )
    state = sync_state()
    if state is not None and state.error:
        found.append(f"Rootly's configuration could not be fetched: {state.error}")
    return [*found, *presets.warnings()]
