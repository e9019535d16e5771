"""The options of a long list, for the words in its search box."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from incidentportal.accounts import throttle
from incidentportal.accounts.roles import person
from incidentportal.catalog.current import current
from incidentportal.declarations.forms import answers_of
from incidentportal.formengine import searching
from incidentportal.presets.forms import forms_of
from incidentportal.rootly.values import legible

NO_FIELD = "Say which field to search: field=<its name>."
NO_LIST = "No field of this form has a list of this name."
NOT_YET = "Rootly's configuration has not arrived yet."


@never_cache
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """Up to 20 options of `field` for the words in `<field>__q`; no words: the list's head.

    A fragment of HTML; 400 without a field, 404 where no form set has such a list, 503 before the
    first picture of Rootly's configuration, 429 after too many in a minute, each in plain words.
    """
    if seconds := throttle.wait("searches", person(request)):
        refusal = _said(f"Too many searches in this minute: wait {seconds} seconds.", 429)
        refusal["Retry-After"] = str(seconds)
        return refusal
    catalog = current()
    if catalog is None:
        return _said(NOT_YET, 503)
    name = request.POST.get("field", "")
    if not name:
        return _said(NO_FIELD, 400)
    field = forms_of(catalog).by_name.get(name)
    if field is None or field.options is None:
        return _said(NO_LIST, 404)
    found = searching.look_up(answers_of(request.POST), field)
    found = replace(found, query=legible(found.query))
    return render(request, "formengine/options.html", {"found": found})


def _said(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
