"""Cookies, and when a session ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from incidentportal.accounts import sessions
from incidentportal.accounts.models import User
from tests.support.people import PageClient

HOUR = 3600.0
pytestmark = pytest.mark.django_db


class Clock:
    """Moves the clock by which sessions are judged."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        monkeypatch.setattr(sessions, "now", lambda: time.time() + self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_an_idle_session_ends_for_good(clock: Clock, visitor: PageClient) -> None:
    clock.ahead = 11.9 * HOUR
    assert visitor.get("/").status_code == 200
    clock.ahead += 12.1 * HOUR
    assert visitor.get("/").status_code == 302
    clock.ahead = 0
    assert visitor.get("/").status_code == 302
    assert not Session.objects.exists()


def test_a_session_in_use_ends_after_a_week(clock: Clock, visitor: PageClient) -> None:
    while clock.ahead <= 167 * HOUR:
        assert visitor.get("/").status_code == 200, clock.ahead
        clock.ahead += 8 * HOUR
    clock.ahead = 168.1 * HOUR
    assert visitor.get("/").status_code == 302


def test_a_page_that_looks_for_news_keeps_nobody_signed_in(
    clock: Clock, visitor: PageClient
) -> None:
    clock.ahead = 7 * HOUR
    Client.request(visitor, PATH_INFO="/declarations/", HTTP_HX_REQUEST="true")
    clock.ahead = 13 * HOUR
    assert visitor.get("/").status_code == 302


def test_the_limits_are_settings(clock: Clock, visitor: PageClient, settings: Settings) -> None:
    settings.SESSION_IDLE = 0.5
    clock.ahead = 0.6 * HOUR
    assert visitor.get("/").status_code == 302


def test_a_session_without_its_marks_is_over(visitor: PageClient) -> None:
    session = visitor.session
    del session[sessions.BEGAN]
    session.save()
    assert visitor.get("/").status_code == 302


def test_a_page_writes_nothing_but_a_mark_every_few_minutes(
    clock: Clock, visitor: PageClient
) -> None:
    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            visitor.get("/")
        return sum("UPDATE" in query["sql"] for query in queries)

    assert writes() == 0
    clock.ahead = 301
    assert writes() == 1
    assert writes() == 0


def test_signing_in_gives_the_session_a_new_key(reporter: User) -> None:
    client = PageClient()
    session = client.session  # a stranger's, planted
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before or ""
    client.post("/accounts/login/", {"login": "rita", "password": "correct horse battery"})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def _cookie_settings(https_only: str) -> dict[str, object]:
    """What the portal's own settings say of cookies, with this HTTPS_ONLY."""
    code = (
        "import json, incidentportal.settings as s; print(json.dumps({name: getattr(s, name) "
        "for name in dir(s) if name.isupper() and 'COOKIE' in name}))"
    )
    environment = {**os.environ, "HTTPS_ONLY": https_only}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("https_only", ["true", "false"])
def test_every_cookie_is_kept_from_scripts_and_other_sites(
    reporter: User, settings: Settings, https_only: str
) -> None:
    for name, value in _cookie_settings(https_only).items():
        setattr(settings, name, value)
    client = PageClient()
    secure = https_only == "true"
    client.get("/accounts/login/", secure=secure)
    answers = {"login": "rita", "password": "correct horse battery"}
    assert client.post("/accounts/login/", answers, secure=secure).status_code == 302
    assert len(client.cookies) == 2
    for name, cookie in client.cookies.items():
        assert name.startswith("__Host-") is secure
        assert (bool(cookie["secure"]), cookie["path"], cookie["domain"]) == (secure, "/", "")
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert client.get("/", secure=secure).status_code == 200
