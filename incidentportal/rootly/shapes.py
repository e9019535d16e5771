"""Told by its shape: JSON:API or flat, nested or by id. One `Row` for all of them.

An answer with `data` is JSON:API (ids may be text or numbers; `included` holds more), anything
else is flat: a bare list, or an object with one list among whatever else it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidentportal.rootly import values

ASIDE = frozenset({"errors", "included", "links", "warnings", "meta", "jsonapi", "pagination"})

REFERENCE = frozenset({"id", "type"})
"""All that a reference to a record holds, so that what holds more is the record itself."""


class NotAListError(ValueError):
    """An answer that holds no list where one was promised."""


class Row:
    """One record, with its attributes wherever they stood.

    `included` finds records that the same answer brought along, by type and id.
    """

    __slots__ = ("id", "included", "relationships", "values")

    def __init__(self, item: Mapping[str, Any], included: Mapping[str, list[Row]] | None = None):
        attributes = item.get("attributes")
        related = item.get("relationships")
        self.values: dict[str, Any] = dict(item)
        if isinstance(attributes, dict):
            self.values.update(attributes)
        self.relationships: dict[str, Any] = related if isinstance(related, dict) else {}
        own = values.id_text(item.get("id"))
        self.id = own if own is not None else values.id_text(self.values.get("id"))
        self.included = included or {}

    @classmethod
    def of(cls, item: Any, included: Mapping[str, list[Row]]) -> Row | None:
        """The row of a list's entry, which may be wrapped in `data`; None if it is no object."""
        if isinstance(item, dict) and isinstance(item.get("data"), dict) and "id" not in item:
            item = item["data"]
        return cls(item, included) if isinstance(item, dict) else None

    def text(self, *names: str) -> str:
        """The first of these attributes that says something."""
        return next((found for name in names if (found := values.text(self.values.get(name)))), "")

    def flag(self, name: str, default: Any) -> Any:
        """A truth, or the default."""
        return values.flag(self.values.get(name), default)

    def integer(self, name: str) -> int | None:
        """A whole number, if it is one."""
        return values.integer(self.values.get(name))

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

        `owner` is the attribute by which an included record names this one, `kinds` the types
        it may come as.
        """
        inside, related = self.values.get(name), self.relationships.get(name)
        whole = [item for item in (*_objects(inside), *_objects(related)) if set(item) - REFERENCE]
        if whole:
            return [Row(item) for item in whole]
        candidates = [row for kind in kinds for row in self.included.get(kind, [])]
        wanted = {*_ids(inside), *_ids(related)}
        return [row for row in candidates if row.id in wanted or row.one_id(owner) == self.id]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list, bare or each (or all) wrapped in `data`."""
    if isinstance(value, dict):
        inner = value.get("data", value)
        if inner is not value:
            yield from _objects(inner)
        else:
            yield value
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from _objects(item)


def _ids(value: Any, *, bare: bool = False) -> Iterator[str]:
    """The ids in whatever holds them: objects, lists of these, `data`. A bare text counts only
    where the attribute's name promises an id: `"severity": "high"` is none.
    """
    if isinstance(value, list):
        for item in value:
            yield from _ids(item, bare=bare)
    elif isinstance(value, dict):
        if "data" in value:
            yield from _ids(value["data"])
        else:
            yield from _ids(value.get("id"), bare=True)
    elif bare or not isinstance(value, str):
        found = values.id_text(value)
        if found is not None:
            yield found


def objects(value: Any) -> list[Row]:
    """The nested records in a value."""
    return [Row(item) for item in _objects(value)]


def items_of(document: Any, name: str) -> list[Any]:
    """The entries of a list's answer; raises NotAListError. `name` is the list's last path segment."""
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


def included_of(document: Any) -> dict[str, list[Row]]:
    """What an answer brought along, by type."""
    found: dict[str, list[Row]] = {}
    items = document.get("included") if isinstance(document, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            found.setdefault(values.text(item.get("type")), []).append(Row(item))
    return found


def record_of(document: Any) -> Row | None:
    """The one record of an answer: under `data`, bare, or under its own name; None if none."""
    if not isinstance(document, dict):
        return None
    inner = document.get("data", document)
    if isinstance(inner, dict):
        row = Row(inner, included_of(document))
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
