"""Has Django use our admin site. Apart from `apps.py`, where Django would take it for this folder's
own entry.
"""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    """`django.contrib.admin`, with its site."""

    default_site = "incidentportal.accounts.admin_site.PortalAdminSite"
