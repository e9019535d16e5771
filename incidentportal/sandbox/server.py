"""The HTTP server: sockets, threads, signals."""

from __future__ import annotations

import json
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from incidentportal.sandbox.handling import handle
from incidentportal.sandbox.messages import Answer, DropConnectionError, Request, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from incidentportal.sandbox.state import State

HOST = "127.0.0.1"
LARGEST_BODY = 16 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """One thread per connection; threads never keep the process alive."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, bound: socket.socket, state: State) -> None:
        super().__init__(bound.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_activate()
        self.state = state
        self.down_for: float | None = None
        self.down_at = 0.0
        self.silent = False
        self.refusing = threading.Event()
        self.told = threading.Event()
        self.connections: set[socket.socket] = set()

    def go_down(self, seconds: float, own: socket.socket, *, silent: bool) -> None:
        """Stop listening, and close every other connection; the main loop comes back later."""
        self.down_for, self.silent, self.down_at = seconds, silent, time.monotonic()
        self.shutdown()
        self.refusing.wait()
        for connection in list(self.connections - {own}):
            _end(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Know a connection from its first moment: its thread may begin late."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of an error, unless it is a client that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def finish(self) -> None:
        """Forget the connection."""
        self._server.connections.discard(self.connection)
        super().finish()

    @property
    def _server(self) -> Server:
        return cast("Server", self.server)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Say nothing: the control address tells what came."""

    def _serve(self) -> None:
        try:
            request = self._request()
            if request is None:
                self._write(json_answer(413, {"error": "payload_too_large"}))
                self.close_connection = True
            elif request.path == "/_control/down" and request.method == "POST":
                self._down(request)
            else:
                self._write(self._answered(request))
        except DropConnectionError as drop:
            self._drop(drop)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the names that http.server calls
    do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - as above

    def _answered(self, request: Request) -> Answer:
        try:
            return handle(self._server.state, request)
        except DropConnectionError:
            raise
        except Exception:  # noqa: BLE001 - a mistake of the sandbox's own must be seen, not end it
            traceback.print_exc()
            return json_answer(500, {"error": "the sandbox itself failed"})

    def _request(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        chunked = "Transfer-Encoding" in self.headers
        if chunked or not length.isdecimal() or int(length) > LARGEST_BODY:
            return None
        body = self.rfile.read(int(length)) if int(length) else b""
        if len(body) < int(length):  # whoever sent it is gone: half a request is none
            raise DropConnectionError
        address = urlsplit(self.path)
        return Request(
            self.command,
            unquote(address.path),
            tuple(parse_qsl(address.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )

    def _down(self, request: Request) -> None:
        try:
            given = json.loads(request.body or b"{}")
            seconds, silent = float(given.get("seconds", 1)), bool(given.get("silent"))
        except (ValueError, TypeError, AttributeError):
            self._write(json_answer(400, {"error": "seconds is a number"}))
            return
        self._server.go_down(seconds, self.connection, silent=silent)
        self.close_connection = True
        try:
            self._write(json_answer(200, {"seconds": seconds}))
        finally:
            self._server.told.set()

    def _write(self, answer: Answer) -> None:
        headers = {
            "Date": self.date_time_string(),
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            **answer.headers,
        }
        if self.close_connection or answer.cut is not None:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        body = b"" if self.command == "HEAD" else answer.body[: answer.cut]
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)
        if answer.cut is not None:
            self.close_connection = True

    def _drop(self, drop: DropConnectionError) -> None:
        self.close_connection = True
        if drop.reset:
            now = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            self.connection.close()
        else:
            _end(self.connection)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _bound(port: int) -> socket.socket:
    """A socket that has the port, and refuses connections until it listens."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    return bound


def _filled(bound: socket.socket) -> socket.socket:
    """Let further connections hang unanswered: the one place in the queue is taken (Linux)."""
    bound.listen(0)
    return socket.create_connection(bound.getsockname())


def run(port: int, state: State, announce: Callable[[str], None]) -> None:
    """Serve until the process is told to end; comes back by itself after `/_control/down`, or at
    once when it gets SIGUSR1.

    `announce` is called once, with the address, when the server listens and has its data.
    """
    first = True
    back = [0.0]
    signal.signal(signal.SIGUSR1, lambda *_: back.append(time.monotonic()))
    bound = _bound(port)
    while True:
        with Server(bound, state) as server:
            port = server.server_address[1]
            if first:
                state.begin(f"http://{HOST}:{port}")
                announce(state.origin)
                first = False
            server.serve_forever(poll_interval=0.05)
        if server.down_for is None:
            return
        # Held while down: any connection of this machine might be given the port otherwise.
        bound = _bound(port)
        filler = _filled(bound) if server.silent else None
        # Only here: a socket that another thread is about to close still takes connections.
        server.refusing.set()
        server.told.wait()  # the time begins when whoever asked for it can know
        ends = time.monotonic() + server.down_for
        while time.monotonic() < ends and back[-1] < server.down_at:
            time.sleep(0.01)
        if filler is not None:
            filler.close()
