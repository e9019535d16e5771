"""Addresses, headers, health."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from incidentportal.catalog import connection, current
from incidentportal.declarations import queue
from incidentportal.declarations.links import safe_link
from incidentportal.presets import current as presets
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/incidents/new/", "/declarations/", "/nowhere/x/"])
def test_all_pages_need_sign_in_or_do_not_exist(address: str) -> None:
    response = Client().get(address)
    assert response.status_code in {302, 404}
    if response.status_code == 302:
        assert response["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
def test_name_and_password_sign_in_in_one_step(reporter: object) -> None:
    client = PageClient()
    answers = {"login": "rita", "password": "correct horse battery"}
    assert client.get("/accounts/login/").status_code == 200
    response = client.post("/accounts/login/", answers)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


@pytest.mark.django_db
def test_a_wrong_password_says_so(reporter: object) -> None:
    response = PageClient().post("/accounts/login/", {"login": "rita", "password": "wrong"})
    assert response.status_code == 200
    assert b'role="alert"' in response.content


@pytest.mark.django_db
def test_nobody_signs_up_alone() -> None:
    assert Client().get("/accounts/signup/").status_code == 404


@pytest.mark.django_db
def test_health_answers_under_any_host_and_over_http(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ROOTLY_API_URL = ""
    client = Client(headers={"host": "what.ever:99"})
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "ROOTLY_API_URL" in json.loads(response.content)["missing"]["snapshot"]
    assert client.get("/accounts/login/").status_code == 400


def test_ready_once_there_is_a_snapshot(connected: Sandbox) -> None:
    assert Client().get("/readyz").status_code == 200


def test_without_a_snapshot_the_form_says_so_and_finds_its_own_way(
    visitor: PageClient, settings: Settings
) -> None:
    settings.ROOTLY_API_URL, settings.ROOTLY_API_TOKEN = "http://127.0.0.1:9/v1", "x"
    current.forget()
    response = visitor.get("/incidents/new/")
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    assert b'hx-get="/incidents/new/"' in response.content
    assert visitor.get("/incidents/new/", headers={"HX-Request": "true"}).status_code == 204


def test_the_waiting_page_is_told_to_reload(connected: Sandbox, visitor: PageClient) -> None:
    headers = {"HX-Request": "true", "HX-Trigger": "waiting"}
    assert visitor.get("/incidents/new/", headers=headers)["HX-Refresh"] == "true"


@pytest.mark.django_db
def test_every_page_has_a_strict_policy(visitor: PageClient) -> None:
    policy = visitor.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    ("url", "hosts", "expected"),
    [
        ("https://rootly.com/x", [], True),
        ("http://rootly.com/x", [], False),
        ("http://127.0.0.1:8001/x", [], True),
        ("javascript:alert(1)", [], False),
        ("https://user@rootly.com/", [], False),
        ("https://rootly.com\n.evil.example/", [], False),
        ("https://[broken/", [], False),
        ("https://eu.rootly.com/x", ["rootly.com"], True),
        ("https://notrootly.com/x", ["rootly.com"], False),
        ("//rootly.com/x", [], False),
    ],
)
def test_links_lead_only_where_they_may(
    url: str, hosts: list[str], expected: bool, settings: Settings
) -> None:
    settings.ROOTLY_WEB_HOSTS = hosts
    assert safe_link(url) == (url if expected else "")


@pytest.mark.parametrize(
    ("remote", "expected"), [("10.1.2.3", "https"), ("192.0.2.1", None)], ids=["proxy", "stranger"]
)
def test_forwarded_headers_count_only_from_trusted_proxies(
    remote: str, expected: str | None, settings: Settings
) -> None:
    from django.http import HttpRequest, HttpResponse

    from incidentportal.portal.proxies import TrustedProxiesMiddleware

    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_PROTO": "https",
                    "HTTP_X_FORWARDED_FOR": "203.0.113.9, 10.9.9.9"}  # fmt: skip
    TrustedProxiesMiddleware(lambda _: HttpResponse())(request)
    assert request.META.get("HTTP_X_FORWARDED_PROTO") == expected
    assert request.META["REMOTE_ADDR"] == ("203.0.113.9" if expected else remote)


def test_the_form_costs_few_queries_and_no_upstream_read(
    connected: Sandbox, visitor: PageClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    visitor.get("/incidents/new/")
    before = len(connected.requests())
    with django_assert_max_num_queries(3):
        assert visitor.get("/incidents/new/").status_code == 200
    current.look_at_once()
    presets._look_at_once()
    with django_assert_max_num_queries(4):  # one more every two seconds: whether anything is newer
        assert visitor.get("/incidents/new/").status_code == 200
    assert len(connected.requests()) == before


def test_an_admins_form_costs_few_queries_too(
    connected: Sandbox,
    admin_page: PageClient,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    queue.known(connection.upstream())  # as soon as anything was sent
    admin_page.get("/incidents/new/")
    with django_assert_max_num_queries(6):  # three more: the banners that only admins see
        assert admin_page.get("/incidents/new/").status_code == 200
