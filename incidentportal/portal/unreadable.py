"""Any page that meets a text which can't be decrypted says so."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.portal.views import unreadable

log = logging.getLogger(__name__)


class UnreadableMiddleware:
    """Answers for views that raise UnreadableError."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A plain sentence instead of a failure of the portal."""
        if not isinstance(error, UnreadableError):
            return None
        log.error("%s: a stored text can't be read with the keys given", request.path)
        response = unreadable(request)
        response["Cache-Control"] = "no-store"
        return response
