"""All that a running sandbox knows: records, switches, faults, and what arrived."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox.faults import Faults
from incidentportal.sandbox.store import Store
from incidentportal.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from incidentportal.sandbox.messages import Answer, Dialect

ROOTLY_ZONE = timezone(timedelta(hours=-7))  # Rootly's own times carry an offset, as here
REQUESTS_KEPT = 20_000


@dataclass
class Arrival:
    """One create request that made an incident: what was sent, word for word."""

    uid: str
    dialect: Dialect
    idempotency_key: str | None
    body: Any


@dataclass
class Remembered:
    """What an idempotency key stands for."""

    fingerprint: bytes
    answer: Answer


class _Waiting:
    """Those who wait at one time, and whether what they came for is forgotten by then."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.forgotten = False


class State:
    """One sandbox. `lock` is held around every piece of work, and never while waiting."""

    def __init__(self, fill: Callable[[State], None], initial: Switches) -> None:
        self.lock = threading.RLock()
        self.origin = "http://127.0.0.1"
        self._fill = fill
        self._initial = initial
        self._waiting = _Waiting()
        self.switches = initial
        self.sequence = 0
        self.busy = 0
        self._clear()

    def forget(self) -> None:
        """Back to the start; whoever waits drops its connection, its work undone."""
        with self.lock:
            self._waiting.forgotten = True
            self.let_go()
            self.switches = self._initial
            self._clear()
            self._fill(self)
            self.sequence = max((each.number for each in self.store.all("incidents")), default=0)

    def begin(self, origin: str) -> None:
        """Know the address, and have the data."""
        self.origin = origin
        self.forget()

    def _clear(self) -> None:
        self.faults = Faults()
        self.store = Store()
        self.arrivals: dict[str, Arrival] = {}
        self.requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)
        self.keys: dict[str, Remembered] = {}
        self.recent: dict[str, deque[float]] = {"read": deque(), "write": deque()}

    def pause(self, seconds: float) -> bool:
        """Wait; False when the sandbox was reset meanwhile."""
        waiting = self._waiting
        waiting.over.wait(seconds)
        return not waiting.forgotten

    def let_go(self) -> None:
        """Have whoever waits now go on with its work, though nobody may listen any more."""
        waiting, self._waiting = self._waiting, _Waiting()
        waiting.over.set()

    def now(self) -> datetime:
        """This server's clock, with Rootly's offset."""
        shifted = time.time() + self.switches.clock_offset_s
        return datetime.fromtimestamp(shifted, UTC).astimezone(ROOTLY_ZONE)

    def remaining(self, method: str) -> int:
        """Count a request against its minute; how many are left (below zero: too many)."""
        with self.lock:
            now = time.monotonic()
            recent = self.recent["read" if method == "GET" else "write"]
            while recent and recent[0] < now - 60:
                recent.popleft()
            left = self.switches.rate_limit - len(recent) - 1
            if left >= 0:
                recent.append(now)
            return left


def timestamp(moment: datetime) -> str:
    """A time as Rootly writes it."""
    return moment.isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Context:
    """What a piece of work needs to know besides the request."""

    state: State
    dialect: Dialect

    @property
    def store(self) -> Store:
        """The records."""
        return self.state.store

    @property
    def ids(self) -> str:
        """How ids look in this dialect now: `text`, `number` or `digits`."""
        ids = self.state.switches.ids
        return {"jsonapi": "text", "plain": "number"}[self.dialect] if ids == "auto" else ids

    def stamp(self) -> str:
        """The time as Rootly writes it."""
        return timestamp(self.state.now())
