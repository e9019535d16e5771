"""The page on which an admin sees a form as an audience sees it, and rehearses it.

The form is the very one that those people get. Nothing of it is saved or sent.
"""

from __future__ import annotations

from collections.abc import Collection

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from incidentportal.accounts import kept
from incidentportal.accounts.models import User
from incidentportal.accounts.roles import is_admin, person
from incidentportal.catalog.current import Catalog, current
from incidentportal.declarations.forms import FilledForm, answers_of
from incidentportal.declarations.openings import Begin, Opening
from incidentportal.declarations.rehearsing import Rehearsal, rehearse
from incidentportal.declarations.views import not_yet
from incidentportal.formengine.view import FormView
from incidentportal.presets.previewing import Audience, Choice, groups_in_use, presets_in_use
from incidentportal.presets.starting import Start

OF, AS = "of", "as"
"""The preset's name, and the group's."""


@kept.keeps_answers
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """The form of the preset `of` (blank: the full form) as people of the group `as` have it.
    Posted, it is drawn anew, or rehearsed: 422 where they would be told of errors.
    """
    admin, catalog = person(request), current()
    if not is_admin(admin):
        raise Http404
    if catalog is None:
        return not_yet(request)
    said = request.POST if request.method == "POST" else request.GET
    try:
        audience = Audience.of(said.get(OF, ""), said.get(AS, ""))
    except LookupError:
        raise Http404 from None
    begin = _starts(audience, admin)
    if request.method != "POST":
        form = FilledForm.begun(catalog, Opening(begin, slug=audience.slug), admin)
        return _page(request, audience, form.view())
    form = FilledForm.posted(catalog, answers_of(request.POST), admin, begin=begin)
    if request.headers.get("HX-Request") or form.wants_page:
        return _page(request, audience, form.redrawn())
    return _page(request, audience, form.view(form.errors), rehearse(form, admin))


def _starts(audience: Audience, admin: User) -> Begin:
    """Starts of their forms. That the preset isn't theirs is told when they come by its address;
    their form then goes on without it.
    """

    def begin(
        catalog: Catalog, *, slug: str = "", barred: bool = False, lifted: Collection[str] = ()
    ) -> Start:
        return audience.start(
            catalog, admin.languages, is_asked_for=bool(slug), with_privacy=barred
        )

    return begin


def _page(
    request: HttpRequest, audience: Audience, form: FormView, rehearsal: Rehearsal | None = None
) -> HttpResponse:
    content = audience.content
    context = {
        "form": form,
        "start": form.start,
        "rehearsal": rehearsal,
        "audience": audience,
        "is_off": content is not None and not content.enabled,
        "presets": presets_in_use(audience.slug),
        "groups": [Choice(name, name, name == audience.group) for name in groups_in_use()],
        "action": reverse("preview_form"),
    }
    fragment = "#fields" if request.headers.get("HX-Request") else ""
    status = 422 if rehearsal is not None and rehearsal.errors else 200
    return render(request, "declarations/rehearsal.html" + fragment, context, status=status)
