"""The token goes into one header of the requests to Rootly, and nowhere else."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable

import pytest

from incidentportal.rootly.calls import TALKATIVE_LOGGERS
from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ClientConfig, ConfigError, Token
from incidentportal.rootly.errors import RootlyError
from tests.rootly.conftest import TOKEN
from tests.rootly.upstream import Reply, Upstream, answer, raw

ECHO = TOKEN.encode()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that is logged, with every logger at its most talkative."""
    caplog.set_level(logging.DEBUG)
    for name in (*TALKATIVE_LOGGERS, "stamina"):
        caplog.set_level(logging.DEBUG, logger=name)

    def everything() -> str:
        return "\n".join(f"{each.getMessage()} {vars(each)}" for each in caplog.records)

    return everything


def told(error: BaseException) -> str:
    """All that an error shows of itself: its texts, its causes, and every frame's locals."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = ["".join(shown.format()), pickle.dumps(error).decode("latin-1")]
    seen: BaseException | None = error
    while seen is not None:
        parts += [repr(seen), str(seen), repr(seen.args), repr(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


HOSTILE = [
    pytest.param(answer({"error": f"Invalid token {TOKEN}"}, 401), id="repeated in a 401"),
    pytest.param(answer({"errors": [{"title": f"No {TOKEN}"}]}, 422), id="repeated in a 422"),
    pytest.param(answer(ECHO, 400, {"Content-Type": "text/plain"}), id="repeated as text"),
    pytest.param(answer({}, 500, {"X-Echo": TOKEN}), id="repeated in a header"),
    pytest.param(answer({}, 302, {"Location": f"http://x/?t={TOKEN}"}), id="a redirect"),
    pytest.param(answer(b"{", 201), id="malformed"),
    pytest.param(answer({}, 429), id="limited"),
    pytest.param(raw(), id="closed"),
    pytest.param(raw(hold=True), id="silence"),
    pytest.param(raw(b"HTTP/1.1 " + ECHO + b"\r\n\r\n"), id="another protocol"),
]


@pytest.mark.parametrize("reply", HOSTILE)
def test_no_error_and_no_log_shows_it(
    upstream: Upstream, client: Client, lines: Callable[[], str], reply: Reply
) -> None:
    upstream.will(reply)
    for call in (
        lambda: client.create_incident({"title": "Down"}, idempotency_key="k"),
        client.me,
        client.users,
    ):
        with pytest.raises(RootlyError) as caught:
            call()
        assert TOKEN not in told(caught.value)
        assert TOKEN not in lines()
    assert "POST /incidents" in lines()
    assert f"Bearer {TOKEN}" in upstream.requests[0].headers["authorization"]


def test_no_frame_of_the_libraries_hangs_on_an_error(upstream: Upstream, client: Client) -> None:
    upstream.will(raw())
    with pytest.raises(RootlyError) as caught:
        client.create_incident({}, idempotency_key="k")
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert not [each for each in frames if "/http" in each.filename or "/h11/" in each.filename]
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_no_repr_shows_it(client: Client) -> None:
    config = ClientConfig.create("https://api.rootly.com/v1", TOKEN)
    for thing in (config, config.token, client, vars(client), vars(vars(client)["_caller"])):
        assert TOKEN not in f"{thing!r} {thing}"
    assert Token(TOKEN) == config.token
    assert config.token.reveal() == TOKEN


@pytest.mark.parametrize("token", [f"{TOKEN}\nX-Other: 1", f"{TOKEN} two", f"{TOKEN}é", "\x7f"])
def test_no_complaint_about_it_shows_it(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ClientConfig.create("https://api.rootly.com/v1", token)
    assert TOKEN not in f"{caught.value!r} {caught.value.args}"


def test_addresses_stay_out_of_the_log(
    upstream: Upstream, client: Client, lines: Callable[[], str]
) -> None:
    upstream.will(answer({}, 500), answer({"data": []}))
    client.users_by_email("ada@larkfield.example")
    assert upstream.requests[0].query["filter[email]"] == "ada@larkfield.example"
    assert "ada" not in lines()


def test_each_call_logs_one_line_failures_too(
    upstream: Upstream, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="incidentportal.rootly")
    upstream.will(answer({"data": {"id": 1}}), raw(), answer({}, 422))
    client.incident("a/b")
    for _ in range(2):
        with pytest.raises(RootlyError):
            client.create_incident({}, idempotency_key="k")
    mine = [each.getMessage() for each in caplog.records if each.name == "incidentportal.rootly"]
    assert [line.rsplit(" ", 2)[0] for line in mine] == [
        "GET /incidents/a%2Fb 200",
        "POST /incidents OutcomeUnknown",
        "POST /incidents 422",
    ]
    assert all(line.endswith(" ms") for line in mine)


def test_the_environments_proxies_and_netrc_do_not_count(
    upstream: Upstream,
    connect: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pytest.TempPathFactory,
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="ascii") as file:
        file.write("machine 127.0.0.1 login eve password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    with Upstream() as proxy:
        proxy.will(answer({}))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        upstream.will(answer({"data": {"id": 1}}))
        assert connect().me().id == "1"
        assert proxy.requests == []
    assert upstream.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_cookies_are_not_kept(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"data": {"id": 1}}, headers={"Set-Cookie": "session=abc; Path=/"}))
    client.me()
    client.me()
    assert "cookie" not in upstream.requests[1].headers
