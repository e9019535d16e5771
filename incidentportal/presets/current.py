"""The site-wide defaults in use, answered from memory.

Each process keeps the configured upstream's; at most every two seconds one small query asks the
database for them. What they come to with the forms of now is worked out once for each.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import transaction

from incidentportal.catalog import connection
from incidentportal.catalog.current import LOOK_EVERY
from incidentportal.catalog.current import current as current_catalog
from incidentportal.catalog.picture import Problem
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.strength import Values
from incidentportal.presets.defaults import site_defaults
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import SiteDefault

Rows = tuple[SiteDefault, ...]
_Worked = tuple[Mapping[str, Values], tuple[Problem, ...]]
_MOST_TOLD = 3


class _Keeper:
    """What this process keeps. Whoever looks puts the next look off first, so that others go on
    with what is there meanwhile; a change during a look brings the next one forward.
    """

    def __init__(self) -> None:
        self._kept: tuple[str, Rows] = ("", ())
        self._worked: WeakKeyDictionary[Forms, tuple[Rows, _Worked]] = WeakKeyDictionary()
        self._look_at = 0.0

    def rows(self, upstream: str) -> Rows:
        kept_for, rows = self._kept
        if kept_for == upstream and time.monotonic() < self._look_at:
            return rows
        self._look_at = time.monotonic() + LOOK_EVERY
        found = tuple(SiteDefault.objects.filter(upstream=upstream))
        if kept_for != upstream or _state(found) != _state(rows):
            rows = found
        self._kept = (upstream, rows)
        return rows

    def worked(self, forms: Forms, upstream: str) -> _Worked:
        rows = self.rows(upstream)
        known = self._worked.get(forms)
        if known is None or known[0] is not rows:
            known = (rows, site_defaults(forms, rows))
            self._worked[forms] = known
        return known[1]

    def look_at_once(self) -> None:
        self._look_at = 0.0


def _state(rows: Rows) -> list[tuple[object, ...]]:
    return [(row.pk, row.set_at, row.values) for row in rows]


_keeper = _Keeper()


def site_values(forms: Forms) -> Mapping[str, Values]:
    """What the fields of these forms begin with, by control name."""
    return _keeper.worked(forms, connection.upstream())[0]


def warnings() -> list[str]:
    """What admins should know of their defaults, in plain words."""
    catalog = current_catalog()
    if catalog is None:
        return []
    _, problems = _keeper.worked(forms_of(catalog), connection.upstream())
    sentences = [one.sentence for one in problems[:_MOST_TOLD]]
    if more := len(problems) - len(sentences):
        sentences.append(f"Site-wide defaults with a problem besides these: {more}.")
    return sentences


def changed(**_: Any) -> None:
    """Look at the database once this change stands there (a signal's receiver)."""
    transaction.on_commit(_look_at_once)


def _look_at_once() -> None:
    _keeper.look_at_once()


def forget() -> None:
    """Keep nothing any more (a test's database went; this process was just forked)."""
    global _keeper  # noqa: PLW0603 -- one keeper per process is what this module is
    _keeper = _Keeper()


os.register_at_fork(after_in_child=forget)
