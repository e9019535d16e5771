"""Option lists that change by the minute, as a form sees them."""

from __future__ import annotations

from collections.abc import Mapping

from incidentportal.catalog.options import Option, OptionList, OptionLists
from incidentportal.catalog.picture import Picture
from incidentportal.formengine.building import build
from incidentportal.formengine.definition import FormDefinition
from incidentportal.rootly.records import FormField
from tests.formengine.building import picture


class OpenList(OptionList):
    """More exists than it has."""

    is_open = True


LIVE: Mapping[str, OptionList] = {
    "alerts": OpenList([Option("a1", "CPU high"), Option("a2", "Disk full")]),
    "incidents": OpenList([Option(str(number), f"Incident {number}") for number in range(12)]),
    "parents": OpenList([Option("i1", "Checkout down")]),
    "workflows": OptionList([Option("w1", "Page the CEO")]),
}


class KnownLists(OptionLists):
    """A picture's lists, and these."""

    def __init__(self, seen: Picture, live: Mapping[str, OptionList] = LIVE) -> None:
        super().__init__(seen)
        self._live = live

    def options(self, kind: str) -> OptionList:
        return self._live[kind] if kind in self._live else super().options(kind)


def with_live(*fields: FormField, required: bool = False) -> FormDefinition:
    seen = picture(*fields, required=required)
    return build(seen, KnownLists(seen)).definitions[0]
