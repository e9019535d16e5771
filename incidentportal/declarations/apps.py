"""Django's entry to this folder."""

from django.apps import AppConfig


class DeclarationsConfig(AppConfig):
    """A declaration's life, from draft to delivered."""

    name = "incidentportal.declarations"

    def ready(self) -> None:
        """Teach each database connection how words are looked for."""
        from incidentportal.declarations import matching  # noqa: F401, PLC0415  # on import
