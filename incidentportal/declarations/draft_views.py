"""A draft's pages: saved as one types or by a button, opened again, deleted.

They translate; the work is done in `drafts.py`. Only its author sees a draft.
"""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from incidentportal.accounts import kept
from incidentportal.accounts.roles import person
from incidentportal.catalog.current import Catalog, current
from incidentportal.declarations import drafts, identity, refusals
from incidentportal.declarations.drafts import (
    MOST,
    ConflictError,
    DeclaredError,
    Known,
    TooManyError,
)
from incidentportal.declarations.forms import FilledForm, answers_of
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.states import State
from incidentportal.declarations.views import form_page, not_yet

FOREIGN = "This form was opened by somebody else, so it is not saved as a draft of yours."
FULL = f"This is not saved: you have {MOST} drafts already. Delete some of them first."


@kept.keeps_answers
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Save the posted form as a draft: 204 with its version for a script, else its own page.

    409 and nothing written where another tab has saved since, or where it was declared.
    """
    if request.method != "POST":  # a sign-in leads back here
        return redirect("new")
    catalog, author = current(), person(request)
    if catalog is None:
        return not_yet(request)
    pk = identity.read(request.POST.get("declaration", ""), author)
    if pk is None and _is_script(request):
        return _problem(request, catalog, 422, problem=FOREIGN)
    known = Known.read(request.POST.dict())
    if pk is None or request.POST.get(drafts.KEEP):
        pk, known = uuid.uuid4(), Known()
    return _saved(request, catalog, pk, known)


def _saved(request: HttpRequest, catalog: Catalog, pk: uuid.UUID, known: Known) -> HttpResponse:
    author, posted = person(request), answers_of(request.POST)
    form = FilledForm.posted(catalog, posted, author, refusals.demanded(catalog, pk, author))
    try:
        version = drafts.save(pk, author, form, posted, known)
    except ConflictError:
        return _problem(request, catalog, 409, conflict=pk)
    except DeclaredError:
        return _problem(request, catalog, 409, declared=pk)
    except TooManyError:
        return _problem(request, catalog, 422, problem=FULL)
    if _is_script(request):
        return HttpResponse(status=204, headers={"Draft-Version": str(version)})
    return _see(reverse("draft", args=[pk]) if version else reverse("new"))


def _is_script(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


@never_cache
@require_safe
def opened(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The form as it was left. One that was declared meanwhile leads to its declaration."""
    author, catalog = person(request), current()
    declaration = Declaration.objects.own(author).filter(pk=pk).first()
    if declaration is not None and declaration.state != State.REJECTED:
        return redirect("declaration", pk)
    draft = drafts.own(author).filter(pk=pk).first()
    if draft is None:
        raise Http404
    return not_yet(request) if catalog is None else _form(request, catalog, draft, declaration)


def _form(
    request: HttpRequest, catalog: Catalog, draft: Draft, declaration: Declaration | None
) -> HttpResponse:
    author = person(request)
    demanded = refusals.demanded(catalog, draft.pk, author)
    view = drafts.opened(catalog, draft, author, demanded).redrawn()
    carried = identity.sign(draft.pk, author)
    return form_page(
        request, view, carried, declaration=declaration, draft=draft, draft_version=draft.version
    )


@never_cache
@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete one's own draft, for good; back to the declaration that it lay beside, if any."""
    draft = get_object_or_404(drafts.own(person(request)).defer("title", "content"), pk=pk)
    beside = draft.beside
    draft.delete()
    return _see(reverse("declaration", args=[beside]) if beside else reverse("declarations"))


def _problem(request: HttpRequest, catalog: Catalog, status: int, **about: object) -> HttpResponse:
    """Why it isn't saved: a fragment for a script, else the form as it was posted."""
    if _is_script(request):
        return render(request, "declarations/draft_trouble.html", about, status=status)
    author = person(request)
    carried = request.POST.get("declaration", "")
    pk = identity.read(carried, author)
    demanded = refusals.demanded(catalog, pk, author)
    form = FilledForm.posted(catalog, answers_of(request.POST), author, demanded)
    rows = Declaration.objects.own(author).filter(state=State.REJECTED)
    rejected = rows.filter(pk=pk).first() if pk else None
    mine = carried if pk else identity.new(author)
    return form_page(request, form.redrawn(), mine, status=status, declaration=rejected, **about)


def _see(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})
