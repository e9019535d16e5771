"""What the portal counts by itself, and `/metrics`, which gives it with what the database knows.

`docs/metrics.md` lists all of it; why it is done so is in `docs/decisions/metrics.md`.
"""

from __future__ import annotations

import os
from contextlib import suppress

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

from incidentportal.portal import slots
from incidentportal.portal.gauges import StandingCollector
from incidentportal.rootly.calls import Call

CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# A time for each sample, that the summed files don't have either.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's
if slots.VARIABLE in os.environ:
    with suppress(OSError):  # then this process counts in its own files, named by its id
        values.ValueClass = values.MultiProcessValue(slots.slot)  # type: ignore[no-untyped-call]  # the library's

_own = CollectorRegistry()
REQUESTS = Counter(
    "incidentportal_http_requests",
    "Requests answered, by method, view and class of status.",
    ["method", "view", "status"],
    registry=_own,
)
REQUEST_SECONDS = Histogram(
    "incidentportal_http_request_seconds",
    "Seconds from a request's arrival to its answer, by view.",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_own,
)
UPSTREAM_SECONDS = Histogram(
    "incidentportal_upstream_seconds",
    "Seconds that a call to Rootly took, by method, resource, and status class or error.",
    ["method", "resource", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25),
    registry=_own,
)


def count_request(method: str, view: str, status: int, seconds: float) -> None:
    """Count an answered request; `view` is a view's name, never an address."""
    with suppress(OSError):  # a disk that is full: it goes uncounted, and is answered
        known = method if method in METHODS else "other"
        REQUESTS.labels(known, view, status_class(status)).inc()
        REQUEST_SECONDS.labels(view).observe(seconds)


def count_call(call: Call, outcome: str, seconds: float) -> None:
    """Count a call to Rootly that ended with this status or error."""
    with suppress(OSError):
        said = status_class(int(outcome)) if outcome.isdecimal() else outcome
        UPSTREAM_SECONDS.labels(call.method, call.resource, said).observe(seconds)


def status_class(status: int) -> str:
    """`2xx` and so on."""
    return f"{status // 100}xx" if 100 <= status < 600 else "other"


def rendered() -> bytes:
    """Everything, in Prometheus's text format: summed over the processes of this `serve`."""
    registry = _own
    if folder := os.environ.get(slots.VARIABLE):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]  # the library's
    return generate_latest(registry) + generate_latest(StandingCollector())
