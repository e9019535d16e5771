"""From a row to a record: which attribute is found where. None of these can fail but for an id."""

from __future__ import annotations

import json
from typing import Any, TypedDict, TypeVar

from incidentportal.rootly import records, values
from incidentportal.rootly.shapes import Row, objects

N = TypeVar("N", bound=records.Named)


class _NamedValues(TypedDict):
    id: str
    name: str
    slug: str
    description: str
    color: str
    position: int | None


def _id(row: Row) -> str:
    if row.id is None:
        raise ValueError("it has no id")
    return row.id


def _named(row: Row) -> _NamedValues:
    return {
        "id": _id(row),
        "name": row.text("name", "title"),
        "slug": row.text("slug"),
        "description": row.text("description", "public_description"),
        "color": row.text("color"),
        "position": row.integer("position"),
    }


def environment(row: Row) -> records.Environment:
    """Read an environment."""
    return records.Environment(**_named(row))


def team(row: Row) -> records.Team:
    """Read a team."""
    return records.Team(**_named(row))


def functionality(row: Row) -> records.Functionality:
    """Read a functionality."""
    return records.Functionality(**_named(row))


def incident_type(row: Row) -> records.IncidentType:
    """Read an incident type."""
    return records.IncidentType(**_named(row))


def cause(row: Row) -> records.Cause:
    """Read a cause."""
    return records.Cause(**_named(row))


def catalog(row: Row) -> records.Catalog:
    """Read a catalog."""
    return records.Catalog(**_named(row))


def service(row: Row) -> records.Service:
    """Read a service."""
    return records.Service(
        **_named(row),
        environment_ids=row.many_ids("environment", "environments"),
        owner_group_ids=row.many_ids("owner_group", "owner_groups"),
    )


def severity(row: Row) -> records.Severity:
    """Read a severity."""
    return records.Severity(**_named(row), severity=row.text("severity"))


def catalog_entity(row: Row) -> records.CatalogEntity:
    """Read a catalog's entity with its properties, nested or included."""
    properties: dict[str, tuple[str, ...]] = {}
    kinds = ("catalog_entity_properties", "catalog_properties")
    for item in row.nested("properties", "catalog_entity", kinds):
        key = item.one_id("catalog_property") or item.one_id("catalog_field")
        if key is not None:
            properties[key] = properties.get(key, ()) + _references(item.values.get("value"))
    return records.CatalogEntity(
        **_named(row), catalog_id=row.one_id("catalog") or "", properties=properties
    )


def _references(value: Any) -> tuple[str, ...]:
    """A property's values; several may come as a JSON array in a text."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return values.texts(json.loads(value))
        except ValueError:
            pass
    return values.texts(value)


def user(row: Row) -> records.User:
    """Read a person."""
    both = f"{row.text('first_name')} {row.text('last_name')}".strip()
    return records.User(
        id=_id(row),
        name=row.text("full_name", "name") or both or row.text("email"),
        email=row.text("email"),
        time_zone=row.text("time_zone"),
    )


def field_option(row: Row) -> records.FieldOption:
    """Read an option of a custom field."""
    return records.FieldOption(
        id=_id(row),
        value=row.text("value", "name", "label"),
        color=row.text("color"),
        default=row.flag("default", False),
        position=row.integer("position"),
    )


def form_field(row: Row) -> records.FormField:
    """Read a form field with its options and positions, nested or included."""
    options = row.nested("options", "form_field", ("form_field_options", "options"))
    positions = row.nested("positions", "form_field", ("form_field_positions", "positions"))
    return records.FormField(
        id=_id(row),
        kind=row.text("kind") or "custom",
        name=row.text("name"),
        slug=row.text("slug"),
        input_kind=row.text("input_kind") or "text",
        value_kind=row.text("value_kind") or "inherit",
        value_kind_catalog_id=row.one_id("value_kind_catalog"),
        description=row.text("description"),
        shown=row.texts("shown"),
        required=row.texts("required"),
        enabled=row.flag("enabled", True),
        default_values=row.texts("default_values"),
        auto_set_by_catalog_property_id=row.one_id("auto_set_by_catalog_property"),
        resource_type=row.text("resource_type"),
        options=tuple(field_option(option) for option in options if option.id is not None),
        positions=tuple(
            records.FieldPosition(
                id=position.id or "",
                form=position.text("form"),
                position=position.integer("position"),
            )
            for position in positions
        ),
    )


def placement_condition(row: Row) -> records.PlacementCondition:
    """Read a placement's condition."""
    return records.PlacementCondition(
        id=_id(row),
        conditioned=row.text("conditioned"),
        position=row.integer("position"),
        form_field_id=row.one_id("form_field") or "",
        comparison=row.text("comparison"),
        values=row.texts("values"),
    )


def placement(row: Row) -> records.Placement:
    """Read a placement; its conditions too where the answer nests them."""
    conditions = row.nested(
        "conditions", "form_field_placement", ("form_field_placement_conditions",)
    )
    return records.Placement(
        id=_id(row),
        form_field_id=row.one_id("form_field") or "",
        form_set_id=row.one_id("form_set") or "",
        form=row.text("form"),
        position=row.integer("position"),
        required=row.flag("required", False),
        non_editable=row.flag("non_editable", False),
        required_operator=row.text("required_operator"),
        placement_operator=row.text("placement_operator"),
        conditions=tuple(placement_condition(item) for item in conditions if item.id is not None),
    )


