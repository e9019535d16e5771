"""The page on which an admin makes a link to the form: values chosen with the real form, some of
them fixed by a signature.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from incidentportal.accounts import kept
from incidentportal.accounts.roles import is_admin, person
from incidentportal.catalog.current import Catalog, current
from incidentportal.declarations import start_links
from incidentportal.declarations.forms import FilledForm, answers_of
from incidentportal.declarations.moments import Moment, in_full
from incidentportal.declarations.openings import Begin, Opening
from incidentportal.declarations.views import not_yet
from incidentportal.formengine import readable
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import CONTROLS
from incidentportal.formengine.strength import Values
from incidentportal.formengine.tracing import in_words
from incidentportal.formengine.view import FormView
from incidentportal.presets.editing import values_of
from incidentportal.presets.prepared import PRIVATE, makes_private
from incidentportal.presets.previewing import Choice, anyones, presets_in_use
from incidentportal.presets.starting import CONTROL as PRESET
from incidentportal.presets.starting import Start

OF, SIGN, FIX, LISTED = "of", "sign_link", "fix_field", "listed_field"
LONG = 2000
"""Characters: some mail and chat programs cut longer links."""
MOST = 8000
"""Characters: web servers and proxies commonly refuse a longer address; and the sign-in, on the way
to the form, writes it out once more (`portal/limits.py`)."""
TOO_LONG = (
    "The link would have {:,} characters, and some servers take no more than {:,}: make long texts"
    " shorter, or leave them to whoever opens it."
)
LIFETIMES: Mapping[str, tuple[str, timedelta | None]] = {
    "": ("No: whoever opens it can change everything", None),
    "day": ("Yes, for a day", timedelta(days=1)),
    "week": ("Yes, for a week", timedelta(weeks=1)),
    "year": ("Yes, for a year", timedelta(days=365)),
    "ever": ("Yes, without an end", None),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A value that the link can fix. `is_own`: it was chosen here; the form begins with others by
    itself.
    """

    name: str
    label: str
    value: str
    is_own: bool
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A link that was made. `until` is when a signed one expires; `without_text`: it is private,
    so that it has what was chosen, not what was typed.
    """

    url: str
    is_signed: bool
    until: Moment | None
    is_long: bool
    without_text: bool
    lines: tuple[Line, ...]


@kept.keeps_answers
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def build(request: HttpRequest) -> HttpResponse:
    """The form of the preset `of` (blank: the full form). Posted, it is drawn anew, or the link is
    made of what was answered; 422 where an answer can't be one.
    """
    admin, catalog = person(request), current()
    if not is_admin(admin):
        raise Http404
    if catalog is None:
        return not_yet(request)
    slug = (request.POST if request.method == "POST" else request.GET).get(OF, "")

    def begin(
        catalog: Catalog, *, slug: str = slug, barred: bool = False, lifted: Collection[str] = ()
    ) -> Start:
        return anyones(catalog, slug, admin.languages)

    try:
        return _answer(request, catalog, begin, slug)
    except LookupError:
        raise Http404 from None


def _answer(request: HttpRequest, catalog: Catalog, begin: Begin, slug: str) -> HttpResponse:
    admin = person(request)
    if request.method != "POST":
        form = FilledForm.begun(catalog, Opening(begin, slug=slug), admin)
        return _page(request, slug, form.view())
    form = FilledForm.posted(catalog, answers_of(request.POST), admin, begin=begin)
    if request.headers.get("HX-Request") or form.wants_page:
        return _page(request, slug, form.redrawn())
    given = form.filling.answers
    wrong = {
        name: messages
        for name, messages in form.cleaned.errors.items()
        if any(text.strip() for text in given.get(name, ()))
    }
    if wrong:
        return _page(request, slug, form.view(wrong), status=422)
    made = _make(request, form, slug)
    if len(made.url) > MOST:
        told = TOO_LONG.format(len(made.url), MOST)
        return _page(request, slug, form.view(None, [told]), status=422)
    return _page(request, slug, form.redrawn(), made)


def _make(request: HttpRequest, form: FilledForm, slug: str) -> Made:
    """The link that the posted form asks for."""
    lifetime = request.POST.get(SIGN, "")
    is_signed = bool(lifetime) and lifetime in LIFETIMES
    is_private = _is_private(form)
    fields = form.forms.by_name
    values = _values(form)
    if is_private:  # nothing that was typed
        values = {name: one for name, one in values.items() if _is_choice(fields[name])}
    own = {name for name in values if form.filling.origins.get(name) == "person"}
    # What was chosen since the list was shown is fixed; what was unticked there isn't.
    ticked = set(request.POST.getlist(FIX)) & values.keys()
    fixed = ticked | (own - set(request.POST.getlist(LISTED)))
    in_link = own | fixed if is_signed else own
    said = {name: one for name, one in values.items() if name in in_link}
    query = {**({PRESET: [slug]} if slug else {}), **readable.parameters(form.forms, said)}
    until = _until(lifetime)
    text = start_links.sign(query, list(fixed), until) if is_signed else urlencode(query, True)
    url = request.build_absolute_uri(reverse("new") + (f"?{text}" if text else ""))
    lines = tuple(
        Line(name, fields[name].label, in_words(fields[name], one), name in own, name in fixed)
        for name, one in values.items()
    )
    ends = in_full(until) if until else None
    return Made(url, is_signed, ends, len(url) > LONG, is_private, lines)


def _is_private(form: FilledForm) -> bool:
    """Whether what the link opens is private, or begins so."""
    is_chosen = form.cleaned.values.get(PRIVATE) is True
    return is_chosen or (form.preset is not None and makes_private(form.preset.content))


def _values(form: FilledForm) -> dict[str, Values]:
    """What stands in the fields that people see and can change, by control name."""
    found = {}
    for state in form.resolved.shown:
        field = state.field
        if field.read_only or field.name in form.filling.off_page:
            continue
        if values := values_of(field, form.cleaned):
            found[field.name] = tuple(values)
    return found


def _is_choice(field: Field) -> bool:
    return CONTROLS[field.control].chooses or field.control == "checkbox"


def _until(sign: str) -> datetime | None:
    lifetime = LIFETIMES.get(sign, ("", None))[1]
    return timezone.now() + lifetime if lifetime else None


def _page(
    request: HttpRequest, slug: str, form: FormView, made: Made | None = None, status: int = 200
) -> HttpResponse:
    sign = request.POST.get(SIGN, "")
    context = {
        "form": form,
        "start": form.start,
        "slug": slug,
        "made": made,
        "presets": presets_in_use(slug),
        "lifetimes": [Choice(one, words, one == sign) for one, (words, _) in LIFETIMES.items()],
        "action": reverse("link_builder"),
    }
    fragment = "#fields" if request.headers.get("HX-Request") else ""
    return render(request, "declarations/link_builder.html" + fragment, context, status=status)
