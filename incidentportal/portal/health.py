"""`/healthz`, `/readyz` and `/metrics`: for load balancers, supervisors and Prometheus, over http
and under any Host.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from incidentportal.accounts import samples
from incidentportal.catalog import connection as catalog_connection
from incidentportal.catalog import live
from incidentportal.catalog.current import current
from incidentportal.portal import metrics

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class HealthMiddleware:
    """Answers before anything that judges a request's Host or scheme."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        answers = {"/healthz": _lives, "/readyz": _ready, "/metrics": _metrics}
        answer = answers.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return JsonResponse({"error": "GET only"}, status=405, headers={"Allow": "GET, HEAD"})
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response


def _lives(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def _ready(request: HttpRequest) -> HttpResponse:
    """200 when forms can be served; else 503 with each thing that is missing, in plain words."""
    missing: dict[str, str] = {}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            missing["migrations"] = "The database is behind: run manage.py migrate."
        elif unread := samples.problems():
            missing["keys"] = " ".join(unread)
        elif not catalog_connection.upstream():
            missing["snapshot"] = "ROOTLY_API_URL is not set."
        elif current() is None:
            missing["snapshot"] = "Rootly's configuration has not been fetched yet."
        else:
            live.warm()
    except Error:
        # Anew next time: what it leads to may be there no more (a file that was replaced).
        connection.close()
        missing["database"] = "The database does not answer."
    response = JsonResponse(
        {"status": "unready" if missing else "ok", "missing": missing},
        status=503 if missing else 200,
    )
    # Asked every few seconds: Django would log each 503 as an error of the portal.
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
    return response


def _metrics(request: HttpRequest) -> HttpResponse:
    """For whoever has the token; nothing is there where none is set."""
    if not settings.METRICS_TOKEN:
        return JsonResponse({"error": "METRICS_TOKEN is not set."}, status=404)
    scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    # WSGI hands bytes of a header on as Latin-1.
    is_right = hmac.compare_digest(
        given.strip().encode("latin-1", "replace"), settings.METRICS_TOKEN.encode()
    )
    if scheme.lower() != "bearer" or not is_right:
        wanted = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return JsonResponse({"error": "METRICS_TOKEN as bearer"}, status=401, headers=wanted)
    return HttpResponse(metrics.rendered(), content_type=metrics.CONTENT_TYPE)
