"""What `doctor` wants to know of Rootly, asked there once, each call in a few seconds.

The first page of every list that a sync or a delivery reads tells which of them the token may read,
how the answers are written, and what Rootly's clock says. Nothing is stored, and nothing is written
to Rootly but by `make_test_incident`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from incidentportal.catalog import connection
from incidentportal.catalog.crew import Crew, Question
from incidentportal.rootly import lists
from incidentportal.rootly.client import Client, Listing
from incidentportal.rootly.config import Timeouts
from incidentportal.rootly.errors import (
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RootlyError,
    Unreadable,
)

SECONDS = 4.0
"""For each of at most four rounds of calls."""
WRITE_SECONDS = 8.0
FIRST = "form_fields"
TITLE = "Test from the incident portal: may be closed"

_LISTS: dict[str, lists.ListOf[Any]] = {
    "form_sets": lists.FORM_SETS,
    "incidents": lists.INCIDENTS,
    "severities": lists.SEVERITIES,
    "services": lists.SERVICES,
    "environments": lists.ENVIRONMENTS,
    "teams": lists.TEAMS,
    "functionalities": lists.FUNCTIONALITIES,
    "incident_types": lists.INCIDENT_TYPES,
    "causes": lists.CAUSES,
    "users": lists.USERS,
    "alerts": lists.ALERTS,
    "catalogs": lists.CATALOGS,
    "workflows": lists.WORKFLOWS,
}
# Lists that belong to a record are tried with the first one of its list.
_OWNED: dict[str, dict[str, lists.ListOf[Any]]] = {
    FIRST: {"placements": lists.PLACEMENTS, "field_options": lists.FIELD_OPTIONS},
    "placements": {"placement_conditions": lists.PLACEMENT_CONDITIONS},
    "form_sets": {"form_set_conditions": lists.FORM_SET_CONDITIONS},
    "catalogs": {"catalog_entities": lists.CATALOG_ENTITIES},
}
_WHY: tuple[tuple[type[RootlyError], str], ...] = (
    (RateLimited, "limited"),
    (Unreadable, "unreadable"),
    (OutcomeUnknown, "no_answer"),
)
_BY_STATUS = {401: "token", 403: "forbidden", 404: "missing"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a call brought nothing. `kind`: `unreachable`, `tls`, `no_answer`, `failing` (a 5xx),
    `limited`, `token`, `forbidden`, `missing`, `redirect`, `unreadable`, `refused` or `other`;
    `sentence` is the client's own, and tells nothing secret.
    """

    kind: str
    sentence: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A list that Rootly gave: the dialect that it is written in, blank where it doesn't tell, and
    whether all of its records could be read.
    """

    dialect: str
    skipped: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of asking. `lists` are those that were tried, in order; only the first where it
    shows that asking further is in vain. `clock_offset`: seconds that Rootly's clock is ahead of
    ours; None: no answer told it.
    """

    lists: dict[str, Answered | Trouble]
    clock_offset: float | None

    @property
    def stopped_by(self) -> Trouble | None:
        """What kept us from asking for more than the first list."""
        first = self.lists[FIRST]
        return first if isinstance(first, Trouble) and first.kind in _IN_VAIN else None


@dataclass(frozen=True, slots=True)
class Made:
    """A test incident: its number in Rootly, else its id, and whether Rootly shows it as a test."""

    number: str
    is_test: bool


_IN_VAIN = frozenset(
    {"unreachable", "tls", "no_answer", "failing", "limited", "token", "redirect", "unreadable"}
)


def ask() -> Seen:
    """Ask the configured Rootly for the first page of each list. Reads only; raises `ConfigError`
    where the settings can't be used.
    """
    with Client(connection.config(Timeouts(connect=SECONDS, total=SECONDS))) as client:
        return _Asking(client).run()


def make_test_incident() -> Made | Trouble:
    """Create one incident of the kind `test` in Rootly. Raises `ConfigError`."""
    attributes = {"title": TITLE, "kind": "test"}
    with Client(connection.config(Timeouts(connect=SECONDS, total=WRITE_SECONDS))) as client:
        try:
            created = client.create_incident(attributes, idempotency_key=str(uuid.uuid4()))
        except RootlyError as error:
            return _trouble(error)
    incident = created.incident
    number = incident.id if incident.sequential_id is None else f"#{incident.sequential_id}"
    return Made(number, incident.kind.startswith("test"))


class _Asking:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._found: dict[str, Answered | Trouble] = {}
        self._first_ids: dict[str, str] = {}
        self._offset: float | None = None

    def run(self) -> Seen:
        self._round({FIRST: (lists.FORM_FIELDS, "")})
        if self._seen().stopped_by is None:
            self._round({name: (kind, "") for name, kind in _LISTS.items()} | self._owned_by(FIRST))
            self._round(
                self._owned_by("placements")
                | self._owned_by("form_sets")
                | self._owned_by("catalogs")
            )
        return self._seen()

    def _seen(self) -> Seen:
        return Seen(self._found, self._offset)

    def _owned_by(self, name: str) -> dict[str, tuple[lists.ListOf[Any], str]]:
        owner = self._first_ids.get(name)
        return {} if owner is None else {own: (kind, owner) for own, kind in _OWNED[name].items()}

    def _round(self, wanted: dict[str, tuple[lists.ListOf[Any], str]]) -> None:
        """Ask for these at once; the answers come into the order asked."""
        crew = Crew()
        for name, (kind, owner) in wanted.items():
            crew.ask(self._question(name, kind, owner))
        crew.run(lambda: None)
        for name in wanted:
            self._found[name] = self._found.pop(name)

    def _question(self, name: str, kind: lists.ListOf[Any], owner: str) -> Question:
        dialects: list[str] = []

        def ask() -> Listing[Any]:
            peek = self._client.peek(kind, owner, seconds=SECONDS)
            dialects.append(peek.dialect)
            return peek.listing

        def taken(listing: Listing[Any]) -> None:
            self._note_clock(listing.server_date)
            self._found[name] = Answered(dialects[0], len(listing.skipped))
            if listing.records:
                self._first_ids[name] = listing.records[0].id

        def refused(error: RootlyError) -> None:
            self._note_clock(error.server_date)
            self._found[name] = _trouble(error)

        return Question(ask, taken, refused)

    def _note_clock(self, date: datetime | None) -> None:
        """By the first answer, which nothing else waits with."""
        if date is not None and self._offset is None:
            self._offset = (date - datetime.now(UTC)).total_seconds()


def _trouble(error: RootlyError) -> Trouble:
    return Trouble(_kind(error), str(error), error.status)


def _kind(error: RootlyError) -> str:
    status = error.status or 0
    if isinstance(error, NotSent):
        # The client keeps of a failed handshake what the TLS library says, and nothing else.
        return "tls" if "SSL" in str(error) or "CERTIFICATE" in str(error) else "unreachable"
    if isinstance(error, Misconfigured):
        return "redirect" if 300 <= status < 400 else _BY_STATUS.get(status, "other")
    if status >= 500:
        return "failing"
    return next((kind for known, kind in _WHY if isinstance(error, known)), "refused")
