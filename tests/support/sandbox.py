"""The pretend Rootly as tests use it: a real server in a process of its own."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


class Sandbox:
    """A running sandbox on a free port. Arguments are its command line's, such as `--size`."""

    token = "sandbox-token"

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "incidentportal.sandbox", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://"):
            self.process.wait(5)
            raise RuntimeError(f"the sandbox did not start: {self.url!r}")
        self.port = int(self.url.rpartition(":")[2])
        self.is_down = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def jsonapi_url(self) -> str:
        """The base URL of the API reference's dialect."""
        return f"{self.url}/v1"

    @property
    def plain_url(self) -> str:
        """The base URL of the guide's dialect."""
        return f"{self.url}/api/v1"

    def control(self, method: str, path: str, content: object = None) -> Any:
        """Speak with the control address; the answer as JSON. Asserts that it agreed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            body = None if content is None else json.dumps(content)
            connection.request(method, f"/_control/{path}", body)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        assert response.status < 300, answer
        return answer

    def switch(self, **switches: Any) -> None:
        """Set switches, such as `idempotency="ignore"`."""
        self.control("PATCH", "switches", switches)

    def fault(self, kind: str, **fields: Any) -> None:
        """Have the next matching request (or the next `times`) meet a fault."""
        self.control("POST", "faults", {"kind": kind, **fields})

    def clear_faults(self) -> None:
        """Forget the faults that are still waiting."""
        self.control("DELETE", "faults")

    def state(self) -> dict[str, Any]:
        """Everything that the sandbox keeps."""
        state: dict[str, Any] = self.control("GET", "state")
        return state

    def incidents(self) -> list[dict[str, Any]]:
        """The incidents that arrived since the last reset, oldest first."""
        incidents: list[dict[str, Any]] = self.state()["incidents"]
        return incidents

    def requests(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """The API requests since the last reset; only those of a method, or with a path's end."""
        return [
            each
            for each in self.state()["requests"]
            if method in {None, each["method"]} and each["path"].endswith(path)
        ]

    def records(self, list_name: str) -> list[dict[str, Any]]:
        """A whole list, flat, with ids as `/v1` shows them (`form_field_placements`, …)."""
        records: list[dict[str, Any]] = self.control("GET", f"lists/{list_name}")
        return records

    def record(self, list_name: str, name: str) -> dict[str, Any]:
        """The record of a list that has this name (or value, email, title)."""
        keys = ("name", "value", "email", "title", "full_name", "summary")
        for each in self.records(list_name):
            if name in [each.get(key) for key in keys]:
                return each
        raise LookupError(f"no {name!r} among {list_name}")

    def change_list(self, list_name: str, **changes: Any) -> None:
        """Change a list of configuration: `replace=`, `upsert=`, `remove=` or `raw=`."""
        self.control("PUT", f"lists/{list_name}", changes)

    def reset(self) -> None:
        """Forget incidents, requests, faults, switches and changed lists."""
        self.control("POST", "reset")

    def down(self, seconds: float, *, silent: bool = False) -> None:
        """Refuse connections for so long, from now on, or let them hang; open ones are closed."""
        self.is_down = True
        self.control("POST", "down", {"seconds": seconds, "silent": silent})

    def up(self) -> None:
        """End the time that it is down, if it is."""
        self.process.send_signal(signal.SIGUSR1)
        self.wait_until_up()

    def let_go(self) -> None:
        """Have whatever hangs go on with its work, though its client may have left."""
        self.control("POST", "let_go")

    def wait_until_up(self, seconds: float = 10) -> None:
        """Wait until it listens again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                self.is_down = False
                return

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
