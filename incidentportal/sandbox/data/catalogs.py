"""Catalogs: the organisation's own things, with properties that refer to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incidentportal.sandbox.incidents import slug

if TYPE_CHECKING:
    from incidentportal.sandbox.data.building import Builder

REGIONS = (
    ("North", "Fulfilment"),
    ("Midlands", "Fulfilment"),
    ("London", "Delivery"),
    ("South West", "Delivery"),
    ("Wales", "Delivery"),
    ("Scotland", "Site Reliability"),
    ("Islands", "Partners"),
)
CUSTOMERS = (
    ("Orchard Hotels", "Grace Okafor", "London"),
    ("Bright Schools Trust", "Jonas Weber", "Midlands"),
    ("Harbour Hospital", "Rosa Jiménez", "South West"),
    ("Pennine Care Homes", "Grace Okafor", "North"),
    ("Castle Catering", "Malik Johnson", "Scotland"),
    ("Taff Valley Cafés", "Malik Johnson", "Wales"),
    ("Skerry Ferries", "Ines Duarte", "Islands"),
    ("Oak & Ivy Nurseries", "Jonas Weber", "London"),
)
VENDORS = ("Card network", "Cloud provider", "Map service", "Mail relay", "Text messages", "CDN")


def add_catalogs(builder: Builder) -> None:
    """Regions, business customers and vendors."""
    regions = builder.add("catalogs", "Regions", icon="globe-alt", position=1, **_texts("Regions"))
    customers = builder.add(
        "catalogs", "Business customers", icon="users", position=2, **_texts("Business customers")
    )
    vendors = builder.add(
        "catalogs", "Vendors", icon="server-stack", position=3, **_texts("Vendors")
    )
    owner = _property(builder, regions, "Owning team")
    manager = _property(builder, customers, "Account manager")
    home = _property(builder, customers, "Home region", regions)
    for position, (name, team) in enumerate(REGIONS, 1):
        held = {owner: builder.uid("teams", team)}
        _entity(builder, regions, name, position, held)
    for position, (name, person, region) in enumerate(CUSTOMERS, 1):
        entity = builder.uid("catalog_entities", region)
        _entity(
            builder,
            customers,
            name,
            position,
            {manager: builder.uid("users", person), home: entity},
        )
    for position, name in enumerate(VENDORS, 1):
        _entity(builder, vendors, name, position, {})


def _texts(name: str) -> dict[str, str | None]:
    return {"slug": slug(name), "description": None}


def _property(builder: Builder, catalog: str, name: str, of_catalog: str | None = None) -> str:
    return builder.add(
        "catalog_properties",
        name,
        catalog_id=catalog,
        kind="reference",
        multiple=False,
        required=False,
        position=1,
        slug=slug(name),
        kind_catalog_id=of_catalog,
    )


def _entity(builder: Builder, catalog: str, name: str, position: int, held: dict[str, str]) -> None:
    builder.add(
        "catalog_entities",
        name,
        catalog_id=catalog,
        slug=slug(name),
        description=None,
        position=position,
        properties=[{"catalog_property_id": each, "value": value} for each, value in held.items()],
    )
