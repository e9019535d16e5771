"""The pages: the form, and a declaration. They translate; the work is done in `forms.py`,
`submission.py` and `work.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from incidentportal.accounts import kept, throttle
from incidentportal.accounts.encryption import keyed_digest
from incidentportal.accounts.roles import person
from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog, current
from incidentportal.declarations import (
    access,
    beside,
    declaration_page,
    drafts,
    identity,
    refusals,
    telling,
    unfinished,
    work,
)
from incidentportal.declarations.as_text import as_text
from incidentportal.declarations.declaration_page import Shown
from incidentportal.declarations.forms import UPDATE, FilledForm, answers_of
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.offering import Asked, offering
from incidentportal.declarations.states import State
from incidentportal.formengine import searching
from incidentportal.formengine.view import FormView

LEDE = "Say what you see. Everything is kept, and sent to Rootly as soon as it answers."
LEDE_REFUSED = "Rootly did not accept it as it is. It is kept here: correct it and send it again."
DECLARED = (
    "You have declared too often in this minute. Nothing was declared, and everything is kept: "
    "wait {} seconds, then send it again."
)
SEARCHED = (
    "You have searched too often in this minute. Wait {} seconds, then search again. You can "
    "declare all the same."
)
SHOWN_DRAFTS = 3
"""How many drafts a new form tells about."""


@kept.keeps_answers
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, filled in by the link that it was opened by, and what is posted with it."""
    catalog = current()
    if catalog is None:
        return not_yet(request)
    if request.method == "POST":
        return _posted(request, catalog, None)
    if request.headers.get("HX-Trigger") == "waiting":
        return HttpResponse(headers={"HX-Refresh": "true"})
    form = FilledForm.start(catalog, person(request), answers_of(request.GET))
    if form.link.private_refused:
        return render(request, "declarations/private_link.html", status=403)
    begun = unfinished.told(request, SHOWN_DRAFTS)
    return form_page(request, form.view(), identity.new(person(request)), drafts=begun)


