"""What a file changes here, and doing it: all of it or nothing, each change kept in the history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo

from django.contrib.auth.models import Group
from django.db import transaction

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog
from incidentportal.presets import history
from incidentportal.presets.content import Content, ContentError, DefaultContent, plain
from incidentportal.presets.differences import Difference, differences, title_of
from incidentportal.presets.files.document import Wrong
from incidentportal.presets.files.naming import Names
from incidentportal.presets.files.reading import Key, Known, Told, read_file
from incidentportal.presets.files.writing import write
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import GroupDefault, Preset, SiteDefault

IMPORT = "import"
"""How the history calls it."""


@dataclass(frozen=True)
class Step:
    """One row that an import makes, changes or (with `--prune`) deletes, in words."""

    what: str
    how: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Outcome:
    """What an import did, or would do. `left` are what isn't in the file and stays; `notes` what
    was taken although it no longer fits Rootly's form.
    """

    steps: tuple[Step, ...]
    left: tuple[str, ...]
    notes: tuple[Wrong, ...]


class UnreadableError(ValueError):
    """A stored preset that can't be read; the message is a sentence."""


def export(catalog: Catalog) -> str:
    """All presets and defaults of the configured upstream, as a file. Raises UnreadableError."""
    rows = _Rows(connection.upstream())
    if rows.unreadable:
        listed = ", ".join(f"“{slug}”" for slug in rows.unreadable)
        raise UnreadableError(f"These presets can't be read: {listed}. Delete them in /admin/.")
    names = Names(forms_of(catalog))
    return write(names, connection.upstream(), rows.known.presets.values(), rows.contents())


def bring_in(
    catalog: Catalog,
    data: bytes,
    zone: tzinfo,
    *,
    by: User | None = None,
    prune: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Make what is here what the file says. `zone` is for times without an offset.

    Raises FileError with all that is wrong, or IntegrityError where somebody made the same preset
    at the same time; nothing is changed then.
    """
    with transaction.atomic():
        rows = _Rows(connection.upstream(), locked=not dry_run)
        told = read_file(data, Names(forms_of(catalog)), rows.known, zone)
        plan = _Plan(rows, told, prune=prune)
        if not dry_run:
            for row in plan.saved:
                history.save(row, by, IMPORT)
            for row in plan.deleted:
                history.delete(row, by, IMPORT)
    return Outcome(tuple(plan.steps), tuple(plan.left), told.notes)


class _Rows:
    """What is there of one upstream."""

    def __init__(self, upstream: str, *, locked: bool = False) -> None:
        self.upstream = upstream
        found: list[Iterable[history.Row]] = []
        for model in (Preset, SiteDefault, GroupDefault):
            rows = model._default_manager.filter(upstream=upstream)
            found.append(rows.select_for_update() if locked else rows)
        presets, site, groups = found
        self.presets = {row.slug: row for row in presets if isinstance(row, Preset)}
        self.defaults: dict[Key, SiteDefault | GroupDefault] = {
            (row.of_group, row.field): row
            for rows in (site, groups)
            for row in rows
            if not isinstance(row, Preset)
        }
        self.unreadable: list[str] = []
        contents: dict[str, Content] = {}
        for slug, row in self.presets.items():
            try:
                contents[slug] = row.content
            except ContentError:
                self.unreadable.append(slug)
        names = frozenset(Group.objects.values_list("name", flat=True))
        defaults = {key: one.content for key, one in self.defaults.items()}
        self.known = Known(names, contents, defaults)

    def contents(self) -> Iterable[DefaultContent]:
        """The defaults."""
        return self.known.defaults.values()

    def preset(self, slug: str) -> Preset:
        """The row; a new one where there is none."""
        return self.presets.get(slug) or Preset(upstream=self.upstream)

    def default(self, key: Key) -> SiteDefault | GroupDefault:
        """The row; a new one where there is none."""
        if key in self.defaults:
            return self.defaults[key]
        group = key[0]
        if group:
            return GroupDefault(upstream=self.upstream, group=group)
        return SiteDefault(upstream=self.upstream)


@dataclass
class _Plan:
    """The rows to be saved and deleted, and what that means."""

    rows: _Rows
    told: Told
    prune: bool
    saved: list[history.Row] = field(default_factory=list)
    deleted: list[history.Row] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows, told = self.rows, self.told
        for slug, content in told.presets.items():
            row = rows.preset(slug)
            if self._differs(slug in rows.presets, rows.known.presets.get(slug), content):
                row.take(content)
                self.saved.append(row)
        for key, default in told.defaults.items():
            one = rows.default(key)
            if self._differs(key in rows.defaults, rows.known.defaults.get(key), default):
                one.take(default)
                self.saved.append(one)
        for slug, row in rows.presets.items():
            if slug not in told.presets:
                self._is_missing(row, rows.known.presets.get(slug))
        for key, one in rows.defaults.items():
            if key not in told.defaults:
                self._is_missing(one, rows.known.defaults[key])

    def _differs(
        self,
        is_there: bool,
        before: Content | DefaultContent | None,
        after: Content | DefaultContent,
    ) -> bool:
        if before == after:
            return False
        was = plain(before) if before is not None else None
        if is_there and was is None:
            was = {"slug": "?"}
        how = "changes" if is_there else "is new"
        found = tuple(differences(was, plain(after)))
        self.steps.append(Step(_what(after), how, found))
        return True

    def _is_missing(self, row: history.Row, content: Content | DefaultContent | None) -> None:
        what = _what(content) if content is not None else f"Preset “{row.key}”"
        if not self.prune:
            self.left.append(what)
            return
        self.deleted.append(row)
        self.steps.append(Step(what, "is deleted", ()))


def _what(content: Content | DefaultContent) -> str:
    if isinstance(content, Content):
        return f"Preset “{content.slug}”"
    owner = f"of the group “{content.group}”" if content.group else "of the site"
    return f"Default {owner}, “{title_of({'was': content.was, 'field': content.field})}”"
