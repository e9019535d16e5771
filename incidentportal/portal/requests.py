"""A line for each request, and the id by which all lines about it are found."""

from __future__ import annotations

import logging
import re
import uuid
from typing import Any, cast

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from incidentportal.portal.logs import REQUEST

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNTOLD = ("/healthz", "/readyz", "/metrics")
"""Asked every few seconds; what they find is in the metrics."""


class RequestLogMiddleware(RequestMiddleware):
    """Stands after the one that drops what strangers say of themselves, `X-Request-ID` included.

    Of an address only the path is logged: what stands in a query string is a person's.
    """

    def __call__(self, request: HttpRequest) -> Any:
        """Serve one request."""
        token = REQUEST.set(request)
        try:
            response = cast(HttpResponse, super().__call__(request))
        finally:
            structlog.contextvars.clear_contextvars()
            REQUEST.reset(token)
        response.headers.setdefault(HEADER, _id(request))
        return response

    def prepare(self, request: HttpRequest) -> None:
        """Give it its id: the one that a trusted proxy gave it, if it is one."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _WELL_FORMED.fullmatch(given) else str(uuid.uuid4())
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.request_id = request_id  # type: ignore[attr-defined]  # for what is logged later
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Method and path."""
        return f"{request.method} {request.path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """`portal/logs.py` tells who it is, where that is known: nobody is looked up for a log."""

    def _log_level_for_status_code(self, status_code: int) -> int:
        request = REQUEST.get()
        path = request.path_info if request else ""
        if path in _UNTOLD or path.startswith(settings.STATIC_URL):
            return logging.DEBUG
        return logging.INFO  # what went wrong has a line of its own


def _id(request: HttpRequest) -> str:
    return str(request.META["HTTP_X_REQUEST_ID"])
