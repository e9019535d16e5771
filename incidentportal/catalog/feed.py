"""One shared list that changes by the minute: read in the background while somebody uses it.

A daemon thread per feed reads every `REFRESH_EVERY` seconds and ends `IDLE_AFTER` seconds after
the last use. What it read is swapped in whole; when a read fails the last list stays and the
waits grow. No Django, and no database in these threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from incidentportal.catalog.options import OptionList
from incidentportal.rootly.errors import RateLimited

REFRESH_EVERY = 60.0
IDLE_AFTER = 300.0
FIRST_RETRY = 5.0
LONGEST_WAIT = 600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """What one reading brought: option lists by name, and whether that was all there is."""

    lists: Mapping[str, OptionList] = field(default_factory=dict)
    is_complete: bool = False


class Feed:
    """A list as this process keeps it. `read` brings it anew, or raises. Thread-safe."""

    def __init__(self, name: str, read: Callable[[], Held]) -> None:
        self._name = name
        self._read = read
        self._held = Held()
        self._failures = 0
        self._rounds = 0
        self._next_at = 0.0
        self._used_at = 0.0
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._over = False

    @property
    def problem(self) -> bool:
        """Whether the last reading failed."""
        return self._failures > 0

    @property
    def rounds(self) -> int:
        """How many readings have ended, well or not."""
        return self._rounds

    def peek(self) -> Held:
        """The last good reading, without counting as use."""
        return self._held

    def use(self) -> Held:
        """The last good reading; keeps it fresh from now on. Never waits for Rootly."""
        self._used_at = time.monotonic()
        if self._thread is None:
            self._start()
        return self._held

    def warm(self) -> None:
        """Have it read for the first time, if it never was."""
        if not self._rounds and self._thread is None:
            self._start()

    def refresh(self) -> bool:
        """Read now, in this thread; whether that went well."""
        try:
            held = self._read()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the last list stays in use
            self._failed(error)
        else:
            self._ended(REFRESH_EVERY, held)
        return not self._failures

    def wait(self, seconds: float, rounds: int = 1) -> bool:
        """Wait until so many readings have ended; False: not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._rounds >= rounds, seconds)

    def stop(self) -> None:
        """Let its thread end; a reading under way is not waited for."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _start(self) -> None:
        with self._changed:
            if self._thread is None and not self._over:
                self._used_at = time.monotonic()
                self._thread = threading.Thread(
                    target=self._keep_fresh, name=f"live-{self._name}", daemon=True
                )
                self._thread.start()

    def _keep_fresh(self) -> None:
        while self._wait_for_turn():
            self.refresh()

    def _wait_for_turn(self) -> bool:
        """Until the next reading is due; False once nobody uses the list any more."""
        with self._changed:
            while not self._over:
                now = time.monotonic()
                if now - self._used_at > IDLE_AFTER:
                    break
                if now >= self._next_at:
                    return True
                self._changed.wait(self._next_at - now)
            self._thread = None
            return False

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        first = REFRESH_EVERY * 2 if self._held.lists else FIRST_RETRY
        wait = min(first * 2 ** min(self._failures - 1, 10), LONGEST_WAIT)
        if isinstance(error, RateLimited):
            wait = max(wait, error.retry_after or 0)
        # Its text may hold what somebody searched for: the kind says enough.
        logger.warning("The list of %s could not be read: %s", self._name, type(error).__name__)
        self._ended(wait, None)

    def _ended(self, wait: float, held: Held | None) -> None:
        with self._changed:
            if held is not None:
                self._held, self._failures = held, 0
            self._next_at = time.monotonic() + wait
            self._rounds += 1
            self._changed.notify_all()
