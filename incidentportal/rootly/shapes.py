"""Told by its shape: JSON:API or flat, nested or by id. One `Row` for all of them.

An answer with `data` is JSON:API (ids may be text or numbers; `included` holds more), anything
else is flat: a bare list, or an object with one list among whatever else it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from incidentportal.rootly import values

ASIDE = frozenset({"errors", "included", "links", "warnings", "meta", "jsonapi", "pagination"})

REFERENCE = frozenset({"id", "type"})
"""All that a reference to a record holds, so that what holds more is the record itself."""

DEEPEST = 8
"""Levels of nesting that are looked into: no relation of Rootly's needs more than four."""


class NotAListError(ValueError):
    """An answer that holds no list where one was promised."""


class Row:
    """One record, with its attributes wherever they stood.

    `included` holds the records that the same answer brought along.
    """

    __slots__ = ("id", "included", "relationships", "values")

    def __init__(self, item: Mapping[str, Any], included: Included | None = None) -> None:
        attributes = item.get("attributes")
        related = item.get("relationships")
        self.values: dict[str, Any] = dict(item)
        if isinstance(attributes, dict):
            self.values.update(attributes)
        self.relationships: dict[str, Any] = related if isinstance(related, dict) else {}
        own = values.id_text(item.get("id"))
        self.id = own if own is not None else values.id_text(self.values.get("id"))
        self.included = included or NOTHING_INCLUDED

    @classmethod
    def of(cls, item: Any, included: Included) -> Row | None:
        """The row of a list's entry, which may be wrapped in `data`; None if it is no object."""
        if isinstance(item, dict) and isinstance(item.get("data"), dict) and "id" not in item:
            item = item["data"]
        return cls(item, included) if isinstance(item, dict) else None

    def text(self, *names: str) -> str:
        """The first of these attributes that says something, as it may be read by people."""
        texts = (values.legible(values.text(self.values.get(name))) for name in names)
        return next(filter(None, texts), "")

    def flag(self, name: str, default: Any) -> Any:
        """A truth, or the default."""
        return values.flag(self.values.get(name), default)

    def integer(self, name: str) -> int | None:
        """A whole number, if it is one."""
        return values.integer(self.values.get(name))

    def is_null(self, *names: str) -> bool:
        """Whether the answer says of one of these attributes that there is nothing."""
        return any(name in self.values and self.values[name] is None for name in names)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return values.texts(self.values.get(name))

    def one_id(self, name: str) -> str | None:
        """The id of a related record: `<name>_id`, nested, or among the relationships."""
        return next(iter(self._related(f"{name}_id", name)), None)

    def many_ids(self, name: str, plural: str) -> tuple[str, ...]:
        """The ids of related records: `<name>_ids`, nested ones, or the relationships."""
        return tuple(dict.fromkeys(self._related(f"{name}_ids", plural)))

    def _related(self, by_id: str, by_name: str) -> list[str]:
        return (
            list(_ids(self.values.get(by_id), bare=True))
            or list(_ids(self.values.get(by_name)))
            or list(_ids(self.relationships.get(by_name)))
        )

    def nested(self, name: str, owner: str, kinds: tuple[str, ...]) -> list[Row]:
        """Records that belong to this one: nested in it, or included with the answer.

        `owner` is the relation by which an included record names this one, `kinds` the types it
        may come as.
        """
        inside, related = self.values.get(name), self.relationships.get(name)
        objects = (*_objects(inside), *_objects(related))
        whole = [Row(item) for item in objects if set(item) - REFERENCE]
        if whole or self.id is None:
            return whole
        named = dict.fromkeys((*_ids(inside), *_ids(related)))
        return self.included.named(kinds, named) or self.included.owned(kinds, owner, self.id)


class Included:
    """The records that an answer brought along, found by their id or by whose they are."""

    def __init__(self, document: Any = None) -> None:
        items = document.get("included") if isinstance(document, dict) else None
        self._kinds: dict[str, list[Row]] = {}
        self._indexes: dict[tuple[str, str], dict[str | None, list[Row]]] = {}
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict):
                self._kinds.setdefault(values.text(item.get("type")), []).append(Row(item))

    def named(self, kinds: tuple[str, ...], ids: Iterable[str]) -> list[Row]:
        """Those of these types with these ids, in the ids' order."""
        indexes = [self._index(kind, "") for kind in kinds]
        return [row for each in ids for index in indexes for row in index.get(each, [])]

    def owned(self, kinds: tuple[str, ...], owner: str, owner_id: str) -> list[Row]:
        """Those of these types that name this owner."""
        return [row for kind in kinds for row in self._index(kind, owner).get(owner_id, [])]

    def _index(self, kind: str, owner: str) -> dict[str | None, list[Row]]:
        """A type's records by their owner's id, or without `owner` by their own."""
        if (kind, owner) not in self._indexes:
            index = self._indexes[kind, owner] = {}
            for row in self._kinds.get(kind, []):
                index.setdefault(row.one_id(owner) if owner else row.id, []).append(row)
        return self._indexes[kind, owner]


NOTHING_INCLUDED = Included()


def _objects(value: Any, depth: int = DEEPEST) -> Iterator[dict[str, Any]]:
    """The objects in a list, bare or each (or all) wrapped in `data`."""
    if isinstance(value, dict):
        if "data" not in value or "id" in value:
            yield value
        elif depth:
            yield from _objects(value["data"], depth - 1)
    elif isinstance(value, list) and depth:
        for item in value:
            if isinstance(item, dict):
                yield from _objects(item, depth - 1)


def _ids(value: Any, *, bare: bool = False, depth: int = DEEPEST) -> Iterator[str]:
    """The ids in whatever holds them: objects, lists of these, `data`. A bare text counts only
    where the attribute's name promises an id: `"severity": "high"` is none.
    """
    if isinstance(value, list) and depth:
        for item in value:
            yield from _ids(item, bare=bare, depth=depth - 1)
    elif isinstance(value, dict) and depth:
        if "data" in value and "id" not in value:
            yield from _ids(value["data"], depth=depth - 1)
        else:
            yield from _ids(value.get("id"), bare=True, depth=depth - 1)
    elif bare or not isinstance(value, str):
        found = values.id_text(value)
        if found is not None:
            yield found


def objects(value: Any) -> list[Row]:
    """The nested records in a value."""
    return [Row(item) for item in _objects(value)]


def items_of(document: Any, name: str) -> list[Any]:
    """The entries of a list's answer; raises NotAListError. `name` ends the list's path."""
    if isinstance(document, dict):
        document = document["data"] if "data" in document else _only_list(document, name)
    if not isinstance(document, list):
        raise NotAListError
    return document


def _only_list(document: dict[str, Any], name: str) -> Any:
    if isinstance(document.get(name), list):
        return document[name]
    lists = [
        value for key, value in document.items() if isinstance(value, list) and key not in ASIDE
    ]
    return lists[0] if len(lists) == 1 else None


def record_of(document: Any) -> Row | None:
    """The one record of an answer: under `data`, bare, or under its own name; None if none."""
    if not isinstance(document, dict):
        return None
    inner = document.get("data", document)
    if isinstance(inner, dict):
        row = Row(inner, Included(document))
        if row.id is not None:
            return row
        wrapped = [value for key, value in inner.items() if key not in ASIDE]
        nested = [found for value in wrapped if (found := _with_id(value)) is not None]
        if len(nested) == 1:
            return nested[0]
    return None


def _with_id(value: Any) -> Row | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("data", value)
    row = Row(inner) if isinstance(inner, dict) else None
    return row if row is not None and row.id is not None else None
