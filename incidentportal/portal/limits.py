"""How large a request may be: judged by its head, before anything of it is read.

What stands within a request has limits of its own: its number of fields (Django), each field's
text and number of values (`formengine/cleaning.py`), what a link fills in
(`formengine/prefill.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from incidentportal.portal.views import too_large, too_long

GetResponse = Callable[[HttpRequest], HttpResponseBase]

LONGEST_ADDRESS = 16 * 1024
"""Characters of an address with its query, as they were sent."""
_DRAINED = 16 * 1024 * 1024
_CHUNK = 64 * 1024


class LimitsMiddleware:
    """Answers 414 and 413 for what is too large."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        refusal = self._refusal(request)
        if refusal is None:
            return self.get_response(request)
        _drain(request)
        refusal["Cache-Control"] = "no-store"
        # Asked too much is no failure of the portal, and Django would log the whole address.
        refusal._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
        return refusal

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        if len(request.META.get("QUERY_STRING", "")) + len(request.path) > LONGEST_ADDRESS:
            return too_long(request)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and _announced(request) > limit:
            return too_large(request)
        return None


def _announced(request: HttpRequest) -> int:
    """Bytes that the body has, by its head; Django reads no more than that."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _drain(request: HttpRequest) -> None:
    """Read what was sent and forget it: many browsers show no answer before all of it is taken."""
    left = min(_announced(request), _DRAINED)
    with suppress(OSError):
        while left > 0 and (taken := len(request.read(min(_CHUNK, left)))):
            left -= taken
