"""Logs at their most talkative."""

from __future__ import annotations

import http.client
import io
import json
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django import Settings

from incidentportal import urls
from incidentportal.declarations.models import Declaration
from incidentportal.portal.logs import formatter
from tests.support.portal import Form
from tests.support.processes import MARK, Tree, answering
from tests.support.sandbox import Sandbox


def test_a_templates_debug_line_does_not_show_what_was_typed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="django.template")
    Template("{{ form.nothing }}").render(Context({"form": {"title": "A theft"}}))
    assert "Exception while resolving variable 'nothing'" in caplog.text
    assert "theft" not in caplog.text


class Lines:
    """What the portal logs in production, as it would be written."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(formatter(readable=False))

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        """Each line by itself."""
        return [json.loads(line) for line in self.text.splitlines()]

    def about(self, words: str) -> list[dict[str, Any]]:
        """Those that say so."""
        return [line for line in self.all() if words in line["event"]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything, with every logger of the portal's at its most talkative."""
    written = Lines()
    root, own = logging.getLogger(), logging.getLogger("incidentportal")
    before = own.level
    root.addHandler(written.handler)
    own.setLevel(logging.DEBUG)
    yield written
    own.setLevel(before)
    root.removeHandler(written.handler)


def test_all_lines_about_a_declaration_are_found_by_its_id_and_its_requests(
    form: Form, lines: Lines
) -> None:
    author = form.client.session["_auth_user_id"]
    filled = form.filled(title="canary", severity_id=form.option("severity_id", "SEV1"))
    assert form.send(**filled).status_code == 303
    response = form.response
    pk = str(Declaration.objects.get().pk)
    form.client.get(f"/declarations/{pk}/?title=canary")
    (call,) = lines.about("POST /incidents 201")
    (asked,) = [line for line in lines.about("request_finished") if line["code"] == 303]
    assert call["declaration_id"] == pk
    assert call["request_id"] == asked["request_id"] == response["X-Request-ID"]
    assert call["thread"].startswith("inline-delivery")
    assert str(asked["user_id"]) == author
    (page,) = [line for line in lines.all() if line.get("request") == f"GET /declarations/{pk}/"]
    assert (page["declaration_id"], page["code"], str(page["user_id"])) == (pk, 200, author)
    assert page["request_id"] != asked["request_id"]
    assert "canary" not in lines.text, "neither what was typed, nor what stands in an address"
    assert {"time", "level", "logger", "role", "process", "thread"} <= set(page)


@pytest.mark.parametrize(("given", "trusted", "kept"), [
    ("a1b2c3d4-e5f6", True, True),
    ("a1b2c3d4-e5f6", False, False),
    ("short", True, False),
    ("x" * 65, True, False),
    ('a1b2c3d4","level":"x', True, False),
    ("a1b2c3d4\x85forged", True, False),
])  # fmt: skip
def test_a_requests_id_is_believed_from_a_trusted_proxy_alone(
    settings: Settings, lines: Lines, given: str, trusted: bool, kept: bool
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"] if trusted else []
    response = Client().get("/nowhere/", headers={"x-request-id": given})
    assert (response["X-Request-ID"] == given) is kept
    assert re.fullmatch(r"[\w.-]{8,64}", response["X-Request-ID"])
    (line,) = lines.about("request_finished")
    assert line["request_id"] == response["X-Request-ID"]


HOSTILE = 'a\nb\r{"level": "critical"}\u2028\x1b[2J\x85'


@pytest.mark.parametrize("readable", [True, False])
def test_nothing_that_is_logged_makes_a_line_of_its_own(readable: bool) -> None:
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "by %s", "args": (HOSTILE,)}
    )
    written = formatter(readable=readable).format(record)
    assert len(written.splitlines()) == 1
    assert written.isprintable()
    if not readable:
        assert json.loads(written)["event"] == f"by {HOSTILE}"


def test_what_django_says_of_an_answer_bears_the_requests_id(visitor: Client, lines: Lines) -> None:
    pk = "7a4dc1a6-25c5-4f2b-8a7e-3f3a3d1d3a11"
    for address, about in ((f"/declarations/{pk}/", pk), ("/static/nowhere.css", None)):
        response = visitor.get(address)
        assert response.status_code == 404
        (line,) = lines.about(f"Not Found: {address}")
        assert line["request_id"] == response["X-Request-ID"]
        assert line.get("declaration_id") == about


