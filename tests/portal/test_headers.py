"""What every kind of answer tells the browser, whoever gave it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from incidentportal import urls
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("no page")


def lose_the_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("gone")


urlpatterns = [
    path("fail/", fail), path("lose/", lose_the_database), *urls.urlpatterns,
]  # fmt: skip
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500

STRICT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Strict-Transport-Security": "max-age=31536000",
}
POLICY = {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
          "form-action 'self'"}  # fmt: skip
HTMX = {"HX-Request": "true"}
FORM = "application/x-www-form-urlencoded"
Ask = Callable[[Client], Any]
KINDS: dict[str, tuple[int, Ask]] = {
    "page": (200, lambda client: client.get("/")),
    "head": (200, lambda client: client.head("/")),
    "form": (200, lambda client: client.get("/incidents/new/")),
    "fragment": (200, lambda client: client.post("/incidents/new/", headers=HTMX)),
    "options": (400, lambda client: client.post("/incidents/new/options/")),
    "errors": (422, lambda client: client.post("/incidents/new/")),
    "redirect": (302, lambda client: client.get("/accounts/login/")),
    "slash": (301, lambda client: client.get("/declarations")),
    "wrong host": (400, lambda client: client.get("/", headers={"host": "evil.example"})),
    "broken": (400, lambda client: client.post(
        "/incidents/new/", b"x", content_type="multipart/form-data")),
    "many": (400, lambda client: client.post("/incidents/new/", b"a&" * 6000, content_type=FORM)),
    "no token": (403, lambda client: Client(enforce_csrf_checks=True).post(
        "/accounts/login/", secure=True
    )),
    "not there": (404, lambda client: client.get("/nowhere/")),
    "sign-in's page": (200, lambda client: client.get("/accounts/password/change/")),
    "not theirs": (404, lambda client: client.get("/admin/login/")),
    "method": (405, lambda client: client.delete("/declarations/")),
    "large": (413, lambda client: client.post("/", b"x" * 3_000_000, content_type=FORM)),
    "long": (414, lambda client: client.get("/incidents/new/?title=" + "x" * 20_000)),
    "failure": (500, lambda client: client.get("/fail/")),
    "lives": (200, lambda client: client.get("/healthz")),
    "lives, posted": (405, lambda client: client.post("/healthz")),
    "ready": (200, lambda client: client.get("/readyz")),
    "style": (200, lambda client: client.get("/static/portal/portal.css")),
    "script": (200, lambda client: client.get("/static/portal/portal.js")),
    "unchanged": (304, lambda client: client.get(
        "/static/portal/portal.js",
        headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    )),
    "no file": (404, lambda client: client.get("/static/portal/none.js")),
}  # fmt: skip


def check(response: Any) -> None:
    for name, value in STRICT.items():
        assert response.get(name) == value, name
    policy = response["Content-Security-Policy"]
    assert {part.strip() for part in policy.split(";")} >= POLICY
    assert "unsafe" not in policy
    assert "*" not in policy
    permissions = response["Permissions-Policy"]
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(permissions.split(", "))
    assert "Access-Control-Allow-Origin" not in response


FILES = {"style", "script", "unchanged"}
"""What may be kept: the portal's own files, the same for everybody."""


class Https(PageClient):
    """On https, unless told otherwise."""

    secure = True

    def request(self, **request: Any) -> Any:
        scheme = "https" if self.secure else "http"
        response = super().request(**{**request, "wsgi.url_scheme": scheme})
        if response.streaming:
            b"".join(response)
            response.close()
        return response


@pytest.fixture
def client(connected: Sandbox, visitor: PageClient, settings: Settings) -> Https:
    """A reporter's browser on https; a failure is answered as it would be to anybody."""
    settings.ROOT_URLCONF = __name__
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    client = Https(raise_request_exception=False)
    client.cookies = visitor.cookies
    return client


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_them(client: Https, kind: str) -> None:
    status, ask = KINDS[kind]
    response = ask(client)
    assert response.status_code == status
    check(response)
    assert ("no-store" in response.get("Cache-Control", "")) is (kind not in FILES)


def test_not_ready_has_them_too(client: Https, settings: Settings) -> None:
    settings.ROOTLY_API_URL = ""
    response = client.get("/readyz")
    assert response.status_code == 503
    assert json.loads(response.content)["missing"]
    check(response)


def test_without_a_form_has_them_too(client: Https, settings: Settings) -> None:
    settings.ROOTLY_API_URL = ""
    response = client.get("/incidents/new/")
    assert response.status_code == 503
    check(response)


def test_too_many_have_them_too(client: Https, settings: Settings) -> None:
    settings.THROTTLE_SEARCHES = 1
    asked = {"field": "service_ids"}
    address = "/incidents/new/options/"
    first, second = (client.post(address, asked, headers=HTMX) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    check(second)


@pytest.mark.parametrize("kind", ["page", "lives", "style", "large"])
def test_http_promises_no_https(client: Https, kind: str) -> None:
    client.secure = False
    assert "Strict-Transport-Security" not in KINDS[kind][1](client)


def test_a_strangers_word_for_https_is_not_repeated(client: Https) -> None:
    client.secure = False
    response = client.get("/healthz", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in response


@pytest.mark.parametrize("kind", [
    "wrong host", "broken", "many", "not there", "large", "long", "failure", "no file",
])  # fmt: skip
def test_errors_are_pages_of_the_portal(client: Https, kind: str) -> None:
    html = KINDS[kind][1](client).content.decode()
    assert 'class="brand"' in html
    assert "portal/portal.css" in html


def test_a_failure_needs_no_database(client: Https, db: None) -> None:
    response = client.get("/lose/")
    assert response.status_code in {500, 503}
    assert 'class="brand"' in response.content.decode()
