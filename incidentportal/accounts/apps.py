"""Django's entry to this folder."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, roles, who may see and do what."""

    name = "incidentportal.accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Note when somebody signs in."""
        from incidentportal.accounts import sessions  # noqa: F401, PLC0415  # connects on import
