"""What goes on: alerts, workflows, and the incidents that are there from the start."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox.data.organisation import SERVICES
from incidentportal.sandbox.incidents import BLANK, slug
from incidentportal.sandbox.state import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incidentportal.sandbox.data.building import Builder

ALERTS = (
    ("Checkout: error rate above 5 %", "datadog", "triggered", "Checkout", 4),
    ("Payments API: p95 latency above 3 s", "datadog", "triggered", "Payments API", 9),
    ("Fridge 12 warmer than 8 °C", "generic_webhook", "open", "Cold chain monitor", 12),
    ("Primary database: replica lags by 90 s", "grafana", "acknowledged", "Primary database", 21),
    ("Certificate of supplier portal ends in 3 days", "api", "open", "Supplier portal", 55),
    ("Route planner: queue longer than 10,000", "grafana", "triggered", "Route planner", 70),
    ("Sign-in: five times the usual failures", "sentry", "acknowledged", "Sign-in", 95),
    ("Mail sender: bounce rate above 4 %", "datadog", "resolved", "Mail sender", 300),
)
# Older ones, each about another service: enough that nobody would read through them all.
SYMPTOMS = (
    ("error rate above 2 %", "datadog"),
    ("p99 latency above 5 s", "grafana"),
    ("disk 90 % full", "grafana"),
    ("no heartbeat for 5 minutes", "generic_webhook"),
    ("unhandled exception", "sentry"),
)
STATUSES = ("triggered", "acknowledged", "open", "resolved")
ALERTS_IN_ALL = 64

# Name, enabled, what they are about, triggers: those without any are run by hand.
WORKFLOWS = (
    ("Page the incident lead", True, "incident", ()),
    ("Open a video call", True, "incident", ()),
    ("Post to the status page", True, "incident", ()),
    ("Freeze deployments", False, "incident", ()),
    ("Invite the owning team", True, "incident", ("incident_created",)),
    ("Remind of the review", True, "incident", ("status_updated",)),
    ("Silence a noisy alert", True, "alert", ()),
)

# Title, severity, status, hours ago, and more.
INCIDENTS: tuple[tuple[str, str, str, float, dict[str, Any]], ...] = (
    ("Slow search results in the web shop", "SEV3 Minor", "mitigated", 30, {}),
    (
        "Network maintenance in the northern depot",
        "SEV4 Low",
        "scheduled",
        20,
        {"kind": "scheduled"},
    ),
    ("Card payments fail for some customers", "SEV1 Critical", "started", 2, {}),
    ("Refund batch waits for card payments", "SEV3 Minor", "started", 1.5, {"parent": 3}),
    ("A laptop was stolen on a train", "SEV2 Major", "started", 1, {"private": True}),
    ("Vans in the north have no routes", "SEV2 Major", "started", 3, {}),
    ("Receipts arrive an hour late", "SEV3 Minor", "started", 5, {}),
    ("Supplier portal shows yesterday's orders", "SEV3 Minor", "in_triage", 0.5, {}),
    ("Android app closes at checkout", "SEV1 Critical", "started", 4, {}),
    ("Dashboards have been empty since Friday", "SEV4 Low", "acknowledged", 60, {}),
    ("Label printer 3 prints blanks", "SEV4 Low", "in_triage", 7, {}),
    ("Customer addresses in a log file", "SEV1 Critical", "started", 9, {"private": True}),
    ("Vouchers are accepted twice", "SEV2 Major", "started", 11, {}),
    ("Chat with care was down", "SEV2 Major", "resolved", 26, {}),
)


def add_activity(builder: Builder) -> None:
    """All of it, newest last."""
    for number, alert in enumerate([*reversed(list(_older_alerts())), *reversed(ALERTS)], 1):
        _add_alert(builder, number, *alert)
    for position, (name, enabled, about, triggers) in enumerate(WORKFLOWS, 1):
        builder.add(
            "workflows",
            name,
            slug=slug(name),
            description=None,
            command=None,
            enabled=enabled,
            locked=False,
            position=position,
            trigger_params={"trigger_type": about, "triggers": list(triggers)},
        )
    for title, severity, status, hours, more in INCIDENTS:
        _add_incident(builder, title, severity, status, hours, dict(more))


def _older_alerts() -> Iterator[tuple[str, str, str, str, int]]:
    """As in `ALERTS`, newest first."""
    for number in range(ALERTS_IN_ALL - len(ALERTS)):
        symptom, source = SYMPTOMS[number % len(SYMPTOMS)]
        service = SERVICES[number * 7 % len(SERVICES)][0]
        status = STATUSES[number // 2 % len(STATUSES)]
        yield f"{service}: {symptom}", source, status, service, 330 + 37 * number


def _ago(builder: Builder, **span: float) -> str:
    return timestamp(builder.state.now() - timedelta(**span))


def _add_alert(  # noqa: PLR0913, PLR0917 - what makes up an alert
    builder: Builder,
    number: int,
    summary: str,
    source: str,
    status: str,
    service: str,
    minutes: float,
) -> None:
    found = [each for each in builder.store.all("services") if each.attributes["name"] == service]
    at = _ago(builder, minutes=minutes)
    alert = builder.store.add(
        "alerts",
        {
            "short_id": f"AL{number:04}",
            "source": source,
            "status": status,
            "summary": summary,
            "description": None,
            "service_ids": [each.uid for each in found],
            "group_ids": [],
            "environment_ids": builder.uids("environments", "Production"),
            "labels": [{"key": "team", "value": "on-call"}],
            "url": f"{builder.state.origin}/alerts/{number}",
            "data": {},
            "created_at": at,
            "updated_at": at,
        },
    )
    alert.attributes["external_id"] = f"ext-{number}"


def _add_incident(
    builder: Builder, title: str, severity: str, status: str, hours: float, more: dict[str, Any]
) -> None:
    at = _ago(builder, hours=hours)
    number = len(builder.store.all("incidents")) + 1
    parent = builder.store.numbered("incidents", more.pop("parent", -1))
    slug_ = slug(title)
    kind = "normal_sub" if parent else "normal"
    attributes = {
        **BLANK,
        "sequential_id": number,
        "title": title,
        "kind": kind,
        "slug": slug_,
        "status": status,
        "private": False,
        "source": "web",
        "severity_id": builder.uid("severities", severity),
        "user_id": builder.uid("users", "Ada Holm"),
        "parent_incident_id": parent.uid if parent else None,
        "url": f"{builder.state.origin}/incidents/{number}-{slug_}",
        "short_url": f"{builder.state.origin}/i/{number}",
        "started_at": at,
        "created_at": at,
        "updated_at": at,
    }
    builder.store.add("incidents", {**attributes, **more})
