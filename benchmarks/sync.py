"""How long a sync of the large data set takes, and how many requests: `python benchmarks/sync.py`.

The sandbox runs in a process of its own and answers after 50 ms; the database is a new SQLite
file. Aim: under 30 s and under 1,000 requests.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.sandbox import Sandbox

LATENCY_MS = 50


def figures() -> dict[str, float]:
    """Seconds and requests of a first sync, and of a second one that finds no change (`again_`);
    how many requests were under way at once; milliseconds of the first look at the snapshot.

    Sets Django up: call it in a process of its own.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox("--size", "large", "--latency-ms", str(LATENCY_MS)) as sandbox,
    ):
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "incidentportal.settings",
            "SECRET_KEY": "of no worth: this process signs nothing",
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "ROOTLY_API_URL": sandbox.jsonapi_url,
            "ROOTLY_API_TOKEN": sandbox.token,
        }
        return _measure(sandbox)


def _measure(sandbox: Sandbox) -> dict[str, float]:
    django.setup()
    logging.getLogger().setLevel(logging.WARNING)
    call_command("migrate", "catalog", verbosity=0)

    # Models can be imported once Django is set up, not before.
    from incidentportal.catalog import connection, current  # noqa: PLC0415  # as above
    from incidentportal.catalog.sync import sync_catalog  # noqa: PLC0415  # as above

    found: dict[str, float] = {}
    before = 0
    for prefix in ("", "again_"):
        outcome = sync_catalog(connection.client(), connection.upstream())
        requests = sandbox.requests()
        found[f"{prefix}seconds"] = outcome.seconds
        found[f"{prefix}requests"] = len(requests) - before
        found["at_once"] = max(each["under_way"] for each in requests)
        before = len(requests)
    current.forget()
    began = time.perf_counter()
    catalog = current.current()
    found["first_look_ms"] = (time.perf_counter() - began) * 1000
    assert catalog is not None
    assert len(catalog.options("services")) == 5000
    return found


if __name__ == "__main__":
    for name, figure in figures().items():
        print(f"{name:<15}{figure:>10.1f}")
