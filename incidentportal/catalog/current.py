"""The catalog in use, answered from memory.

Each process keeps the last good picture and what was derived from it. At most every two seconds
one small query asks the database for a newer one; nothing here speaks to Rootly.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db.models.expressions import Combinable

from incidentportal.catalog import connection, live, stored
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.options import OptionList, OptionLists
from incidentportal.catalog.picture import Picture, Problem

LOOK_EVERY = 2.0
"""Seconds between two looks at the database."""

# Rootly's value kinds (`openapi.json`, form field; SDK 3.0.1), and severity, by the list they
# choose from.
_LIST_OF = {
    "service": "services",
    "environment": "environments",
    "group": "teams",
    "functionality": "functionalities",
    "incident_type": "incident_types",
    "cause": "causes",
    "user": "users",
    "severity": "severities",
}

logger = logging.getLogger(__name__)
Built = TypeVar("Built")


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at the database: when it began (`time.monotonic`), and the answers to what was asked
    beside (`ask_beside`), by name; none before the first sync.
    """

    upstream: str
    at: float
    beside: Mapping[str, Any] = field(default_factory=dict)


class Catalog:
    """One picture, and all that is derived from it, each thing computed once."""

    def __init__(
        self,
        snapshot_id: int,
        fetched_at: datetime,
        picture: Picture,
        problems: tuple[Problem, ...],
    ) -> None:
        self.snapshot_id = snapshot_id
        self.fetched_at = fetched_at
        """When Rootly was last seen to be configured like this (grows with each good sync)."""
        self.picture = picture
        self.problems = problems
        """The picture's own, and what was amiss when it was read back."""
        self._lists = OptionLists(picture)
        self._built: dict[Hashable, Any] = {}
        self._building = threading.RLock()

    def options(self, kind: str) -> OptionList:
        """The options of a value kind (`service`, `group`, …) or list (`services`, `teams`, …).

        `alerts`, `incidents` (open ones) and `parents` are live lists: not of this picture, but
        of this minute. An unknown one has none.
        """
        if kind in live.LISTS:
            return live.LISTS[kind]
        return self._lists.options(_LIST_OF.get(kind, kind))

    def entities(self, catalog_id: str) -> OptionList:
        """The entities of one of Rootly's catalogs; one that no field uses has none."""
        return self._lists.entities(catalog_id)

    def cached(self, key: Hashable, build: Callable[[Catalog], Built]) -> Built:
        """What `build` makes of this catalog, made once and kept as long as the catalog is."""
        if key not in self._built:
            with self._building:
                if key not in self._built:
                    self._built[key] = build(self)
        return cast(Built, self._built[key])


_beside: list[Callable[[str], Mapping[str, Combinable]]] = []
"""What else is asked for with each look."""


