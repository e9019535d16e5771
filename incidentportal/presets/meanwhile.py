"""Two admins before the same page: who saves later is told what is there now, and decides.

The page carries a mark of what it was made of; what is stored is judged by it under the row's lock.
"""

from __future__ import annotations

import hashlib

import msgspec
from django.http import HttpRequest

from incidentportal.presets.content import plain
from incidentportal.presets.differences import differences
from incidentportal.presets.history import Row

SEEN = "seen"
"""The control that carries the mark. A post without it overwrites: no page of ours makes one."""
CHANGED = (
    "{} saved something else here while you had it open, and yours was not saved. What saving again"
    " would change of it: {}."
)
_MOST = 8


class ChangedError(Exception):
    """Somebody else changed it meanwhile; the text says who, and what saving would change."""


def mark(seen: msgspec.Struct | None) -> str:
    """What a page carries of what it was made of; None: it didn't exist."""
    told = msgspec.json.encode(seen, order="sorted")
    return hashlib.sha256(told).hexdigest()[:16]


def judge(
    request: HttpRequest, row: Row, now: msgspec.Struct | None, wanted: msgspec.Struct
) -> None:
    """Raise ChangedError where the posted page was made of something else than `now`, the part of
    the locked `row` that it is about. `wanted` is the row's whole content, were it saved.
    """
    seen = request.POST.get(SEEN, "")
    if not seen or seen == mark(now):
        return
    stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    before = plain(stored.content) if stored else None
    found = [f"“{one}”" for one in differences(before, plain(wanted))]
    if not found:
        return  # both want the same
    more = len(found) - _MOST
    listed = "; ".join([*found[:_MOST], *([f"and {more} more"] if more > 0 else [])])
    who = row.set_by.display_name if row.set_by else "Somebody"
    raise ChangedError(CHANGED.format(who, listed))
