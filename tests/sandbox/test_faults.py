from __future__ import annotations

import json
import socket
import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.sandbox.conftest import JSONAPI

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ({"error": "x"}, "application/json", '{"error": "x"}'),
        ("<h1>Bad gateway</h1>", "text/html", "<h1>Bad gateway</h1>"),
        ("", "text/plain", ""),
    ],
)
def test_any_status_with_any_body_before_the_work(
    api: Api, body: object, content_type: str, text: str
) -> None:
    fault = {"status": 502, "body": body, "content_type": content_type, "headers": {"X-A": "1"}}
    api.sandbox.fault("status", path="/incidents$", method="POST", **fault)
    answer = api.jsonapi(title="x")
    assert (answer.status_code, answer.text) == (502, text)
    assert answer.headers["X-A"] == "1"
    assert answer.headers["Content-Type"] == content_type
    assert api.sandbox.incidents() == []
    assert api.jsonapi(title="x").status_code == 201


def test_a_fault_meets_only_its_requests_and_only_so_often(api: Api) -> None:
    api.sandbox.fault("status", method="GET", path="/v1/teams", times=2, skip=1, status=503)
    statuses = [api.get("v1/teams").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    api.sandbox.fault("status", times=None, status=500)
    assert [api.get("v1/causes").status_code for _ in range(3)] == [500, 500, 500]
    api.sandbox.clear_faults()
    assert api.get("v1/causes").status_code == 200


@pytest.mark.parametrize(
    ("style", "headers"),
    [
        ("retry_after", {"Retry-After"}),
        ("ratelimit", {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}),
        ("x_ratelimit", set()),
        ("none", set()),
    ],
)
def test_too_many_requests_in_each_style_of_headers(
    api: Api, style: str, headers: set[str]
) -> None:
    api.sandbox.fault("rate_limit", style=style, seconds=7)
    answer = api.get("v1/services")
    assert answer.status_code == 429
    assert "error" in answer.json()
    assert headers <= {name.title().replace("Ratelimit", "RateLimit") for name in answer.headers}
    if style == "x_ratelimit":
        assert 5 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 8
        assert answer.headers["X-RateLimit-Remaining"] == "0"
    elif headers:
        assert "7" in [answer.headers[name] for name in headers]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1)])
def test_a_connection_dropped_before_or_after_the_work(
    api: Api, kind: str, made: int, *, reset: bool
) -> None:
    api.sandbox.fault(kind, method="POST", reset=reset)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        api.jsonapi(title="x")
    assert len(api.sandbox.incidents()) == made


def test_a_server_error_after_the_work(api: Api) -> None:
    api.sandbox.fault("status_after", method="POST", status=500, body="<html>", times=1)
    assert api.jsonapi(title="x").status_code == 500
    assert len(api.sandbox.incidents()) == 1


@pytest.mark.parametrize(("kind", "made"), [("hang", 0), ("hang_after", 1)])
def test_a_hanging_request_does_its_work_before_or_after(api: Api, kind: str, made: int) -> None:
    api.sandbox.fault(kind, method="POST", seconds=30)
    api.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        api.jsonapi(title="x")
    assert len(api.sandbox.incidents()) == made


def test_whoever_hangs_while_the_sandbox_is_reset_does_no_work_later(api: Api) -> None:
    api.sandbox.fault("hang", method="POST", seconds=30)
    failures: list[httpx.HTTPError] = []

    def send() -> None:
        try:
            api.jsonapi(title="from before")
        except httpx.HTTPError as error:
            failures.append(error)

    sending = threading.Thread(target=send)
    sending.start()
    while not api.sandbox.requests("POST"):
        time.sleep(0.01)
    api.sandbox.reset()
    sending.join(5)
    assert len(failures) == 1
    assert api.sandbox.incidents() == []


