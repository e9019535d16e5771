"""What admins are alerted to: one function for each condition, and the list of them.

A condition says how it stands now, in words without anything of a declaration's content, or None
while all is well. Add one to `CONDITIONS` and it is told by mail, and told again when it is over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

from incidentportal.catalog import staleness
from incidentportal.declarations import overdue
from incidentportal.declarations.course import course
from incidentportal.declarations.overdue import Overdue
from incidentportal.declarations.states import State
from incidentportal.presets import drift
from incidentportal.rootly.values import legible


@dataclass(frozen=True, slots=True)
class Found:
    """How it stands. What joins is told by either: `newest`, since when the latest of several
    stands so; one that is later has joined. `marks`: a name for each; one that was not there has.
    Neither: it is one thing, and nothing joins.
    """

    sentence: str
    newest: datetime | None = None
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """`look` asks, for an upstream's URL; `begun` and `over` are what a mail's subject says."""

    kind: str
    look: Callable[[str], Found | None]
    begun: str
    over: str


def _held(url: str) -> Found | None:
    now = course(url)
    said = f"Declarations are kept but not sent. {legible(now.told_admins)}"
    return Found(said) if now.held else None


def _stuck(url: str) -> Found | None:
    return _several(overdue.stuck(url), "waiting for Rootly")


def _unconfirmed(url: str) -> Found | None:
    return _several(overdue.left(url).get(State.UNCONFIRMED), "unclear: may be in Rootly")


def _rejected(url: str) -> Found | None:
    return _several(overdue.left(url).get(State.REJECTED), "sent back and not corrected")


def _stale(url: str) -> Found | None:
    return Found(sentence) if (sentence := staleness.stale(url)) else None


def _broken(_: str) -> Found | None:
    marks = frozenset(one.id for one in drift.current_findings() if not one.is_harmless)
    return Found(" ".join(drift.warnings()), marks=marks) if marks else None


def _several(late: Overdue | None, what: str) -> Found | None:
    if late is None or not late.count or late.oldest is None:
        return None
    count = "1 declaration is" if late.count == 1 else f"{late.count} declarations are"
    oldest = " the oldest" if late.count > 1 else ""
    after = f"{settings.ALERT_STUCK_AFTER:g} minutes"
    sentence = f"{count} {what} for more than {after},{oldest} for {age(late.oldest)}."
    return Found(sentence, late.newest)


def age(since: datetime) -> str:
    """How long ago, in words: `2 hours, 5 minutes`."""
    return timesince(since, timezone.now()).replace("\xa0", " ")


CONDITIONS = (
    Condition("held", _held, "Nothing is sent to Rootly", "Declarations are sent again"),
    Condition("stuck", _stuck, "Declarations are stuck", "No declaration is stuck any more"),
    Condition(
        "unconfirmed", _unconfirmed, "Declarations are unclear: please decide",
        "No declaration is unclear any more",
    ),
    Condition(
        "rejected", _rejected, "Declarations were sent back and not corrected",
        "No declaration waits for a correction any more",
    ),
    Condition(
        "stale", _stale, "Rootly's configuration is out of date",
        "Rootly's configuration is up to date again",
    ),
    Condition(
        "presets", _broken, "A preset or a default no longer fits Rootly",
        "Presets and defaults fit Rootly again",
    ),
)  # fmt: skip
"""All of them; kinds are kept in the database."""
