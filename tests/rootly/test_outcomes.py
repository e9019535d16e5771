"""What each way of failing means for the incident that was to be created."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpcore
import httpx
import pytest

from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ClientConfig, Timeouts
from incidentportal.rootly.errors import (
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RootlyError,
    Unreadable,
)
from incidentportal.rootly.failures import MEANING, failure_for
from incidentportal.rootly.network import _as_httpx
from tests.rootly.conftest import TOKEN
from tests.rootly.upstream import Upstream, answer, raw

INCIDENT = {"data": {"id": "i1", "type": "incidents", "attributes": {"title": "Down"}}}
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


def create(client: Client, timeout: float | None = None) -> RootlyError:
    """The error that creating an incident raises."""
    with pytest.raises(RootlyError) as caught:
        client.create_incident({"title": "Down"}, idempotency_key="k", timeout=timeout)
    return caught.value


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for sub in kind.__subclasses__():
        yield from subclasses(sub)


@pytest.mark.parametrize(
    "kind",
    [*subclasses(httpx.HTTPError), *subclasses(httpx.StreamError), httpx.InvalidURL],
    ids=lambda kind: kind.__name__,
)
def test_every_exception_of_httpx_has_a_meaning_of_its_own(kind: type[Exception]) -> None:
    assert kind in MEANING


def test_every_exception_of_httpcore_becomes_one_of_httpx() -> None:
    kinds = {
        thing
        for thing in vars(httpcore).values()
        if isinstance(thing, type) and issubclass(thing, Exception)
    } - {httpcore.ConnectionNotAvailable}  # the pool catches this one itself
    assert len(kinds) > 10
    for kind in kinds:
        with pytest.raises(Exception, match="why") as caught, _as_httpx():
            raise kind("why")
        assert type(caught.value) in MEANING, kind


def test_what_nobody_foresaw_is_an_unknown_outcome() -> None:
    assert type(failure_for(RuntimeError("a defect"))) is OutcomeUnknown


def test_nobody_listening_means_not_sent(connect: Callable[..., Client]) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        error = create(connect(url=f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"))
    assert type(error) is NotSent
    assert "refused" in str(error)
    assert error.status is None


def test_a_failed_handshake_means_not_sent(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    upstream.will(raw(b"this is no TLS\r\n"))
    assert type(create(connect(url=upstream.url.replace("http:", "https:")))) is NotSent


def test_a_full_pool_means_not_sent() -> None:
    def full(request: httpx.Request) -> httpx.Response:
        raise httpx.PoolTimeout("full", request=request)

    config = ClientConfig.create("http://localhost/v1", TOKEN)
    with Client(config, transport=httpx.MockTransport(full)) as client:
        assert type(create(client)) is NotSent


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(raw(hold=True), id="silence"),
        pytest.param(raw(), id="closed without an answer"),
        pytest.param(raw(b"HTTP/1.1 201 Cre"), id="closed within the header"),
        pytest.param(raw(b"SSH-2.0-OpenSSH\r\n\r\n"), id="another protocol"),
        pytest.param(raw(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"), id="cut short"),
        pytest.param(
            raw(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{", hold=True), id="stalled"
        ),
        pytest.param(
            raw(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), id="chunks"
        ),
        pytest.param(
            answer(b"\x1f\x8b not gzip", 201, {"Content-Encoding": "gzip"}), id="bad gzip"
        ),
        pytest.param(answer(b"x", 201, {"Content-Encoding": "br"}), id="unwanted encoding"),
    ],
)
def test_what_breaks_after_sending_is_an_unknown_outcome(
    upstream: Upstream, client: Client, reply: Callable[..., object]
) -> None:
    upstream.will(reply)
    error = create(client)
    assert type(error) is OutcomeUnknown
    assert not error.complete
    assert len(upstream.requests) == 1, "a write must never be repeated by the client"


def test_a_connection_that_breaks_while_the_body_is_sent_is_an_unknown_outcome(
    connect: Callable[..., Client],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = connect(url=f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
        with pytest.raises(OutcomeUnknown):  # it accepts by its backlog, and reads nothing
            client.create_incident({"summary": "x" * 20_000_000}, idempotency_key="k")


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 599])
def test_a_server_that_failed_is_an_unknown_outcome_with_a_complete_answer(
    upstream: Upstream, client: Client, status: int
) -> None:
    upstream.will(answer(b"<html>oops</html>", status, {"Date": DATE}))
    error = create(client)
    assert type(error) is OutcomeUnknown
    assert error.complete
    assert error.status == status
    assert error.server_date == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize("status", [500, 503])
def test_a_failure_that_is_cut_short_is_not_complete(
    upstream: Upstream, client: Client, status: int
) -> None:
    upstream.will(raw(f"HTTP/1.1 {status} Oops\r\nContent-Length: 99\r\n\r\n{{".encode()))
    error = create(client)
    assert isinstance(error, OutcomeUnknown)
    assert not error.complete
    assert error.status == status


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(raw(b"HTTP/1.1 204 No Content\r\n\r\n"), id="204"),
        pytest.param(answer(b"", 201), id="empty"),
        pytest.param(answer(b"<html>", 201), id="HTML"),
        pytest.param(answer(b'{"data": {"id"', 201), id="malformed"),
        pytest.param(answer({"data": {"attributes": {"title": "Down"}}}, 201), id="no id"),
        pytest.param(answer({"data": {"id": True}}, 200), id="an id that is none"),
        pytest.param(answer({"data": None}, 200), id="null"),
        pytest.param(answer(["i1"], 201), id="a list"),
        pytest.param(answer(b"[" * 200_000, 201), id="a nesting bomb"),
    ],
)
def test_a_success_that_cannot_be_read_is_an_unknown_outcome(
    upstream: Upstream, client: Client, reply: Callable[..., object]
) -> None:
    upstream.will(reply)
    error = create(client)
    assert type(error) is Unreadable
    assert error.complete


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_with_an_incident_counts(
    upstream: Upstream, client: Client, status: int
) -> None:
    upstream.will(answer(INCIDENT, status, {"Date": DATE}))
    created = client.create_incident({"title": "Down"}, idempotency_key="k")
    assert created.incident.id == "i1"
    assert created.server_date == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def test_a_known_incident_is_kept_whatever_else_its_answer_holds(
    upstream: Upstream, client: Client
) -> None:
    deep = b'{"data":' * 700 + b"1" + b"}" * 700
    upstream.will(answer(b'{"id":1,"severity":%b,"labels":%b,"private":[]}' % (deep, deep), 201))
    created = client.create_incident({}, idempotency_key="k").incident
    assert (created.id, created.severity_id, created.private) == ("1", None, None)


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308, 401, 403, 404, 405, 406, 415])
def test_a_wrong_setup_is_told_apart(upstream: Upstream, client: Client, status: int) -> None:
    upstream.will(answer(b"", status, {"Location": "/v1/elsewhere"}))
    error = create(client)
    assert type(error) is Misconfigured
    assert error.status == status
    assert len(upstream.requests) == 1, "redirects must not be followed"


def test_a_missing_record_to_write_to_is_a_refusal(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"errors": [{"title": "Not found or unauthorized"}]}, 404))
    with pytest.raises(Rejected) as caught:
        client.update_selection("s1", {"value": "x"})
    assert caught.value.status == 404


@pytest.mark.parametrize("status", [400, 402, 410, 413, 418, 422, 451])
def test_other_refusals_go_back_to_the_author(
    upstream: Upstream, client: Client, status: int
) -> None:
    upstream.will(answer({"errors": [{"title": "No"}]}, status))
    error = create(client)
    assert type(error) is Rejected
    assert error.messages == ("No",)


def test_rate_limits_say_how_long(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"error": "Slow down"}, 429, {"Retry-After": "7"}))
    error = create(client)
    assert type(error) is RateLimited
    assert error.retry_after == 7
    assert error.status == 429


def test_a_huge_answer_is_not_read_to_its_end(upstream: Upstream, client: Client) -> None:
    upstream.will(answer(b'{"data":{"id":"i1","x":"' + b"x" * 9_000_000 + b'"}}', 201))
    error = create(client)
    assert type(error) is Unreadable
    assert "8 MB" in str(error)
    assert error.status == 201


def test_the_cap_counts_decompressed_bytes(upstream: Upstream, client: Client) -> None:
    import gzip

    bomb = gzip.compress(b"\0" * 60_000_000)
    assert len(bomb) < 100_000
    upstream.will(answer(bomb, 201, {"Content-Encoding": "gzip"}))
    assert type(create(client)) is Unreadable


def test_a_compressed_answer_is_read(upstream: Upstream, client: Client) -> None:
    import gzip
    import json

    body = gzip.compress(json.dumps(INCIDENT).encode())
    upstream.will(answer(body, 201, {"Content-Encoding": "gzip"}))
    assert client.create_incident({}, idempotency_key="k").incident.id == "i1"


def test_a_server_that_drips_its_body_does_not_hold_the_call(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    head = b"HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n"
    upstream.will(raw(head, *[b" "] * 999, pause=0.05))
    assert _seconds(connect()) < 0.6


def test_a_server_that_drips_its_header_does_not_hold_the_call(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    upstream.will(raw(b"HTTP/1.1 201 Created\r\nX-Slow: ", *[b"x"] * 999, pause=0.05))
    assert _seconds(connect()) < 0.6


def _seconds(client: Client) -> float:
    began = datetime.now(UTC)
    assert type(create(client, timeout=0.3)) is OutcomeUnknown
    return (datetime.now(UTC) - began).total_seconds()


def test_the_timeout_given_bounds_the_wait_for_the_first_byte(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    upstream.will(raw(hold=True))
    assert _seconds(connect(timeouts=Timeouts())) < 0.6
