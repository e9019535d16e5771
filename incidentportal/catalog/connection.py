"""Which Rootly this portal speaks with, and the one client that each process keeps for it."""

from __future__ import annotations

import atexit
import os
import threading
from functools import lru_cache

from django.conf import settings

from incidentportal.rootly.calls import Call, Observer
from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ClientConfig, ConfigError, Timeouts, canonical_url


@lru_cache(maxsize=8)
def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except ConfigError:
        return ""


def upstream() -> str:
    """The configured upstream's URL in its one spelling; empty where none, or no usable one, is."""
    return _canonical(settings.ROOTLY_API_URL)


def config(timeouts: Timeouts | None = None) -> ClientConfig:
    """What the settings amount to, for a client of one's own. Raises rootly's `ConfigError`."""
    return ClientConfig.create(
        settings.ROOTLY_API_URL,
        settings.ROOTLY_API_TOKEN,
        settings.ROOTLY_API_DIALECT,
        insecure_hosts=settings.INSECURE_HTTP_HOSTS,
        timeouts=timeouts,
    )


def config_problem() -> tuple[str, str] | None:
    """What keeps the portal from speaking to Rootly: the setting, and a sentence about it.

    None where the settings can be used; whether Rootly agrees is for a sync to find out.
    """
    try:
        config()
    except ConfigError as error:
        return error.setting, error.sentence
    return None


_observers: list[Observer] = []


def observe(observer: Observer) -> None:
    """Have every call of this process to Rootly told to `observer` when it ended."""
    _observers.append(observer)


def _observe(call: Call, outcome: str, seconds: float) -> None:
    for observer in _observers:
        observer(call, outcome, seconds)


class _Kept:
    """A client and the settings it was made for."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._client: Client | None = None
        self._config: ClientConfig | None = None

    def get(self, config: ClientConfig) -> Client:
        with self._making:
            if self._client is None or self._config != config:
                self._close()
                self._client, self._config = Client(config, observe=_observe), config
            return self._client

    def close(self) -> None:
        with self._making:
            self._close()

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._config = None


_kept = _Kept()


def client() -> Client:
    """This process's client, made at its first use and kept. Thread-safe.

    Raises rootly's `ConfigError` where the settings can't be used. Settings that changed, as they
    do in tests, close it and make another.
    """
    return _kept.get(config())


def close() -> None:
    """Close the kept client; the next call of `client` makes another."""
    _kept.close()


def _forked() -> None:
    """Connections belong to the parent: leave them to it, and begin without."""
    global _kept, _inherited
    _inherited, _kept = _kept, _Kept()


_inherited: _Kept | None = None
"""Kept referenced, not closed: closing would say goodbye on the parent's connections."""

os.register_at_fork(after_in_child=_forked)
atexit.register(close)
