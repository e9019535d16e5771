"""What deliveries have learnt of an upstream, in words for admins."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from incidentportal.accounts.models import User
from incidentportal.declarations.breaker import FAILURES
from incidentportal.declarations.models import Upstream

CLOCKS = 2.0
"""Seconds that clocks may be apart before it is worth a word."""
TAKEN = {
    "takes_labels": "labels",
    "takes_inline_values": "values of custom fields",
    "takes_creator": "who declared",
}
"""What the portal adds by itself, in words, until Rootly refuses it: by `Upstream`'s field."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """`facts`: sentences. `held_by`: the admin who holds the queue, by name. `refused`: whether
    something of `TAKEN` is no longer sent.
    """

    failures: int
    write_limit: int | None
    held_by: str
    facts: tuple[str, ...]
    refused: bool


def known(url: str) -> Known | None:
    """What is known of it; None: nothing was sent there yet. One query."""
    row = Upstream.objects.select_related("held_by").filter(url=url).first()
    if row is None:
        return None
    name = row.held_by.display_name if row.held_by else ""
    refused = not all(getattr(row, each) for each in TAKEN)
    return Known(row.failures, row.write_limit, name, tuple(_facts(row)), refused)


def refuse(url: str, name: str) -> None:
    """Rootly refused this of `TAKEN`: from now on it is sent without."""
    row = Upstream.objects.get(url=url)
    at = {**row.refused_at, name: timezone.now().isoformat()}
    Upstream.objects.filter(url=url).update(**{name: False}, refused_at=at)


def learn_again(url: str, person: User) -> bool:
    """Send all of `TAKEN` again, as an admin wants who has mended Rootly; False: all of it is."""
    row = Upstream.objects.filter(url=url).first()
    refused = sorted(each for each in TAKEN if row is not None and not getattr(row, each))
    if refused:
        Upstream.objects.filter(url=url).update(**dict.fromkeys(TAKEN, True), refused_at={})
        log.warning("the admin %s has %s tried again at %s", person.pk, ", ".join(refused), url)
    return bool(refused)


def _facts(row: Upstream) -> list[str]:
    found = [
        f"{row.failures} calls in a row failed; after {FAILURES} of several declarations only one "
        "is tried now and then." if row.failures else "Rootly answered the last call.",
        "Rootly names no limit of writes." if row.write_limit is None
        else f"Rootly allows {row.write_limit} writes a minute.",
        {None: "It isn't known yet whether incidents keep the portal's label.",
         True: "Incidents keep the portal's label.",
         False: "The last incident did not keep the portal's label: what gets no answer may need "
         "a person."}[row.keeps_labels],
        {None: "It isn't known yet whether this token sees private incidents.",
         True: "This token sees private incidents.",
         False: "This token does not see private incidents: such a one that gets no answer needs "
         "a person."}[row.sees_private],
    ]  # fmt: skip
    found += [
        f"Rootly refuses {what} on creation{_since(row, name)}: it is sent without."
        for name, what in TAKEN.items()
        if not getattr(row, name)
    ]
    if abs(row.clock_offset) > CLOCKS:
        ahead = "ahead of" if row.clock_offset > 0 else "behind"
        found.append(f"Rootly's clock is {abs(row.clock_offset):.0f} seconds {ahead} ours.")
    return found


def _since(row: Upstream, name: str) -> str:
    if name not in row.refused_at:
        return ""
    at = timezone.localtime(datetime.fromisoformat(row.refused_at[name]))
    return f", since {date_format(at, 'j M, H:i')}"