def test_an_admins_page_about_a_declaration_is_found_by_its_id(
    row: Declaration, admin_page: Client, lines: Lines
) -> None:
    assert admin_page.get(f"/operations/declarations/{row.pk}/").status_code == 200
    (line,) = lines.about("request_finished")
    assert line["declaration_id"] == str(row.pk)


def test_a_retry_is_told_without_the_errors_message(lines: Lines) -> None:
    structlog.get_logger("stamina").warning(
        "stamina.retry_scheduled", caused_by="NotSent('canary (canary)')", retry_num=1
    )
    (line,) = lines.about("retry_scheduled")
    assert (line["caused_by"], line["retry_num"]) == ("NotSent", 1)


def cope(text: str) -> None:
    try:
        raise IntegrityError(f"DETAIL: Failing row contains ({text})")  # noqa: TRY301  # as a database does
    except IntegrityError as error:
        raise ValueError(f"can't cope with {text}") from error


@pytest.mark.parametrize("readable", [True, False])
def test_an_errors_message_is_not_logged_where_it_came_from_is(readable: bool) -> None:
    word = "".join(["can", "ary"])  # the source is shown, and may be
    try:
        cope(word)
    except ValueError:
        given = sys.exc_info()
    record = logging.makeLogRecord({"msg": "It failed", "exc_info": given})
    written = formatter(readable=readable).format(record)
    assert "canary" not in written
    for word in ("ValueError", "IntegrityError", "test_logs.py"):
        assert word in written


def fail(request: HttpRequest) -> HttpResponse:
    cope(request.GET["q"])
    return HttpResponse()


urlpatterns = [*urls.urlpatterns, path("fail/", fail)]
handler500 = urls.handler500


def test_a_page_that_fails_is_told_without_its_message(
    settings: Settings, lines: Lines, visitor: Client
) -> None:
    settings.ROOT_URLCONF = __name__
    visitor.raise_request_exception = False
    response = visitor.get("/fail/?q=canary")
    assert response.status_code == 500
    failed = [line for line in lines.all() if line["level"] == "error"]
    assert failed
    for line in failed:
        assert line["request_id"] == response["X-Request-ID"]
        assert "user_id" in line
    assert "in fail" in lines.text
    assert "canary" not in lines.text


def test_what_is_asked_for_every_few_seconds_is_not_told(lines: Lines, db: None) -> None:
    for address in ("/healthz", "/readyz", "/metrics", "/static/portal/portal.css"):
        response = Client().get(address)
        assert response["X-Request-ID"]
        b"".join(response)
    assert lines.about("request_finished") == []


def test_whoever_is_not_looked_up_by_the_page_is_not_looked_up_for_the_log(
    visitor: Client, lines: Lines
) -> None:
    with CaptureQueriesContext(connection) as queries:
        visitor.get("/healthz")
    assert len(queries) == 0


def test_web_and_worker_write_nothing_but_json_in_production(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    tree = Tree(tmp_path, sandbox, HTTPS_ONLY="true")
    errors = tmp_path / "stderr"
    with errors.open("wb") as written:
        tree.start(errors=written)
        try:
            tree.until_ready()
            asked = http.client.HTTPConnection("127.0.0.1", tree.port, timeout=10)
            asked.request("GET", "/nowhere/?title=canary")
            answer = asked.getresponse()
            request_id = answer.headers["X-Request-ID"]
            answer.read()
            asked.close()
            os.kill(answering(f"{MARK}={tree.environment[MARK]}")[0], signal.SIGKILL)
            end = time.monotonic() + 40
            while b"Unexpected exit" not in errors.read_bytes():  # granian's own words
                assert time.monotonic() < end
                time.sleep(0.1)
        finally:
            tree.kill()
    lines = [json.loads(line) for line in errors.read_text("utf-8").splitlines()]
    assert {"web", "server"} <= {line["role"] for line in lines}
    assert any(line.get("request_id") == request_id for line in lines)
    assert "canary" not in errors.read_text("utf-8")
