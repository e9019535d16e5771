"""Which field stands on which form, in which set, when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incidentportal.sandbox.data.building import Builder

NEW, UPDATE = "web_new_incident_form", "web_update_incident_form"
FORMS = [NEW, UPDATE, "slack_new_incident_form", "web_incident_resolution_form"]

# The list that a field's condition values come from, told by the field's name.
SOURCES = {
    "Severity": "severities",
    "Types": "incident_types",
    "Services": "services",
    "Causes": "causes",
}


@dataclass(frozen=True)
class Rule:
    """A condition: on what field, compared how, with which names or plain values."""

    field: str
    comparison: str
    values: tuple[str, ...] = ()
    conditioned: str = "placement"


@dataclass(frozen=True)
class Place:
    """A field's place. `joined` combines its rules, of either sort."""

    field: str
    required: bool = False
    rules: tuple[Rule, ...] = ()
    joined: str = "and"
    non_editable: bool = False


GRAVE = ("SEV0 Emergency", "SEV1 Critical", "SEV2 Major")
SLIGHT = ("SEV3 Minor", "SEV4 Low")
OVER = (Rule("It is over already", "is_set"),)
GOES_ON = Rule("It is over already", "is_not_set")
DEFAULT_FORM = (
    Place("Title", required=True),
    Place("Summary"),
    Place("Severity", required=True),
    Place("Types"),
    Place("Services"),
    Place("Environments"),
    Place("Teams"),
    Place("How was it noticed?", required=True),
    Place("Customers can tell"),
    Place(
        "Customers affected",
        rules=(Rule("Customers can tell", "equal", ("1",), "required"),),
    ),
    Place(
        "What customers see",
        rules=(Rule("Severity", "equal", GRAVE), Rule("Customers can tell", "equal", ("1",))),
        joined="or",
    ),
    Place("Functionalities", rules=(Rule("Customers can tell", "equal", ("1",)),)),
    Place("Affected regions"),
    Place("Business customers"),
    Place("Account manager", rules=(Rule("Business customers", "is_set"),)),
    Place("Incident lead"),
    Place("First seen on"),
    Place("Causes"),
    Place(
        "Vendor",
        rules=(
            Rule("Causes", "equal", ("Third party",)),
            Rule("Severity", "not_equal", ("SEV4 Low",), "required"),
            Rule("Services", "is_set", (), "required"),
        ),
    ),
    Place("Tags"),
    Place("Alerts"),
    Place(
        "Ticket",
        rules=(
            Rule("Alerts", "is_not_set"),
            Rule("Types", "equal", ("Customer complaint",), "required"),
        ),
    ),
    Place("Labels"),
    Place("Notify by mail"),
    Place("This is a test"),
    Place("It is over already"),
    Place("Started at", rules=(*OVER, Rule("It is over already", "is_set", (), "required"))),
    Place("Detected at", rules=OVER),
    Place("Acknowledged at", rules=OVER),
    Place("Mitigated at", rules=OVER),
    Place("What eased it", rules=(Rule("Mitigated at", "is_set"),)),
    Place("Resolved at", rules=OVER),
    Place("What ended it", rules=OVER),
    Place("Closed at", rules=(Rule("Resolved at", "is_set"),)),
    Place("Why it was none", rules=(*OVER, Rule("Resolved at", "is_not_set"))),
    Place("Still in triage", rules=(GOES_ON, Rule("Severity", "equal", SLIGHT))),
    Place("In triage at", rules=(Rule("Still in triage", "is_set"),)),
    Place("Private"),
    Place("Ongoing incidents"),
    Place("Run workflows"),
    Place("Declared through", non_editable=True),
)
SECURITY_FORM = (
    Place("Title", required=True),
    Place("Summary"),
    Place("Severity", required=True),
    Place("Types"),
    Place("Services"),
    Place("Attack still going on", required=True),
    Place("Data at risk", rules=(Rule("Types", "equal", ("Data privacy",), "required"),)),
    Place(
        "Regulator must be told",
        rules=(Rule("Data at risk", "is_set"), Rule("Severity", "not_equal", ("SEV4 Low",))),
    ),
    Place("Started at (by hand)", rules=(Rule("Attack still going on", "is_set"),)),
    Place("Contained at", rules=(Rule("Attack still going on", "is_set"),)),
    Place("Status", rules=(Rule("Contained at", "is_set"),)),
    Place("Sub-status", rules=(Rule("Status", "is_set"),)),
    Place("Evidence"),
    Place("Incident lead"),
    Place("Teams to inform"),
    Place("Environments to freeze"),
    Place("Upstream service"),
    Place("Affected functionality"),
    Place("Suspected cause"),
    Place("Escalate as"),
    Place("Channels"),
    Place("Steps so far"),
    Place("Order value lost"),
    Place("Next update due"),
    Place("Tags"),
    Place("Private"),
)
UPDATE_FORM = (
    *(Place("Title", required=True), Place("Summary"), Place("Severity"), Place("Status")),
    *(Place("Sub-status"), Place("Suspected cause"), Place("Next update due")),
)


