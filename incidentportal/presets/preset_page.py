"""The page of a preset: what it is, and what it makes of which fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.formengine.definition import Forms
from incidentportal.presets import drift, history, meanwhile
from incidentportal.presets.content import Content, ContentError, Setting
from incidentportal.presets.defaults import in_words
from incidentportal.presets.editing import NOT_YET, OF_ANOTHER
from incidentportal.presets.forms import forms_of
from incidentportal.presets.inputs import PresetForm
from incidentportal.presets.models import Preset
from incidentportal.presets.offering import offered

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Admin = ModelAdmin[Any]

TEMPLATE = "admin/presets/preset.html"
CHANGE = "admin:presets_preset_change"
FIELD = "admin:presets_preset_field"
UNREADABLE = "It can’t be read, so that nobody sees it: {}. Delete it, and make it anew."
TAKEN = "Another preset has this name in addresses already."


@dataclass(frozen=True, slots=True)
class Line:
    """What a preset makes of one field, in words."""

    label: str
    address: str
    value: str
    words: tuple[str, ...]


def add(request: HttpRequest, admin: Admin) -> HttpResponse:
    """A new preset; its fields are set once it exists."""
    row = Preset(upstream=connection.upstream())
    form = PresetForm(request.POST) if request.method == "POST" else PresetForm()
    if form.is_bound and form.is_valid() and _save(request, admin, row, form):
        messages.success(request, f"“{row.name}” is there. Now set what it makes of which fields.")
        return HttpResponseRedirect(reverse(CHANGE, args=[row.pk]))
    return _page(request, form, None, {})


def change(request: HttpRequest, admin: Admin, row: Preset) -> HttpResponse:
    """A preset that there is."""
    if row.upstream != connection.upstream():
        return _page(request, None, row, {"wrong": OF_ANOTHER})
    try:
        values = PresetForm.values(row.content)
    except ContentError as error:
        return _page(request, None, row, {"wrong": UNREADABLE.format(error)})
    if request.method == "POST":
        form = PresetForm(request.POST, initial=values)
        if form.is_valid() and _save(request, admin, row, form):
            messages.success(request, f"“{row.name}” is saved.")
            return HttpResponseRedirect(reverse(CHANGE, args=[row.pk]))
    else:
        form = PresetForm(initial=values)
    return _page(request, form, row, {})


def _save(request: HttpRequest, admin: Admin, row: Preset, form: PresetForm) -> bool:
    """False: the form has an error now."""
    is_new = row._state.adding
    try:
        with transaction.atomic():
            if not is_new:  # another admin may be setting its fields
                row.refresh_from_db(from_queryset=Preset.objects.select_for_update())
            content = form.content({} if is_new else row.content.fields)
            if not is_new:
                meanwhile.judge(request, row, _basics(row.content), content)
            row.take(content)
            history.save(row, person(request))
            log = admin.log_addition if is_new else admin.log_change
            log(request, row, "Made." if is_new else "Changed.")
    except IntegrityError:
        form.add_error("slug", TAKEN)
        return False
    except meanwhile.ChangedError as changed:
        form.add_error(None, str(changed))
        return False
    except Preset.DoesNotExist:
        raise Http404 from None
    return True


def _basics(content: Content) -> Content:
    """What the page's own form is about."""
    return msgspec.structs.replace(content, fields={})


def _page(
    request: HttpRequest, form: PresetForm | None, row: Preset | None, context: dict[str, Any]
) -> HttpResponse:
    catalog = current()
    context = {"row": row, "basics": form, **context}
    if row is not None and row.pk and form is not None:
        if catalog is None:
            context["wrong"] = NOT_YET
        else:
            forms, content = forms_of(catalog), _stored(row).content
            context["seen"] = _seen(request, form) or meanwhile.mark(_basics(content))
            context["lines"] = _lines(forms, row, content.fields)
            context["fields"] = [
                one for one in offered(forms, all_of_them=True) if one.name not in content.fields
            ]
            context["findings"] = drift.about(catalog, content)
    failed = form is not None and bool(form.errors)
    return render(request, TEMPLATE, context, status=422 if failed else 200)


def _seen(request: HttpRequest, form: PresetForm) -> str:
    """Of a page that comes back with errors what it was made of; blank where that is told now."""
    is_told = form.is_bound and bool(form.non_field_errors())
    return "" if is_told else request.POST.get(meanwhile.SEEN, "")


def _stored(row: Preset) -> Preset:
    """The row as it is, not as a form that failed would have it."""
    found = Preset.objects.filter(pk=row.pk).first()
    if found is None:  # another admin deleted it just now
        raise Http404
    return found


def _lines(forms: Forms, row: Preset, settings: dict[str, Setting]) -> list[Line]:
    found = []
    for name, setting in settings.items():
        field = forms.by_name.get(name)
        marks = {
            "fixed": setting.locked, "required here": setting.required, "hidden": setting.hidden,
            "under “More”": setting.folded, f"place {setting.order}": setting.order is not None,
            f"called “{setting.label}”": bool(setting.label), "its own help": bool(setting.help),
        }  # fmt: skip
        value = in_words(field, setting.values, setting.words) if setting.values else ""
        address = f"{reverse(FIELD, args=[row.pk])}?{urlencode({'field': name})}"
        words = tuple(word for word, is_so in marks.items() if is_so)
        found.append(Line(field.label if field else setting.was or name, address, value, words))
    return found
