"""Counts what is answered, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from incidentportal.portal import metrics

GetResponse = Callable[[HttpRequest], HttpResponseBase]

WITHOUT_VIEW = {"/healthz": "healthz", "/readyz": "readyz", "/metrics": "metrics"}
"""What a middleware answers."""


class MeasuringMiddleware:
    """Stands around all others."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        began = time.monotonic()
        response = self.get_response(request)
        took = time.monotonic() - began
        metrics.count_request(request.method or "", _view(request), response.status_code, took)
        return response


def _view(request: HttpRequest) -> str:
    """Whose answer it is: one of a bounded number of names, whatever was asked for."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    if request.path_info.startswith(settings.STATIC_URL):
        return "static"
    return WITHOUT_VIEW.get(request.path_info, "none")
