"""Rootly's lists as plain data: where each is, what to ask it for, how its rows are read.

A new list is one entry here and one method on the client.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from incidentportal.rootly import readers, records
from incidentportal.rootly.shapes import Row

R = TypeVar("R", bound=records.Record)


@dataclass(frozen=True, slots=True)
class ListOf(Generic[R]):
    """One list. `{}` in its path stands for the record that owns it; `owner` is the attribute
    that names this owner, filled in where the answer leaves it out.
    """

    path: str
    read: Callable[[Row], R]
    params: tuple[tuple[str, str], ...] = ()
    owner: str = ""


FORM_FIELDS = ListOf("/form_fields", readers.form_field, (("include", "options,positions"),))
FIELD_OPTIONS = ListOf("/form_fields/{}/options", readers.field_option)
PLACEMENTS = ListOf("/form_fields/{}/placements", readers.placement, owner="form_field_id")
PLACEMENT_CONDITIONS = ListOf("/form_field_placements/{}/conditions", readers.placement_condition)
FORM_SETS = ListOf("/form_sets", readers.form_set)
FORM_SET_CONDITIONS = ListOf("/form_sets/{}/conditions", readers.form_set_condition)
SERVICES = ListOf("/services", readers.service)
ENVIRONMENTS = ListOf("/environments", readers.environment)
SEVERITIES = ListOf("/severities", readers.severity)
TEAMS = ListOf("/teams", readers.team)
FUNCTIONALITIES = ListOf("/functionalities", readers.functionality)
INCIDENT_TYPES = ListOf("/incident_types", readers.incident_type)
CAUSES = ListOf("/causes", readers.cause)
CATALOGS = ListOf("/catalogs", readers.catalog)
CATALOG_ENTITIES = ListOf(
    "/catalogs/{}/entities", readers.catalog_entity, (("include", "properties"),), "catalog_id"
)
USERS = ListOf("/users", readers.user)
INCIDENTS = ListOf("/incidents", readers.incident)
ALERTS = ListOf("/alerts", readers.alert)
WORKFLOWS = ListOf("/workflows", readers.workflow)
WORKFLOW_RUNS = ListOf("/workflows/{}/workflow_runs", readers.workflow_run, owner="workflow_id")
INCIDENT_EVENTS = ListOf("/incidents/{}/events", readers.incident_event)
INCIDENT_ALERTS = ListOf("/incidents/{}/alerts", readers.alert)
SELECTIONS = ListOf("/incidents/{}/form_field_selections", readers.selection)
