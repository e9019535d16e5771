"""Counting per person and minute, in either cache; and without one."""

from __future__ import annotations

import logging
import time

import pytest
from pytest_django import Settings

from incidentportal.accounts import throttle
from incidentportal.accounts.cache import ForgivingRedisCache
from incidentportal.accounts.models import User
from tests.support.people import PageClient, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.THROTTLE_DECLARATIONS = settings.THROTTLE_SEARCHES = 3
    monkeypatch.setattr(throttle, "now", lambda: 1_000_010.0)  # 50 s into a minute


@pytest.mark.store
def test_what_is_too_much_waits_for_the_next_minute(
    three: None, reporter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [throttle.wait("searches", reporter) for _ in range(5)] == [0, 0, 0, 10, 10]
    monkeypatch.setattr(throttle, "now", lambda: 1_000_020.0)
    assert throttle.wait("searches", reporter) == 0


@pytest.mark.store
def test_people_and_kinds_are_counted_apart(three: None, make_person: Person) -> None:
    one, other = make_person("one"), make_person("other")
    for _ in range(4):
        throttle.wait("searches", one)
    assert throttle.wait("searches", one) > 0
    assert throttle.wait("declarations", one) == 0
    assert throttle.wait("searches", other) == 0


@pytest.fixture
def dead_cache(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForgivingRedisCache, "_silent_until", 0.0)
    settings.CACHES = {
        "default": {
            "BACKEND": "incidentportal.accounts.cache.ForgivingRedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        }
    }


def test_without_its_cache_nothing_is_too_much_and_the_log_says_so(
    three: None, reporter: User, dead_cache: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert [throttle.wait("declarations", reporter) for _ in range(9)] == [0] * 9
    assert len(caplog.records) == 1, "told once, and not asked again at once"
    assert "ConnectionError" in caplog.text


def test_without_its_cache_people_sign_in(reporter: User, dead_cache: None) -> None:
    from axes.handlers.proxy import AxesProxyHandler

    AxesProxyHandler.get_implementation(force=True)
    try:
        began = time.monotonic()
        client = PageClient()
        answers = {"login": "rita", "password": "correct horse battery"}
        client.post("/accounts/login/", answers | {"password": "wrong"})
        assert client.post("/accounts/login/", answers).status_code == 302
        assert time.monotonic() - began < 5
    finally:
        AxesProxyHandler.implementation = None


def test_a_cache_that_is_gone_answers_as_an_empty_one(dead_cache: None) -> None:
    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})
    assert cache.add("key", 1) is True
    assert cache.get("key", "default") == "default"
    assert cache.incr("key") == 1
    assert (cache.touch("key"), cache.delete("key")) == (False, False)
    cache.set("key", 1)
    assert ForgivingRedisCache._silent_until > time.monotonic()
