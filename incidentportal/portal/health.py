"""`/healthz` and `/readyz`: for load balancers and supervisors, over http and under any Host."""

from __future__ import annotations

from collections.abc import Callable

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from incidentportal.accounts import samples
from incidentportal.catalog import connection as catalog_connection
from incidentportal.catalog import live
from incidentportal.catalog.current import current

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class HealthMiddleware:
    """Answers before anything that judges a request's Host or scheme."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        answer = {"/healthz": _lives, "/readyz": _ready}.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return JsonResponse({"error": "GET only"}, status=405, headers={"Allow": "GET, HEAD"})
        response = answer()
        response["Cache-Control"] = "no-store"
        return response


def _lives() -> JsonResponse:
    return JsonResponse({"status": "ok"})


def _ready() -> JsonResponse:
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
