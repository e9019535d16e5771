"""Django's entry to this folder."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Home, operations, health, settings."""

    name = "incidentportal.portal"

    def ready(self) -> None:
        """Register the system checks; set up logs; count the calls to Rootly."""
        from incidentportal.catalog import connection  # noqa: PLC0415  # after setup
        from incidentportal.portal import checks, logs, metrics  # noqa: F401, PLC0415  # registers

        logs.configure()
        connection.observe(metrics.count_call)
