"""The queue in figures, for Operations: by state and age, and what needs somebody.

Of a private declaration there is never more than its state and age.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Q

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.declarations import overdue
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.pages import STATE_WORDS, UNREADABLE
from incidentportal.declarations.states import State
from incidentportal.rootly.values import legible

MOST = 20
"""How many of each sort are listed; the counts are whole."""
MINUTE, TEN, HOUR, DAY = 60.0, 600.0, 3600.0, 86_400.0
OPEN = (State.QUEUED, State.DELIVERING, State.UNCONFIRMED, State.REJECTED)
"""States in which something is still to be done."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many declarations are in a state. `ages`: how many of them have been saved, or sent
    again, for up to a minute, ten, an hour, and longer. `oldest`: since when the first has.
    `today`: how many have within a day.
    """

    state: State
    words: str
    count: int = 0
    ages: tuple[int, int, int, int] = (0, 0, 0, 0)
    oldest: datetime | None = None
    today: int = 0

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Queue:
    """The declarations for one upstream, by state; how many still wait for another one, and how
    many there are for whichever.
    """

    states: tuple[Standing, ...]
    elsewhere: int
    total: int

    def count(self, state: State) -> int:
        """How many are in a state."""
        return next(each.count for each in self.states if each.state is state)

    @property
    def today(self) -> int:
        """How many were saved, or sent again, within a day, and not taken back."""
        return sum(each.today for each in self.states if each.state is not State.WITHDRAWN)

    @property
    def arrived(self) -> int | None:
        """How many of a hundred of these are in Rootly, rounded down; None: there are none."""
        there = sum(each.today for each in self.states if each.state is State.DELIVERED)
        return there * 100 // self.today if self.today else None


@dataclass(frozen=True, slots=True)
class Line:
    """A declaration that needs somebody. `title` and `is_visible` are for public ones that the
    reader may see.
    """

    id: UUID
    state: State
    words: str
    since: datetime
    is_private: bool
    is_visible: bool = False
    title: str = ""
    other_upstream: str = ""
    """The URL of the Rootly that it is for, where that is another one."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What needs somebody, the oldest first, `MOST` of each: for too long on the way; unclear;
    sent back; for another Rootly. `late` is how many are the first in all.
    """

    stuck: tuple[Line, ...]
    unclear: tuple[Line, ...]
    returned: tuple[Line, ...]
    elsewhere: tuple[Line, ...]
    late: int


def queue(url: str) -> Queue:
    """All declarations, counted by the database in one query, from an index alone: it counts a
    column that the index has.
    """
    older, younger = "queued_at__lte", "queued_at__gt"
    rows = Declaration.objects.order_by().values("upstream", "state").annotate(
        count=Count("queued_at"),
        oldest=Min("queued_at"),
        minute=Count("queued_at", filter=Q(**{younger: from_now(-MINUTE)})),
        ten=Count("queued_at", filter=Q(**{younger: from_now(-TEN), older: from_now(-MINUTE)})),
        hour=Count("queued_at", filter=Q(**{younger: from_now(-HOUR), older: from_now(-TEN)})),
        longer=Count("queued_at", filter=Q(**{older: from_now(-HOUR)})),
        today=Count("queued_at", filter=Q(**{younger: from_now(-DAY)})),
    )  # fmt: skip
    found, elsewhere, total = {}, 0, 0
    for row in rows:
        total += row["count"]
        if row["upstream"] == url:
            ages = (row["minute"], row["ten"], row["hour"], row["longer"])
            state = State(row["state"])
            found[state] = Standing(
                state, STATE_WORDS[state], row["count"], ages, row["oldest"], row["today"]
            )
        elif row["state"] in OPEN:
            elsewhere += row["count"]
    states = (found.get(state, Standing(state, STATE_WORDS[state])) for state in State)
    return Queue(tuple(states), elsewhere, total)


def attention(reader: User, url: str) -> Attention:
    """What needs somebody. Five queries, six where more is late than is listed."""
    late = overdue.long_unsent().filter(upstream=url)
    here = Declaration.objects.filter(upstream=url)
    unclear, returned = here.filter(state=State.UNCONFIRMED), here.filter(state=State.REJECTED)
    other = Declaration.objects.exclude(upstream=url).filter(state__in=OPEN)
    sorts = (late, unclear, returned, other)
    parts = [list(rows.order_by("queued_at").only(*_PLAIN)[:MOST]) for rows in sorts]
    titles = _titles(reader, [row.pk for part in parts for row in part if not row.private])
    stuck, left, back, away = (tuple(_line(row, titles, url) for row in part) for part in parts)
    in_all = len(stuck) if len(stuck) < MOST else overdue.stuck(url).count
    return Attention(stuck, left, back, away, in_all)


def one(reader: User, pk: UUID, url: str) -> Line | None:
    """A declaration in which something is to be done; None: there is no such one."""
    row = Declaration.objects.filter(pk=pk, state__in=OPEN).only(*_PLAIN).first()
    if row is None:
        return None
    return _line(row, _titles(reader, [] if row.private else [pk]), url)


_PLAIN = ("state", "queued_at", "private", "upstream")


def _line(row: Declaration, titles: dict[UUID, str], url: str) -> Line:
    state, title = State(row.state), titles.get(row.pk)
    is_visible = title is not None and not row.private
    return Line(
        row.pk, state, STATE_WORDS[state], row.queued_at, row.private, is_visible,
        title=(title or "") if is_visible else "",
        other_upstream="" if row.upstream == url else row.upstream,
    )  # fmt: skip


def _titles(reader: User, public: Iterable[UUID]) -> dict[UUID, str]:
    """The titles of those that this reader may see, by id."""
    rows = Declaration.objects.visible_to(reader).filter(pk__in=list(public), private=False)
    return {row.pk: _title(row) for row in rows.only("title").tolerant()}


def _title(row: Declaration) -> str:
    try:
        return " ".join(legible(row.title).split())
    except UnreadableError:
        return UNREADABLE
