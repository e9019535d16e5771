"""One call: send it, read the answer within its time and size, say in the log how it went."""

from __future__ import annotations

import contextlib
import http.cookiejar
import logging
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import httpx

from incidentportal.rootly import answers
from incidentportal.rootly.answers import Answer
from incidentportal.rootly.config import ClientConfig
from incidentportal.rootly.errors import RootlyError, Unreadable
from incidentportal.rootly.failures import failure_for
from incidentportal.rootly.network import Network, deadline, remaining

log = logging.getLogger("incidentportal.rootly")

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes, after decompression: no page of Rootly's comes near it."""

JSON_TYPES = {"jsonapi": "application/vnd.api+json", "plain": "application/json"}
ACCEPT = "application/vnd.api+json, application/json"
"""The same in both dialects, since what is read is told by its shape."""

TALKATIVE_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


def _only_warnings(record: logging.LogRecord) -> bool:
    """httpx logs whole addresses (with the e-mail that was looked for), httpcore headers."""
    return record.levelno >= logging.WARNING


def quiet_lower_layers() -> None:
    """Keep the libraries beneath to warnings, whatever the logging settings say of levels."""
    for name in TALKATIVE_LOGGERS:
        logging.getLogger(name).addFilter(_only_warnings)


@dataclass(frozen=True, slots=True)
class Call:
    """What to send. `path` is below the base URL, its ids already quoted."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def resource(self) -> str:
        """What it is about, without ids: `incidents`, `incidents/alerts`. There are a few dozen."""
        return "/".join(self.path.strip("/").split("/")[::2])


Observer = Callable[[Call, str, float], None]
"""Told of each call that ended: how (its status, or the error's class), after how many seconds.
It must not raise."""


def unobserved(call: Call, outcome: str, seconds: float) -> None:
    """Nobody wants to know."""


class Caller:
    """The connection pool of one process to one Rootly. Thread-safe."""

    def __init__(
        self,
        config: ClientConfig,
        transport: httpx.BaseTransport | None,
        observe: Observer = unobserved,
    ) -> None:
        quiet_lower_layers()
        self._config = config
        self._observe = observe
        nobodys = http.cookiejar.DefaultCookiePolicy(allowed_domains=())
        self._http = httpx.Client(
            transport=transport or Network(tls=config.base_url.startswith("https:")),
            follow_redirects=False,
            trust_env=False,
            cookies=http.cookiejar.CookieJar(nobodys),
            headers={
                "Authorization": f"Bearer {config.token.reveal()}",
                "Accept": ACCEPT,
                "Accept-Encoding": "gzip",  # the one that is decompressed in bounded pieces
                "User-Agent": "incident-portal",
            },
        )

    def close(self) -> None:
        """Close the pool."""
        self._http.close()

    def send(self, call: Call, seconds: float) -> Answer:
        """Make one call, at most `seconds` long.

        Raises RootlyError where no whole answer came; what an answer means is judged elsewhere.
        """
        began = time.monotonic()
        outcome = "interrupted"
        try:
            result = self._exchange(call, seconds)
            outcome = str(result.status) if isinstance(result, Answer) else type(result).__name__
        finally:
            took = time.monotonic() - began
            # A sync reads hundreds of times: reads that went well are of interest to few.
            level = logging.DEBUG if (call.method, outcome) == ("GET", "200") else logging.INFO
            log.log(level, "%s %s %s %.0f ms", call.method, call.path, outcome, took * 1000)
            self._observe(call, outcome, took)
        if isinstance(result, RootlyError):
            raise result
        return result

    def _exchange(self, call: Call, seconds: float) -> Answer | RootlyError:
        """The answer, or the error, which the caller raises outside of any `except`: the frames
        beneath hold headers, and must hang on no exception of ours.
        """
        response: httpx.Response | None = None
        try:
            with deadline(seconds):
                request = self._request(call, seconds)
                response = self._http.send(request, stream=True)
                with contextlib.closing(response):
                    return self._answer(response)
        except RootlyError as known:
            failure = known
        except Exception as error:  # noqa: BLE001 (after sending, the unforeseen is an unknown outcome)
            failure = failure_for(error)
        if response is not None:
            failure.status = response.status_code
            failure.server_date = answers.server_date(response.headers)
        return failure

    def _request(self, call: Call, seconds: float) -> httpx.Request:
        limits = self._config.timeouts
        headers = dict(call.headers)
        if call.body is not None:
            headers["Content-Type"] = JSON_TYPES[self._config.dialect]
        return self._http.build_request(
            call.method,
            self._config.base_url + call.path,
            params=list(call.params) or None,
            content=call.body,
            headers=headers,
            timeout=httpx.Timeout(
                connect=min(limits.connect, seconds),
                read=min(limits.read, seconds),
                write=min(limits.write, seconds),
                pool=min(limits.pool, seconds),
            ),
        )

    def _answer(self, response: httpx.Response) -> Answer:
        body = b"".join(_bounded(_decoded(response)))
        if response.status_code >= 400:  # some servers repeat the token that they refuse
            body = body.replace(self._config.token.reveal().encode(), b"[token]")
        next_link = response.links.get("next", {}).get("url", "")
        return Answer(response.status_code, response.headers, body, next_link)


def _bounded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        left = remaining()
        if left is not None and left <= 0:
            raise httpx.ReadTimeout("the call's time is over")
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise Unreadable("Rootly's answer is larger than 8 MB and was not read.")
        yield piece


def _decoded(response: httpx.Response) -> Iterator[bytes]:
    """The body's pieces, each at most a byte over the cap however well it was compressed."""
    if response.is_stream_consumed:  # a transport that makes its answers in memory decodes them
        yield response.content
        return
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from response.iter_raw()
    elif encoding in ("gzip", "x-gzip"):
        yield from _gunzipped(response.iter_raw())
    else:
        raise httpx.DecodingError(f"a content encoding that was not asked for: {encoding[:40]}")


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unzip = zlib.decompressobj(wbits=31)
    begun = False
    for piece in pieces:
        begun = True
        yield _stepped(unzip.decompress, piece)
    if begun and not unzip.eof:
        raise httpx.DecodingError("the compressed answer is cut short")


def _stepped(decompress: Callable[[bytes, int], bytes], piece: bytes) -> bytes:
    try:
        return decompress(piece, LARGEST_ANSWER + 1)
    except zlib.error:
        raise httpx.DecodingError("the answer can't be decompressed") from None
