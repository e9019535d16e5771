"""Django's entry to this folder."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, roles, who may see and do what."""

    name = "incidentportal.accounts"
    verbose_name = "People"
