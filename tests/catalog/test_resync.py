"""A sync out of turn: at once, waited for briefly, and not again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from incidentportal.catalog import current, resync
from incidentportal.catalog.models import SyncState
from incidentportal.catalog.resync import newer_than
from tests.catalog.conftest import state_now, sync_now
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _synced(rootly: Sandbox, transactional_db: None) -> Iterator[None]:
    sync_now()
    yield
    resync.join()


def age(seconds: float) -> None:
    """Have the last sync ended so long ago."""
    back = timedelta(seconds=seconds)
    state = state_now()
    assert state.tried_at is not None
    assert state.good_at is not None
    SyncState.objects.update(tried_at=state.tried_at - back, good_at=state.good_at - back)


def syncs(rootly: Sandbox) -> int:
    return len(rootly.requests("GET", "/form_sets"))


def now() -> datetime:
    return timezone.now()


@pytest.mark.store
def test_a_new_picture_is_fetched_and_waited_for(rootly: Sandbox) -> None:
    rootly.change_list("services", upsert=[{"name": "A new service"}])
    age(60)
    assert newer_than(now()) == "newer"
    catalog = current.current()
    assert catalog is not None
    assert "A new service" in [one.label for one in catalog.options("services")]


def test_one_that_is_newer_already_costs_nothing(rootly: Sandbox) -> None:
    before = syncs(rootly)
    assert newer_than(now() - timedelta(seconds=60)) == "newer"
    assert syncs(rootly) == before


def test_syncs_keep_a_distance(rootly: Sandbox) -> None:
    before = syncs(rootly)
    for _ in range(20):
        assert newer_than(now()) == "later"
    assert syncs(rootly) == before
    age(resync.LEAST_APART)
    assert newer_than(now()) == "newer"
    assert syncs(rootly) == before + 1


def test_what_takes_long_is_not_repeated_soon(rootly: Sandbox) -> None:
    age(60)
    state = state_now()
    assert state.tried_at is not None
    SyncState.objects.update(good_at=state.tried_at + timedelta(seconds=30))
    assert newer_than(now()) == "later"
    age(300)
    assert newer_than(now()) == "newer"


def test_failed_ones_keep_the_schedulers_distance(rootly: Sandbox) -> None:
    age(60)
    rootly.switch(token="another")
    began = time.monotonic()
    assert newer_than(now()) == "later"
    assert time.monotonic() - began < resync.PATIENCE
    SyncState.objects.update(failures=7)
    age(60)
    rootly.switch(token=rootly.token)
    assert newer_than(now()) == "later"
    age(300)
    assert newer_than(now()) == "newer"


@pytest.mark.store
def test_many_at_once_start_one_and_few_wait(
    rootly: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resync, "PATIENCE", 0.5)
    age(60)
    before = syncs(rootly)
    rootly.fault("latency", method="GET", path="/form_sets", seconds=1.0, times=1)
    took: list[Any] = []
    together = threading.Barrier(12)

    def ask() -> None:
        together.wait(10)
        began = time.monotonic()
        took.append((newer_than(now()), time.monotonic() - began))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {progress for progress, _ in took} == {"under_way"}
    waited = [seconds for _, seconds in took if seconds >= 0.5]
    assert 1 <= len(waited) <= resync.WAITING
    resync.join()
    assert syncs(rootly) == before + 1
    assert not state_now().wanted


def test_anothers_sync_is_waited_for(rootly: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync, "PATIENCE", 0.3)
    before = syncs(rootly)
    SyncState.objects.update(claimed_until=now() + timedelta(seconds=60))
    assert newer_than(now()) == "under_way"
    assert syncs(rootly) == before


def test_before_the_first_picture_there_is_nothing_to_renew(rootly: Sandbox) -> None:
    SyncState.objects.all().delete()
    assert newer_than(now()) == "later"
