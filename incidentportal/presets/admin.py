"""Presets and defaults in the admin site.

The lists are Django's own; what a preset or default is, is set on pages of the portal's, with the
form's real controls. Every change goes through `history.py`.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.presets import (
    drift,
    editing,
    field_page,
    history,
    history_page,
    preset_page,
)
from incidentportal.presets.content import ContentError
from incidentportal.presets.defaults import Judged, in_words, judge
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import Default, GroupDefault, Preset, SiteDefault


class _Admin(admin.ModelAdmin):  # type: ignore[type-arg]  # a parameter only in the stubs
    """What all of them have in common."""

    list_select_related = ("set_by",)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The portal's own page, where the person may see it."""
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return self.added(request)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return self.changed(request, row)

    def added(self, request: HttpRequest) -> HttpResponse:
        """The page of a new one."""
        raise NotImplementedError

    def changed(self, request: HttpRequest, row: Any) -> HttpResponse:
        """The page of one that there is."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Beside Django's, the history of all, and putting back an earlier state."""
        return [*history_page.urls(self), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's list, with the way to the history."""
        name = f"admin:presets_{self.opts.model_name}_changes"
        return super().changelist_view(
            request, {"history_url": reverse(name), **(extra_context or {})}
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was changed of one, by whom."""
        return history_page.of_row(request, self, self.get_object(request, unquote(object_id)))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one, and keep what it was."""
        history.delete(obj, person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete several, and keep what they were."""
        for row in queryset:
            history.delete(row, person(request))


class _DefaultAdmin(_Admin):
    list_display: tuple[str, ...] = (
        "field_label", "value", "in_use", "what_is_wrong", "set_by", "set_at",
    )  # fmt: skip
    sort = editing.SITE

    @admin.display(description="field", ordering="label")
    def field_label(self, row: Default) -> str:
        """What the field is called now, else when the default was set."""
        catalog = current()
        field = forms_of(catalog).by_name.get(row.field) if catalog and _is_ours(row) else None
        return field.label if field else row.label

    @admin.display(description="begins with")
    def value(self, row: Default) -> str:
        """The value in words."""
        catalog = current()
        field = forms_of(catalog).by_name.get(row.field) if catalog and _is_ours(row) else None
        return in_words(field, row.values, row.words)

    @admin.display(description="in use", boolean=True)
    def in_use(self, row: Default) -> bool:
        """Whether forms begin with it, or with a part of it."""
        return bool(_judged(row).values)

    @admin.display(description="what is wrong")
    def what_is_wrong(self, row: Default) -> str:
        """Why it isn't used, or only in part; blank where all is well."""
        return _judged(row).wrong

    def added(self, request: HttpRequest) -> HttpResponse:
        """Choose the field, then its value."""
        return editing.add(request, self, self.sort)

    def changed(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Another value."""
        return editing.change(request, self, row)


@admin.register(SiteDefault)
class SiteDefaultAdmin(_DefaultAdmin):
    """What everybody's form begins with."""


@admin.register(GroupDefault)
class GroupDefaultAdmin(_DefaultAdmin):
    """What the forms of one group begin with."""

    sort = editing.GROUP
    list_display = ("field_label", "group", *_DefaultAdmin.list_display[1:])
    list_filter = ("group",)


@admin.register(Preset)
class PresetAdmin(_Admin):
    """Named starting points."""

    list_display = (
        "name", "slug", "for_whom", "position", "enabled", "what_is_wrong", "open_it", "set_by",
        "set_at",
    )  # fmt: skip
    list_filter = ("enabled",)

    @admin.display(description="for")
    def for_whom(self, row: Preset) -> str:
        """The groups that see it."""
        return ", ".join(map(str, row.audience)) or "everyone"

    @admin.display(description="what is wrong")
    def what_is_wrong(self, row: Preset) -> str:
        """What of it no longer fits Rootly's form; blank where all is well."""
        if not _is_ours(row):
            return f"It was made for another Rootly ({row.upstream})."
        catalog = current()
        if catalog is None:
            return editing.NOT_YET
        try:
            found = drift.about(catalog, row.content)
        except ContentError as error:
            return f"It can't be read: {error}."
        return " ".join(one.told for one in found if not one.is_harmless)

    @admin.display(description="form")
    def open_it(self, row: Preset) -> str:
        """The form that it gives, for whoever it is for."""
        return format_html(
            '<a href="/incidents/new/?preset={}">Open</a> · <a href="/presets/preview/?of={}">'
            "Preview</a>",
            row.slug, row.slug,
        )  # fmt: skip

    def added(self, request: HttpRequest) -> HttpResponse:
        """A new preset."""
        return preset_page.add(request, self)

    def changed(self, request: HttpRequest, row: Any) -> HttpResponse:
        """A preset, and what it makes of which fields."""
        return preset_page.change(request, self, row)

    def get_urls(self) -> list[URLPattern]:
        """Beside Django's, the page of one field."""
        own = path(
            "<int:pk>/field/", self.admin_site.admin_view(self.field), name="presets_preset_field"
        )
        return [own, *super().get_urls()]

    def field(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a preset makes of the field named by `?field=`."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return field_page.page(request, self, row)


def _is_ours(row: Default | Preset) -> bool:
    return row.upstream == connection.upstream()


def _judged(row: Default) -> Judged:
    if not _is_ours(row):
        return Judged(wrong=f"It was set for another Rootly ({row.upstream}).")
    catalog = current()
    if catalog is None:
        return Judged(wrong=editing.NOT_YET)
    return judge(forms_of(catalog), row)
