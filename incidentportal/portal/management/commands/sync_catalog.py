"""`manage.py sync_catalog`: fetch Rootly's configuration now."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidentportal.catalog import connection
from incidentportal.catalog.picture import Picture
from incidentportal.catalog.sync import Outcome, SyncBusyError, SyncFailedError, sync_catalog
from incidentportal.presets.drift import current_findings
from incidentportal.presets.remarks import remarks
from incidentportal.rootly.config import ConfigError

WAIT_FOR_OTHERS = 60.0


class Command(BaseCommand):
    """Says in plain words what was found; exits with 1 where nothing could be."""

    help = "Fetch Rootly's configuration now, and say what was found."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sync once; a sync that another process has under way is waited for."""
        try:
            outcome = _sync()
        except ConfigError as error:
            raise CommandError(f"{error.setting} {error.sentence}") from None
        except (SyncFailedError, SyncBusyError) as error:
            raise CommandError(f"Nothing was fetched: {error}") from None
        news = "It changed" if outcome.changed else "Nothing changed"
        self.stdout.write(f"Fetched from {connection.upstream()} in {outcome.seconds:.1f} s.")
        for name, number in _counts(outcome.picture):
            self.stdout.write(f"  {number:>6}  {name}")
        for sentence in _said():
            self.stdout.write(f"  ! {sentence}")
        self.stdout.write(f"{news}: snapshot {outcome.snapshot_id} is in use.")


def _said() -> list[str]:
    """What is amiss in it, and what of the presets no longer fits it."""
    return [one.sentence for one in remarks()] + [one.told for one in current_findings()]


def _sync() -> Outcome:
    client = connection.client()
    give_up = time.monotonic() + WAIT_FOR_OTHERS
    while True:
        try:
            return sync_catalog(client, connection.upstream())
        except SyncBusyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.5)


def _counts(picture: Picture) -> list[tuple[str, int]]:
    names = (name for name in picture.__struct_fields__ if name != "problems")
    return [(name.replace("_", " "), len(getattr(picture, name))) for name in names]
