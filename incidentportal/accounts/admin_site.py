"""The admin site, for those who run the portal."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest

from incidentportal.accounts.roles import is_admin


class PortalAdminSite(AdminSite):
    """Django's own. Whoever may not use it finds nothing here: 404, as where there is nothing."""

    site_header = site_title = "Incident Portal"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person runs the portal; Django's `is_staff` has no say."""
        return is_admin(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Each of its pages. LoginRequiredMiddleware has sent strangers to the sign-in before."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                raise Http404
            return guarded(request, *args, **kwargs)

        return page