def test_what_hangs_can_be_let_go_and_does_its_work_late_though_nobody_listens(api: Api) -> None:
    api.sandbox.fault("hang", method="POST", seconds=30)
    api.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        api.jsonapi(title="late")
    assert api.jsonapi(title="next").status_code == 201
    api.sandbox.let_go()
    while len(api.sandbox.incidents()) < 2:
        time.sleep(0.01)
    assert [each["title"] for each in api.sandbox.incidents()] == ["next", "late"]


def test_it_can_be_down_so_that_connections_hang(api: Api) -> None:
    api.sandbox.down(60, silent=True)
    with pytest.raises(httpx.ConnectTimeout):
        api.http.get("/v1/causes", timeout=0.2)
    api.sandbox.up()
    assert api.get("v1/causes").status_code == 200
    assert api.sandbox.requests() != []


def test_answers_that_can_not_be_read_after_the_work(api: Api) -> None:
    api.sandbox.fault("malformed", method="POST")
    answer = api.jsonapi(title="x")
    assert answer.status_code == 201
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    api.sandbox.fault("truncated", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        api.jsonapi(title="x")
    api.sandbox.fault("huge", method="POST")
    assert len(api.jsonapi(title="x").content) > 8 * 1024 * 1024
    assert len(api.sandbox.incidents()) == 3


def test_a_redirect_and_a_validation_error_on_demand(api: Api) -> None:
    api.sandbox.fault("redirect", status=307)
    answer = api.jsonapi(title="x")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/elsewhere")
    errors = {"form_field_selections.value": ["is too long"], "title": ["is odd"]}
    api.sandbox.fault("validation", errors=errors, shape="B")
    assert api.jsonapi(title="x").json() == errors
    assert api.sandbox.incidents() == []


def test_latency_is_waited_for(api: Api) -> None:
    api.sandbox.switch(latency_ms=80)
    began = time.monotonic()
    api.get("v1/causes")
    assert time.monotonic() - began > 0.08


def test_the_rate_limit_is_counted_and_enforced_when_asked(api: Api) -> None:
    assert api.get("v1/causes").headers["X-RateLimit-Remaining"] == "2999"
    api.sandbox.switch(rate_limit=3, enforce_rate_limit=True)
    statuses = [api.get("v1/causes").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert api.jsonapi(title="x").status_code == 201  # writes have their own allowance


def test_its_clock_can_be_wrong(api: Api) -> None:
    api.sandbox.switch(clock_offset_s=-3600)
    answer = api.plain(title="x")
    said = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert 3590 < time.time() - said < 3610


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("PATCH", "switches", {"nothing": 1}),
        ("PATCH", "switches", {"inline_values": "perhaps"}),
        ("PATCH", "switches", {"hide_private": 1}),
        ("POST", "faults", {"kind": "odd"}),
        ("POST", "faults", {"kind": "status", "path": "("}),
        ("POST", "faults", {"kind": "hang", "seconds": "long"}),
        ("PUT", "lists/causes", {"odd": 1}),
    ],
)
def test_a_wrong_control_request_says_what_is_wrong(
    api: Api, method: str, path: str, content: dict[str, Any]
) -> None:
    answer = api.http.request(method, f"/_control/{path}", json=content)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_requests_are_kept_with_how_many_were_under_way(api: Api) -> None:
    api.sandbox.switch(latency_ms=200)
    threads = [threading.Thread(target=api.get, args=("v1/causes",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = api.sandbox.requests("GET", "/causes")
    assert max(each["under_way"] for each in kept) == 3
    assert {each["status"] for each in kept} == {200}


@pytest.mark.parametrize("sent", ["", '{"title": "Half of it'])
def test_a_request_that_breaks_off_makes_nothing(api: Api, sent: str) -> None:
    head = (
        "POST /v1/incidents HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
        f"Content-Type: {JSONAPI}\r\nAuthorization: Bearer {api.sandbox.token}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", api.sandbox.port), timeout=5) as wire:
        wire.sendall((head + sent).encode())
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(100) == b""
    assert api.sandbox.incidents() == []
