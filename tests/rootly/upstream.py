"""A tiny real HTTP server that answers as each test scripts it, hostile answers included."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Line:
    """The connection that an answer goes over; `ended` is set when the test is over."""

    socket: socket.socket
    request: Request
    ended: threading.Event


Reply = Callable[[Line], object]
"""Sends an answer. The connection stays open for another request only if it returns True."""


def answer(document: Any = None, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """A well-formed answer; `document` is sent as JSON unless it is bytes."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()

    def send(line: Line) -> bool:
        told = {"Content-Type": "application/json", "Content-Length": len(body), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        line.socket.sendall(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body)
        return True

    return send


def raw(*pieces: bytes, pause: float = 0.0, hold: bool = False) -> Reply:
    """These bytes, with a pause after each; then the end, or (`hold`) nothing more."""

    def send(line: Line) -> None:
        for piece in pieces:
            line.socket.sendall(piece)
            if line.ended.wait(pause):
                return
        if hold:
            line.ended.wait(30)

    return send


@dataclass(repr=False)
class Upstream:
    """The server. `script` holds the answers to come; the last one is given again and again."""

    script: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        upstream = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                upstream.connections += 1
                try:
                    while upstream.serve(self.connection, self.rfile):
                        pass
                except OSError:
                    pass  # the client hung up, as some tests want it to

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def will(self, *replies: Reply) -> None:
        """Answer like this from now on."""
        self.script = list(replies)

    def serve(self, connection: socket.socket, stream: Any) -> bool:
        """One request and its answer; whether the connection goes on."""
        first = stream.readline().decode().split()
        if len(first) != 3:
            return False
        headers = {}
        while line := stream.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        request = Request(first[0], first[1], headers, body)
        self.requests.append(request)
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return reply(Line(connection, request, self.ended)) is True
