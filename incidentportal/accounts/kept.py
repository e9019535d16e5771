"""What somebody typed into a form, when the portal can't take it now.

It goes back to the browser, in hidden controls of the page that says why; never into the session,
a cookie, an address or the cache. Pressing that page's button asks for the form anew: it is as it
was, and nothing is declared by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from allauth.account.forms import LoginForm
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template import loader
from django.urls import resolve
from django.utils.cache import add_never_cache_headers

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

NAME = "sign_in_name"
PASSWORD = "sign_in_password"  # noqa: S105  # the control's name
UPDATE = "update"
"""Asks for the form anew (`declarations/forms.py`)."""
_NO_ANSWERS = {"csrfmiddlewaretoken", NAME, PASSWORD, UPDATE, "search", "suggest", "preview"}
LARGEST = 1_000_000
"""Characters: more is not sent back and forth."""
TEMPLATE = "accounts/kept.html"
TOO_LARGE = (
    "What you typed is too much to be kept in this page, but your browser still has it: go back, "
    "copy it, and shorten it."
)
SIGN_IN = "Your session has ended. Sign in, and your form is as it was; nothing is declared yet."
# Control characters, lone surrogates and noncharacters: no HTML document may hold them.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    + "]"
)


def keeps_answers(view: View) -> View:
    """Mark a view that answers a form posted with `update` with that form."""
    view.keeps_answers = True  # type: ignore[attr-defined]  # read by `is_form`
    return view


def is_form(request: HttpRequest) -> bool:
    """Whether a page is asked for by posting a form whose answers can be kept.

    A part of a page, asked for by a script, is none: the browser still has the form.
    """
    if request.method != "POST" or "HX-Request" in request.headers:
        return False
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Http404:
        return False
    return getattr(match.func, "keeps_answers", False)


def page(  # noqa: PLR0913  # what a page says
    request: HttpRequest,
    status: int,
    title: str,
    sentences: Sequence[str],
    *,
    retry_after: int = 0,
    errors: Sequence[str] = (),
    is_bare: bool = False,
) -> HttpResponse:
    """A page that says what happened, with the posted answers, ready to be sent again.

    Somebody who isn't signed in finds the sign-in there. `is_bare`: needs neither session nor
    database, since both may be what failed.
    """
    answers = _answers(request)
    context: dict[str, Any] = {
        "title": title,
        "sentences": sentences if answers is not None else [*sentences, TOO_LARGE],
        "answers": answers,
        "action": request.path,
        "errors": errors,
        "signs_in": not is_bare and not request.user.is_authenticated,
        "typed_name": _showable(request.POST.get(NAME, "")) if answers is not None else "",
    }
    if is_bare:
        context["csrf_token"] = get_token(request)
        response = HttpResponse(loader.render_to_string(TEMPLATE, context), status=status)
    else:
        response = render(request, TEMPLATE, context, status=status)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    if status == 401:
        response["WWW-Authenticate"] = "Form"
    add_never_cache_headers(response)
    return response


def _answers(request: HttpRequest) -> list[tuple[str, str]] | None:
    """What was posted, in order; None: too much to be kept, or not to be read."""
    try:
        posted = [(name, values) for name, values in request.POST.lists()]
    except (SuspiciousOperation, OSError):
        return None
    found = [
        (_showable(name), _showable(str(value)))
        for name, values in posted
        for value in values
        if name not in _NO_ANSWERS
    ]
    size = sum(len(name) + len(value) for name, value in found)
    return found if size <= LARGEST else None


def _showable(text: str) -> str:
    return _UNSHOWABLE.sub("�", text)


class SignInMiddleware(LoginRequiredMiddleware):
    """Asks for the sign-in; where a form was posted, within a page that keeps its answers."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], *args: Any
    ) -> HttpResponseBase | None:
        """None where the view may be called."""
        if getattr(view_func, "login_required", True) and not request.user.is_authenticated:
            if is_form(request):
                return _sign_in(request)
            if "HX-Request" in request.headers and request.method == "GET":
                # A page that looks for news: it is to become the sign-in page as a whole.
                return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        answer: HttpResponseBase | None = super().process_view(request, view_func, *args)
        return answer


def _sign_in(request: HttpRequest) -> HttpResponseBase | None:
    """None: signed in, and what is posted now asks for the form anew."""
    if NAME not in request.POST:
        return page(request, 401, "Sign in to go on", [SIGN_IN])
    typed = {"login": request.POST[NAME], "password": request.POST.get(PASSWORD, "")}
    form = LoginForm(data=typed, request=request)
    if not form.is_valid():
        names = {"login": "Name: ", "password": "Password: ", "__all__": ""}
        errors = [names[name] + str(text) for name, texts in form.errors.items() for text in texts]
        return page(request, 401, "Sign in to go on", [SIGN_IN], errors=errors)
    try:
        response: HttpResponseBase = form.login(request, redirect_url=request.path)
    except ImmediateHttpResponse as stopped:
        response = stopped.response
    if not request.user.is_authenticated:
        return response
    again = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        if name not in _NO_ANSWERS:
            again.setlist(name, values)
    again[UPDATE] = "1"
    request.POST = again  # type: ignore[assignment]  # as if it had been posted so
    return None
