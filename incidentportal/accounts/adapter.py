"""How django-allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by admins: nobody signs up alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No open sign-up."""
        return False
