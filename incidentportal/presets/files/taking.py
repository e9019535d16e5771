"""Taking plain values out of a file's nodes; all that is wrong is collected, nothing raised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from incidentportal.formengine.showable import UNSHOWABLE
from incidentportal.presets.files.document import Many, Node, Place, Table, Text, Wrong
from incidentportal.presets.files.naming import did_you_mean

BOUND = 9999
ONE_LINE = frozenset({"name", "label"})
"""Words that a page shows in one line."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")
_INTEGER = re.compile(r"[+-]?\d{1,4}", re.ASCII)


class Value(NamedTuple):
    """One value of a field: a name, or an id with the words that it stood for."""

    at: Place
    name: str = ""
    id: str | None = None
    was: str | None = None


class Taking:
    """One reading of a file. `wrongs` are what is wrong, in the order of the file."""

    def __init__(self) -> None:
        self.wrongs: list[Wrong] = []

    def wrong(self, at: Place, sentence: str) -> None:
        """Note what is wrong."""
        self.wrongs.append(Wrong(at, sentence))

    def table(self, node: Node | None, known: Iterable[str] | None = None) -> Table:
        """A mapping; any keys where `known` is None. Nothing at all is an empty one."""
        empty = Table(Place(1, 1))
        if node is None or (isinstance(node, Text) and not node.text):
            return empty
        if not isinstance(node, Table):
            self.wrong(node.at, "Names with what they mean are expected here (`name: …`).")
            return empty
        known = None if known is None else list(known)
        for key, at in node.keys.items():
            if known is not None and key not in known:
                sentence = f"“{key[:100]}” means nothing here{did_you_mean(key, known)}"
                self.wrong(at, sentence)
        return node

    def text(self, table: Table, key: str, most: int = 0) -> str:
        """A text of at most `most` characters; blank where there is none."""
        node = table.entries.get(key)
        return "" if node is None else self._text(node, most)

    def line(self, table: Table, key: str, most: int = 0) -> str:
        """The same, without a line end."""
        text = self.text(table, key, most)
        if len(text.splitlines()) > 1 or text != text.rstrip("\r\n"):
            self.wrong(table.entries[key].at, "One line only can stand here.")
        return text

    def _text(self, node: Node, most: int = 0) -> str:
        if not isinstance(node, Text):
            self.wrong(node.at, "A text is expected here; put one with special signs in quotes.")
            return ""
        if most and len(node.text) > most:
            self.wrong(node.at, f"At most {most} characters can stand here: {len(node.text)} do.")
        if found := UNSHOWABLE.search(node.text):
            self.wrong(node.at, f"No page can show the character U+{ord(found[0]):04X}.")
        return node.text

    def one_of(self, table: Table, key: str, known: Mapping[str, str] | Iterable[str]) -> str:
        """One of some words; blank where there is none."""
        text = self.text(table, key)
        known = list(known)
        if text and text not in known:
            near = did_you_mean(text, known)
            listed = f" It can be: {', '.join(known)}." if near == "." else ""
            self.wrong(table.entries[key].at, f"“{text[:100]}” is not known here{near}{listed}")
        return text

    def tick(self, table: Table, key: str, *, default: bool = False) -> bool:
        """True or false."""
        node = table.entries.get(key)
        if node is None:
            return default
        said = node.text.lower() if isinstance(node, Text) else ""
        if said not in ("true", "false"):
            self.wrong(node.at, "Write true or false.")
        return said == "true"

    def number(self, table: Table, key: str) -> int | None:
        """A whole number; None where there is none."""
        node = table.entries.get(key)
        if node is None:
            return None
        if not isinstance(node, Text) or not _INTEGER.fullmatch(node.text):
            self.wrong(node.at, f"A whole number from -{BOUND} to {BOUND} is expected here.")
            return None
        return int(node.text)

    def texts(self, table: Table, key: str, nothing: str) -> list[tuple[Place, str]]:
        """A list of texts; a single one counts as a list of it. A blank one is wrong: `nothing`."""
        found = []
        for one in _items(table.entries.get(key)):
            told = len(self.wrongs)
            text = self._text(one)
            if text.strip():
                found.append((one.at, text))
            elif len(self.wrongs) == told:
                self.wrong(one.at, nothing)
        return found

    def by_language(
        self, table: Table, limits: Mapping[str, int]
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """What stands under `wording`: language, and the words with these keys."""
        told = self.table(table.entries.get("wording"))
        for code, node in told.entries.items():
            if not _LANGUAGE.fullmatch(code):
                sentence = "A language is expected here, in small letters, such as “fr” or “pt-br”."
                self.wrong(told.keys[code], sentence)
                continue
            words = self.table(node, limits)
            found = {
                name: (self.line if name in ONE_LINE else self.text)(words, name, most)
                for name, most in limits.items()
            }
            if any(found.values()):
                yield code, found

    def values(self, table: Table) -> list[Value]:
        """What stands under `default`: one value or several."""
        found = []
        for one in _items(table.entries.get("default")):
            if isinstance(one, Table):
                explicit = self.table(one, ("id", "was"))
                if "id" not in explicit.entries:
                    self.wrong(one.at, "`id` is missing here.")
                was = self.text(explicit, "was") if "was" in explicit.entries else None
                found.append(Value(one.at, id=self.text(explicit, "id"), was=was))
            else:
                text = self._text(one)
                if not text.strip():
                    self.wrong(one.at, "A value is missing here; leave `default` out for none.")
                found.append(Value(one.at, text))
        return found


def _items(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return node.items if isinstance(node, Many) else [node]
