"""Option lists: what a person may choose from, in order, found by id or by words.

Built once per picture and shared by every request, so nothing here changes after it is made
(apart from the search index, which the first search of a list builds).
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from incidentportal.catalog.picture import Picture
from incidentportal.rootly.records import FieldOption, Named, User, Workflow
from incidentportal.rootly.values import legible

# Letters that Unicode does not decompose into a base letter and a mark.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_DESCRIBED = frozenset({"severities", "incident_types"})
LISTS = frozenset(
    {
        "services", "environments", "severities", "teams",
        "functionalities", "incident_types", "causes", "users", "workflows",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. `hint` is empty, or tells it apart from others (slug, e-mail)."""

    id: str
    label: str
    hint: str = ""


def fold(text: str) -> str:
    """`text` as a search compares it: no case, no accents, ß as ss, ø as o."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.casefold().translate(PLAIN_LETTERS)


def _spaced(folded: str) -> str:
    """Folded text with whatever parts words (spaces, hyphens, dots) made one space each."""
    return " ".join("".join(char if char.isalnum() else " " for char in folded).split())


class OptionList:
    """Options in order; `get` by id, `search` by words. The first of two equal ids counts.

    `is_open`: an id that is not in it may exist all the same (a live list), and iteration may
    show less than there is; then it changes, too, and nothing made of it may be kept.
    `is_complete`: iteration shows everything.
    """

    is_open = False

    def __init__(self, options: Iterable[Option] = ()) -> None:
        self._by_id: dict[str, Option] = {}
        for option in options:
            self._by_id.setdefault(option.id, option)
        self._options = tuple(self._by_id.values())

    @property
    def is_complete(self) -> bool:
        """Whether iteration shows everything."""
        return True

    def __len__(self) -> int:
        return len(self._options)

    def __iter__(self) -> Iterator[Option]:
        return iter(self._options)

    def __contains__(self, option_id: object) -> bool:
        return option_id in self._by_id

    def get(self, option_id: str) -> Option | None:
        """The option with this id, or None."""
        return self._by_id.get(option_id)

    @cached_property
    def _index(self) -> list[tuple[str, str, Option]]:
        folded = ((fold(option.label), option) for option in self._options)
        return [(name, " " + _spaced(name), option) for name, option in folded]

    def search(self, query: str, limit: int = 20) -> list[Option]:
        """At most `limit` options with every word of `query` somewhere in their label.

        Labels that begin with the query come first, then those in which a word begins with it,
        then the rest, each in the list's order. No words: the head of the list.
        """
        words = fold(query).split()
        begin = " " + _spaced(" ".join(words))
        first: list[Option] = []
        second: list[Option] = []
        rest: list[Option] = []
        for name, spaced, option in self._index:
            for word in words:
                if word not in name:
                    break
            else:
                if spaced.startswith(begin):
                    first.append(option)
                    if len(first) == limit:
                        break
                elif begin in spaced:
                    second.append(option)
                else:
                    rest.append(option)
        return [*first, *second, *rest][:limit]


class OptionSource(Protocol):
    """Whatever prepared option lists come from; `OptionLists` is one."""

    def options(self, kind: str) -> OptionList:
        """The list called `kind` (one of `LISTS`); an unknown one is empty."""
        ...

    def entities(self, catalog_id: str) -> OptionList:
        """The entities of one catalog; an unknown one has none."""
        ...


class OptionLists:
    """Every option list of a picture, prepared when first asked for and then kept."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._lists: dict[str, OptionList] = {}

    def options(self, kind: str) -> OptionList:
        """The list called `kind` (one of `LISTS`); an unknown one is empty."""
        if kind not in self._lists:
            self._lists[kind] = self._prepare(kind)
        return self._lists[kind]

    def _prepare(self, kind: str) -> OptionList:
        if kind not in LISTS:
            return OptionList()
        if kind == "users":
            return user_options(self._picture.users)
        if kind == "workflows":
            return named_options(each for each in self._picture.workflows if by_hand(each))
        named: tuple[Named, ...] = getattr(self._picture, kind)
        return named_options(named, described=kind in _DESCRIBED)

    @cached_property
    def _entities(self) -> dict[str, OptionList]:
        grouped: dict[str, list[Named]] = defaultdict(list)
        for entity in self._picture.catalog_entities:
            grouped[entity.catalog_id].append(entity)
        return {catalog: named_options(entities) for catalog, entities in grouped.items()}

    def entities(self, catalog_id: str) -> OptionList:
        """The entities of one catalog; an unknown one has none."""
        return self._entities.get(catalog_id) or OptionList()


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    label: str
    position: int | None
    hint: str  # shown always
    mark: str  # shown where another option has the same label

    def order(self) -> tuple[bool, int, str, str, str]:
        return (self.position is None, self.position or 0, fold(self.label), self.label, self.id)


def _ordered(rows: Iterable[_Row]) -> OptionList:
    """Rows by position (none last), then by name; what looks alike gets a mark, else its id."""
    unique = list({row.id: row for row in reversed(list(rows))}.values())
    unique.sort(key=_Row.order)
    labels = Counter(row.label for row in unique)
    marks = Counter((row.label, row.hint, row.mark) for row in unique)
    options = []
    for row in unique:
        hint = row.hint
        if labels[row.label] > 1:
            mark = row.mark if row.mark and marks[row.label, hint, row.mark] == 1 else row.id
            hint = " · ".join(dict.fromkeys(part for part in (mark, row.hint) if part))
        # Where there is no name an id stands for it, and ids are kept as they came.
        options.append(Option(row.id, legible(row.label), legible(hint)))
    return OptionList(options)


def named_options(named: Iterable[Named], *, described: bool = False) -> OptionList:
    """Options from named records; their descriptions are the hints where `described`."""
    return _ordered(
        _Row(
            id=record.id,
            label=record.name.strip() or record.slug or record.id,
            position=record.position,
            hint=record.description.strip() if described else "",
            mark=record.slug,
        )
        for record in named
    )


def by_hand(workflow: Workflow) -> bool:
    """Whether a workflow is offered to be started by hand (our rule: enabled, about incidents,
    and started by nothing else).
    """
    return workflow.enabled and workflow.trigger_type == "incident" and not workflow.triggers


def user_options(users: Iterable[User]) -> OptionList:
    """People by full name, with their e-mail address as the hint."""
    return _ordered(
        _Row(user.id, user.name.strip() or user.email or user.id, None, user.email, user.email)
        for user in users
    )


def own_options(options: Iterable[FieldOption]) -> OptionList:
    """A select field's own options (value kind `inherit`)."""
    return _ordered(
        _Row(option.id, option.value.strip() or option.id, option.position, "", "")
        for option in options
    )
