"""What changes by the minute: alerts, and open incidents.

One shared list of the newest `MOST` each, kept by a `Feed`. A search that it does not answer
fully is one read of Rootly, in the time of the page that asks. Private incidents are dropped as
they are read: nothing of them is kept, shown or found.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from incidentportal.catalog import connection
from incidentportal.catalog.feed import Feed, Held
from incidentportal.catalog.options import Option, OptionList
from incidentportal.rootly.client import Client, Listing
from incidentportal.rootly.config import ConfigError
from incidentportal.rootly.errors import RootlyError
from incidentportal.rootly.records import Alert, Incident, Record

MOST = 500
READ_SECONDS = 25.0
"""For a whole reading, in the background."""
SEARCH_SECONDS = 2.0
SEARCH_MOST = 100
SEARCHES_AT_ONCE = 2
"""Beyond it a search gets what is known: pages must not starve while Rootly is slow."""
PAUSE_AFTER_FAILURE = 10.0
FOUND_FOR = 600.0
"""Seconds that a search's finds keep their labels, so that what was chosen can be shown."""
MOST_FOUND = 1000

NOT_OPEN = frozenset({"mitigated", "resolved", "closed", "cancelled", "canceled", "completed"})
"""The statuses that end an incident (API reference); an unknown one counts as open."""

R = TypeVar("R", bound=Record)
_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Source(Generic[R]):
    """Where a list comes from, and which option lists are made of it.

    `read` takes how many, the seconds and the words searched for. `lists` names each option list
    and what belongs in it.
    """

    name: str
    read: Callable[[Client, int, float, str], Listing[R]]
    option: Callable[[R], Option]
    created_at: Callable[[R], str]
    is_secret: Callable[[R], bool]
    lists: Mapping[str, Callable[[R], bool]]

    def fetch(self, most: int, seconds: float, words: str = "") -> tuple[list[R], bool]:
        """Records that may be shown, newest first, and whether there are no others.

        Raises RootlyError or ConfigError.
        """
        listing = self.read(connection.client(), most, seconds, words)
        shown = [record for record in listing if not self.is_secret(record)]
        shown.sort(key=lambda record: _moment(self.created_at(record)), reverse=True)
        return shown, not listing.is_cut

    def options(self, records: Iterable[R], name: str) -> list[Option]:
        """The options of one list."""
        belongs = self.lists[name]
        return [self.option(record) for record in records if belongs(record)]

    def held(self) -> Held:
        """The newest, for a feed."""
        records, is_complete = self.fetch(MOST, READ_SECONDS)
        lists = {name: OptionList(self.options(records, name)) for name in self.lists}
        return Held(lists, is_complete)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _OLDEST
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _words(text: str) -> str:
    return text.replace("_", " ").strip()


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def alert_option(alert: Alert) -> Option:
    """An alert by its summary, with where it comes from and how it stands."""
    label = " ".join(alert.summary.split()) or alert.short_id or alert.id
    return Option(alert.id, label, _joined(_words(alert.source), _words(alert.status)))


def incident_option(incident: Incident) -> Option:
    """An incident as `#12 Title`, with its status and when it began."""
    number = "" if incident.sequential_id is None else f"#{incident.sequential_id}"
    title = " ".join(incident.title.split()) or incident.slug
    label = f"{number} {title}".strip() or incident.id
    began = _moment(incident.started_at or incident.created_at)
    since = "" if began == _OLDEST else f"since {began.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return Option(incident.id, label, _joined(_words(incident.status), since))


def is_open(incident: Incident) -> bool:
    """Whether an incident still goes on."""
    return incident.status.strip().lower() not in NOT_OPEN


def may_be_parent(incident: Incident) -> bool:
    """Whether an incident may have sub-incidents: neither a sub-incident nor a maintenance."""
    kind = incident.kind.strip().lower()
    is_sub = bool(incident.parent_incident_id) or kind.endswith("_sub")
    return is_open(incident) and not is_sub and not kind.startswith("scheduled")


ALERTS: Source[Alert] = Source(
    name="alerts",
    read=Client.newest_alerts,
    option=alert_option,
    created_at=lambda alert: alert.created_at,
    is_secret=lambda _: False,
    lists={"alerts": lambda _: True},
)
INCIDENTS: Source[Incident] = Source(
    name="incidents",
    read=Client.newest_incidents,
    option=incident_option,
    created_at=lambda incident: incident.created_at,
    is_secret=lambda incident: incident.private is True,
    lists={"incidents": is_open, "parents": may_be_parent},
)


class _Found:
    """What searches found beyond a shared list, for a while."""

    def __init__(self) -> None:
        self._options: dict[str, tuple[float, Option]] = {}
        self._lock = threading.Lock()

    def get(self, option_id: str) -> Option | None:
        until, option = self._options.get(option_id, (0.0, None))
        return option if until > time.monotonic() else None

    def keep(self, options: Iterable[Option]) -> None:
        until = time.monotonic() + FOUND_FOR
        with self._lock:
            for option in options:
                self._options.pop(option.id, None)
                self._options[option.id] = (until, option)
            for option_id in list(self._options)[:-MOST_FOUND]:
                del self._options[option_id]


