from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from incidentportal.catalog import connection
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.portal.management.commands import sync_catalog
from incidentportal.presets.remarks import remarks
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def _run() -> str:
    out = StringIO()
    call_command("sync_catalog", stdout=out)
    return out.getvalue()


def test_it_says_what_was_found(rootly: Sandbox) -> None:
    rootly.switch(forbidden_lists=["users"])
    found = _run()
    snapshot = Snapshot.objects.get()
    assert f"Fetched from {rootly.jsonapi_url} in " in found
    assert "    40  services\n" in found
    assert "The list of users is left out: the token may not read it (403)." in found
    flaws = remarks()
    assert {"list_refused"} < {one.kind for one in flaws}
    assert all(f"  ! {one.sentence}\n" in found for one in flaws)
    assert f"It changed: snapshot {snapshot.id} is in use." in found
    assert f"Nothing changed: snapshot {snapshot.id} is in use." in _run()


def test_a_failure_is_a_plain_sentence(rootly: Sandbox) -> None:
    rootly.switch(token="another-token")
    with pytest.raises(CommandError, match=r"^Nothing was fetched: .*ROOTLY_API_TOKEN") as raised:
        _run()
    assert raised.value.returncode == 1
    assert rootly.token not in str(raised.value)


@pytest.mark.parametrize("name", ["ROOTLY_API_URL", "ROOTLY_API_TOKEN"])
def test_a_missing_setting_is_named(rootly: Sandbox, settings: Settings, name: str) -> None:
    setattr(settings, name, "")
    with pytest.raises(CommandError, match=f"^{name} is not set"):
        _run()


def test_another_process_that_syncs_is_waited_for(
    rootly: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = timezone.now() + timedelta(seconds=0.7)
    state = SyncState.objects.create(upstream=connection.upstream(), claimed_until=soon)
    assert "It changed" in _run()
    SyncState.objects.filter(pk=state.pk).update(claimed_until=soon + timedelta(minutes=1))
    monkeypatch.setattr(sync_catalog, "WAIT_FOR_OTHERS", 0.0)
    with pytest.raises(CommandError, match="Another process"):
        _run()
