"""The page where a default of the site, or of a group, is set: first its field, then its value.

The value's control is the field's own, drawn, searched and judged as on the form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from django.contrib import messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.formengine import searching
from incidentportal.formengine.fields import Field
from incidentportal.formengine.showable import showable
from incidentportal.formengine.validation import Cleaned, clean
from incidentportal.formengine.view import form_view
from incidentportal.presets import history, meanwhile
from incidentportal.presets.alone import alone
from incidentportal.presets.content import DefaultContent
from incidentportal.presets.defaults import in_words, judge, source_of, unfit
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import GroupDefault, SiteDefault
from incidentportal.presets.offering import offered

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Admin = ModelAdmin[Any]

TEMPLATE = "admin/presets/default.html"
NOT_YET = "Rootly's configuration has not arrived yet."
NO_SUCH_FIELD = "Rootly's form has no such field."
NO_SUCH_GROUP = "There is no such group."
OF_ANOTHER = "It was set for another Rootly, and is not used for this one."


@dataclass(frozen=True)
class Sort:
    """A sort of default: whose forms begin with it, in words, and where its pages are."""

    model: type[SiteDefault] | type[GroupDefault]
    what: str
    lede: str
    many: str
    prefix: str

    @property
    def has_groups(self) -> bool:
        """Whether it is one group's."""
        return self.model is GroupDefault

    def address(self, page: str, *args: object) -> str:
        """The address of one of its pages."""
        return reverse(f"{self.prefix}_{page}", args=args)

    def row(self, group: str, field: str) -> SiteDefault | GroupDefault:
        """The row for this field: the one that there is, else a new one that isn't saved."""
        known = {"upstream": connection.upstream(), "field": field}
        if self.has_groups:
            known["group"] = group
        return self.model.objects.filter(**known).first() or self.model(**known)


SITE = Sort(
    SiteDefault, "Site-wide default",
    "Everybody's form begins with it. A link, and what the person answers, count more.",
    "Site-wide defaults", "admin:presets_sitedefault",
)  # fmt: skip
GROUP = Sort(
    GroupDefault, "Default of a group",
    "The forms of the people in this group begin with it, whatever the site-wide default says.",
    "Defaults of groups", "admin:presets_groupdefault",
)  # fmt: skip
SORTS = {SiteDefault: SITE, GroupDefault: GROUP}


def add(request: HttpRequest, admin: Admin, sort: Sort) -> HttpResponse:
    """A new default. The field is named by `?field=`, the group by `?group=`; what is missing is
    asked for.
    """
    catalog = current()
    if catalog is None:
        return _page(request, sort, {"wrong": NOT_YET})
    forms = forms_of(catalog)
    name, group = request.GET.get("field", ""), request.GET.get("group", "")
    groups = list(Group.objects.order_by("name").values_list("name", flat=True))
    choose = {"choose": True, "fields": offered(forms), "groups": groups, "group": group}
    if not name:
        return _page(request, sort, choose)
    field = forms.by_name.get(name)
    wrong = NO_SUCH_FIELD if field is None else unfit(field)
    if not wrong and sort.has_groups and group not in groups:
        wrong = NO_SUCH_GROUP
    if field is None or wrong:
        return _page(request, sort, {**choose, "wrong": wrong}, 404)
    row = sort.row(group, name)
    if not row._state.adding:
        return HttpResponseRedirect(sort.address("change", row.pk))
    return _Setting(request, admin, field, row).answer()


def change(request: HttpRequest, admin: Admin, row: SiteDefault | GroupDefault) -> HttpResponse:
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
        return _page(request, SORTS[type(row)], {"row": row, "wrong": wrong, "was": was})
    return _Setting(request, admin, field, row).answer()


def _page(
    request: HttpRequest, sort: Sort, context: dict[str, object], status: int = 200
) -> HttpResponse:
    context = {
        "what": sort.what, "lede": sort.lede, "many": sort.many, "has_groups": sort.has_groups,
        "list_url": sort.address("changelist"), **context,
    }  # fmt: skip
    row = context.get("row")
    if isinstance(row, SiteDefault | GroupDefault):
        context["delete_url"] = sort.address("delete", row.pk)
        context["history_url"] = sort.address("history", row.pk)
    return render(request, TEMPLATE, context, status=status)


