"""The cache between machines, whose absence keeps nobody from anything."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

PAUSE = 5.0
"""Seconds for which a Redis that failed is not asked again: each call may take a second to fail."""


class ForgivingRedisCache(RedisCache):
    """Django's own, which answers as an empty one would while Redis doesn't.

    What is counted here (throttles, failed sign-ins) must never keep somebody from declaring an
    incident because a second system is down.
    """

    _silent_until = 0.0

    def _ask(self, otherwise: Answer, call: Callable[[], Answer]) -> Answer:
        kind = type(self)
        if time.monotonic() < kind._silent_until:
            return otherwise
        try:
            return call()
        except (RedisError, OSError) as error:
            kind._silent_until = time.monotonic() + PAUSE
            log.warning("The cache does not answer (%s): nothing is counted.", type(error).__name__)
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """True while Redis is gone, as if the key had been free."""
        parent: Any = super()
        return self._ask(True, lambda: bool(parent.add(*args, **kwargs)))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The default while Redis is gone."""
        parent: Any = super()
        return self._ask(default, lambda: parent.get(key, default, version))

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing while Redis is gone."""
        parent: Any = super()
        self._ask(None, lambda: parent.set(*args, **kwargs))

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        """False while Redis is gone."""
        parent: Any = super()
        return self._ask(False, lambda: bool(parent.touch(*args, **kwargs)))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """False while Redis is gone."""
        parent: Any = super()
        return self._ask(False, lambda: bool(parent.delete(*args, **kwargs)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """`delta` while Redis is gone, as for the first one. ValueError: there is no such key."""
        parent: Any = super()
        return self._ask(delta, lambda: int(parent.incr(key, delta, version)))