@kept.keeps_answers
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A declaration; to its author a rejected one is its form again, with Rootly's words at their
    fields. Only its author has anything to post to.
    """
    reader, catalog = person(request), current()
    if request.method == "POST":
        own = Declaration.objects.own(reader).filter(pk=pk).first()
        if own is None and UPDATE not in request.POST:
            raise Http404
        # Without a declaration here that is theirs: somebody else signed in in the middle of the
        # form. What is typed in this browser becomes a form of their own, whoever's this id is.
        return not_yet(request) if catalog is None else _posted(request, catalog, own)
    return page_of(request, access.read(reader, pk))


def page_of(
    request: HttpRequest, declaration: Declaration, *, status: int = 200, asked: Asked | None = None
) -> HttpResponse:
    """A declaration's page, for htmx the part of it that is asked for. `asked` is what the reader
    pressed there and could not be done.
    """
    reader, catalog = person(request), current()
    part = request.headers.get("HX-Target", "") if request.headers.get("HX-Request") else None
    is_own = declaration.author_id == reader.pk
    if is_own and declaration.state == State.REJECTED and catalog is not None:
        if part is not None:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return _refused(request, catalog, declaration, status=status, asked=asked)
    if part == "offered":
        offered = {"offered": offering(declaration, reader, asked)}
        return render(request, "declarations/actions.html", offered, status=status)
    page = declaration_page.shown(declaration, reader, catalog)
    address = request.build_absolute_uri(reverse("declaration", args=[declaration.pk]))
    context = {
        "shown": page,
        "text": as_text(page, address),
        "soon": declaration_page.soon(page),
        "address": address,
    }
    version = keyed_digest(repr(context).encode("utf-8", "surrogatepass"))[:16]
    context["version"] = version
    if part is not None:
        return _look(request, page, context)
    context["beside"] = beside.of(declaration, reader)
    context["offered"] = offering(declaration, reader, asked)
    return render(request, "declarations/detail.html", context, status=status)


def _look(request: HttpRequest, page: Shown, context: Mapping[str, object]) -> HttpResponse:
    """To the page's own script its live part, or 204 where it shows that already; either way in
    how many seconds to ask again (0: no more).
    """
    if request.headers.get("If-None-Match") == context["version"]:
        response = HttpResponse(status=204)
    else:
        response = render(request, "declarations/detail.html#live", dict(context))
        response["HX-Trigger"] = f"stands-{page.state}"
    response["Look-Again"] = str(page.look_again)
    return response


def _posted(
    request: HttpRequest, catalog: Catalog, declaration: Declaration | None
) -> HttpResponse:
    """Redraw, search, send the form back with what is wrong, or save and deliver."""
    author = person(request)
    carried = request.POST.get("declaration", "")
    pk = identity.read(carried, author)
    demanded = refusals.demanded(catalog, pk, author)
    answers = answers_of(request.POST)
    form = FilledForm.posted(catalog, answers, author, demanded)
    if request.headers.get("HX-Request") or form.wants_page:
        mine = carried if pk else identity.new(author)
        seconds = _wait_to_search(request, form)
        if not seconds:
            return form_page(request, form.redrawn(), mine, declaration=declaration)
        # The words go too: while they stand in their box, the button that declares would search.
        form = FilledForm.posted(catalog, searching.without(answers), author, demanded)
        view = form.view(None, [SEARCHED.format(seconds)])
        return _later(form_page(request, view, mine, status=429, declaration=declaration), seconds)
    if pk is None:
        notice = "This form was out of date. Nothing was declared; please send it again."
        view = form.view(form.errors, [notice])
        return form_page(request, view, identity.new(author), status=422)
    if seconds := throttle.wait("declarations", author):
        view = form.view(None, [DECLARED.format(seconds)])
        page = form_page(request, view, carried, status=429, declaration=declaration)
        return _later(page, seconds)
    return _sent(request, form, pk, declaration)


def _wait_to_search(request: HttpRequest, form: FilledForm) -> int:
    """Seconds; without a script the form itself searches, with one `choosing.py` does."""
    if request.headers.get("HX-Request") or not form.wants_search:
        return 0
    return throttle.wait("searches", person(request))


def _later(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response


def _sent(
    request: HttpRequest, form: FilledForm, pk: UUID, declaration: Declaration | None
) -> HttpResponse:
    author = person(request)
    if form.errors:
        existing = Declaration.objects.own(author).filter(pk=pk).first()
        if existing is not None and existing.state != State.REJECTED:
            beside.keep(existing, author, form, answers_of(request.POST))
            return _to(pk)
        view = form.view(form.errors)
        carried = request.POST["declaration"]
        return form_page(request, view, carried, status=422, declaration=declaration)
    is_saved = work.declare(pk, author, form.submission(connection.upstream()))
    if is_saved and work.state_of(pk) != State.REJECTED:
        return _to(pk)
    saved = Declaration.objects.own(author).get(pk=pk)
    if saved.state == State.REJECTED:
        return _refused(request, form.catalog, saved, status=422)
    if not is_saved:
        beside.keep(saved, author, form, answers_of(request.POST))
    return _to(pk)


def _to(pk: UUID) -> HttpResponse:
    response = redirect("declaration", pk)
    response.status_code = 303
    return response


def _refused(
    request: HttpRequest,
    catalog: Catalog,
    declaration: Declaration,
    *,
    status: int,
    asked: Asked | None = None,
) -> HttpResponse:
    author = person(request)
    telling.seen(declaration)
    request.shows = declaration.pk  # type: ignore[attr-defined]  # read by portal/context.py
    carried = identity.sign(declaration.pk, author)
    view = refusals.view(catalog, declaration, author)
    begun = drafts.own(author).defer("title", "content").filter(pk=declaration.pk).first()
    return form_page(
        request, view, carried, status=status, declaration=declaration, begun=begun,
        beside=beside.of(declaration, author), offered=offering(declaration, author, asked),
        unsaved=False,
    )  # fmt: skip


def form_page(
    request: HttpRequest,
    form: FormView,
    carried: str,
    *,
    status: int = 200,
    declaration: Declaration | None = None,
    **about: object,
) -> HttpResponse:
    """The page with a form, or for htmx its fields. `carried` is its signed identity; `about` is
    what else the page says (`templates/declarations/new.html`).
    """
    refused = declaration is not None and declaration.state == State.REJECTED
    context = {
        "form": form,
        "identity": carried,
        "action": reverse("declaration", args=[declaration.pk]) if declaration else reverse("new"),
        "heading": "Correct your declaration" if refused else "Declare an incident",
        "start": None if refused else form.start,
        "lede": LEDE_REFUSED if refused else LEDE,
        "state": State.REJECTED if refused else "",
        "draft_version": drafts.Known.read(request.POST.dict()).version,
        # Whether it may hold what no draft has yet.
        "unsaved": request.method == "POST",
        **about,
    }
    fragment = "#fields" if request.headers.get("HX-Request") else ""
    return render(request, "declarations/new.html" + fragment, context, status=status)


def not_yet(request: HttpRequest) -> HttpResponse:
    """503: no picture of Rootly's configuration yet: says so, and the page asks again by itself."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    if connection.upstream():
        why = "Rootly's configuration has not arrived yet, so there is no form to show."
        then = "The portal keeps asking. This page goes on by itself as soon as it is there."
    else:
        why = "The portal isn't connected to Rootly yet: ROOTLY_API_URL is not set."
        then = "Please tell whoever runs it."
    if kept.is_form(request):
        said = [why, "Nothing that you typed is lost: ask for the form again in a moment."]
        return kept.page(request, 503, "The form isn't ready yet", said, retry_after=3)
    context = {
        "title": "The form isn't ready yet",
        "sentences": [why, then],
        "reload_url": reverse("new"),
        "reload_seconds": 3,
    }
    response = render(request, "portal/message.html", context, status=503)
    response["Retry-After"] = "3"
    return response
