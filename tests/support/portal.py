"""The portal connected to the sandbox."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection, current, resync
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.sync import sync_catalog
from incidentportal.declarations import standby, work
from incidentportal.declarations.models import Declaration
from incidentportal.presets import current as presets
from tests.support.controls import controls, page_of
from tests.support.declarations import make_declaration
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox


@pytest.fixture(params=["jsonapi"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Which dialect the portal writes; parametrize it indirectly for both."""
    return str(request.param)


@pytest.fixture
def connected(
    transactional_db: None, sandbox: Sandbox, settings: Settings, dialect: str
) -> Iterator[Sandbox]:
    """The sandbox, with its configuration fetched; waits between attempts are short."""
    settings.DELIVERY_BACKOFF = (0.05, 0.2)
    settings.DELIVERY_LOOK = (0.3, 0.1)
    settings.DELIVERY_PROBE = 0.2
    _connect(sandbox, settings, dialect)
    yield sandbox
    resync.join()
    current.forget()
    presets.forget()
    let_go_of_the_database()


@pytest.fixture
def row(connected: Sandbox, reporter: User) -> Declaration:
    """A saved declaration for the sandbox that nobody has tried to deliver."""
    return make_declaration(reporter, upstream=connection.upstream())


def let_go_of_the_database() -> None:
    """Threads that deliver keep their connections; a test database can't be dropped beside them."""
    together = threading.Barrier(work.INLINE_CALLS)

    def let_go() -> None:
        together.wait(30)
        connections.close_all()

    for future in [work._threads.submit(let_go) for _ in range(work.INLINE_CALLS)]:
        future.result(40)
    if (place := standby.lock_file()) is not None:
        place.unlink(missing_ok=True)


def _connect(sandbox: Sandbox, settings: Settings, dialect: str) -> None:
    """Speak with the sandbox, and have its configuration."""
    settings.ROOTLY_API_URL = sandbox.jsonapi_url if dialect == "jsonapi" else sandbox.plain_url
    settings.ROOTLY_API_TOKEN = sandbox.token
    settings.ROOTLY_API_DIALECT = dialect
    current.forget()
    presets.forget()
    _fetch_once()


_fetched: dict[str, dict[str, Any]] = {}


def _fetch_once() -> None:
    """Fetch the configuration really, once per upstream; its row is put back, for the first test
    as for all others: no sync was tried just now.
    """
    upstream = connection.upstream()
    if upstream not in _fetched:
        sync_catalog(connection.client(), upstream)
        _fetched[upstream] = dict(Snapshot.objects.values().get(upstream=upstream))
        SyncState.objects.all().delete()
        Snapshot.objects.all().delete()
    snapshot = Snapshot.objects.create(**_fetched[upstream])
    SyncState.objects.create(upstream=upstream, snapshot=snapshot, good_at=timezone.now())
    current.look_at_once()


class Form:
    """A form as a browser without JavaScript sees it: its controls, filled in and sent."""

    def __init__(self, client: PageClient, address: str = "/incidents/new/") -> None:
        self.client = client
        self.address = address
        self.response = client.get(address)
        assert self.response.status_code == 200, self.response.content.decode()

    @property
    def html(self) -> str:
        """The page as it stands."""
        return str(self.response.content.decode())

    @property
    def identity(self) -> str:
        """The declaration's id that the form carries."""
        found = re.search(r'name="declaration" value="([^"]+)"', self.html)
        assert found
        return unescape(found[1])

    def send(self, **answers: Any) -> Any:
        """Post all controls of the page, as a browser does, with these answers in their place (None
        takes a control away); the form now is what came back.
        """
        posted = {**controls(page_of(self.html), "declaration"), **answers}
        kept = {name: value for name, value in posted.items() if value is not None}
        self.response = self.client.post(self.address, kept)
        return self.response

    def filled(self, **answers: Any) -> dict[str, Any]:
        """Answers to everything that the sandbox's form requires, and these."""
        custom = self.field_called("How was it noticed?")
        return {
            "title": "Checkout is slow",
            "severity_id": self.option("severity_id", "SEV2"),
            custom: self.option(custom, "Customer report"),
            **answers,
        }

    def field_called(self, label: str) -> str:
        """The name of the field with this label."""
        before = self.html[: self.html.index(f">{label} <span")]
        return unescape(before.rpartition('data-field="')[2].partition('"')[0])

    def option(self, name: str, label: str) -> str:
        """The value of an option by its label."""
        field = self.html.split(f'data-field="{name}"', 1)[1].split("data-field=", 1)[0]
        pattern = rf'value="([^"]*)"[^>]*>(?:<span>)?{re.escape(label)}'
        found = re.search(pattern, field)
        assert found, f"no option {label!r} in {field}"
        return unescape(found[1])

    def error(self, name: str) -> str:
        """What stands as an error at the field; blank where nothing does."""
        found = re.search(rf'id="id_{name}_error">(.*?)</p>', self.html, re.DOTALL)
        return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


@pytest.fixture
def form(connected: Sandbox, visitor: PageClient) -> Form:
    """A reporter before the empty form."""
    return Form(visitor)


@pytest.fixture
def unhurried(connected: Sandbox, settings: Settings) -> Sandbox:
    """The same with the waits of production, for tests that let time pass (`matrix.pass_time`)
    instead of waiting; a new incident has its Slack channel at once.
    """
    _take_time(connected, settings)
    return connected


@pytest.fixture
def alone(
    db: None,
    sandbox: Sandbox,
    settings: Settings,
    dialect: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Sandbox]:
    """As `unhurried`, for tests in which no other thread meets the database: their rows are rolled
    back, which is much quicker than emptying all tables.
    """
    # Whoever delivers lets go of a connection that is old or in the middle of something: this one
    # is in the middle of the test's own transaction.
    own = connections[DEFAULT_DB_ALIAS]
    monkeypatch.setitem(own.settings_dict, "AUTOCOMMIT", own.get_autocommit())
    _connect(sandbox, settings, dialect)
    _take_time(sandbox, settings)
    yield sandbox
    resync.join()
    current.forget()
    presets.forget()


def _take_time(sandbox: Sandbox, settings: Settings) -> None:
    settings.DELIVERY_BACKOFF = (2, 300)
    settings.DELIVERY_LOOK = (30, 5)
    settings.DELIVERY_PROBE = 15
    sandbox.switch(slack_delay_s=0)
