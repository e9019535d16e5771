"""django-allauth's pages, where whether there is one depends on the settings."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from allauth.account import views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

log = logging.getLogger(__name__)
ASK = "Please ask an admin of the portal for a new password."


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The sign-in page. A script that was led here, since a session ended in the middle of a
    form, must not put it into its page.
    """
    view = views.LoginView.as_view(extra_context={"may_sign_up": settings.ALLOW_SIGNUP})
    response: HttpResponseBase = view(request)
    if "HX-Request" in request.headers:
        response["HX-Reswap"] = "none"
    return response


@login_not_required
def sign_up(request: HttpRequest) -> HttpResponseBase:
    """An account of one's own; without `ALLOW_SIGNUP` there is no such page."""
    if not settings.ALLOW_SIGNUP:
        raise Http404
    answer: HttpResponseBase = views.signup(request)
    return answer


@login_not_required
def reset_password(request: HttpRequest) -> HttpResponseBase:
    """A link by mail; without `EMAIL_URL` whom to ask instead."""
    if not settings.EMAIL_IS_ON:
        return _sorry(request, 200, "The portal sends no mail.")
    try:
        answer: HttpResponseBase = views.password_reset(request)
    except (SMTPException, OSError) as error:
        log.warning("The mail server did not take a mail: %s", type(error).__name__)
        return _sorry(request, 503, "The mail could not be sent. Try again later.")
    return answer


def _sorry(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    context = {"title": "Forgot your password?", "sentences": [sentence, ASK]}
    response = render(request, "portal/message.html", context, status=status)
    if status == 503:
        response["Retry-After"] = "60"
    return response
