"""What deliveries have learnt of an upstream, in words for admins."""

from __future__ import annotations

from dataclasses import dataclass

from incidentportal.declarations.breaker import FAILURES
from incidentportal.declarations.models import Upstream

CLOCKS = 2.0
"""Seconds that clocks may be apart before it is worth a word."""


@dataclass(frozen=True, slots=True)
class Known:
    """`facts`: sentences. `held_by`: the admin who holds the queue, by name."""

    failures: int
    write_limit: int | None
    held_by: str
    facts: tuple[str, ...]


def known(url: str) -> Known | None:
    """What is known of it; None: nothing was sent there yet. One query."""
    row = Upstream.objects.select_related("held_by").filter(url=url).first()
    if row is None:
        return None
    name = row.held_by.display_name if row.held_by else ""
    return Known(row.failures, row.write_limit, name, tuple(_facts(row)))


def _facts(row: Upstream) -> list[str]:
    found = [
        f"{row.failures} calls in a row failed; after {FAILURES} of several declarations only one "
        "is tried now and then." if row.failures else "No call has failed since the last answer.",
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
    taken = {
        "labels": row.takes_labels, "values of custom fields": row.takes_inline_values,
        "who declared": row.takes_creator,
    }  # fmt: skip
    found += [
        f"Rootly refuses {what} on creation: it is sent without."
        for what, it in taken.items()
        if not it
    ]
    if abs(row.clock_offset) > CLOCKS:
        ahead = "ahead of" if row.clock_offset > 0 else "behind"
        found.append(f"Rootly's clock is {abs(row.clock_offset):.0f} seconds {ahead} ours.")
    return found
