"""Django's entry to this folder."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The last good picture of Rootly's configuration."""

    name = "incidentportal.catalog"
