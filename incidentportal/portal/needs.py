"""What there is to do for an admin, most urgent first: the first thing that Operations says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from incidentportal.catalog import connection
from incidentportal.declarations import overdue
from incidentportal.declarations.beat_model import Beat
from incidentportal.declarations.figures import Attention, Queue
from incidentportal.declarations.states import State
from incidentportal.portal import alarms
from incidentportal.presets import drift


@dataclass(frozen=True, slots=True)
class Need:
    """`sentence`: what is so, and what to do. `address` is where, and `link` its words; blank:
    outside the portal.
    """

    kind: str
    sentence: str
    address: str = ""
    link: str = ""


def needs(
    url: str, queue: Queue, attention: Attention, workers: Sequence[Beat]
) -> tuple[Need, ...]:
    """All of them; none: declarations arrive."""
    return (
        *_of_the_portal(url, workers),
        *_of_declarations(url, queue, attention),
        *_of_forms(url),
    )


def _of_the_portal(url: str, workers: Sequence[Beat]) -> Iterator[Need]:
    """What keeps anything from arriving, and what arrived wrong."""
    doctor = (reverse("doctor"), "Check the whole portal")
    problem = connection.config_problem()
    if problem is not None:
        yield Need("settings", f"{problem[0]} {problem[1]} Then restart the portal.", *doctor)
    if said := alarms.held(url):
        yield Need("held", said, "#queue", "See the queue")
    if not any(not worker.stands_by for worker in workers):
        said = (
            "No worker delivers: what can't be sent at once waits. Start one with manage.py "
            "serve or manage.py worker."
        )
        yield Need("worker", said, *doctor)
    for alarm in (alarms.exposed, alarms.mistaken, alarms.twins, alarms.shared, alarms.waiting):
        if said := alarm(url):
            yield Need(alarm.__name__, said)


def _of_declarations(url: str, queue: Queue, attention: Attention) -> Iterator[Need]:
    """What waits for a person, by what that person has to do."""
    after = f"{settings.ALERT_STUCK_AFTER:g} minutes"
    if count := attention.late:
        said = f"{_many(count)} waited for Rootly for more than {after}: see why."
        yield Need("stuck", said, "#stuck", "See which")
    if count := queue.count(State.UNCONFIRMED):
        said = f"Whether {_many(count, 'is', 'are')} in Rootly is unclear: somebody has to decide."
        yield Need("unclear", said, "#unclear", "See which")
    late = overdue.left(url).get(State.REJECTED)  # at first it is their author's alone
    if late and late.count:
        said = (
            f"{_many(late.count, 'was', 'were')} sent back and left uncorrected for more than "
            f"{after}: ask who declared, or give up what is settled."
        )
        yield Need("returned", said, "#returned", "See which")
    if count := queue.elsewhere:
        said = (
            f"{_many(count, 'is', 'are')} meant for another Rootly: set ROOTLY_API_URL back, or "
            "give up what is settled."
        )
        yield Need("elsewhere", said, "#elsewhere", "See which")


def _of_forms(url: str) -> Iterator[Need]:
    """What makes forms old or other than they were meant."""
    if url and (said := alarms.not_synced(url)):
        yield Need("sync", said, "#configuration", "Fetch it")
    broken = drift.warnings()
    if broken:
        yield Need("presets", " ".join(broken), reverse("configuration"), "Mend it")


def _many(count: int, one: str = "has", more: str = "have") -> str:
    return f"1 declaration {one}" if count == 1 else f"{count} declarations {more}"
