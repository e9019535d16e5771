"""What all the data modules build with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incidentportal.sandbox.incidents import slug

if TYPE_CHECKING:
    from incidentportal.sandbox.state import State

FOUNDED = "2025-03-03T09:00:00.000-08:00"
COLORS = ("#2F5D8A", "#8A5A2F", "#2F8A5D", "#8A2F5D", "#5D2F8A", "#5D8A2F")


class Builder:
    """Adds records, and finds again by name what was added."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.store = state.store
        self._uids: dict[tuple[str, str], str] = {}

    def add(self, list_name: str, name: str = "", **attributes: Any) -> str:
        """Add a record under a name (`name` is an attribute too, unless empty); its text id."""
        own: dict[str, Any] = {"name": name} if name else {}
        times = {"created_at": FOUNDED, "updated_at": FOUNDED}
        record = self.store.add(list_name, {**own, **attributes, **times})
        if name:
            self._uids[list_name, name] = record.uid
        return record.uid

    def add_named(self, list_name: str, name: str, position: int, **attributes: Any) -> str:
        """Add a record as people choose them: with slug, position and color."""
        common = {
            "slug": slug(name),
            "color": COLORS[position % len(COLORS)],
            "position": position,
            "notify_emails": [],
        }
        return self.add(list_name, name, **{**common, **attributes})

    def uid(self, list_name: str, name: str) -> str:
        """The text id of what was added under a name."""
        return self._uids[list_name, name]

    def uids(self, list_name: str, *names: str) -> list[str]:
        """Several of them."""
        return [self.uid(list_name, name) for name in names]
