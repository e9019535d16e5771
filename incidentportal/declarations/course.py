"""How the queue stands: whether anything holds it, what for, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import CharField, DateTimeField, ExpressionWrapper
from django.db.models.functions import Now

from incidentportal.accounts.prepared import Given, Select
from incidentportal.declarations import rate
from incidentportal.declarations.models import Upstream


class Cause(StrEnum):
    """What holds the queue."""

    TOKEN = "token"  # noqa: S105  # a name
    PATH = "path"
    FORBIDDEN = "forbidden"
    BREAKER = "breaker"
    SETTINGS = "settings"
    ADMIN = "admin"


TOLD = " Your admins are told."
SENTENCES = {
    Cause.TOKEN: f"Rootly no longer accepts the portal's token.{TOLD}",
    Cause.PATH: f"The portal's connection to Rootly is not set up right.{TOLD}",
    Cause.FORBIDDEN: f"Rootly does not let the portal create incidents.{TOLD}",
    Cause.BREAKER: "Rootly is not answering. We try again every few seconds until it does.",
    Cause.ADMIN: "An admin has stopped sending for now.",
}


@dataclass(frozen=True, slots=True)
class Course:
    """How the queue stands. Times are the database's; `clock` is its now."""

    clock: datetime | None = None
    held: str = ""
    """Why nothing is sent, in plain words; blank: nothing holds it."""
    held_for: str = ""
    """Which `Cause`; blank: none."""
    held_at: datetime | None = None
    held_by_id: int | None = None
    next_probe_at: datetime | None = None
    """When one declaration is tried; None: nothing holds it, or an admin does."""
    wait_until: datetime | None = None
    """Until when Rootly wants to be left alone (429); None: it doesn't."""
    write_limit: int | None = None
    spent: float = 0.0

    @property
    def told_admins(self) -> str:
        """Why nothing is sent, for those who are told."""
        return self.held.removesuffix(TOLD)

    @property
    def is_held_by_admin(self) -> bool:
        """Whether nothing at all is sent."""
        return self.held_for == Cause.ADMIN

    @property
    def runs(self) -> bool:
        """Whether declarations may be sent, as far as the budget goes."""
        return not self.held and self.wait_until is None

    @property
    def is_probe_due(self) -> bool:
        """Whether one declaration may be tried although the queue is held."""
        at, clock = self.next_probe_at, self.clock
        return at is not None and clock is not None and at <= clock

    @property
    def free(self) -> int:
        """How many writes the budget has room for now."""
        return rate.budget(self.write_limit).free(self.spent)

    @property
    def wait(self) -> float:
        """Seconds until it has room for one."""
        return rate.budget(self.write_limit).wait(self.spent)


@dataclass(frozen=True, slots=True)
class Met:
    """An upstream's row as it was read, and the course of its queue at that moment."""

    row: Upstream
    course: Course


def course(url: str) -> Course:
    """How the queue for this upstream stands: one query."""
    found = met(url)
    return found.course if found else Course()


def met(url: str) -> Met | None:
    """The same, with the upstream's row; None: nothing was sent there yet."""
    row = _UPSTREAM.first(url=url)
    return None if row is None else Met(row, _course(row))


_UPSTREAM = Select(
    Upstream.objects.filter(url=Given("url", CharField())).annotate(
        clock=ExpressionWrapper(Now(), output_field=DateTimeField())
    )
)


def _course(row: Any) -> Course:
    is_probed = bool(row.held) and row.held_for != Cause.ADMIN
    waits = not row.held and row.wait_until is not None and row.wait_until > row.clock
    return Course(
        clock=row.clock,
        held=row.held,
        held_for=row.held_for,
        held_at=row.held_at,
        held_by_id=row.held_by_id,
        next_probe_at=(row.wait_until or row.clock) if is_probed else None,
        wait_until=row.wait_until if waits else None,
        write_limit=row.write_limit,
        spent=rate.spent(row.rate_at, row.clock),
    )
