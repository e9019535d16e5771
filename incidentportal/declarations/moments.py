"""Moments as a reader sees them: in their own zone, which the page names once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in words, and for machines (ISO, with its offset)."""

    words: str
    iso: str


def moment(when: datetime, now: datetime | None = None) -> Moment:
    """In the zone in force (`accounts/zones.py`): the time alone today, else with its date."""
    local, today = timezone.localtime(when), timezone.localtime(now or timezone.now())
    clock = f"{local:%H:%M:%S}"
    words = clock if local.date() == today.date() else f"{dated(local)}, {clock}"
    return Moment(words, local.isoformat(timespec="seconds"))


def in_full(when: datetime) -> Moment:
    """With its date, whatever the day."""
    local = timezone.localtime(when)
    return Moment(f"{dated(local)}, {local:%H:%M:%S}", local.isoformat(timespec="seconds"))


def dated(local: datetime) -> str:
    """A day: `4 Mar 2026`."""
    return f"{local.day} {local:%b %Y}"
