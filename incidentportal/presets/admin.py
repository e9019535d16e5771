"""Site-wide defaults in the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.presets import editing
from incidentportal.presets.defaults import Judged, in_words, judge
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import SiteDefault


@admin.register(SiteDefault)
class SiteDefaultAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a parameter only in the stubs
    """The list is Django's own; a default is set on a page of the portal's, with real controls."""

    list_display = ("field_label", "value", "in_use", "what_is_wrong", "set_by", "set_at")
    list_select_related = ("set_by",)

    @admin.display(description="field", ordering="label")
    def field_label(self, row: SiteDefault) -> str:
        """What the field is called now, else when the default was set."""
        catalog = current()
        field = forms_of(catalog).by_name.get(row.field) if catalog and _is_ours(row) else None
        return field.label if field else row.label

    @admin.display(description="begins with")
    def value(self, row: SiteDefault) -> str:
        """The value in words."""
        catalog = current()
        field = forms_of(catalog).by_name.get(row.field) if catalog and _is_ours(row) else None
        return in_words(field, row.values, row.words)

    @admin.display(description="in use", boolean=True)
    def in_use(self, row: SiteDefault) -> bool:
        """Whether forms begin with it, or with a part of it."""
        return bool(_judged(row).values)

    @admin.display(description="what is wrong")
    def what_is_wrong(self, row: SiteDefault) -> str:
        """Why it isn't used, or only in part; blank where all is well."""
        return _judged(row).wrong

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Set a default: choose the field, then its value."""
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return editing.add(request, self)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return editing.change(request, self, row)


def _is_ours(row: SiteDefault) -> bool:
    return row.upstream == connection.upstream()


def _judged(row: SiteDefault) -> Judged:
    if not _is_ours(row):
        return Judged(wrong=f"It was set for another Rootly ({row.upstream}).")
    catalog = current()
    if catalog is None:
        return Judged(wrong=editing.NOT_YET)
    return judge(forms_of(catalog), row)
