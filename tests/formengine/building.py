"""Small pictures of Rootly's configuration, and the forms made from them."""

from __future__ import annotations

from typing import Any

import msgspec

from incidentportal.catalog.options import OptionLists
from incidentportal.catalog.picture import Picture
from incidentportal.formengine.building import build
from incidentportal.formengine.definition import DEFAULT_FORM, FormDefinition, Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.resolve import ResolvedForm, resolve
from incidentportal.rootly.records import (
    CatalogEntity,
    Cause,
    Environment,
    FieldOption,
    FormField,
    Functionality,
    IncidentType,
    Placement,
    Service,
    Severity,
    Team,
    User,
)

LISTS = Picture(
    severities=(Severity(id="0", name="SEV0", position=1), Severity(id="1", name="SEV1")),
    environments=(Environment(id="e1", name="production"), Environment(id="e2", name="staging")),
    services=(
        Service(id="12", name="checkout-api", slug="checkout-api"),
        Service(id="13", name="search", slug="search"),
    ),
    teams=(Team(id="t1", name="Platform"),),
    functionalities=(Functionality(id="f1", name="Pay"),),
    incident_types=(IncidentType(id="y1", name="Security"),),
    causes=(Cause(id="c1", name="Deploy"),),
    catalog_entities=(CatalogEntity(id="n1", name="Berlin", catalog_id="cat"),),
    users=(User(id="7", name="Ada", email="ada@example.com"),),
)
REGIONS = (FieldOption(id="102", value="EU", position=2), FieldOption(id="101", value="US"))


def form_field(field_id: str, kind: str = "custom", **rest: Any) -> FormField:
    return FormField(id=field_id, kind=kind, **{"name": f"Field {field_id}", **rest})


def built_in(kind: str, **rest: Any) -> FormField:
    return FormField(id=f"id-{kind}", kind=kind, **rest)


def placement(field_id: str, position: int | None = None, **rest: Any) -> Placement:
    named = {"id": f"p-{field_id}", "form_field_id": field_id, "form": DEFAULT_FORM, **rest}
    return Placement(position=position, **named)


def picture(*fields: FormField, required: bool = False, **rest: Any) -> Picture:
    """All fields placed in this order, in no form set."""
    placements = tuple(
        placement(field.id, position, required=required) for position, field in enumerate(fields)
    )
    return msgspec.structs.replace(
        LISTS, **{"form_fields": fields, "placements": placements, **rest}
    )


def forms(seen: Picture) -> Forms:
    return build(seen, OptionLists(seen))


def definition(*fields: FormField, required: bool = False, **rest: Any) -> FormDefinition:
    return forms(picture(*fields, required=required, **rest)).definitions[0]


def resolved(*fields: FormField, required: bool = False, **rest: Any) -> ResolvedForm:
    return resolve(definition(*fields, required=required, **rest), {})


def only(*fields: FormField, required: bool = False, **rest: Any) -> Field:
    (field,) = definition(*fields, required=required, **rest).fields
    return field


def problem_kinds(seen: Picture) -> list[str]:
    return [problem.kind for problem in forms(seen).problems]


def select(field_id: str = "46", value_kind: str = "inherit", **rest: Any) -> FormField:
    return form_field(field_id, input_kind="select", value_kind=value_kind, **rest)
