"""Who may do what: the one place that turns groups into answers."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from incidentportal.accounts.groups import ADMIN, SUPPORT
from incidentportal.accounts.models import User


def is_admin(user: User | AnonymousUser) -> bool:
    """Whether this person runs the portal. A superuser counts as admin."""
    return isinstance(user, User) and (user.is_superuser or ADMIN in _groups(user))


def may_declare_private(user: User) -> bool:
    """Whether this person may declare an incident that only those invited see."""
    return is_admin(user) or SUPPORT in _groups(user)


def _groups(user: User) -> frozenset[str]:
    """The names of the person's groups; one query a request."""
    known: frozenset[str] | None = getattr(user, "_portal_groups", None)
    if known is None:
        known = frozenset(user.groups.values_list("name", flat=True))
        user._portal_groups = known  # type: ignore[attr-defined]  # remembered for this request only
    return known


def person(request: HttpRequest) -> User:
    """The signed-in person; only for views behind the sign-in."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # LoginRequiredMiddleware saw to it
    return user
