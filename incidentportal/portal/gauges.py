"""What the database knows, as metrics: the same from whichever machine is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import Error, connection
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from incidentportal.catalog import connection as catalog_connection
from incidentportal.catalog.current import sync_state
from incidentportal.declarations import beats, course, depth, rate
from incidentportal.declarations.tallies import Tally

PREFIX = "incidentportal_"


class StandingCollector(Collector):
    """How everything stands at this moment: five queries, whatever there is."""

    def collect(self) -> Iterator[Metric]:
        """All of it, or that the database does not answer."""
        try:
            known = [*_standing()]
        except Error:
            connection.close()  # anew next time, as for /readyz
            known = []
        yield _gauge("database_up", "1 while the database answers.", bool(known))
        yield from known


def _standing() -> Iterator[Metric]:
    upstream = catalog_connection.upstream()
    now = course.course(upstream)
    clock = now.clock or timezone.now()
    yield from _queue(now)
    yield from _depths(upstream, clock)
    yield from _attempts()
    yield from _snapshot(clock)
    workers = [worker.stands_by for worker in beats.alive()]
    yield _by(
        "workers", "Workers alive, by what they do.", "role",
        {"delivers": workers.count(False), "stands_by": workers.count(True)},
    )  # fmt: skip


def _queue(now: course.Course) -> Iterator[Metric]:
    yield _by(
        "queue_held", "1 for the cause that nothing is sent for.", "cause",
        {cause.value: now.held_for == cause for cause in course.Cause},
    )  # fmt: skip
    waits = _since(now.clock, now.wait_until)
    yield _gauge("queue_wait_seconds", "Seconds that Rootly wants to be left alone (429).", waits)
    yield _gauge("rate_free_writes", "Writes that the budget has room for now.", now.free)
    most = rate.budget(now.write_limit)
    a_minute = rate.WINDOW / most.interval
    yield _gauge("rate_writes_per_minute", "Writes a minute that the budget allows.", a_minute)


def _depths(upstream: str, clock: datetime) -> Iterator[Metric]:
    found = depth.depths(upstream)
    yield _by(
        "declarations", "Declarations that are not over, by state.", "state",
        {state: each.count for state, each in found.items()},
    )  # fmt: skip
    yield _by(
        "declarations_oldest_seconds", "Seconds that the oldest of them waits.", "state",
        {state: _since(each.since, clock) for state, each in found.items()},
    )  # fmt: skip


def _attempts() -> Iterator[Metric]:
    labels = ["outcome", "dialect"]
    count = CounterMetricFamily(
        f"{PREFIX}delivery_attempts", "Attempts to deliver that ended, by outcome.", labels=labels
    )
    seconds = CounterMetricFamily(
        f"{PREFIX}delivery_attempt_seconds", "Seconds that they took together.", labels=labels
    )
    for row in Tally.objects.all():
        count.add_metric([row.outcome, row.dialect], row.attempts)
        seconds.add_metric([row.outcome, row.dialect], row.seconds)
    yield count
    yield seconds


def _snapshot(clock: datetime) -> Iterator[Metric]:
    state = sync_state()
    failures = state.failures if state else 0
    yield _gauge("sync_failures", "Failed syncs since the last good one.", failures)
    if state and state.good_at:  # without a snapshot it has no age
        age = _since(state.good_at, clock)
        yield _gauge("snapshot_age_seconds", "Seconds since the last good sync.", age)


def _since(moment: datetime | None, later: datetime | None) -> float:
    return max(0.0, (later - moment).total_seconds()) if moment and later else 0.0


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=float(value))


def _by(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=[label])
    for each, value in values.items():
        family.add_metric([each], float(value))
    return family
