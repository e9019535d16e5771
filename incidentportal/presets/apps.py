"""Django's entry to this folder."""

from django.apps import AppConfig


class PresetsConfig(AppConfig):
    """What admins set: where a form begins."""

    name = "incidentportal.presets"
    verbose_name = "What forms begin with"

    def ready(self) -> None:
        """A default that was changed here counts at once; other processes look every 2 seconds."""
        from django.db.models.signals import post_delete, post_save  # noqa: PLC0415  # models are loaded now

        from incidentportal.presets import current  # noqa: PLC0415
        from incidentportal.presets.models import SiteDefault  # noqa: PLC0415

        for signal in (post_save, post_delete):
            signal.connect(current.changed, sender=SiteDefault, dispatch_uid="presets.current")
