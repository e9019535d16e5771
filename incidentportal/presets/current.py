"""The presets and defaults in use, answered from memory.

Each process keeps the configured upstream's; whether there are newer ones is asked with the
catalog's own look at the database, at most every two seconds. What they come to with the forms of
now is worked out once for each.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F

from incidentportal.accounts.gathered import Gathered
from incidentportal.accounts.groups import REPORTER
from incidentportal.accounts.models import User
from incidentportal.accounts.roles import groups_of
from incidentportal.catalog import connection
from incidentportal.catalog import current as catalogs
from incidentportal.catalog.current import LOOK_EVERY, Catalog
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.strength import Values
from incidentportal.presets.content import TEST, Content, ContentError
from incidentportal.presets.fit import Finding, of_defaults, of_groups, unreadable
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import Default, GroupDefault, Preset, SiteDefault
from incidentportal.presets.prepared import Prepared, Words, language_of, prepare, words_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Rows:
    """What the database has. `state` tells one from another."""

    state: object = None
    site: tuple[SiteDefault, ...] = ()
    groups: Mapping[str, tuple[GroupDefault, ...]] = field(default_factory=dict)
    presets: tuple[Content, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Those that no form has a say in: what can't be read, and groups that went."""


_NO_ROWS = _Rows()


class _Worked:
    """What the rows come to with one picture's forms, each part worked out when it is needed."""

    def __init__(self, rows: _Rows, forms: Forms) -> None:
        self.rows = rows
        self.site, site_findings = of_defaults(forms, rows.site)
        self.groups: dict[str, Mapping[str, Values]] = {}
        found: list[Finding] = [*site_findings]
        for group, defaults in rows.groups.items():
            self.groups[group], findings = of_defaults(forms, defaults)
            found += findings
        self.of_defaults = tuple(found)
        self.prepared: dict[tuple[str, str, bool], Prepared] = {}
        self.findings: tuple[Finding, ...] | None = None


class _Keeper:
    """What this process keeps. Whoever looks puts the next look off first, so that others go on
    with what is there meanwhile; a change during a look brings the next one forward.
    """

    def __init__(self) -> None:
        self._kept: tuple[str, _Rows] = ("", _NO_ROWS)
        self._worked: WeakKeyDictionary[Forms, _Worked] = WeakKeyDictionary()
        self._version: object = None
        self._look_at = 0.0
        self._since = 0.0

    def rows(self, upstream: str) -> _Rows:
        kept_for, rows = self._kept
        now = time.monotonic()
        if kept_for == upstream and now < self._look_at:
            return rows
        self._look_at = now + LOOK_EVERY
        looked = catalogs.looked(upstream, max(self._since, now - LOOK_EVERY))
        version = looked.beside
        if kept_for != upstream or not version or version != self._version:
            rows = _look(upstream, rows if kept_for == upstream else _NO_ROWS)
            self._kept, self._version = (upstream, rows), version
        if self._look_at > now:  # no change came in between
            self._look_at = looked.at + LOOK_EVERY
        return rows

    def worked(self, forms: Forms, upstream: str) -> _Worked:
        """`forms` are those with the choice of privacy: they have every field."""
        rows = self.rows(upstream)
        known = self._worked.get(forms)
        if known is None or known.rows is not rows:
            known = _Worked(rows, forms)
            self._worked[forms] = known
        return known

    def look_at_once(self) -> None:
        self._since = time.monotonic()
        self._look_at = 0.0


def _asked(upstream: str) -> dict[str, Gathered]:
    """What tells one state of the rows from another, without reading them: when each was set, what
    the defaults are, and which groups there are.
    """
    asked = {
        (model, name): model._default_manager.filter(upstream=upstream).annotate(one=F(name))
        for model, name in (
            (SiteDefault, "set_at"), (SiteDefault, "values"), (GroupDefault, "set_at"),
            (GroupDefault, "values"), (Preset, "set_at"),
        )
    }  # fmt: skip
    found = {
        f"{model.__name__}_{name}": Gathered(rows.values("one"))
        for (model, name), rows in asked.items()
    }
    return {**found, "groups": Gathered(Group.objects.annotate(one=F("name")).values("one"))}


catalogs.ask_beside(_asked)


