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
        from incidentportal.presets.models import GroupDefault, Preset, SiteDefault  # noqa: PLC0415

        for model in (SiteDefault, GroupDefault, Preset):
            for signal in (post_save, post_delete):
                uid = f"presets.current.{model.__name__}"
                signal.connect(current.changed, sender=model, dispatch_uid=uid)