def add_forms(builder: Builder) -> None:
    """The two form sets, their placements and conditions, and a custom form."""
    # The set with conditions comes last: the API's order says nothing about which one holds.
    ordinary = _add_set(builder, "Default", is_default=True)
    security = _add_set(builder, "Security", is_default=False)
    builder.add(
        "form_set_conditions",
        form_set_id=security,
        form_field_id=builder.uid("form_fields", "Types"),
        comparison="equal",
        values=builder.uids("incident_types", "Security", "Data privacy"),
    )
    add_places(builder, ordinary, NEW, DEFAULT_FORM)
    add_places(builder, ordinary, UPDATE, UPDATE_FORM)
    add_places(builder, security, NEW, SECURITY_FORM)
    builder.add(
        "custom_forms",
        "Warehouse drill",
        slug="warehouse-drill",
        description="For practising on the warehouse floor.",
        enabled=True,
        command="drill",
    )


def _add_set(builder: Builder, name: str, *, is_default: bool) -> str:
    return builder.add(
        "form_sets", name, slug=name.lower(), is_default=is_default, forms=list(FORMS)
    )


def add_places(
    builder: Builder, form_set: str, form: str, places: tuple[Place, ...], begin: int = 1
) -> None:
    """Placements on one form of one set, in this order, the first at position `begin`."""
    default = builder.uid("form_sets", "Default")
    for position, place in enumerate(places, begin):
        field = builder.uid("form_fields", place.field)
        placement = builder.add(
            "form_field_placements",
            form_field_id=field,
            form_set_id=form_set,
            form=form,
            position=position,
            required=place.required,
            required_operator=place.joined,
            placement_operator=place.joined,
            non_editable=place.non_editable,
        )
        for number, rule in enumerate(place.rules, 1):
            _add_rule(builder, placement, number, rule)
        if form_set == default:
            _add_position(builder, field, form, position, required=place.required)


def _add_rule(builder: Builder, placement: str, position: int, rule: Rule) -> None:
    source = SOURCES.get(rule.field)
    values = builder.uids(source, *rule.values) if source else list(rule.values)
    builder.add(
        "form_field_placement_conditions",
        form_field_placement_id=placement,
        conditioned=rule.conditioned,
        position=position,
        form_field_id=builder.uid("form_fields", rule.field),
        comparison=rule.comparison,
        values=values,
    )


def _add_position(
    builder: Builder, field: str, form: str, position: int, *, required: bool
) -> None:
    """The same place as organisations without placements say it."""
    builder.add("form_field_positions", form_field_id=field, form=form, position=position)
    record = builder.store.get("form_fields", field)
    if record is not None:
        record.attributes["shown"].append(form)
        if required:
            record.attributes["required"].append(form)
