"""Teams, and the people in them. They are all made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incidentportal.sandbox.incidents import slug

if TYPE_CHECKING:
    from incidentportal.sandbox.data.building import Builder

TEAMS = {
    "Platform": "Clusters, networks and the tools that all other teams build on.",
    "Payments": "Taking money, giving it back, and telling the ledger.",
    "Storefront": "What shoppers see: web shop, search, product pages.",
    "Mobile": "The apps for iOS and Android.",
    "Fulfilment": "From a paid order to a packed box.",
    "Delivery": "Routes, drivers, and where the van is now.",
    "Data": "Warehouse, pipelines, dashboards.",
    "Identity": "Sign-in, accounts, permissions.",
    "Customer Care": "Telephone, chat and mail with customers.",
    "Security": "Protects people, data and machines.",
    "Partners": "Suppliers, farms and the marketplace.",
    "Site Reliability": "On call for everything, around the clock.",
}

PEOPLE = (
    "Ada Holm", "Bilal Haddad", "Carmen Ruiz", "Dmitri Volkov", "Esi Mensah", "Finn O'Leary",
    "Grace Okafor", "Hana Suzuki", "Ines Duarte", "Jonas Weber", "Kavya Iyer", "Liam Byrne",
    "Mei-Ling Chen", "Noor Rahman", "Oscar Lindqvist", "Priya Nair", "Quentin Moreau",
    "Rosa Jiménez", "Samuel Adeyemi", "Tuula Virtanen", "Umar Siddiqui", "Vera Kovač",
    "Wanjiru Kamau", "Ximena Torres", "Yusuf Demir", "Zoë van Dijk", "Åsa Björk",
    "Łukasz Nowak", "Thu Trang Nguyễn", "Malik Johnson",
)  # fmt: skip
FIRST = ("Alma", "Ben", "Clara", "Dev", "Elif", "Femi", "Gita", "Hugo", "Iris", "Jun")
LAST = ("Ahmed", "Berg", "Costa", "Dube", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jones")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Tokyo")


def add_teams(builder: Builder) -> None:
    """The teams."""
    for position, (name, description) in enumerate(TEAMS.items(), 1):
        builder.add_named("teams", name, position, description=description)


def add_people(builder: Builder, count: int) -> None:
    """The people; the first is the one the token belongs to."""
    names = ["Rootly Service Account", *PEOPLE]
    for number in range(count + 1 - len(names)):
        first = FIRST[number % 10]
        names.append(f"{first} {LAST[number // 10 % 10]} {number // 100 + 1:02}")
    for position, name in enumerate(names[: count + 1]):
        first, _, last = name.partition(" ")
        builder.add(
            "users",
            name,
            email=_email(name),
            first_name=first,
            last_name=last,
            full_name=name,
            full_name_with_team=f"[Larkfield] {name}",
            time_zone=ZONES[position % len(ZONES)],
        )


def _email(name: str) -> str:
    return f"{slug(name.replace('Ł', 'L')).replace('-', '.')}@larkfield.example"
