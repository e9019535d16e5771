"""What several answers say together: the order of times, marks that exclude each other.

A time in the future passes: a clock or a time zone that is wrong must never keep an incident from
being declared, and Rootly has the last word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from incidentportal.formengine.fields import Field, Value
from incidentportal.formengine.resolve import ResolvedForm

_IN_ORDER = (
    "started_at", "detected_at", "acknowledged_at", "mitigated_at", "resolved_at", "closed_at",
)  # fmt: skip
"""As they follow each other. Rootly refuses "Detected at can not be before Started time"; triage
may begin before what started is known, or after, so its time is in no order."""
_START = "manual_starting_datetime_field"

Found = Iterator[tuple[str, str]]
"""Control names, each with what to tell the person there."""


def check(form: ResolvedForm, values: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    """What contradicts what, by control name: at the later field, naming the other by its label.

    `values` are cleaned, by control name.
    """
    given = {
        state.field.kind: state.field
        for state in form.shown
        if not state.field.is_custom and state.field.name in values
    }
    found: defaultdict[str, list[str]] = defaultdict(list)
    for checked in (_order, _marks):
        for name, message in checked(given, values):
            found[name].append(message)
    return {name: tuple(messages) for name, messages in found.items()}


def _order(given: Mapping[str, Field], values: Mapping[str, Value]) -> Found:
    """Each time against the latest of those that come before it."""
    latest: tuple[datetime, Field] | None = None
    for kind in _IN_ORDER:
        field = given.get(kind) or (given.get(_START) if kind == _IN_ORDER[0] else None)
        if field is None:
            continue
        when = datetime.fromisoformat(str(values[field.name]))
        if latest is not None and when < latest[0]:
            yield field.name, f"{field.label} can't be before {latest[1].label}"
        else:
            latest = (when, field)


def _marks(given: Mapping[str, Field], values: Mapping[str, Value]) -> Found:
    backfilled = given.get("mark_as_backfilled")
    if backfilled is not None:
        for kind, what in (("mark_as_test", "a test"), ("parent_incident", "part of another")):
            if kind in given:
                other = f"“{given[kind].label}”"
                yield (
                    backfilled.name,
                    f"A backfilled incident can't be {what} too: choose between this and {other}",
                )
    triage, status = given.get("mark_as_in_triage"), given.get("status")
    if triage is not None and status is not None and values[status.name] != ("in_triage",):
        yield triage.name, f"It can't be in triage and have another “{status.label}”: choose one"
