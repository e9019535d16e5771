"""The company whose Rootly this is, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incidentportal.sandbox.data.activity import add_activity
from incidentportal.sandbox.data.building import Builder
from incidentportal.sandbox.data.catalogs import add_catalogs
from incidentportal.sandbox.data.fields import add_fields
from incidentportal.sandbox.data.forms import add_forms
from incidentportal.sandbox.data.large import add_bulk
from incidentportal.sandbox.data.organisation import add_organisation
from incidentportal.sandbox.data.people import add_people, add_teams

if TYPE_CHECKING:
    from collections.abc import Callable

    from incidentportal.sandbox.state import State

SERVICES = {"small": 40, "large": 5_000}
PEOPLE = {"small": 30, "large": 2_000}


def filling(size: str, services: int | None) -> Callable[[State], None]:
    """What fills a store: the same records with the same ids, whenever it is called."""

    def fill(state: State) -> None:
        builder = Builder(state)
        add_teams(builder)
        add_people(builder, PEOPLE[size])
        add_organisation(builder, SERVICES[size] if services is None else services)
        add_catalogs(builder)
        add_fields(builder)
        add_forms(builder)
        if size == "large":
            add_bulk(builder)
        add_activity(builder)

    return fill
