"""A scripted upstream, and clients that speak with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina

from incidentportal.rootly.client import Client
from incidentportal.rootly.config import ClientConfig, Timeouts
from tests.rootly.upstream import Upstream

TOKEN = "rootly_token_0123456789abcdef"
QUICK = Timeouts(connect=0.5, read=0.3, write=0.5, pool=0.5, total=1.0)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Reads retry as often as ever, without waiting in between."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.fixture
def connect(upstream: Upstream) -> Iterator[Callable[..., Client]]:
    """Makes clients of the upstream, closed when the test is over."""
    clients: list[Client] = []

    def make(dialect: str = "jsonapi", url: str = "", **settings: Any) -> Client:
        settings.setdefault("timeouts", QUICK)
        config = ClientConfig.create(url or upstream.url, TOKEN, dialect, **settings)
        clients.append(Client(config))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()
