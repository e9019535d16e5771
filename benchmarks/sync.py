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


def main() -> None:
    """Sync once, then again without a change, and print the figures."""
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
        measure(sandbox)


def measure(sandbox: Sandbox) -> None:
    """Print seconds and requests of a first sync, a second one, and the first look after it."""
    django.setup()
    logging.getLogger().setLevel(logging.WARNING)
    call_command("migrate", "catalog", verbosity=0)

    # Models can be imported once Django is set up, not before.
    from incidentportal.catalog import connection, current  # noqa: PLC0415 -- as above
    from incidentportal.catalog.sync import sync_catalog  # noqa: PLC0415 -- as above

    before = 0
    for title in ("first sync", "sync without a change"):
        outcome = sync_catalog(connection.client(), connection.upstream())
        requests = sandbox.requests()
        at_once = max(each["under_way"] for each in requests)
        print(
            f"{title}: {outcome.seconds:.1f} s, {len(requests) - before} requests, "
            f"at most {at_once} at once, {LATENCY_MS} ms latency"
        )
        before = len(requests)
    current.current()
    current.forget()
    began = time.perf_counter()
    catalog = current.current()
    assert catalog is not None
    print(f"reading the snapshot: {(time.perf_counter() - began) * 1000:.1f} ms")
    conditions = sum(len(place.conditions) for place in catalog.picture.placements)
    print(f"{len(catalog.options('service'))} services, {len(catalog.options('user'))} users, "
          f"{len(catalog.picture.form_fields)} fields, {conditions} conditions")  # fmt: skip


if __name__ == "__main__":
    main()
