"""The page where a site-wide default is set: first its field is chosen, then its value.

The value's control is the field's own, drawn, searched and judged as on the form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.formengine import searching
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.showable import showable
from incidentportal.formengine.validation import Cleaned, clean
from incidentportal.formengine.view import form_view
from incidentportal.presets.alone import alone
from incidentportal.presets.defaults import in_words, judge, source_of, unfit
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import SiteDefault
from incidentportal.presets.offering import offered

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

TEMPLATE = "admin/presets/sitedefault/change_form.html"
LIST = "admin:presets_sitedefault_changelist"
CHANGE = "admin:presets_sitedefault_change"
NOT_YET = "Rootly's configuration has not arrived yet."
NO_SUCH_FIELD = "Rootly's form has no such field."
OF_ANOTHER = "It was set for another Rootly, and is not used for this one."


def add(request: HttpRequest, admin: ModelAdmin[SiteDefault]) -> HttpResponse:
    """A new default. The field is named by `?field=`; without it, it is asked for."""
    catalog = current()
    if catalog is None:
        return _page(request, {"wrong": NOT_YET})
    forms = forms_of(catalog)
    name = request.GET.get("field", "")
    if not name:
        return _choose(request, forms)
    field = forms.by_name.get(name)
    wrong = NO_SUCH_FIELD if field is None else unfit(field)
    if field is None or wrong:
        return _choose(request, forms, wrong)
    known = SiteDefault.objects.filter(upstream=connection.upstream(), field=name).first()
    if known is not None:
        return HttpResponseRedirect(reverse(CHANGE, args=[known.pk]))
    return _Setting(request, admin, field, None).answer()


def change(request: HttpRequest, admin: ModelAdmin[SiteDefault], row: SiteDefault) -> HttpResponse:
    """Another value for a default that there is. One that has no field any more is only shown."""
    catalog = current()
    forms = forms_of(catalog) if catalog else None
    field = forms.by_name.get(row.field) if forms else None
    wrong = ""
    if forms is None:
        wrong = NOT_YET
    elif row.upstream != connection.upstream():
        wrong = OF_ANOTHER
    elif field is None or unfit(field):
        wrong = judge(forms, row).wrong
    if field is None or wrong:
        was = in_words(None, row.values, row.words)
        return _page(request, {"row": row, "wrong": wrong, "was": was})
    return _Setting(request, admin, field, row).answer()


def _choose(request: HttpRequest, forms: Forms, wrong: str = "") -> HttpResponse:
    context = {"choose": True, "fields": offered(forms), "wrong": wrong}
    return _page(request, context, 404 if wrong else 200)


def _page(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    return render(request, TEMPLATE, context, status=status)


class _Setting:
    """One request about the value of one field."""

    def __init__(
        self,
        request: HttpRequest,
        admin: ModelAdmin[SiteDefault],
        field: Field,
        row: SiteDefault | None,
    ) -> None:
        self.request, self.admin, self.field, self.row = request, admin, field, row
        self.form = alone(field)
        self.zone = person(request).zone

    def answer(self) -> HttpResponse:
        """The page, or the list once it is saved."""
        if self.request.method != "POST":
            same = self.row is not None and source_of(self.field) == self.row.source
            return self._show({self.field.name: self.row.values} if self.row and same else {})
        posted = self.request.POST
        answers = {name: [str(value) for value in posted.getlist(name)] for name in posted}
        if self.request.headers.get("HX-Request") or searching.wants_search(self.form, answers):
            return self._show(answers)
        cleaned = clean(self.form, answers, self.zone)
        if cleaned.errors:
            return self._show(answers, cleaned.errors)
        self._save(cleaned)
        return HttpResponseRedirect(reverse(LIST))

    def _show(
        self,
        answers: Mapping[str, Sequence[str]],
        errors: Mapping[str, Sequence[str]] | None = None,
    ) -> HttpResponse:
        action = "" if self.row else f"?{urlencode({'field': self.field.name})}"
        context = {
            "form": form_view(self.form, answers, self.zone, errors=errors),
            "label": self.field.label,
            "row": self.row,
            "action": self.request.path + action,
        }
        return _page(self.request, context, 422 if errors else 200)

    def _save(self, cleaned: Cleaned) -> None:
        values = _values(self.field, cleaned)
        options = self.field.options
        found = [options.get(one) for one in values] if options is not None else []
        words = [showable(option.label) for option in found if option]
        with transaction.atomic():
            row, is_new = SiteDefault.objects.update_or_create(
                upstream=connection.upstream(),
                field=self.field.name,
                defaults={
                    "label": showable(self.field.label),
                    "source": source_of(self.field),
                    "values": values,
                    "words": words,
                    "set_by": person(self.request),
                },
            )
            text = in_words(self.field, values, words)
            log = self.admin.log_addition if is_new else self.admin.log_change
            log(self.request, row, f"Set to: {text}")
        messages.success(self.request, f"“{row.label}” begins with: {text}")


def _values(field: Field, cleaned: Cleaned) -> list[str]:
    """What is kept: ids, or text as it was typed.

    A date and time gets the offset that it had for whoever set it: it means one moment, for people
    in other time zones too.
    """
    value = cleaned.values[field.name]
    if isinstance(value, tuple) and field.options is not None:
        return list(value)
    if isinstance(value, str) and field.control == "datetime":
        return [value]
    return cleaned.answers[field.name]
