"""The history in /admin/: what was changed by whom, and putting back an earlier state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.presets import past
from incidentportal.presets.content import ContentError, plain
from incidentportal.presets.differences import Difference, differences, title_of
from incidentportal.presets.history import Row
from incidentportal.presets.models import Change

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Admin = ModelAdmin[Any]

LIST, RESTORE = "admin/presets/history.html", "admin/presets/restore.html"
AT_ONCE = 20
THROUGH = {
    "page": "on its page",
    "import": "from a file",
    past.RESTORE: "by putting back an earlier state",
}
UNREADABLE = "That state can’t be read any more, and can’t be put back: {}."
TAKEN = (
    "Another preset has the name in addresses that this one had (“{}”). Nothing was changed: give"
    " that one another, then put this back."
)
ALREADY = "It is like this now: there is nothing to put back."


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in words. `restore` is where what was before it can be put back; blank: nowhere."""

    change: Change
    title: str
    how: str
    who: str
    differences: list[Difference]
    restore: str


def urls(admin: Admin) -> list[URLPattern]:
    """The pages beside Django's own: all changes, and putting one back."""
    name = _name(admin)
    wrap = admin.admin_site.admin_view

    def everything(request: HttpRequest) -> HttpResponse:
        return all_of(request, admin)

    def one(request: HttpRequest, pk: int) -> HttpResponse:
        return restoring(request, admin, pk)

    return [
        path("history/", wrap(everything), name=f"{name}_changes"),
        path("history/<int:pk>/", wrap(one), name=f"{name}_restore"),
    ]


def all_of(request: HttpRequest, admin: Admin) -> HttpResponse:
    """All changes of one sort, newest first; also of what is deleted."""
    if not admin.has_view_or_change_permission(request):
        raise PermissionDenied
    return _list(request, admin, past.changes_of(admin.model, connection.upstream()), {})


def of_row(request: HttpRequest, admin: Admin, row: Row | None) -> HttpResponse:
    """The changes of one row, newest first."""
    if row is None:
        raise Http404
    if not admin.has_view_or_change_permission(request, row):
        raise PermissionDenied
    return _list(request, admin, past.changes_of_row(row), {"row": row})


def _list(
    request: HttpRequest, admin: Admin, changes: QuerySet[Change], context: dict[str, Any]
) -> HttpResponse:
    pages = Paginator(changes, AT_ONCE)
    page = pages.get_page(request.GET.get("page"))
    may_restore = _may_restore(request, admin)
    entries = [_entry(admin, one, may_restore=may_restore) for one in page]
    shown = {**_places(admin), "page": page, "entries": entries, **context}
    return render(request, LIST, shown)


def _entry(admin: Admin, change: Change, *, may_restore: bool) -> Entry:
    before, after = change.before, change.after
    how = "changed" if before and after else "made" if after else "deleted"
    is_ours = change.upstream == connection.upstream()
    address = reverse(f"admin:{_name(admin)}_restore", args=[change.pk])
    return Entry(
        change=change,
        title=title_of(after or before or {}),
        how=f"{how} {THROUGH.get(change.through, change.through)}",
        who=change.by_name or "somebody at the command line",
        differences=differences(before, after) if after else [],
        restore=address if before and may_restore and is_ours else "",
    )


def restoring(request: HttpRequest, admin: Admin, pk: int) -> HttpResponse:
    """What putting back would change; POST does it, as a new change."""
    if not _may_restore(request, admin):
        raise PermissionDenied
    changes = past.changes_of(admin.model, connection.upstream())
    change = changes.filter(pk=pk, before__isnull=False).first()
    if change is None:
        raise Http404
    context = {**_places(admin), "change": change, "title": title_of(change.before or {})}
    try:
        row = past.row_of(change)
        found = _to_be_changed(row)
    except ContentError as error:
        return render(request, RESTORE, {**context, "wrong": UNREADABLE.format(error)})
    context |= {"differences": found, "is_gone": row.pk is None}
    if not found:
        return render(request, RESTORE, {**context, "wrong": ALREADY})
    if request.method != "POST":
        return render(request, RESTORE, context)
    try:
        row = past.restore(change, person(request))
    except IntegrityError:
        slug = (change.before or {}).get("slug", "")
        return render(request, RESTORE, {**context, "wrong": TAKEN.format(slug)}, status=422)
    admin.log_change(request, row, f"Put back as it was before {change.at:%Y-%m-%d %H:%M} UTC.")
    messages.success(request, f"“{row}” is put back.")
    return HttpResponseRedirect(reverse(f"admin:{_name(admin)}_history", args=[row.pk]))


def _to_be_changed(row: Row) -> list[Difference]:
    """From the row as it is stored to what it would be."""
    stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    try:
        before = plain(stored.content) if stored else None
    except ContentError:
        before = {"slug": ""}
    return differences(before, plain(row.content))


def _may_restore(request: HttpRequest, admin: Admin) -> bool:
    return admin.has_change_permission(request) and admin.has_add_permission(request)


def _name(admin: Admin) -> str:
    return f"presets_{admin.model._meta.model_name}"


def _places(admin: Admin) -> dict[str, Any]:
    """Where the pages of this sort are, and what it is called."""
    meta = admin.model._meta
    return {
        "many": str(meta.verbose_name_plural),
        "list_url": reverse(f"admin:{_name(admin)}_changelist"),
        "history_url": reverse(f"admin:{_name(admin)}_changes"),
    }
