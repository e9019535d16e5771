"""A sync in one process, noticed in another: both real."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox import ROOT, Sandbox

READER = """
import time
import django
django.setup()
from incidentportal.catalog import current
seen = None
while True:
    catalog = current.current()
    shown = catalog and (catalog.snapshot_id, len(catalog.options("service")))
    if shown != seen:
        seen = shown
        print(*shown, flush=True)
    time.sleep(0.02)
"""


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """What a portal's processes need, with a database of their own."""
    wanted = {
        "DJANGO_SETTINGS_MODULE": "incidentportal.settings",
        "SECRET_KEY": "a secret for tests, long enough to be taken for a real one: 0123456789",
        "HTTPS_ONLY": "false",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'portal.sqlite3'}",
        "ROOTLY_API_URL": sandbox.jsonapi_url,
        "ROOTLY_API_TOKEN": sandbox.token,
        "PYTHONPATH": str(ROOT),
    }
    return {**os.environ, **wanted}


def _manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def reader(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that says which snapshot it uses, each time that changes."""
    assert _manage(environment, "migrate", "--verbosity=0").returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-c", READER], env=environment, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_another_process_notices_within_seconds(
    environment: dict[str, str], reader: subprocess.Popen[str], sandbox: Sandbox
) -> None:
    assert reader.stdout is not None
    first = _manage(environment, "sync_catalog")
    assert first.returncode == 0, first.stderr
    assert reader.stdout.readline().split() == ["1", "40"]
    sandbox.change_list("services", upsert=[{"name": "A new service"}])
    assert _manage(environment, "sync_catalog").returncode == 0
    done = time.monotonic()
    assert reader.stdout.readline().split() == ["2", "41"]
    assert time.monotonic() - done < 3