class _Keeper:
    """What this process keeps. Readers wait for a look only while there is nothing to give."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._looked: Looked | None = None
        self._kept: tuple[str, Catalog | None] = ("", None)
        self._wanted = ("", 0, "")
        self._look_at = 0.0

    def get(self, upstream: str) -> Catalog | None:
        kept_for, catalog = self._kept
        if kept_for == upstream and time.monotonic() < self._look_at:
            return catalog
        have = kept_for == upstream and catalog is not None
        if self._looking.acquire(blocking=not have):
            try:
                # Another thread may have looked while this one waited.
                if self._kept[0] != upstream or time.monotonic() >= self._look_at:
                    self._look(upstream)
            finally:
                self._looking.release()
            kept_for, catalog = self._kept
        return catalog if kept_for == upstream else None

    def look_at_once(self) -> None:
        self._look_at = 0.0

    def looked(self, upstream: str, since: float) -> Looked:
        known = self._looked
        if known is None or known.upstream != upstream or known.at < since:
            with self._looking:
                self._look(upstream)
            known = self._looked
        assert known is not None  # noqa: S101  # each look leaves one
        return known

    def _look(self, upstream: str) -> None:
        began = time.monotonic()
        next_look = began + LOOK_EVERY
        kept_for, catalog = self._kept
        asked = {name: one for ask in _beside for name, one in ask(upstream).items()}
        row = (
            SyncState.objects.filter(upstream=upstream, snapshot__isnull=False)
            .values_list("snapshot_id", "snapshot__digest", "good_at")
            .annotate(**asked)
            .first()
        )
        if row is None:
            self._kept = (upstream, None)
            self._looked = Looked(upstream, began)
        else:
            snapshot_id, digest, good_at, *answers = row
            self._looked = Looked(upstream, began, dict(zip(asked, answers, strict=True)))
            # The digest too: a database that was restored may give an id again.
            wanted = (upstream, snapshot_id, digest)
            if kept_for != upstream or catalog is None or wanted != self._wanted:
                catalog = _load(upstream, snapshot_id)
                self._kept, self._wanted = (upstream, catalog), wanted
            if catalog is not None and catalog.snapshot_id == snapshot_id:
                catalog.fetched_at = good_at or catalog.fetched_at
        self._look_at = next_look


def _load(upstream: str, newest: int) -> Catalog | None:
    """The newest snapshot that this version can read; what was passed over is reported."""
    problems: list[Problem] = []
    ids = Snapshot.objects.filter(upstream=upstream, id__lte=newest).order_by("-id")
    for snapshot_id in ids.values_list("id", flat=True):
        snapshot = Snapshot.objects.filter(id=snapshot_id).first()
        if snapshot is None:  # pruned in between
            continue
        try:
            picture = stored.decode(bytes(snapshot.content))
        except stored.UndecodableError as error:
            logger.exception("Snapshot %s can't be read; the one before it is used.", snapshot_id)
            sentence = f"Snapshot {snapshot_id} can't be read ({error}); an older one is used."
            problems.append(Problem("snapshot_unreadable", str(snapshot_id), sentence))
            continue
        return Catalog(snapshot.id, snapshot.created_at, picture, (*picture.problems, *problems))
    return None


_keeper = _Keeper()


def current() -> Catalog | None:
    """The configured upstream's catalog; None without an upstream, or before its first sync.

    Reads memory; at most every `LOOK_EVERY` seconds one caller looks at the database.
    """
    upstream = connection.upstream()
    return _keeper.get(upstream) if upstream else None


def ask_beside(questions: Callable[[str], Mapping[str, Combinable]]) -> None:
    """Have every look ask more about its upstream, in the same query: whoever keeps rows of their
    own learns so whether there are newer ones. For modules, as they are loaded.
    """
    _beside.append(questions)


def looked(upstream: str, since: float) -> Looked:
    """The last look at what there is of this upstream; one now where that began before `since`
    (`time.monotonic`).
    """
    return _keeper.looked(upstream, since)


def look_at_once() -> None:
    """Let the next `current()` look at the database, however recent the last look."""
    _keeper.look_at_once()


def forget() -> None:
    """Keep nothing any more (a test's database went; this process was just forked)."""
    global _keeper  # noqa: PLW0603 -- one keeper per process is what this module is
    _keeper = _Keeper()
    _past.clear()
    live.forget()


_past: dict[int, Catalog] = {}
_MOST_PAST = 3


def past(snapshot_id: int) -> Catalog | None:
    """The configured upstream's catalog as an earlier snapshot had it; None where it is gone.

    A few are kept: after a change in Rootly everyone who was filling in a form asks for the same.
    """
    known = _past.get(snapshot_id)
    if known is None:
        found = Snapshot.objects.filter(upstream=connection.upstream(), id=snapshot_id).first()
        if found is None:
            return None
        try:
            picture = stored.decode(bytes(found.content))
        except stored.UndecodableError:
            return None
        known = Catalog(found.id, found.created_at, picture, picture.problems)
        while len(_past) >= _MOST_PAST:
            _past.pop(next(iter(_past)), None)
        _past[snapshot_id] = known
    return known


def sync_state() -> SyncState | None:
    """How syncing with the configured upstream stands (one query); None before the first try."""
    upstream = connection.upstream()
    return SyncState.objects.filter(upstream=upstream).first() if upstream else None


os.register_at_fork(after_in_child=forget)
