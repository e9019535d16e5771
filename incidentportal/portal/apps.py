"""Django's entry to this folder."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Home, operations, health, settings."""

    name = "incidentportal.portal"

    def ready(self) -> None:
        """Register the system checks."""
        from incidentportal.portal import checks  # noqa: F401, PLC0415  # registers on import