class _Setting:
    """One request about the value of one field; `row` is new where it has no key yet."""

    def __init__(
        self,
        request: HttpRequest,
        admin: Admin,
        field: Field,
        row: SiteDefault | GroupDefault,
    ) -> None:
        self.request, self.admin, self.field, self.row = request, admin, field, row
        self.sort = SORTS[type(row)]
        self.form = alone(field)
        self.zone = person(request).zone
        self.seen = request.POST.get(meanwhile.SEEN) or meanwhile.mark(self._known(row))

    def answer(self) -> HttpResponse:
        """The page, or the list once it is saved."""
        if self.request.method != "POST":
            same = not self.row._state.adding and source_of(self.field) == self.row.source
            return self._show({self.field.name: self.row.values} if same else {})
        posted = self.request.POST
        answers = {name: [str(value) for value in posted.getlist(name)] for name in posted}
        if self.request.headers.get("HX-Request") or searching.wants_search(self.form, answers):
            return self._show(answers)
        cleaned = clean(self.form, answers, self.zone)
        if cleaned.errors:
            return self._show(answers, cleaned.errors)
        try:
            self._save(cleaned)
        except meanwhile.ChangedError as changed:
            self.seen = meanwhile.mark(
                self._known(self.sort.row(self.row.of_group, self.row.field))
            )
            return self._show(answers, {}, [str(changed)])
        return HttpResponseRedirect(self.sort.address("changelist"))

    @staticmethod
    def _known(row: SiteDefault | GroupDefault) -> DefaultContent | None:
        return None if row._state.adding else row.content

    def _show(
        self,
        answers: Mapping[str, Sequence[str]],
        errors: Mapping[str, Sequence[str]] | None = None,
        messages: Sequence[str] = (),
    ) -> HttpResponse:
        is_new, group = self.row._state.adding, self.row.of_group
        named = {"field": self.field.name, **({"group": group} if group else {})}
        context: dict[str, object] = {
            "form": form_view(self.form, answers, self.zone, errors=errors, messages=messages),
            "label": self.field.label,
            "seen": self.seen,
            "group": group,
            "row": None if is_new else self.row,
            "action": self.request.path + (f"?{urlencode(named)}" if is_new else ""),
        }
        return _page(self.request, self.sort, context, 422 if errors or messages else 200)

    def _save(self, cleaned: Cleaned) -> None:
        values = values_of(self.field, cleaned)
        words = words_for(self.field, values)
        with transaction.atomic():
            # Another admin may have set it meanwhile.
            row = self.sort.row(self.row.of_group, self.field.name)
            is_new = row._state.adding
            known = self._known(row)
            row.label, row.source = showable(self.field.label), source_of(self.field)
            wanted = msgspec.structs.replace(row.content, values=tuple(values), words=tuple(words))
            meanwhile.judge(self.request, row, known, wanted)
            row.take(wanted)
            history.save(row, person(self.request))
            text = in_words(self.field, values, words)
            log = self.admin.log_addition if is_new else self.admin.log_change
            log(self.request, row, f"Set to: {text}")
        messages.success(self.request, f"“{row}” begins with: {text}")


def words_for(field: Field, values: Sequence[str]) -> list[str]:
    """The names of the chosen options, to be kept beside their ids; none for text."""
    if field.options is None:
        return []
    found = ((value, field.options.get(value)) for value in values)
    return [showable(option.label if option else value) for value, option in found]


def values_of(field: Field, cleaned: Cleaned) -> list[str]:
    """What is kept: ids, or text as it was typed; nothing where nothing was said.

    A date and time gets the offset that it had for whoever set it: it means one moment, for people
    in other time zones too.
    """
    value = cleaned.values.get(field.name)
    if isinstance(value, tuple) and field.options is not None:
        return list(value)
    if isinstance(value, str) and field.control == "datetime":
        return [value]
    return list(cleaned.answers.get(field.name, ()))
