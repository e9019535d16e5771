"""A YAML file as plain text, lists and tables that know where they stand.

Only what presets need of YAML is read: one document, every scalar as the text it is (so that `no`
is a language and `2026-01-31` what was typed), no tags, anchors or aliases, bounded in size and
depth. Nothing in a file can make anything but these three shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 2_000_000
DEEPEST = 12
_BARE = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column from 1, and the way to it (`presets.payments`)."""

    line: int
    column: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a file, and where."""

    at: Place
    sentence: str

    def __str__(self) -> str:
        path = f"{self.at.path}: " if self.at.path else ""
        return f"line {self.at.line}, column {self.at.column}: {path}{self.sentence}"


class FileError(ValueError):
    """A file that can't be used; `wrongs` are all that is wrong, in the file's order."""

    def __init__(self, *wrongs: Wrong) -> None:
        super().__init__("\n".join(map(str, wrongs)))
        self.wrongs = wrongs


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, as it was written."""

    at: Place
    text: str


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    at: Place
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; `keys` say where each key stands."""

    at: Place
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)


Node = Text | Many | Table


def under(path: str, key: str | int) -> str:
    """The way to an entry of what stands at `path`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    name = key if _BARE.fullmatch(key) else f'"{key}"'
    return f"{path}.{name}" if path else name


def read(data: bytes) -> Node:
    """The one document of a file. Raises FileError."""
    if len(data) > MOST_BYTES:
        sentence = f"The file is too large: {len(data):,} bytes, of at most {MOST_BYTES:,}."
        raise FileError(Wrong(Place(1, 1), sentence))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = _place_of(data[: error.start].decode("utf-8", "replace"))
        raise FileError(Wrong(at, "This is no UTF-8 text.")) from None
    loader: Any = None
    try:
        loader = yaml.SafeLoader(text)
        return _Composer(loader).document()
    except yaml.reader.ReaderError as error:
        sentence = f"A file can't hold the character U+{int(error.character):04X}."
        raise FileError(Wrong(_place_of(text[: error.position]), sentence)) from None
    except yaml.MarkedYAMLError as error:
        context = f" ({error.context})" if error.context else ""
        at = _place(error.problem_mark or error.context_mark)
        raise FileError(Wrong(at, f"This is no YAML: {error.problem}{context}.")) from None
    except (ValueError, OverflowError) as error:  # an escape that means no character
        if isinstance(error, FileError):
            raise
        raise FileError(Wrong(_place(loader.get_mark()), "This is no YAML.")) from None


def _place(mark: Any, path: str = "") -> Place:
    return Place(mark.line + 1, mark.column + 1, path) if mark else Place(1, 1, path)


def _place_of(before: str) -> Place:
    """Where the text after this one begins."""
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Composer:
    """Puts a document together from YAML's events. The nodes' depth is bounded, so it recurs."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.wrongs: list[Wrong] = []

    def document(self) -> Node:
        self._next(yaml.StreamStartEvent)
        if self.loader.check_event(yaml.StreamEndEvent):
            raise FileError(Wrong(Place(1, 1), "The file is empty."))
        self._next(yaml.DocumentStartEvent)
        found = self._node("", 0)
        self._next(yaml.DocumentEndEvent)
        if not self.loader.check_event(yaml.StreamEndEvent):
            at = _place(self.loader.peek_event().start_mark)
            raise FileError(Wrong(at, "A second document begins here; there can be one only."))
        if self.wrongs:
            raise FileError(*self.wrongs)
        return found

    def _next(self, expected: Any = object) -> Any:
        event = self.loader.get_event()
        if not isinstance(event, expected):
            raise FileError(Wrong(_place(event.start_mark), "This is no YAML."))
        return event

    def _node(self, path: str, depth: int) -> Node:
        event = self._next()
        at = _place(event.start_mark, path)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FileError(Wrong(at, "Anchors and aliases (& and *) are not read: write it out."))
        if event.tag is not None:
            raise FileError(Wrong(at, f"Tags such as {event.tag} are not read: leave it out."))
        if depth > DEEPEST:
            raise FileError(Wrong(at, "This is nested too deeply."))
        if isinstance(event, yaml.ScalarEvent):
            return Text(at, event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            found = Many(at)
            for number in self._until(yaml.SequenceEndEvent):
                found.items.append(self._node(under(path, number), depth + 1))
            return found
        return self._table(Table(at), depth)

    def _table(self, table: Table, depth: int) -> Table:
        for _ in self._until(yaml.MappingEndEvent):
            key = self._node(table.at.path, depth + 1)
            if not isinstance(key, Text):
                raise FileError(Wrong(key.at, "A name is expected here."))
            path = under(table.at.path, key.text)
            at = Place(key.at.line, key.at.column, path)
            value = self._node(path, depth + 1)
            if key.text in table.entries:
                first = table.keys[key.text].line
                self.wrongs.append(Wrong(at, f"It is there twice: first in line {first}."))
            else:
                table.entries[key.text], table.keys[key.text] = value, at
        return table

    def _until(self, end: Any) -> Iterator[int]:
        number = 0
        while not self.loader.check_event(end):
            yield number
            number += 1
        self._next(end)
