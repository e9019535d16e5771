"""How django-allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by admins, unless the operator lets people sign up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only with `ALLOW_SIGNUP`."""
        return bool(settings.ALLOW_SIGNUP)
