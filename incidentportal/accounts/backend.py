"""Who a request comes from, with all that is asked of them in it: one query."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from incidentportal.accounts import roles
from incidentportal.accounts.models import User


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's, which reads a session's person without their groups and permissions."""

    def get_user(self, user_id: Any) -> User | None:
        """The session's person, where the account is active."""
        found = roles.signed_in(user_id)
        return found if found is not None and self.user_can_authenticate(found) else None
