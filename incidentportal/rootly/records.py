"""What the portal reads from Rootly: typed, frozen records.

Attribute names are Rootly's own (API reference, `openapi.json`, and its SDK 3.0.1), with two
rules. Ids are always text, whatever the answer carried: `0`, `"0"` and `12` become `"0"`, `"0"`
and `"12"`. Enumerations are open: a kind, comparison or operator that Rootly adds later is kept
as the text it came as. What is optional in practice has a default here, so that a missing
attribute never costs the record; only an `id` is indispensable.

Records are `msgspec` structs, so that a whole snapshot is stored and read back as JSON in a few
milliseconds. This module imports neither httpx nor Django.
"""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything Rootly gives an id to."""

    id: str


class Named(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A record that a person can choose by its name (environment, team, cause, type, …)."""

    name: str = ""
    slug: str = ""
    description: str = ""
    color: str = ""
    position: int | None = None


class Environment(Named, frozen=True):
    """An environment, such as production."""


class Team(Named, frozen=True):
    """A team; the API writes it as a *group* (`group_ids`)."""


class Functionality(Named, frozen=True):
    """What customers do with the product."""


class IncidentType(Named, frozen=True):
    """A type of incident."""


class Cause(Named, frozen=True):
    """A cause."""


class Service(Named, frozen=True, kw_only=True, omit_defaults=True):
    """A service, with the environments it runs in and the teams that own it."""

    environment_ids: tuple[str, ...] = ()
    owner_group_ids: tuple[str, ...] = ()


class Severity(Named, frozen=True, kw_only=True, omit_defaults=True):
    """A severity. `severity` is its rank: critical, high, medium, low, or one newer than these."""

    severity: str = ""


class Catalog(Named, frozen=True):
    """A catalog of the organisation's own things (regions, customers, …)."""


class CatalogEntity(Named, frozen=True, kw_only=True, omit_defaults=True):
    """One thing in a catalog.

    `properties` maps a catalog property's id to the values it refers to, as far as the list
    included them.
    """

    catalog_id: str = ""
    properties: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class User(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A person in Rootly. `name` is the full name, else what stands for it."""

    name: str = ""
    email: str = ""
    time_zone: str = ""


class FieldOption(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An option of a select field whose value kind is `inherit`."""

    value: str = ""
    color: str = ""
    default: bool = False
    position: int | None = None


class FieldPosition(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Where a field stands on a form, in organisations without placements."""

    form: str = ""
    position: int | None = None


class FormField(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A built-in (`kind` tells which) or custom form field.

    `shown` and `required` list form names; they count where the form has no placements.
    """

    kind: str = "custom"
    name: str = ""
    slug: str = ""
    input_kind: str = "text"
    value_kind: str = "inherit"
    value_kind_catalog_id: str | None = None
    description: str = ""
    shown: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    enabled: bool = True
    default_values: tuple[str, ...] = ()
    auto_set_by_catalog_property_id: str | None = None
    resource_type: str = ""
    options: tuple[FieldOption, ...] = ()
    positions: tuple[FieldPosition, ...] = ()


class PlacementCondition(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A rule on a placement. `conditioned` is `placement` (is it shown) or `required`."""

    conditioned: str = ""
    position: int | None = None
    form_field_id: str = ""
    comparison: str = ""
    values: tuple[str, ...] = ()


class Placement(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A field's place on a form, inside a form set."""

    form_field_id: str = ""
    form_set_id: str = ""
    form: str = ""
    position: int | None = None
    required: bool = False
    non_editable: bool = False
    required_operator: str = ""
    placement_operator: str = ""
    conditions: tuple[PlacementCondition, ...] = ()


class FormSetCondition(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A rule that chooses a form set."""

    form_field_id: str = ""
    comparison: str = ""
    values: tuple[str, ...] = ()


class FormSet(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A set of forms, held when its conditions match; the default one when none does."""

    name: str = ""
    slug: str = ""
    is_default: bool = False
    forms: tuple[str, ...] = ()
    conditions: tuple[FormSetCondition, ...] = ()


class Selection(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The value of a custom field on an incident, as stored."""

    form_field_id: str = ""
    value: str | None = None
    selected_option_ids: tuple[str, ...] = ()
    selected_group_ids: tuple[str, ...] = ()
    selected_service_ids: tuple[str, ...] = ()
    selected_functionality_ids: tuple[str, ...] = ()
    selected_user_ids: tuple[str, ...] = ()
    selected_catalog_entity_ids: tuple[str, ...] = ()
    selected_environment_ids: tuple[str, ...] = ()
    selected_cause_ids: tuple[str, ...] = ()
    selected_incident_type_ids: tuple[str, ...] = ()


class Alert(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An alert that may be attached to an incident. `short_id` is how people call it."""

    summary: str = ""
    source: str = ""
    status: str = ""
    short_id: str = ""
    created_at: str = ""


class Workflow(Named, frozen=True, kw_only=True, omit_defaults=True):
    """A workflow. `trigger_type` is what it is about (`incident`, `alert`, …), `triggers` what
    starts it by itself: one without any is started by hand.
    """

    enabled: bool = True
    trigger_type: str = ""
    triggers: tuple[str, ...] = ()


class WorkflowRun(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One run of a workflow; `incident_id` is None where the answer names no incident."""

    workflow_id: str = ""
    incident_id: str | None = None
    status: str = ""


class IncidentEvent(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of an incident's timeline."""

    event: str = ""


class Incident(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An incident as Rootly shows it. `None` means that the answer did not say; a blank
    `parent_incident_id`, that it said that there is none.
    """

    sequential_id: int | None = None
    title: str = ""
    kind: str = ""
    slug: str = ""
    summary: str = ""
    status: str = ""
    private: bool | None = None
    url: str = ""
    short_url: str = ""
    severity_id: str | None = None
    parent_incident_id: str | None = None
    user_id: str | None = None
    labels: dict[str, str] | None = None
    slack_channel_id: str = ""
    slack_channel_name: str = ""
    slack_channel_url: str = ""
    slack_channel_archived: bool | None = None
    mitigation_message: str = ""
    resolution_message: str = ""
    cancellation_message: str = ""
    created_at: str = ""
    started_at: str = ""
