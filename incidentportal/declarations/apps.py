"""Django's entry to this folder."""

from django.apps import AppConfig


class DeclarationsConfig(AppConfig):
    """A declaration's life, from draft to delivered."""

    name = "incidentportal.declarations"
