"""Whether declarations arrive: workers, the queue, what waits, and what deliveries have learnt."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from incidentportal.accounts.encryption import keyed_digest
from incidentportal.catalog import connection
from incidentportal.declarations import beats
from incidentportal.declarations.course import Cause, course
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.portal.doctor.findings import Finding, error, not_tested, ok, warning

UNSENT = (State.QUEUED, State.DELIVERING)
_REMEDIES = {
    Cause.TOKEN: "Set ROOTLY_API_TOKEN to a key that Rootly accepts, and restart the portal.",
    Cause.PATH: "Correct ROOTLY_API_URL (and ROOTLY_API_DIALECT), and restart the portal.",
    Cause.FORBIDDEN: "Give the key behind ROOTLY_API_TOKEN the right to create incidents.",
    Cause.BREAKER: "See what is said of Rootly above; the portal goes on by itself.",
    Cause.SETTINGS: "Correct ROOTLY_API_URL and ROOTLY_API_TOKEN, and restart the portal.",
    Cause.ADMIN: "An admin lets it go on, on the page Operations.",
}
UNKNOWN = {
    "labels": "Whether the portal's label sticks to incidents",
    "inline_values": "Whether custom values may travel with the incident",
    "creator": "Whether people may be their incidents' creators",
    "private": "Whether the token sees the private incidents that it makes",
}
FIRST = "The first declarations will tell."


def worker() -> Iterator[Finding]:
    """Whether somebody delivers what could not be sent at once."""
    living = beats.alive()
    working = [each for each in living if not each.stands_by]
    if working:
        said = f"{len(working)} delivery worker{'s run' if len(working) > 1 else ' runs'}."
        yield ok("delivery.worker", said)
    elif living:
        said = "Every delivery worker stands by, and none delivers."
        yield error("delivery.worker", said, "Restart the portal (manage.py serve).")
    else:
        said = "No delivery worker runs: what can't be sent at once waits, and nothing is fetched."
        remedy = "Start manage.py serve, or manage.py worker. Within 30 s of its start it shows."
        yield error("delivery.worker", said, remedy)


def queue() -> Iterator[Finding]:
    """Whether anything holds what is to be sent, and since when something waits."""
    url = connection.upstream()
    if url:
        yield _course(url)
        yield _waiting(url)
    elsewhere = Declaration.objects.filter(state__in=UNSENT).exclude(upstream=url).count()
    if elsewhere:
        said = f"{elsewhere} unsent declarations are meant for another Rootly, and stay unsent."
        remedy = "Set ROOTLY_API_URL back to that Rootly, or give them up on their pages."
        yield warning("delivery.elsewhere", said, remedy)


def _course(url: str) -> Finding:
    now = course(url)
    if now.held_for == Cause.ADMIN:
        return warning("delivery.queue", f"The queue is held. {now.held}", _REMEDIES[Cause.ADMIN])
    if now.held:
        cause = next((each for each in Cause if each == now.held_for), Cause.SETTINGS)
        said = (
            f"The queue is held ({cause}): declarations are kept, and not sent. {now.told_admins}"
        )
        return error("delivery.queue", said, _REMEDIES[cause])
    if now.wait_until is not None:
        said = "Rootly asked for a pause (429): declarations wait until it is over."
        remedy = "Nothing to do. If it comes often, give the portal a ROOTLY_API_TOKEN of its own."
        return warning("delivery.queue", said, remedy)
    return ok("delivery.queue", "Nothing holds the queue.")


def _waiting(url: str) -> Finding:
    """Number and age alone: some may be private."""
    rows = Declaration.objects.filter(upstream=url, state__in=UNSENT)
    found = rows.aggregate(count=Count("pk"), oldest=Min("queued_at"))
    if not found["count"]:
        return ok("delivery.waiting", "No declaration waits.")
    age = (timezone.now() - found["oldest"]).total_seconds()
    said = f"{found['count']} wait to be sent, the oldest for {max(age, 0) / 60:.0f} minutes."
    if age < settings.ALERT_STUCK_AFTER * 60:
        return ok("delivery.waiting", said)
    remedy = "See the errors here; the declaration's own page says what it waits for."
    return warning("delivery.waiting", said, remedy)


def learnt() -> Iterator[Finding]:
    """What deliveries so far have shown of this Rootly."""
    row = Upstream.objects.filter(url=connection.upstream()).first()
    if row is None:
        for name, what in UNKNOWN.items():
            said = f"{what} is not known: nothing was delivered to this Rootly yet."
            yield not_tested(f"delivery.{name}", said, FIRST)
        return
    yield _labels(row)
    yield _inline_values(row)
    yield _creator(row)
    yield _private(row)


def _labels(row: Upstream) -> Finding:
    costs = (
        "After a lost answer the portal then can't tell whether the incident exists, and a person "
        "has to decide."
    )
    remedy = "Ask whoever runs Rootly to let ROOTLY_API_TOKEN set labels on incidents."
    if not row.takes_labels:
        return warning("delivery.labels", f"Rootly refuses the portal's label. {costs}", remedy)
    if row.keeps_labels is None:
        said = f"{UNKNOWN['labels']} is not known: none was read back yet."
        return not_tested("delivery.labels", said, FIRST)
    if not row.keeps_labels:
        said = f"The last incident did not bear the portal's label. {costs}"
        return warning("delivery.labels", said, remedy)
    return ok("delivery.labels", "The portal's label sticks to incidents.")


def _inline_values(row: Upstream) -> Finding:
    if row.takes_inline_values:
        said = "Rootly has not refused custom values sent with the incident."
    else:
        said = "Rootly refuses custom values sent with the incident: they follow one by one."
    return ok("delivery.inline_values", said)


def _creator(row: Upstream) -> Finding:
    if row.takes_creator:
        return ok("delivery.creator", "Rootly has not refused people as their incidents' creators.")
    said = "Rootly refuses people as creators: incidents are by the token's owner, with a label."
    remedy = "Ask whoever runs Rootly to let ROOTLY_API_TOKEN create incidents for others."
    return warning("delivery.creator", said, remedy)


def _private(row: Upstream) -> Finding:
    is_todays = row.token == keyed_digest(settings.ROOTLY_API_TOKEN.encode())
    if row.sees_private is None or not is_todays:
        said = f"{UNKNOWN['private']} is not known yet."
        return not_tested("delivery.private", said, "The first private declaration will tell.")
    if row.sees_private:
        return ok("delivery.private", "The token sees the private incidents that it makes.")
    said = (
        "The token does not see private incidents: after a lost answer a person has to decide "
        "whether it exists."
    )
    remedy = "In Rootly give the key behind ROOTLY_API_TOKEN the right to see private incidents."
    return warning("delivery.private", said, remedy)
