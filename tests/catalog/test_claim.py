"""One process at a time syncs with an upstream."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from incidentportal.catalog import connection, sync
from incidentportal.catalog.fetch import fetch
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.picture import Picture
from incidentportal.catalog.sync import Outcome, SyncBusyError
from tests.catalog.conftest import state_now, sync_now
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.mark.store
def test_only_one_syncs_at_a_time(rootly: Sandbox) -> None:
    sync_now()
    row = SyncState.objects.filter(upstream=connection.upstream())
    row.update(claimed_until=timezone.now() + timedelta(seconds=60))
    before = len(rootly.requests())
    with pytest.raises(SyncBusyError):
        sync_now()
    assert len(rootly.requests()) == before
    row.update(claimed_until=timezone.now() - timedelta(seconds=1))  # its process died
    assert not sync_now().changed


@pytest.mark.store
def test_a_sync_that_lost_its_claim_changes_nothing(
    rootly: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = sync_now()
    rootly.change_list("services", upsert=[{"name": "A new service"}])

    def slowly(*args: Any, **kwargs: Any) -> Picture:
        picture = fetch(*args, **kwargs)
        SyncState.objects.update(claim=1000, claimed_until=timezone.now() + timedelta(minutes=1))
        return picture

    monkeypatch.setattr(sync, "fetch", slowly)
    with pytest.raises(SyncBusyError):
        sync_now()
    state = state_now()
    assert state.snapshot_id == good.snapshot_id
    assert state.claimed_until is not None
    assert not state.failures


@pytest.mark.store
def test_a_long_sync_keeps_its_claim(rootly: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "RENEW_EVERY", 0.0)
    monkeypatch.setattr(sync, "LEASE", 1.5)
    rootly.fault("latency", path="/causes", seconds=2.5)
    outcome = sync_now()
    assert outcome.seconds > 2


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_of_several_that_begin_at_once_one_syncs(rootly: Sandbox) -> None:
    SyncState.objects.create(upstream=connection.upstream())
    rootly.switch(latency_ms=10)
    outcomes: list[object] = []
    start = threading.Barrier(4)

    def one() -> None:
        start.wait()
        try:
            outcomes.append(sync_now())
        except SyncBusyError as error:
            outcomes.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in outcomes if isinstance(each, Outcome)]) == 1
    assert len(outcomes) == 4
    assert Snapshot.objects.count() == 1
