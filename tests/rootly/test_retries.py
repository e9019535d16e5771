"""Reads try again where that may help; how long Rootly wants them to wait is read everywhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import stamina

from incidentportal.rootly.answers import LONGEST_WAIT, retry_after
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import OutcomeUnknown, RateLimited, RootlyError
from tests.rootly.upstream import Reply, Upstream, answer, raw

GOOD = answer({"data": {"id": 7, "type": "users", "attributes": {"email": "a@b.example"}}})


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(answer({}, 500), id="500"),
        pytest.param(answer(b"<html>", 503), id="503"),
        pytest.param(answer({}, 408), id="408"),
        pytest.param(answer({"error": "slow"}, 429), id="429"),
        pytest.param(raw(), id="closed"),
        pytest.param(raw(hold=True), id="silence"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), id="cut short"),
    ],
)
def test_a_read_tries_again(upstream: Upstream, client: Client, bad: Reply) -> None:
    upstream.will(bad, bad, GOOD)
    assert client.me().id == "7"
    assert len(upstream.requests) == 3


def test_a_read_gives_up_in_the_end(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({}, 500))
    with pytest.raises(OutcomeUnknown) as caught:
        client.me()
    assert caught.value.status == 500
    assert len(upstream.requests) == 4


@pytest.mark.parametrize(
    "bad",
    [answer({}, 401), answer({}, 403), answer({}, 422), answer({}, 409), answer(b"<html>", 200)],
)
def test_what_another_try_would_not_change_is_asked_once(
    upstream: Upstream, client: Client, bad: Reply
) -> None:
    upstream.will(bad, GOOD)
    with pytest.raises(RootlyError):
        client.me()
    assert len(upstream.requests) == 1


def test_a_read_waits_as_told(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({}, 429, {"Retry-After": "0.4"}), GOOD)
    began = time.monotonic()
    with stamina.set_testing(False):
        assert client.me().id == "7"
    assert 0.4 < time.monotonic() - began < 2


def test_a_long_wait_is_left_to_whoever_asked(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({}, 429, {"Retry-After": "55"}), GOOD)
    with pytest.raises(RateLimited) as caught:
        client.me()
    assert caught.value.retry_after == 55
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("bad", [answer({}, 500), answer({}, 429), raw(), raw(hold=True)])
def test_a_write_is_sent_once(upstream: Upstream, client: Client, bad: Reply) -> None:
    upstream.will(bad, answer({"id": 1}))
    with pytest.raises(RootlyError):
        client.create_incident({}, idempotency_key="k")
    upstream.will(bad, answer({"id": 1}))
    with pytest.raises(RootlyError):
        client.create_selection("1", {"form_field_id": "2", "value": "x"})
    assert len(upstream.requests) == 2


NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DATE = {"Date": format_datetime(NOW, usegmt=True)}
SOON = NOW + timedelta(seconds=20)
EPOCH = int(SOON.timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "20"}, 20),
        ({"Retry-After": format_datetime(SOON, usegmt=True)}, 20),
        ({"Retry-After": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0),
        ({"RateLimit-Reset": "20"}, 20),
        ({"X-RateLimit-Reset": str(EPOCH)}, 20),
        ({"X-RateLimit-Reset": str(EPOCH * 1000)}, 20),
        ({"X-RateLimit-Reset": "20"}, 20),
        ({"RateLimit": "limit=3000, remaining=0, reset=20"}, 20),
        ({"RateLimit": '"default";r=0;t=20'}, 20),
        ({"Retry-After": "20", "X-RateLimit-Reset": str(EPOCH + 500)}, 20),
        ({"Retry-After": "soon", "RateLimit-Reset": "5", "X-RateLimit-Reset": str(EPOCH)}, 20),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "1e7"}, LONGEST_WAIT),
        ({"Retry-After": "99999999999999999999"}, LONGEST_WAIT),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_every_known_header_tells_how_long_to_wait(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert retry_after({**DATE, **headers}) == seconds


def test_without_the_servers_clock_ours_is_taken() -> None:
    wait = retry_after({"X-RateLimit-Reset": str(int(time.time()) + 20)})
    assert wait is not None
    assert 18 < wait <= 20
