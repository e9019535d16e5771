"""A mail server on a socket: takes mails and keeps them, or refuses as it is told."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage


class Mailbox(socketserver.ThreadingTCPServer):
    """`mails` are what it took. `refusals`: by the command's first word, the answer instead;
    `DATA` is answered when the mail has arrived.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: list[EmailMessage] = []
        self.refusals: dict[str, str] = {}
        self.asked = 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.server.asked += 1
        self._say("220 here")
        while line := self.rfile.readline():
            command = line.split()[0].decode().upper()
            if command == "DATA":
                self._say("354 go on")
                self._take()
            elif command == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say(self.server.refusals.get(command, "250 fine"))

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if "DATA" not in self.server.refusals:
            taken = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
            assert isinstance(taken, EmailMessage)
            self.server.mails.append(taken)
        self._say(self.server.refusals.get("DATA", "250 taken"))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
