"""Who may do what: the one place that turns groups into answers."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from incidentportal.accounts.groups import ADMIN
from incidentportal.accounts.models import User


def is_admin(user: User | AnonymousUser) -> bool:
    """Whether this person runs the portal. A superuser counts as admin. One query a request."""
    if not isinstance(user, User):
        return False
    if user.is_superuser:
        return True
    known: bool | None = getattr(user, "_is_portal_admin", None)
    if known is None:
        known = user.groups.filter(name=ADMIN).exists()
        user._is_portal_admin = known  # type: ignore[attr-defined]  # remembered for this request only
    return known


def person(request: HttpRequest) -> User:
    """The signed-in person; only for views behind the sign-in."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # LoginRequiredMiddleware saw to it
    return user
