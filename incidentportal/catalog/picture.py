"""The picture of how Rootly is configured: everything one sync fetched, as plain data.

It is stored as JSON and swapped whole, so it holds records only; what is derived from it
(option lists, form definitions) is computed by those who read it. Pure: no Django, no HTTP.
"""

from __future__ import annotations

import msgspec

from incidentportal.rootly import records


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something in Rootly's configuration that an admin should know of.

    `kind` is a short stable word (`list_refused`, `record_skipped`, `field_not_built`, …),
    `subject` names what it is about (a list, a field's id), `sentence` says it in plain words.
    """

    kind: str
    subject: str
    sentence: str


class Picture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything fetched in one sync. A list that could not be read is empty and in `problems`.

    `placements` are those of all forms, each with its conditions; `form_sets` likewise.
    """

    form_fields: tuple[records.FormField, ...] = ()
    form_sets: tuple[records.FormSet, ...] = ()
    placements: tuple[records.Placement, ...] = ()
    services: tuple[records.Service, ...] = ()
    environments: tuple[records.Environment, ...] = ()
    severities: tuple[records.Severity, ...] = ()
    teams: tuple[records.Team, ...] = ()
    functionalities: tuple[records.Functionality, ...] = ()
    incident_types: tuple[records.IncidentType, ...] = ()
    causes: tuple[records.Cause, ...] = ()
    catalogs: tuple[records.Catalog, ...] = ()
    catalog_entities: tuple[records.CatalogEntity, ...] = ()
    users: tuple[records.User, ...] = ()
    workflows: tuple[records.Workflow, ...] = ()
    problems: tuple[Problem, ...] = ()
