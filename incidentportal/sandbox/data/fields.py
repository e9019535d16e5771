"""The form fields: Rootly's own kinds, and Larkfield's custom ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incidentportal.sandbox.incidents import slug

if TYPE_CHECKING:
    from incidentportal.sandbox.data.building import Builder

# Kind, name, input kind, value kind. Rootly has each of these once.
BUILT_IN = (
    ("title", "Title", "text", "inherit"),
    ("summary", "Summary", "textarea", "inherit"),
    ("severity", "Severity", "select", "inherit"),
    ("types", "Types", "multi_select", "inherit"),
    ("services", "Services", "multi_select", "service"),
    ("environments", "Environments", "multi_select", "environment"),
    ("teams", "Teams", "multi_select", "group"),
    ("functionalities", "Functionalities", "multi_select", "functionality"),
    ("causes", "Causes", "multi_select", "cause"),
    ("visibility", "Private", "checkbox", "inherit"),
    ("labels", "Labels", "tags", "inherit"),
    ("notify_emails", "Notify by mail", "tags", "inherit"),
    ("attach_alerts", "Alerts", "multi_select", "inherit"),
    ("show_ongoing_incidents", "Ongoing incidents", "text", "inherit"),
    ("trigger_manual_workflows", "Run workflows", "multi_select", "inherit"),
    ("mark_as_test", "This is a test", "checkbox", "inherit"),
    ("mark_as_backfilled", "It is over already", "checkbox", "inherit"),
    ("mark_as_in_triage", "Still in triage", "checkbox", "inherit"),
    ("manual_starting_datetime_field", "Started at (by hand)", "datetime", "inherit"),
    ("in_triage_at", "In triage at", "datetime", "inherit"),
    ("started_at", "Started at", "datetime", "inherit"),
    ("detected_at", "Detected at", "datetime", "inherit"),
    ("acknowledged_at", "Acknowledged at", "datetime", "inherit"),
    ("mitigated_at", "Mitigated at", "datetime", "inherit"),
    ("resolved_at", "Resolved at", "datetime", "inherit"),
    ("closed_at", "Closed at", "datetime", "inherit"),
    ("mitigation_message", "What eased it", "textarea", "inherit"),
    ("resolution_message", "What ended it", "textarea", "inherit"),
    ("cancellation_message", "Why it was none", "textarea", "inherit"),
    ("status", "Status", "select", "inherit"),
    ("custom_sub_status", "Sub-status", "select", "inherit"),
)

DESCRIPTIONS = {
    "title": "A few words that tell it from other incidents. It names the Slack channel too.",
    "summary": "What happens, since when, and who notices. You can add to it later.",
    "severity": "When in doubt, the higher one: it is easily lowered.",
    "services": "What is broken, as far as you know.",
    "visibility": "Only those invited will see it. This can't be undone.",
    "notify_emails": "Handed to workflows; nothing is mailed by itself.",
}


@dataclass(frozen=True)
class Custom:
    """A custom field. `options` are its own; `catalog` is whose entities it offers."""

    name: str
    input_kind: str
    value_kind: str = "inherit"
    description: str = ""
    options: tuple[str, ...] = ()
    default: str = ""
    catalog: str = ""
    values: tuple[str, ...] = ()
    auto_set: str = ""
    enabled: bool = True
    resource_type: str = "incident"


SELECT, MULTI = "select", "multi_select"
CUSTOM = (
    Custom(
        *("How was it noticed?", SELECT, "inherit", "The first sign that something is wrong."),
        options=("Monitoring alert", "Customer report", "A colleague", "A partner", "By chance"),
    ),
    Custom("Customers can tell", "checkbox", values=("0",), description="They see or feel it."),
    Custom("Customers affected", "number", description="A guess will do."),
    Custom("What customers see", "textarea", description="In their words; Care will read it out."),
    Custom("Affected regions", MULTI, "catalog_entity", catalog="Regions"),
    Custom("Business customers", MULTI, "catalog_entity", catalog="Business customers"),
    Custom("Account manager", SELECT, "user", auto_set="Account manager"),
    Custom("Incident lead", SELECT, "user", "Who takes it in hand; empty if nobody does yet."),
    Custom("First seen on", "date"),
    Custom("Vendor", SELECT, "catalog_entity", "Whose fault it may be.", catalog="Vendors"),
    Custom("Tags", "tags", description="Free words, for finding it again."),
    Custom("Ticket", "text", description="Its number in the care desk, where there is one."),
    Custom("Declared through", SELECT, options=("Portal", "Slack", "Phone"), default="Portal"),
    Custom(
        *("Channels", MULTI, "inherit", "Where it shows."),
        options=("Web shop", "iOS", "Android", "Telephone", "Warehouse"),
    ),
    Custom("Teams to inform", MULTI, "group"),
    Custom("Upstream service", SELECT, "service", "Where it may come from."),
    Custom("Affected functionality", SELECT, "functionality"),
    Custom("Suspected cause", SELECT, "cause"),
    Custom("Environments to freeze", MULTI, "environment", "No deployments there, please."),
    Custom("Escalate as", SELECT, "incident_type"),
    Custom("Steps so far", "rich_text", description="What was tried, and what came of it."),
    Custom("Order value lost", "number", description="In euros, per hour."),
    Custom("Next update due", "datetime"),
    Custom("Attack still going on", SELECT, options=("Yes", "No", "Nobody knows")),
    Custom(
        *("Data at risk", MULTI, "inherit", "What somebody may have seen or changed."),
        options=("Names", "Addresses", "Payment data", "Passwords", "Health data"),
    ),
    Custom("Regulator must be told", "checkbox"),
    Custom("Contained at", "datetime"),
    Custom("Evidence", "textarea", description="Where it is kept; don't paste secrets."),
    Custom("Old ticket number", "text", description="No longer in use.", enabled=False),
    Custom("Problem review", "textarea", resource_type="problem"),
)


def add_fields(builder: Builder) -> None:
    """All fields, with their options."""
    production = builder.uid("environments", "Production")
    for kind, name, input_kind, value_kind in BUILT_IN:
        defaults = {"environments": [production], "visibility": ["0"]}.get(kind, [])
        _add_field(
            builder,
            Custom(name, input_kind, value_kind, DESCRIPTIONS.get(kind, "")),
            kind=kind,
            defaults=defaults,
        )
    for field in CUSTOM:
        add_custom(builder, field)


def add_custom(builder: Builder, field: Custom) -> str:
    """A custom field with its options; its text id."""
    uid = _add_field(builder, field, kind="custom", defaults=list(field.values))
    for position, value in enumerate(field.options, 1):
        builder.add(
            "form_field_options",
            form_field_id=uid,
            value=value,
            color="#FBE4A0",
            default=value == field.default,
            position=position,
        )
    return uid


def _add_field(builder: Builder, field: Custom, kind: str, defaults: list[str]) -> str:
    catalog = builder.uid("catalogs", field.catalog) if field.catalog else None
    auto_set = builder.uid("catalog_properties", field.auto_set) if field.auto_set else None
    return builder.add(
        "form_fields",
        field.name,
        slug=slug(field.name),
        kind=kind,
        input_kind=field.input_kind,
        value_kind=field.value_kind,
        value_kind_catalog_id=catalog,
        description=field.description or None,
        shown=[],
        required=[],
        show_on_incident_details=True,
        enabled=field.enabled,
        default_values=defaults,
        auto_set_by_catalog_property_id=auto_set,
        resource_type=field.resource_type,
    )
