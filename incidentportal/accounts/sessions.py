"""When a session ends: after a time without a request, and after a time in any case."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

BEGAN = "portal_began"
SEEN = "portal_seen"
STEP = 300.0
"""Seconds between two writes of when somebody was seen: a page must not cost a write."""
now = time.time


@receiver(user_logged_in)
def begin(sender: object, request: HttpRequest, **kwargs: Any) -> None:
    """Note when somebody signed in; Django gives the session a new key then."""
    request.session[BEGAN] = request.session[SEEN] = now()


class SessionLimitsMiddleware:
    """Ends a session that is over, before anything is done for its owner."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            if _is_over(request.session):
                logout(request)
            elif not _asks_by_itself(request):
                _note(request.session)
        return self.get_response(request)


def _is_over(session: SessionBase) -> bool:
    """A session without these marks is none of ours, and over."""
    moment = now()
    idle = moment - session.get(SEEN, 0.0)
    whole = moment - session.get(BEGAN, 0.0)
    return bool(idle > settings.SESSION_IDLE * 3600 or whole > settings.SESSION_LIMIT * 3600)


def _asks_by_itself(request: HttpRequest) -> bool:
    """A page that looks for news is no sign of anybody before it."""
    return request.method == "GET" and "HX-Request" in request.headers


def _note(session: SessionBase) -> None:
    moment = now()
    if moment - session[SEEN] > min(STEP, settings.SESSION_IDLE * 360):
        session[SEEN] = moment
