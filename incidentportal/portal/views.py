"""Home, and the pages for what went wrong."""

from __future__ import annotations

import sys
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import (
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.views.decorators.cache import never_cache

from incidentportal.accounts import kept
from incidentportal.accounts.roles import is_admin, person
from incidentportal.declarations import unfinished
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.pages import rows
from incidentportal.portal import configuration
from incidentportal.presets.current import cards

RETRY_AFTER = 5
"""Seconds after which a database that was busy is worth another try."""
_TROUBLE = (OperationalError, InterfaceError, InternalError)
"""Busy, full, gone, read-only (a standby): the database's own trouble, not what was asked of it."""
LATEST = 5


@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Where everybody starts."""
    reader = person(request)
    latest = Declaration.objects.own(reader).order_by("-submitted_at")[:LATEST]
    context = {
        "cards": cards(reader),
        "rows": rows(latest, reader),
        "drafts": unfinished.told(request, LATEST),
        "remarks": configuration.count() if is_admin(reader) else 0,
    }
    return render(request, "portal/home.html", context)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin site has no sign-in of its own. Who is signed in and may not see it, finds nothing:
    after another sign-in they would only be sent here again.
    """
    if request.user.is_authenticated and not site.has_permission(request):
        raise Http404
    after = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({REDIRECT_FIELD_NAME: after})}")


def _sorry(request: HttpRequest, status: int, title: str, *sentences: str) -> HttpResponse:
    """An error page that needs neither session nor database: both may be what failed."""
    context = {"title": title, "sentences": sentences}
    return HttpResponse(loader.render_to_string("portal/message.html", context), status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    if isinstance(exception, DisallowedHost):
        return _sorry(
            request, 400, "Wrong address",
            "The portal is not set up to answer under this host name.",
            "For whoever runs it: add the name to ALLOWED_HOSTS.",
        )  # fmt: skip
    if isinstance(exception, RequestDataTooBig):  # a body that did not say how large it is
        return too_large(request)
    if isinstance(exception, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return _sorry(
            request, 400, "That is too many answers",
            f"A form can have at most {most:,} values here. Nothing was saved or declared.",
            "Go back: your browser still has what you chose. Choose less, and send it again.",
        )  # fmt: skip
    if isinstance(exception, TooManyFilesSent):
        return _sorry(
            request, 400, "The portal takes no files",
            "Nothing was saved or declared. Attach files to the incident in Rootly.",
        )  # fmt: skip
    return _sorry(
        request, 400, "That could not be read",
        "What was sent is broken. Nothing was saved or declared.",
        "Go back: your browser still has what you typed. Send it again.",
    )  # fmt: skip


def too_large(request: HttpRequest) -> HttpResponse:
    """413: a body beyond the limit, of which nothing was read."""
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024 / 1024
    return _sorry(
        request, 413, "That is too much text",
        f"What was sent is larger than the {size:g} MB that the portal takes at once. Nothing was "
        "saved or declared, and this page can't keep it.",
        "Go back: your browser still has what you typed. Shorten it, and send it again; put long "
        "logs where others can open them, and send the link.",
    )  # fmt: skip


def too_long(request: HttpRequest) -> HttpResponse:
    """414: an address beyond the limit, such as a link that fills in too much."""
    return _sorry(
        request, 414, "That address is too long",
        "The link that you opened says more than the portal reads from an address. Nothing was "
        "saved or declared.",
        "Open the form without it, from Home, and fill it in there. Whoever made the link can "
        "shorten it.",
    )  # fmt: skip


@login_not_required
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _sorry(request, 403, "Not allowed", "You may not do this with your account.")


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; the same words for what doesn't exist and for what one may not see."""
    return _sorry(request, 404, "Not found", "There is nothing here that you can see.")


def unreadable(request: HttpRequest) -> HttpResponse:
    """503: a stored text that the portal has no key for. What was typed into a form stays."""
    title = "This can't be read at the moment"
    sentences = [
        "It is encrypted, and the portal does not have the key that it was encrypted with.",
        "Nothing is deleted; it is not sent to Rootly meanwhile. Please tell an admin.",
        "For whoever runs it: put the missing key back into FIELD_ENCRYPTION_KEYS.",
        "/readyz says which one. If none is missing, the stored text is damaged.",
    ]
    if kept.is_form(request):
        return kept.page(request, 503, title, [*sentences, "Nothing that you typed is lost."])
    return _sorry(request, 503, title, *sentences)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token is not this browser's, as after a new sign-in or without cookies."""
    title = "Please send that again"
    why = "The page was from before you signed in, or your browser did not send its cookies."
    if kept.is_form(request):
        nothing = "Nothing was declared, and nothing that you typed is lost."
        return kept.page(request, 403, title, [why, nothing])
    return _sorry(request, 403, title, why, "Go back, load the page anew, and send it again.")


@login_not_required
def too_many(request: HttpRequest) -> HttpResponse:
    """429: more than a person needs."""
    response = _sorry(request, 429, "Too many tries", "Wait a few minutes, then try again.")
    response["Retry-After"] = "300"
    return response


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database is busy, full or gone. What was typed into a form stays."""
    if _is_trouble(sys.exc_info()[1]):
        return _no_database(request)
    if kept.is_form(request):
        return kept.page(
            request, 500, "The portal failed",
            ["That is a fault of the portal, not of what you typed, and nothing of it is lost.",
             "Sending it again declares nothing twice."],
            is_bare=True,
        )  # fmt: skip
    return _sorry(
        request, 500, "The portal failed",
        "That is a fault of the portal, not of what you typed.",
        "If you were declaring an incident: look under “My declarations” whether it was saved. "
        "If it isn't there, go back and send it again.",
    )  # fmt: skip


def _is_trouble(error: BaseException | None) -> bool:
    # SQLite's words for a file that is damaged, or none of its own, come as the class itself.
    return isinstance(error, _TROUBLE) or type(error) is DatabaseError


def _no_database(request: HttpRequest) -> HttpResponse:
    # What it led to may be there no more although it still answers, as a file that was replaced.
    if not connection.in_atomic_block:
        connection.close()
    title = "The portal can't save anything at the moment"
    if kept.is_form(request):
        sentences = [
            "Nothing that you typed is lost: send it again in a moment.",
            "Should it have been saved nevertheless, sending it again declares nothing twice.",
        ]
        return kept.page(request, 503, title, sentences, retry_after=RETRY_AFTER, is_bare=True)
    response = _sorry(request, 503, title, "Its database does not answer. Try again in a moment.")
    response["Retry-After"] = str(RETRY_AFTER)
    return response
