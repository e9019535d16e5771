"""A portal whose upstream is the sandbox, and pictures made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import stamina
from django.utils import timezone
from pytest_django import Settings

from incidentportal.catalog import connection, current, stored
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.picture import Picture
from incidentportal.catalog.sync import Outcome, sync_catalog
from incidentportal.rootly.records import FormField
from tests.support.sandbox import Sandbox

UPSTREAM = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    current.forget()
    yield
    current.forget()
    connection.close()


@pytest.fixture(autouse=True)
def _retries_without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def portal(settings: Settings) -> Settings:
    """Settings with an upstream where nobody listens."""
    settings.ROOTLY_API_URL = UPSTREAM
    settings.ROOTLY_API_TOKEN = "token"
    return settings


@pytest.fixture
def whole_rootly(db: None, settings: Settings, sandbox: Sandbox) -> Sandbox:
    """The sandbox, as the configured upstream."""
    settings.ROOTLY_API_URL = sandbox.jsonapi_url
    settings.ROOTLY_API_TOKEN = sandbox.token
    return sandbox


@pytest.fixture
def rootly(whole_rootly: Sandbox) -> Sandbox:
    """The same with a few form fields only, some with conditions, so that a sync is quick."""
    rules = whole_rootly.records("form_field_placement_conditions")[:3]
    ruled = {rule["form_field_placement_id"] for rule in rules}
    placements = whole_rootly.records("form_field_placements")
    wanted = {place["form_field_id"] for place in placements if place["id"] in ruled}
    fields = whole_rootly.records("form_fields")
    catalog = next(each["id"] for each in fields if each["value_kind"] == "catalog_entity")
    wanted |= {catalog, *(each["id"] for each in fields[:3])}
    others = [each["id"] for each in fields if each["id"] not in wanted]
    whole_rootly.change_list("form_fields", remove=others)
    return whole_rootly


def a_picture(*names: str) -> Picture:
    """A picture with form fields of these names."""
    return Picture(form_fields=tuple(FormField(id=name, name=name) for name in names))


def put_to_use(
    picture: Picture,
    upstream: str = UPSTREAM,
    *,
    content: bytes | None = None,
    at: datetime | None = None,
    **state: Any,
) -> Snapshot:
    """Store a snapshot and name it the one in use."""
    at = at or timezone.now()
    snapshot = Snapshot.objects.create(
        upstream=upstream,
        digest=stored.digest(picture),
        content=stored.encode(picture) if content is None else content,
        created_at=at,
    )
    changes = {"snapshot": snapshot, "good_at": at, "tried_at": at, **state}
    SyncState.objects.update_or_create(upstream=upstream, defaults=changes)
    return snapshot


def sync_now() -> Outcome:
    """Sync with the configured upstream."""
    return sync_catalog(connection.client(), connection.upstream())


def state_now() -> SyncState:
    """How syncing with it stands."""
    state = current.sync_state()
    assert state is not None
    return state
