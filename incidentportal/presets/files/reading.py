"""A YAML file of presets and defaults, read against the form of now.

What is the same as here is not judged again: a value that Rootly no longer has stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from incidentportal.presets.content import (
    ICONS,
    KINDS,
    NORMAL,
    Content,
    DefaultContent,
    FieldWording,
    Setting,
    Wording,
)
from incidentportal.presets.files.document import FileError, Place, Table, Wrong, read
from incidentportal.presets.files.naming import Names, UnknownError, did_you_mean
from incidentportal.presets.files.setting import Settings
from incidentportal.presets.files.taking import Taking
from incidentportal.presets.files.writing import VERSION

_SLUG = re.compile(r"[a-z0-9]+(?:[_-]+[a-z0-9]+)*")
_BASICS = (
    "name", "icon", "description", "audience", "position", "enabled", "private", "kind",
    "title_pattern", "wording", "fields",
)  # fmt: skip
_MARKS = ("locked", "hidden", "folded", "required")
_TOLD = ("was", "source", "default")
_SETTING = (*_TOLD, *_MARKS, "order", "label", "help", "wording")
NO_GROUP = "A group's name is missing here; leave `audience` out for everyone."
_SAY_VERSION = f"Write `version: {VERSION}` at the head: this is the only one that is read."
Key = tuple[str, str]
"""A default's group (blank: the whole site) and field."""


@dataclass(frozen=True)
class Known:
    """What is there before the import, and what a file may name."""

    groups: Collection[str] = ()
    presets: Mapping[str, Content] = field(default_factory=dict)
    defaults: Mapping[Key, DefaultContent] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What a file says. `notes` are what is taken although it no longer fits the form."""

    presets: Mapping[str, Content]
    defaults: Mapping[Key, DefaultContent]
    notes: tuple[Wrong, ...]


def read_file(data: bytes, names: Names, known: Known, zone: tzinfo) -> Told:
    """What the file says. `zone` is for times without an offset. Raises FileError with all that
    is wrong.
    """
    return _File(names, known, zone).told(data)


class _File:
    def __init__(self, names: Names, known: Known, zone: tzinfo) -> None:
        self.names, self.known = names, known
        self.take = Taking()
        self.settings = Settings(names, zone, self.take)

    def told(self, data: bytes) -> Told:
        take = self.take
        document = take.table(read(data), ("version", "presets", "defaults"))
        if take.text(document, "version") != str(VERSION):
            take.wrong(document.at, _SAY_VERSION)
        presets = take.table(document.entries.get("presets"))
        found = {
            slug: self._preset(presets, slug, take.table(node, _BASICS))
            for slug, node in presets.entries.items()
        }
        defaults = take.table(document.entries.get("defaults"), ("site", "groups"))
        kept = self._defaults("", take.table(defaults.entries.get("site")))
        groups = take.table(defaults.entries.get("groups"))
        for group, node in groups.entries.items():
            if not any(key[0] == group for key in self.known.defaults):
                self._is_group(groups.keys[group], group)
            kept |= self._defaults(group, take.table(node))
        if take.wrongs:
            raise FileError(*sorted(take.wrongs, key=lambda one: (one.at.line, one.at.column)))
        return Told(found, kept, tuple(self.settings.notes))

    def _is_group(self, at: Place, name: str) -> None:
        if name not in self.known.groups:
            near = did_you_mean(name, self.known.groups)
            self.take.wrong(at, f"There is no group “{name[:100]}”{near}")

    def _preset(self, presets: Table, slug: str, table: Table) -> Content:
        take, before = self.take, self.known.presets.get(slug)
        at = presets.keys[slug]
        if len(slug) > 100 or (before is None and not _SLUG.fullmatch(slug)):
            take.wrong(
                at,
                "Only small letters, digits and hyphens can stand in a preset's name in addresses,"
                " 100 at most.",
            )
        name = take.line(table, "name", 120)
        if not name.strip():
            take.wrong(at, "`name` is missing here: what people call it.")
        kind = take.one_of(table, "kind", KINDS) or NORMAL
        return Content(
            slug=slug, name=name, icon=take.one_of(table, "icon", ICONS),
            description=take.text(table, "description", 500),
            audience=self._audience(table, before.audience if before else ()),
            position=take.number(table, "position") or 0,
            enabled=take.tick(table, "enabled", default=True), private=take.tick(table, "private"),
            kind=kind, title_pattern=take.line(table, "title_pattern", 200),
            fields=self._fields(table, before.fields if before else {}),
            wording={
                code: Wording(**words)
                for code, words in take.by_language(table, {"name": 120, "description": 500})
            },
        )  # fmt: skip

    def _audience(self, table: Table, before: tuple[str, ...]) -> tuple[str, ...]:
        said = self.take.texts(table, "audience", NO_GROUP)
        for at, name in said:
            if name not in before:
                self._is_group(at, name)
        found = sorted({name for _, name in said})
        return before if found == sorted(before) else tuple(found)

    def _fields(self, table: Table, before: Mapping[str, Setting]) -> dict[str, Setting]:
        fields = self.take.table(table.entries.get("fields"))
        found: dict[str, Setting] = {}
        names: set[str] = set()
        for called in fields.entries:
            own = self.take.table(fields.entries[called], _SETTING)
            name = self._name(fields, called, own, names)
            if name is None:
                continue
            order = self.take.number(own, "order")
            marks = [self.take.tick(own, mark) for mark in _MARKS]
            limits = {"label": 200, "help": 2000}
            said = Setting(
                order=order, locked=marks[0], hidden=marks[1], folded=marks[2], required=marks[3],
                label=self.take.line(own, "label", 200), help=self.take.text(own, "help", 2000),
                wording={
                    code: FieldWording(**words)
                    for code, words in self.take.by_language(own, limits)
                },
            )  # fmt: skip
            setting = self.settings.setting(fields.keys[called], own, name, said, before.get(name))
            if not setting.says_nothing or setting == before.get(name):
                found[name] = setting
        return found

    def _defaults(self, group: str, table: Table) -> dict[Key, DefaultContent]:
        found: dict[Key, DefaultContent] = {}
        names: set[str] = set()
        for called in table.entries:
            own = self.take.table(table.entries[called], _TOLD)
            name = self._name(table, called, own, names)
            if name is None:
                continue
            before = self.known.defaults.get((group, name))
            was = Setting(
                was=before.was, source=before.source, values=before.values, words=before.words
            ) if before else None  # fmt: skip
            at = table.keys[called]
            if "default" not in own.entries:
                self.take.wrong(at, "`default` is missing here: what the field begins with.")
            one = self.settings.setting(at, own, name, Setting(), was, needed=True)
            found[group, name] = DefaultContent(
                group=group, field=name, was=one.was, source=one.source, values=one.values,
                words=one.words,
            )  # fmt: skip
        return found

    def _name(self, table: Table, called: str, own: Table, taken: set[str]) -> str | None:
        """The control's name of a field; None where it is wrong."""
        at = table.keys[called]
        try:
            known = self.names.field(called)
        except UnknownError as error:
            self.take.wrong(at, str(error))
            return None
        name = known.name if known else called
        if known is None and "was" not in own.entries:
            self.take.wrong(at, self.names.no_field(called))
            return None
        if name in taken:
            self.take.wrong(at, "The same field stands here by another name too.")
            return None
        taken.add(name)
        return name
