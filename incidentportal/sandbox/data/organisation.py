"""What Larkfield, an online grocer that doesn't exist, runs, sells and worries about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incidentportal.sandbox.data.building import Builder

ENVIRONMENTS = {
    "Production": "What customers use.",
    "Staging": "The last stop before production.",
    "Development": "Shared by all teams; may break at any time.",
    "Load test": "Sized like production, filled with made-up orders.",
    "Warehouse floor": "Scanners, printers and conveyor belts.",
    "Disaster recovery": "The standby region.",
}

SEVERITIES = (
    ("SEV0 Emergency", "critical", "#B00020", "Nobody can order, or people or data are in danger."),
    ("SEV1 Critical", "critical", "#D9480F", "A main function is down for most customers."),
    ("SEV2 Major", "high", "#E58A1F", "A main function is impaired, or is down for some."),
    ("SEV3 Minor", "medium", "#C9A400", "Something is broken, and there is a way around it."),
    ("SEV4 Low", "low", "#5B7083", "A blemish; nobody is kept from anything."),
)

TYPES = {
    "Outage": "Something does not answer at all.",
    "Degradation": "It works, but slowly or not always.",
    "Security": "Somebody did, or could do, what they must not.",
    "Data privacy": "Personal data was lost, changed or seen by others.",
    "Customer complaint": "Several customers report the same thing.",
    "Logistics": "Vans, belts, fridges: the world outside the computers.",
}

FUNCTIONALITIES = (
    *("Sign in", "Search for a product", "Fill the basket", "Check out", "Pay", "Choose a slot"),
    *("Track a delivery", "Return an item", "Chat with care", "Use a voucher", "Subscribe"),
    *("Order as a business", "Pack an order", "Plan routes", "Onboard a supplier"),
)

CAUSES = (
    *("Deployment", "Configuration change", "Capacity", "Third party", "Hardware", "Network"),
    *("Expired certificate", "Human error", "Attack", "Not known yet"),
)

# Name, team, environments beside production (S staging, D development, W warehouse, R recovery).
SERVICES = (
    ("Web shop", "Storefront", "SDR", "The shop in the browser."),
    ("Product search", "Storefront", "SDR", "Finds products by words and filters."),
    ("Product pages", "Storefront", "SD", "One page per product."),
    ("Recommendations", "Storefront", "SD", "You may also like."),
    ("Basket", "Storefront", "SDR", "What a shopper has chosen so far."),
    ("Checkout", "Payments", "SDR", "From basket to order."),
    ("Payments API", "Payments", "SDR", "Cards, wallets, invoices."),
    ("Refunds", "Payments", "SD", "Gives money back."),
    ("Fraud check", "Payments", "SD", "Scores each payment."),
    ("Ledger", "Payments", "SR", "The books, in cents."),
    ("Vouchers", "Payments", "SD", "Codes and gift cards."),
    ("iOS app", "Mobile", "SD", "The app for iPhone and iPad."),
    ("Android app", "Mobile", "SD", "The app for Android."),
    ("Mobile gateway", "Mobile", "SDR", "The API that the apps talk to."),
    ("Push notifications", "Mobile", "SD", "Messages to phones."),
    ("Order service", "Fulfilment", "SDR", "Every order and its state."),
    ("Stock", "Fulfilment", "SDWR", "What lies on which shelf."),
    ("Picking", "Fulfilment", "SDW", "Tells pickers what to take from where."),
    ("Packing line", "Fulfilment", "SW", "Belts, scales and label printers."),
    ("Cold chain monitor", "Fulfilment", "SW", "Temperatures of fridges and vans."),
    ("Returns desk", "Fulfilment", "SW", "What comes back."),
    ("Route planner", "Delivery", "SDR", "Which van drives where, and when."),
    ("Slot booking", "Delivery", "SDR", "Delivery times to choose from."),
    ("Driver app", "Delivery", "SD", "What drivers see."),
    ("Live tracking", "Delivery", "SD", "Where the van is now."),
    ("Sign-in", "Identity", "SDR", "Passwords, passkeys, single sign-on."),
    ("Customer accounts", "Identity", "SDR", "Names, addresses, consents."),
    ("Permissions", "Identity", "SD", "Who may do what in internal tools."),
    ("Data warehouse", "Data", "S", "All facts, a day old."),
    ("Event stream", "Data", "SDR", "What happened, in order."),
    ("Dashboards", "Data", "S", "Charts for everyone."),
    ("Mail sender", "Platform", "SDR", "Receipts and newsletters."),
    ("API gateway", "Platform", "SDR", "The front door for all APIs."),
    ("Kubernetes", "Platform", "SDR", "Where everything runs."),
    ("Primary database", "Platform", "SDR", "PostgreSQL, three nodes."),
    ("Content delivery", "Platform", "SR", "Images and scripts, close to customers."),
    ("Build pipeline", "Platform", "D", "From commit to production."),
    ("Care desk", "Customer Care", "S", "Tickets, chat and telephone."),
    ("Supplier portal", "Partners", "SD", "Where farms and makers see their orders."),
    ("Audit log", "Security", "SR", "Who did what, kept for ten years."),
)
OTHER_ENVIRONMENTS = {
    "S": "Staging",
    "D": "Development",
    "W": "Warehouse floor",
    "R": "Disaster recovery",
}
AREAS = ("orders", "prices", "labels", "fridges", "vans", "images", "reports", "emails", "farms")
PARTS = ("importer", "exporter", "cache", "indexer", "scheduler", "gateway", "monitor", "archive")

SUB_STATUSES = (
    ("Investigating", "started"),
    ("Identified", "started"),
    ("Monitoring", "started"),
    ("Waiting for a third party", "started"),
    ("Verified", "resolved"),
    ("Duplicate", "cancelled"),
)


def add_organisation(builder: Builder, services: int) -> None:
    """Environments, severities, types, functionalities, causes, services, sub-statuses."""
    for position, (name, description) in enumerate(ENVIRONMENTS.items(), 1):
        builder.add_named("environments", name, position, description=description)
    for position, (name, rank, color, description) in enumerate(SEVERITIES, 1):
        more = {"severity": rank, "color": color, "description": description}
        builder.add_named("severities", name, position, **more)
    for position, (name, description) in enumerate(TYPES.items(), 1):
        builder.add_named("incident_types", name, position, description=description)
    for position, name in enumerate(FUNCTIONALITIES, 1):
        builder.add_named("functionalities", name, position, description=None)
    for position, name in enumerate(CAUSES, 1):
        builder.add_named("causes", name, position, description=None)
    for position, (name, status) in enumerate(SUB_STATUSES, 1):
        builder.add("sub_statuses", name, parent_status=status, position=position, description=None)
    _add_services(builder, services)


def _add_services(builder: Builder, count: int) -> None:
    for position, (name, team, letters, description) in enumerate(SERVICES[:count], 1):
        others = [OTHER_ENVIRONMENTS[letter] for letter in letters]
        _add_service(builder, name, position, team, ["Production", *others], description)
    teams = sorted({team for _, team, _, _ in SERVICES})
    for position in range(len(SERVICES) + 1, count + 1):
        area, part = AREAS[position % len(AREAS)], PARTS[position // len(AREAS) % len(PARTS)]
        name = f"{area.capitalize()} {part} {position:04}"
        _add_service(
            builder,
            name,
            position,
            teams[position % len(teams)],
            ["Production"],
            f"Part of {area}.",
        )


def _add_service(
    builder: Builder,
    name: str,
    position: int,
    team: str,
    environments: list[str],
    description: str,
) -> None:
    builder.add_named(
        "services",
        name,
        position,
        description=description,
        public_description=None,
        environment_ids=builder.uids("environments", *environments),
        service_ids=[],
        owner_group_ids=[builder.uid("teams", team)],
        owner_user_ids=[],
    )