def _look(upstream: str, known: _Rows) -> _Rows:
    """The rows as they are now: the very same where nothing changed."""
    site = tuple(SiteDefault.objects.filter(upstream=upstream))
    groups = tuple(GroupDefault.objects.filter(upstream=upstream))
    presets = Preset.objects.filter(upstream=upstream)
    versions = list(presets.values_list("pk", "set_at"))
    names = frozenset(Group.objects.values_list("name", flat=True)) if groups or versions else None
    state = (_state(site), _state(groups), versions, names)
    if state == known.state:
        return known
    by_group: dict[str, tuple[GroupDefault, ...]] = {}
    for row in groups:
        by_group[row.group] = (*by_group.get(row.group, ()), row)
    contents, found = _read(presets if versions else ())
    in_use = [one for one in contents if one.enabled]
    found += of_groups(in_use, groups, {*(names or ()), REPORTER})
    return _Rows(state, site, by_group, tuple(contents), tuple(found))


def _read(presets: Iterable[Preset]) -> tuple[list[Content], list[Finding]]:
    """Those that can be read, and what to say of the others."""
    contents, found = [], []
    for preset in presets:
        try:
            contents.append(preset.content)
        except ContentError as error:
            log.warning("preset %s can't be read: %s", preset.slug, error)
            found.append(unreadable(preset.slug, preset.name, str(error)))
    return contents, found


def _state(rows: tuple[Default, ...]) -> list[tuple[object, ...]]:
    return [(row.pk, row.set_at, row.values) for row in rows]


_keeper = _Keeper()


@dataclass(frozen=True, slots=True)
class Card:
    """A preset as the home page shows it."""

    slug: str
    words: Words
    icon: str
    is_test: bool
    is_private: bool


def cards(person: User) -> list[Card]:
    """The presets for this person, in their order."""
    rows = _keeper.rows(connection.upstream())
    return [
        Card(
            one.slug, words_of(one, language_of(one, person.languages)), one.icon,
            one.kind == TEST, one.private,
        )
        for one in rows.presets
        if _is_for(one, person)
    ]  # fmt: skip


def usable(catalog: Catalog, person: User, slug: str, *, may_be_private: bool) -> Prepared | None:
    """The preset of this name, for this person; None where there is none that they may use."""
    rows = _keeper.rows(connection.upstream())
    content = next((one for one in rows.presets if one.slug == slug), None)
    if content is None or not _is_for(content, person):
        return None
    return prepared(catalog, content, person.languages, may_be_private=may_be_private)


def prepared(
    catalog: Catalog, content: Content, languages: tuple[str, ...], *, may_be_private: bool
) -> Prepared:
    """A preset against this catalog, prepared once; one that isn't in use (a preview's) too."""
    language = language_of(content, languages)
    worked = _keeper.worked(forms_of(catalog), connection.upstream())
    key = (content.slug, language, may_be_private)
    known = worked.prepared.get(key)
    if known is None or known.content is not content:
        known = prepare(catalog, content, language, may_be_private=may_be_private)
        if any(one is content for one in worked.rows.presets):
            worked.prepared[key] = known
    return known


def _is_for(content: Content, person: User) -> bool:
    if not content.enabled:
        return False
    return not content.audience or not set(content.audience).isdisjoint(groups_of(person))


def site_values(catalog: Catalog) -> Mapping[str, Values]:
    """What everybody's fields begin with, by control name."""
    return _keeper.worked(forms_of(catalog), connection.upstream()).site


def group_values(catalog: Catalog, groups: tuple[str, ...]) -> Mapping[str, Values]:
    """What the fields of people in these groups begin with. Of several groups that have a default
    for the same field the first counts.
    """
    worked = _keeper.worked(forms_of(catalog), connection.upstream())
    found: dict[str, Values] = {}
    for group in groups:
        for name, values in worked.groups.get(group, {}).items():
            found.setdefault(name, values)
    return found


def values_for(catalog: Catalog, person: User) -> Mapping[str, Values]:
    """What this person's groups' defaults say; who is in no group is a reporter."""
    rows = _keeper.rows(connection.upstream())
    return group_values(catalog, groups_of(person)) if rows.groups else {}


def findings(catalog: Catalog) -> tuple[Finding, ...]:
    """What of defaults, and of the presets in use, doesn't fit this catalog's forms, or is called
    otherwise there: the very same tuple for as long as neither changes.
    """
    worked = _keeper.worked(forms_of(catalog), connection.upstream())
    if worked.findings is None:
        found = [*worked.of_defaults, *worked.rows.findings]
        for content in worked.rows.presets:
            if content.enabled:
                found += prepared(catalog, content, (), may_be_private=True).findings
        begun = worked.site
        worked.findings = tuple(
            one for one in found if one.kind != "hidden_required" or one.field not in begun
        )
    return worked.findings


def in_use(catalog: Catalog) -> tuple[Content, ...]:
    """The presets that are switched on."""
    rows = _keeper.worked(forms_of(catalog), connection.upstream()).rows
    return tuple(one for one in rows.presets if one.enabled)


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
