"""Who guesses passwords is kept out, and nobody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache.backends import base, locmem
from django.http import HttpRequest
from pytest_django import Settings

from incidentportal.accounts.lockout import client_address
from incidentportal.accounts.models import User
from tests.support.people import PageClient, Person

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


def attempt(
    name: str = "rita", password: str = "wrong", at: str = "192.0.2.1", **headers: str
) -> Any:
    client = PageClient(REMOTE_ADDR=at, headers=headers)
    return client.post("/accounts/login/", {"login": name, "password": password})


def guess(times: int = 10, **how: Any) -> list[int]:
    return [attempt(**how).status_code for _ in range(times)]


def test_the_tenth_wrong_password_closes_the_name_and_says_when_it_opens(reporter: User) -> None:
    assert guess(9) == [200] * 9
    for password in ("wrong", PASSWORD):
        response = attempt(password=password)
        assert (response.status_code, response["Retry-After"]) == (429, "300")
        assert b"in 5 minutes" in response.content


def test_others_behind_the_same_address_sign_in(make_person: Person) -> None:
    for number in range(30):
        make_person(f"person{number}")
        guess(4, name=f"person{number}")
    make_person("rita")
    guess(10, name="person0")
    assert attempt(password=PASSWORD).status_code == 302


def test_the_same_name_from_elsewhere_signs_in(reporter: User) -> None:
    guess()
    assert attempt(password=PASSWORD, at="192.0.2.2").status_code == 302


def test_another_spelling_is_no_new_try(reporter: User) -> None:
    assert guess(5) + guess(5, name=" RITA ") == [200] * 9 + [429]


def test_a_network_of_addresses_is_one_client(reporter: User) -> None:
    found = [attempt(at=f"2001:db8::{number:x}").status_code for number in range(10)]
    assert found == [200] * 9 + [429]
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "fe80::1%eth0"
    assert client_address(request) == "fe80::/64"


def test_an_address_that_a_stranger_claims_is_no_other_client(reporter: User) -> None:
    claims = [{"x-forwarded-for": f"10.0.0.{number}"} for number in range(10)]
    assert [attempt(**claim).status_code for claim in claims] == [200] * 9 + [429]


def test_behind_a_trusted_proxy_each_client_counts_alone(
    reporter: User, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    assert guess(10, **{"x-forwarded-for": "10.0.0.1"})[-1] == 429
    assert attempt(password=PASSWORD, **{"x-forwarded-for": "10.0.0.2"}).status_code == 302


def test_a_right_password_begins_anew(reporter: User) -> None:
    guess(9)
    assert attempt(password=PASSWORD).status_code == 302
    assert guess(9) == [200] * 9


def test_it_opens_after_five_minutes_whatever_was_tried_meanwhile(
    reporter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1_000_000.0
    for module in (base, locmem):  # the cache's clock alone
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: moment))
    guess()
    moment += 299
    assert attempt(password=PASSWORD).status_code == 429
    moment += 2
    assert attempt(password=PASSWORD).status_code == 302


def test_it_closes_the_way_to_the_admin_site_too(make_person: Person) -> None:
    make_person("ada", "admin", is_staff=True, is_superuser=True)
    guess(name="ada")
    client = PageClient(REMOTE_ADDR="192.0.2.1")
    page = client.get("/admin/", follow=True)
    answers = {"login": "ada", "password": PASSWORD, "next": "/admin/"}
    assert client.post(page.request["PATH_INFO"], answers).status_code == 429
    assert client.get("/admin/").status_code == 302


def test_nothing_of_it_is_in_the_database(reporter: User) -> None:
    from axes.models import AccessAttempt, AccessFailureLog, AccessLog

    guess()
    attempt(password=PASSWORD, at="192.0.2.2")
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        assert not model.objects.exists()
