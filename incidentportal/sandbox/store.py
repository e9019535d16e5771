"""The records in memory.

Every record has a number (its id in the guide's flat dialect) and a text id made from it (its id
in the API reference's dialect), so the same start gives the same ids. Inside the store records
refer to each other by text id only; `rendering` shows them as either.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

# The guide's examples call their most severe severity 0; zero is an id like any other.
FIRST_NUMBERS = {"severities": 0, "users": 298, "form_fields": 40, "form_field_options": 100}

LONGEST_NUMBER = 19

PARENTS = {
    "form_field_options": "form_field_id",
    "form_field_placements": "form_field_id",
    "form_field_positions": "form_field_id",
    "form_field_placement_conditions": "form_field_placement_id",
    "form_set_conditions": "form_set_id",
    "catalog_entities": "catalog_id",
    "catalog_properties": "catalog_id",
    "incident_events": "incident_id",
    "incident_form_field_selections": "incident_id",
    "workflow_runs": "workflow_id",
}


@dataclass(slots=True)
class Record:
    """One record. `attributes` has no id in it; ids of other records in it are text ids."""

    list_name: str
    number: int
    uid: str
    attributes: dict[str, Any]


def text_id(list_name: str, number: int) -> str:
    """The text id of a record that was given none: looks like a UUID, always the same."""
    digest = hashlib.md5(f"{list_name}/{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


class Store:
    """All lists. Not locked: the state's lock is held around each piece of work."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, Record]] = {}
        self._children: dict[tuple[str, str], dict[str, Record]] = {}
        self._by_uid: dict[str, Record] = {}
        self._next: dict[str, int] = {}
        self.raw: dict[str, list[Any]] = {}

    def add(
        self,
        list_name: str,
        attributes: dict[str, Any],
        *,
        number: int | None = None,
        uid: str | None = None,
    ) -> Record:
        """Store a record; one with the same text id is replaced where it stands."""
        following = self._next.get(list_name, FIRST_NUMBERS.get(list_name, 1))
        number = following if number is None else number
        self._next[list_name] = max(following, number + 1)
        record = Record(list_name, number, uid or text_id(list_name, number), attributes)
        old = self._by_uid.get(record.uid)
        if old is not None and self._parent(old) != self._parent(record):
            self.remove(old)
        self._lists.setdefault(list_name, {})[record.uid] = record
        self._by_uid[record.uid] = record
        if list_name in PARENTS:
            own = self._children.setdefault((list_name, self._parent(record)), {})
            own[record.uid] = record
        return record

    @staticmethod
    def _parent(record: Record) -> str:
        return str(record.attributes.get(PARENTS.get(record.list_name, ""), ""))

    def remove(self, record: Record) -> None:
        """Forget a record."""
        self._lists[record.list_name].pop(record.uid, None)
        self._by_uid.pop(record.uid, None)
        if record.list_name in PARENTS:
            own = self._children.get((record.list_name, self._parent(record)), {})
            own.pop(record.uid, None)

    def all(self, list_name: str) -> list[Record]:
        """A list's records in the order they came."""
        return list(self._lists.get(list_name, {}).values())

    def children(self, list_name: str, parent: str) -> list[Record]:
        """The records of a list that belong to one parent."""
        return list(self._children.get((list_name, parent), {}).values())

    def get(self, list_name: str, uid: str) -> Record | None:
        """A record by its text id."""
        return self._lists.get(list_name, {}).get(uid)

    def known(self, uid: str) -> Record | None:
        """A record of any list by its text id."""
        return self._by_uid.get(uid)

    def find(self, list_name: str, given: object) -> Record | None:
        """A record by what stands in an address: its text id or its number."""
        record = self.get(list_name, str(given))
        text = str(given)
        if record is None and text.isdecimal() and len(text) < LONGEST_NUMBER:
            return self.numbered(list_name, int(text))
        return record

    def numbered(self, list_name: str, number: int) -> Record | None:
        """A record by its number."""
        record = self.get(list_name, text_id(list_name, number))
        if record is not None and record.number == number:
            return record
        return next((each for each in self.all(list_name) if each.number == number), None)
