"""Records as either dialect shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

TYPES = {"teams": "groups"}  # where the JSON:API type isn't the list's name
INTEGER_USERS = {"selected_user_ids", "owner_user_ids", "user_ids", "admin_ids"}
ALWAYS_TEXT = {"values", "default_values"}

# An incident carries these whole in JSON:API, and by id in the flat dialect.
EMBEDDED_ONE = {"severity_id": ("severity", "severities"), "user_id": ("user", "users")}
EMBEDDED_MANY = {
    "environment_ids": ("environments", "environments"),
    "incident_type_ids": ("incident_types", "incident_types"),
    "service_ids": ("services", "services"),
    "functionality_ids": ("functionalities", "functionalities"),
    "group_ids": ("groups", "teams"),
    "cause_ids": ("causes", "causes"),
}
INCLUDABLE = {
    "form_fields": {"options": "form_field_options", "positions": "form_field_positions"},
    "catalogs": {"properties": "catalog_properties", "entities": "catalog_entities"},
    "incidents": {"custom_field_selections": "incident_form_field_selections"},
}


def show_id(context: Context, record: Record) -> str | int:
    """A record's id as this dialect shows it."""
    if context.ids == "number":
        return record.number
    digits = context.ids == "digits" or record.list_name == "users"
    return str(record.number) if digits else record.uid


def show(context: Context, value: Any, key: str = "") -> Any:
    """A value with all ids in it as this dialect shows them."""
    if isinstance(value, list):
        return [show(context, each, key) for each in value]
    if isinstance(value, dict):
        return {name: show(context, each, name) for name, each in value.items()}
    if isinstance(value, str) and len(value) > 4:
        record = context.store.known(value)
        if record is not None:
            return _reference(context, record, key)
    return value


def _reference(context: Context, record: Record, key: str) -> str | int:
    if key in INTEGER_USERS and record.list_name == "users":
        return record.number
    shown = show_id(context, record)
    return str(shown) if key in ALWAYS_TEXT else shown


def attributes_of(context: Context, record: Record, include: frozenset[str]) -> dict[str, Any]:
    """A record's attributes as shown; what is included on demand only is left out."""
    kept = record.attributes
    if record.list_name == "catalog_entities" and "properties" not in include:
        kept = {name: value for name, value in kept.items() if name != "properties"}
    if record.list_name == "incidents":
        kept = _with_slack(context, kept)
    shown: dict[str, Any] = show(context, kept)
    return shown


def _with_slack(context: Context, attributes: dict[str, Any]) -> dict[str, Any]:
    """An incident without its channel until the moment when Slack has made it."""
    ready = attributes.get("slack_ready_at")
    kept = {name: value for name, value in attributes.items() if name != "slack_ready_at"}
    if ready is None or context.state.now().timestamp() < ready:
        return {**kept, **{name: None for name in kept if name.startswith("slack_channel_")}}
    return kept


def resource(
    context: Context, record: Record, include: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """A record as a JSON:API resource."""
    attributes = attributes_of(context, record, include)
    content: dict[str, Any] = {
        "id": show_id(context, record),
        "type": TYPES.get(record.list_name, record.list_name),
        "attributes": attributes,
    }
    relationships = _relationships(context, record)
    if record.list_name == "incidents":
        _embed(context, record, attributes)
    if relationships:
        content["relationships"] = relationships
    return content


def _embed(context: Context, record: Record, attributes: dict[str, Any]) -> None:
    for name, (shown, list_name) in EMBEDDED_ONE.items():
        attributes.pop(name, None)
        found = context.store.get(list_name, str(record.attributes.get(name)))
        attributes[shown] = {"data": resource(context, found)} if found else None
    for name, (shown, list_name) in EMBEDDED_MANY.items():
        attributes.pop(name, None)
        if shown == "causes":
            continue  # in relationships alone
        found_all = [context.store.get(list_name, uid) for uid in record.attributes.get(name, [])]
        attributes[shown] = [{"data": resource(context, each)} for each in found_all if each]


def _relationships(context: Context, record: Record) -> dict[str, Any]:
    related: dict[str, Any] = {}
    if record.list_name == "incidents":
        for name, (shown, list_name) in EMBEDDED_MANY.items():
            found = [context.store.get(list_name, uid) for uid in record.attributes.get(name, [])]
            related[shown] = {"data": [_identifier(context, each) for each in found if each]}
    for name, list_name in INCLUDABLE.get(record.list_name, {}).items():
        children = context.store.children(list_name, record.uid)
        related[name] = {"data": [_identifier(context, each) for each in children]}
    return related


def _identifier(context: Context, record: Record) -> dict[str, Any]:
    return {"id": show_id(context, record), "type": TYPES.get(record.list_name, record.list_name)}


def included(
    context: Context, records: list[Record], include: frozenset[str]
) -> list[dict[str, Any]]:
    """The resources that a JSON:API list includes on demand."""
    found: list[dict[str, Any]] = []
    for record in records:
        for name, list_name in INCLUDABLE.get(record.list_name, {}).items():
            if name in include:
                children = context.store.children(list_name, record.uid)
                found.extend(resource(context, each) for each in children)
    return found


def flat(context: Context, record: Record, include: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A record as the guide's flat JSON; what is included stands inside it."""
    content = {"id": show_id(context, record), **attributes_of(context, record, include)}
    for name, list_name in INCLUDABLE.get(record.list_name, {}).items():
        if name in include:
            children = context.store.children(list_name, record.uid)
            content[name] = [flat(context, each) for each in children]
    return content