class LiveOptions(OptionList, Generic[R]):
    """A live list of the configured upstream, as options. Reading it never waits for Rootly; a
    search with words may, `SEARCH_SECONDS` at most.
    """

    is_open = True

    def __init__(self, source: Source[R], name: str) -> None:
        super().__init__()
        self._source = source
        self._name = name

    @property
    def now(self) -> OptionList:
        """What it is at this moment, unchanging."""
        kept = _kept.get(self._source)
        held = kept.feed.use() if kept else Held()
        return held.lists.get(self._name) or OptionList()

    @property
    def is_complete(self) -> bool:
        """Whether iteration shows everything: it was read, and not cut at `MOST`."""
        kept = _kept.get(self._source)
        return kept is not None and kept.feed.use().is_complete

    @property
    def problem(self) -> str:
        """A sentence for admins where the list can't be read; blank where it can."""
        kept = _kept.get(self._source)
        if kept is None or not kept.feed.problem:
            return ""
        return f"Rootly's list of {self._source.name} can't be read at the moment."

    def __len__(self) -> int:
        return len(self.now)

    def __iter__(self) -> Iterator[Option]:
        return iter(self.now)

    def __contains__(self, option_id: object) -> bool:
        return isinstance(option_id, str) and self.get(option_id) is not None

    def get(self, option_id: str) -> Option | None:
        """The option with this id, where it is known; None says nothing about Rootly."""
        kept = _kept.get(self._source)
        return self.now.get(option_id) or (kept.found[self._name].get(option_id) if kept else None)

    def search(self, query: str, limit: int = 20) -> list[Option]:
        """As in any list; where it is cut and does not hold `limit` hits, Rootly is asked too."""
        here = self.now
        hits = here.search(query, limit)
        kept = _kept.get(self._source)
        if not query.split() or len(hits) >= limit or kept is None or self.is_complete:
            return hits
        more = self._ask(kept, max(query.split(), key=len))
        return OptionList([*here, *more]).search(query, limit) if more else hits

    def _ask(self, kept: _Kept, word: str) -> list[Option]:
        """Rootly's hits for the longest word: all the words are compared on our side. None where
        Rootly fails, or where enough searches are under way.
        """
        if time.monotonic() < kept.search_from or not kept.searching.acquire(blocking=False):
            return []
        try:
            records, _ = self._source.fetch(SEARCH_MOST, SEARCH_SECONDS, word)
        except (RootlyError, ConfigError):
            kept.search_from = time.monotonic() + PAUSE_AFTER_FAILURE
            return []
        finally:
            kept.searching.release()
        options = self._source.options(records, self._name)
        kept.found[self._name].keep(options)
        return options


class _Kept:
    """A source's feed and finds, of one upstream."""

    def __init__(self, source: Source[R]) -> None:
        self.feed = Feed(source.name, source.held)
        self.found = {name: _Found() for name in source.lists}
        self.searching = threading.BoundedSemaphore(SEARCHES_AT_ONCE)
        self.search_from = 0.0


class _AllKept:
    """What this process keeps, of the upstream that is configured now."""

    def __init__(self) -> None:
        self._upstream = ""
        self._kept: dict[str, _Kept] = {}
        self._making = threading.Lock()

    def get(self, source: Source[R]) -> _Kept | None:
        """None without an upstream."""
        upstream = connection.upstream()
        kept = self._kept.get(source.name)
        if kept is not None and upstream == self._upstream:
            return kept
        with self._making:
            if upstream != self._upstream:
                self.stop()
                self._upstream, self._kept = upstream, {}
            if upstream and source.name not in self._kept:
                self._kept[source.name] = _Kept(source)
            return self._kept.get(source.name)

    def stop(self) -> None:
        for kept in self._kept.values():
            kept.feed.stop()


_kept = _AllKept()

LISTS: Mapping[str, LiveOptions[Any]] = {
    name: LiveOptions(source, name) for source in (ALERTS, INCIDENTS) for name in source.lists
}
"""By the name that `Catalog.options` takes: `alerts`, `incidents` (open ones) and `parents`."""


def feeds() -> list[Feed]:
    """The shared lists of the configured upstream; none without one."""
    kept = [_kept.get(ALERTS), _kept.get(INCIDENTS)]
    return [each.feed for each in kept if each is not None]


def warm() -> None:
    """Have both lists read for the first time, in the background."""
    for feed in feeds():
        feed.warm()


def forget() -> None:
    """Keep nothing any more; threads end by themselves."""
    global _kept  # noqa: PLW0603 -- what one process keeps is what this module is
    _kept.stop()
    _kept = _AllKept()


def _forked() -> None:
    """The threads stayed with the parent, and their locks may be held for ever: they are not
    touched. Registered before `current`'s own, which calls `forget`.
    """
    global _kept  # noqa: PLW0603 -- see above
    _kept = _AllKept()


os.register_at_fork(after_in_child=_forked)