def form_set_condition(row: Row) -> records.FormSetCondition:
    """Read a form set's condition."""
    return records.FormSetCondition(
        id=_id(row),
        form_field_id=row.one_id("form_field") or "",
        comparison=row.text("comparison"),
        values=row.texts("values"),
    )


def form_set(row: Row) -> records.FormSet:
    """Read a form set; its conditions too where the answer nests them."""
    conditions = row.nested("conditions", "form_set", ("form_set_conditions",))
    return records.FormSet(
        id=_id(row),
        name=row.text("name"),
        slug=row.text("slug"),
        is_default=row.flag("is_default", False),
        forms=row.texts("forms"),
        conditions=tuple(form_set_condition(item) for item in conditions if item.id is not None),
    )


def selection(row: Row) -> records.Selection:
    """Read a custom field's value on an incident."""
    return records.Selection(
        id=_id(row),
        form_field_id=row.one_id("form_field") or "",
        value=values.stored(row.values.get("value")),
        selected_option_ids=row.many_ids("selected_option", "selected_options"),
        selected_group_ids=row.many_ids("selected_group", "selected_groups"),
        selected_service_ids=row.many_ids("selected_service", "selected_services"),
        selected_functionality_ids=row.many_ids(
            "selected_functionality", "selected_functionalities"
        ),
        selected_user_ids=row.many_ids("selected_user", "selected_users"),
        selected_catalog_entity_ids=row.many_ids(
            "selected_catalog_entity", "selected_catalog_entities"
        ),
        selected_environment_ids=row.many_ids("selected_environment", "selected_environments"),
        selected_cause_ids=row.many_ids("selected_cause", "selected_causes"),
        selected_incident_type_ids=row.many_ids(
            "selected_incident_type", "selected_incident_types"
        ),
    )


def alert(row: Row) -> records.Alert:
    """Read an alert."""
    return records.Alert(
        id=_id(row),
        summary=row.text("summary", "title", "name"),
        source=row.text("source"),
        status=row.text("status"),
        short_id=row.text("short_id"),
        created_at=row.text("created_at", "started_at"),
    )


def workflow(row: Row) -> records.Workflow:
    """Read a workflow. What triggers it stands in `trigger_params` (API reference)."""
    inner = row.values.get("trigger_params")
    triggered = Row(inner if isinstance(inner, dict) else {})
    return records.Workflow(
        **_named(row),
        enabled=row.flag("enabled", True),
        trigger_type=triggered.text("trigger_type"),
        triggers=triggered.texts("triggers"),
    )


def workflow_run(row: Row) -> records.WorkflowRun:
    """Read a workflow's run."""
    return records.WorkflowRun(
        id=_id(row),
        workflow_id=row.one_id("workflow") or "",
        incident_id=row.one_id("incident"),
        status=row.text("status"),
    )


def incident_event(row: Row) -> records.IncidentEvent:
    """Read an entry of an incident's timeline."""
    return records.IncidentEvent(id=_id(row), event=row.text("event", "description", "body"))


def incident(row: Row) -> records.Incident:
    """Read an incident."""
    return records.Incident(
        id=_id(row),
        sequential_id=row.integer("sequential_id"),
        title=row.text("title"),
        kind=row.text("kind"),
        slug=row.text("slug"),
        summary=row.text("summary"),
        status=row.text("status"),
        private=row.flag("private", None),
        url=row.text("url"),
        short_url=row.text("short_url"),
        severity_id=row.one_id("severity"),
        parent_incident_id=_parent(row),
        user_id=row.one_id("user"),
        labels=labels(row.values.get("labels")) if "labels" in row.values else None,
        slack_channel_archived=row.flag("slack_channel_archived", None),
        mitigation_message=row.text("mitigation_message"),
        resolution_message=row.text("resolution_message"),
        cancellation_message=row.text("cancellation_message"),
        created_at=row.text("created_at"),
        started_at=row.text("started_at"),
        **_slack(row),
    )


def _parent(row: Row) -> str | None:
    parent = row.one_id("parent_incident")
    return "" if parent is None and row.is_null("parent_incident_id", "parent_incident") else parent


def _slack(row: Row) -> dict[str, str]:
    """The Slack channel's attributes, which a flat answer may nest."""
    nested = next(iter(objects(row.values.get("slack_channel"))), None)
    return {
        f"slack_channel_{part}": row.text(f"slack_channel_{part}")
        or (nested.text(part) if nested else "")
        for part in ("id", "name", "url")
    }


def labels(value: Any) -> dict[str, str]:
    """Labels, which come as an object or as a list of keys with their values."""
    if isinstance(value, dict) and not isinstance(value.get("data"), dict | list):
        return {values.clean(str(key)): values.text(inner) for key, inner in value.items()}
    return {
        row.text("key", "name"): row.text("value")
        for row in objects(value)
        if row.text("key", "name")
    }
