"""The page where an admin says what a preset makes of one field, with the field's own control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.formengine import searching
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import CONTROLS
from incidentportal.formengine.showable import showable
from incidentportal.formengine.validation import Cleaned, clean
from incidentportal.formengine.view import form_view
from incidentportal.presets import history, meanwhile
from incidentportal.presets.alone import alone
from incidentportal.presets.content import ContentError, Setting
from incidentportal.presets.defaults import in_words, source_of, unfit
from incidentportal.presets.editing import NOT_YET, OF_ANOTHER, values_of, words_for
from incidentportal.presets.forms import forms_of
from incidentportal.presets.inputs import SettingForm
from incidentportal.presets.models import Preset
from incidentportal.presets.preset_page import CHANGE, UNREADABLE

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Admin = ModelAdmin[Any]

TEMPLATE = "admin/presets/field.html"
PREFIX = "as"
REMOVE = "remove"
"""The button that takes the preset's word on this field back."""
UNTICKED = ("false",)
FIX_WHAT = "Give it a value above: there is nothing to fix."
GONE = "Rootly's form no longer has this field. The form goes on without it."


def page(request: HttpRequest, admin: Admin, row: Preset) -> HttpResponse:
    """The field named by `?field=`; one that neither the form nor the preset has is a 404."""
    if row.upstream != connection.upstream():
        return _told(request, row, OF_ANOTHER)
    catalog = current()
    if catalog is None:
        return _told(request, row, NOT_YET)
    name = request.GET.get("field", "")
    field = forms_of(catalog).by_name.get(name)
    try:
        setting = row.content.fields.get(name)
    except ContentError as error:
        return _told(request, row, UNREADABLE.format(error))
    if field is None and setting is None:
        raise Http404
    if request.method == "POST" and REMOVE in request.POST:
        label = field.label if field else (setting.was if setting else name)
        return _write(request, admin, row, name, None, label)
    if field is None:
        was = in_words(None, setting.values, setting.words) if setting else ""
        return _told(request, row, GONE, was=was, removable=True)
    return _Page(request, admin, row, field, setting or Setting()).answer()


def _told(
    request: HttpRequest, row: Preset, wrong: str, *, was: str = "", removable: bool = False
) -> HttpResponse:
    context = {"row": row, "wrong": wrong, "was": was, "removable": removable}
    return render(request, TEMPLATE, context)


def _write(
    request: HttpRequest, admin: Admin, row: Preset, name: str, setting: Setting | None, label: str
) -> HttpResponse:
    """Keep it, or with None take it back; then the preset's page. Raises ChangedError."""
    with transaction.atomic():
        # Another admin may be setting another of its fields.
        row = get_object_or_404(Preset.objects.select_for_update(), pk=row.pk)
        content = row.content
        fields = {**content.fields, name: setting} if setting else dict(content.fields)
        if setting is None:
            fields.pop(name, None)
        wanted = msgspec.structs.replace(content, fields=fields)
        meanwhile.judge(request, row, content.fields.get(name), wanted)
        row.take(wanted)
        history.save(row, person(request))
        admin.log_change(request, row, f"Field {label}: {'set' if setting else 'taken back'}.")
    said = f"“{label}” is set." if setting else f"“{label}” is as it is in Rootly again."
    messages.success(request, said)
    return HttpResponseRedirect(reverse(CHANGE, args=[row.pk]))


class _Page:
    """One request about one field that the form has."""

    def __init__(
        self, request: HttpRequest, admin: Admin, row: Preset, field: Field, setting: Setting
    ) -> None:
        self.request, self.admin, self.row = request, admin, row
        self.field, self.setting = field, setting
        self.unfit = unfit(field) or _informs(field)
        self.form = alone(field, required=False)
        self.zone = person(request).zone
        # Of a page that comes back with errors: as it was when it was first asked for.
        self.seen = request.POST.get(meanwhile.SEEN) or meanwhile.mark(self._known())

    def answer(self) -> HttpResponse:
        """The page, or the preset's once it is saved."""
        values = SettingForm.values(self.setting)
        if self.request.method != "POST":
            same = source_of(self.field) == self.setting.source
            answers = {self.field.name: self.setting.values} if same else {}
            return self._show(answers, SettingForm(initial=values, prefix=PREFIX))
        posted = self.request.POST
        answers_now = {name: [str(one) for one in posted.getlist(name)] for name in posted}
        said = SettingForm(posted, prefix=PREFIX)
        searches = searching.wants_search(self.form, answers_now)
        if self.request.headers.get("HX-Request") or searches:
            return self._show(answers_now, SettingForm(initial=_typed(said), prefix=PREFIX))
        cleaned = Cleaned({}, {}, {}) if self.unfit else clean(self.form, answers_now, self.zone)
        if said.is_valid() and not cleaned.errors:
            setting = self._setting(said.setting(), cleaned)
            if setting.locked and not setting.values:
                said.add_error("locked", FIX_WHAT)
            else:
                kept = None if setting.says_nothing else setting
                name, label = self.field.name, self.field.label
                try:
                    return _write(self.request, self.admin, self.row, name, kept, label)
                except meanwhile.ChangedError as changed:
                    said.add_error(None, str(changed))
                    self.row.refresh_from_db()
                    self.seen = meanwhile.mark(self._known())
        return self._show(answers_now, said, cleaned.errors)

    def _setting(self, said: Setting, cleaned: Cleaned) -> Setting:
        values = values_of(self.field, cleaned)
        if self.field.control == "checkbox" and said.locked and not self.unfit:
            values = values or list(UNTICKED)
        return msgspec.structs.replace(
            said, was=showable(self.field.label), source=source_of(self.field),
            values=tuple(values), words=tuple(words_for(self.field, values)),
        )  # fmt: skip

    def _show(
        self,
        answers: Mapping[str, Sequence[str]],
        said: SettingForm,
        errors: Mapping[str, Sequence[str]] | None = None,
    ) -> HttpResponse:
        failed = bool(errors) or bool(said.errors)
        context = {
            "row": self.row,
            "label": self.field.label,
            "form": None if self.unfit else form_view(self.form, answers, self.zone, errors=errors),
            "unfit": self.unfit,
            "said": said,
            "removable": self.field.name in self.row.content.fields,
            "seen": self.seen,
        }
        return render(self.request, TEMPLATE, context, status=422 if failed else 200)

    def _known(self) -> Setting | None:
        return self.row.content.fields.get(self.field.name)


def _informs(field: Field) -> str:
    return "It only tells something: it has no value." if CONTROLS[field.control].informs else ""


def _typed(form: SettingForm) -> dict[str, Any]:
    """What stands in the form, judged by nobody."""
    return {name: form[name].value() for name in form.fields}
