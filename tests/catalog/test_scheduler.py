from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from incidentportal.catalog import connection, current
from incidentportal.catalog.models import SyncState
from incidentportal.catalog.scheduler import sync_if_due, sync_soon, wait
from tests.support.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def _age(seconds: float) -> None:
    """Let so many seconds pass since the last sync."""
    state = current.sync_state()
    assert state is not None
    assert state.tried_at is not None
    state.tried_at -= timedelta(seconds=seconds)
    state.save(update_fields=["tried_at"])


def test_the_first_is_due_at_once_and_the_next_after_the_interval(rootly: Sandbox) -> None:
    assert sync_if_due() is not None
    assert sync_if_due() is None
    _age(298)
    assert sync_if_due() is None
    _age(2)
    assert sync_if_due() is not None


def test_a_wish_is_due_at_once_and_once(rootly: Sandbox) -> None:
    sync_soon()
    assert sync_if_due() is not None
    assert sync_if_due() is None
    sync_soon()
    assert sync_if_due() is not None
    assert sync_if_due() is None


def test_another_form_is_due_at_once(rootly: Sandbox, settings: Settings) -> None:
    sync_if_due()
    settings.ROOTLY_FORM = "slack_new_incident_form"
    outcome = sync_if_due()
    assert outcome is not None
    assert outcome.changed
    assert sync_if_due() is None


def test_a_failure_is_recorded_and_tried_again_soon(
    rootly: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sync_if_due()
    rootly.switch(token="another-token")
    sync_soon()
    assert sync_if_due() is None
    assert "could not be fetched" in caplog.text
    assert rootly.token not in caplog.text
    rootly.switch(token=rootly.token)
    assert sync_if_due() is None
    _age(5)
    assert sync_if_due() is not None


def test_without_a_picture_it_is_tried_every_few_seconds(rootly: Sandbox) -> None:
    rootly.switch(token="another-token")
    for _ in range(5):
        assert sync_if_due() is None
        _age(3)
    state = current.sync_state()
    assert state is not None
    assert state.failures == 5
    rootly.switch(token=rootly.token)
    assert sync_if_due() is not None


def test_failures_wait_longer_each_time_up_to_the_interval(
    rootly: Sandbox, settings: Settings
) -> None:
    sync_if_due()
    state = current.sync_state()
    assert state is not None
    waits = []
    for failures in (0, 1, 2, 3, 7, 100_000):
        state.failures = failures
        waits.append(wait(state))
    assert waits == [300, 5, 10, 20, 300, 300]
    settings.SYNC_INTERVAL = 2.0
    assert wait(state) == 2


def test_a_clock_that_was_set_back_does_not_stop_it(rootly: Sandbox) -> None:
    sync_if_due()
    SyncState.objects.update(tried_at=timezone.now() + timedelta(days=365))
    assert sync_if_due() is not None


def test_while_another_process_syncs_nothing_happens(rootly: Sandbox) -> None:
    later = timezone.now() + timedelta(seconds=60)
    SyncState.objects.create(upstream=connection.upstream(), claimed_until=later)
    assert sync_if_due() is None
    assert not rootly.requests()


@pytest.mark.parametrize("name", ["ROOTLY_API_URL", "ROOTLY_API_TOKEN"])
def test_without_settings_nothing_is_tried(rootly: Sandbox, settings: Settings, name: str) -> None:
    setattr(settings, name, "")
    assert sync_if_due() is None
    sync_soon()
    assert not rootly.requests()
