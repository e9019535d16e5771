"""Presets and defaults against Rootly as it is now: what drifted apart, and since when.

Worked out once for each change of either, not for each request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.utils import timezone

from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog, past
from incidentportal.catalog.current import current as current_catalog
from incidentportal.catalog.models import Snapshot
from incidentportal.presets import current as presets
from incidentportal.presets.content import Content
from incidentportal.presets.fit import PRESET, Finding

PARENT = "parent_incident_id"
MOST_TOLD = 3
LOOK_BACK = 50
"""Snapshots; the date of what began before these is not told."""

Seen = tuple[int, date]
_dated: tuple[tuple[Finding, ...], tuple[Finding, ...]] = ((), ())
"""What was found last, and the same with dates."""


def current_findings() -> tuple[Finding, ...]:
    """What admins should know of defaults and of the presets in use, harmless things too. Empty
    before the first sync.
    """
    catalog = current_catalog()
    if catalog is None:
        return ()
    closed = [one for content in presets.in_use(catalog) for one in _closed(catalog, content)]
    return (*_with_dates(catalog), *closed)


def warnings() -> list[str]:
    """What of it needs an admin, in plain words; the first few, and how many others there are."""
    found = [one for one in current_findings() if not one.is_harmless]
    sentences = [one.told for one in found[:MOST_TOLD]]
    if more := len(found) - len(sentences):
        sentences.append(f"Presets and defaults with a problem besides these: {more}.")
    return sentences


def about(catalog: Catalog, content: Content) -> tuple[Finding, ...]:
    """What there is to say of one preset, also of one that is switched off."""
    known = {one.id: one for one in current_findings()}
    own = presets.prepared(catalog, content, (), may_be_private=True).findings
    of_it = [one for one in known.values() if one.what == PRESET and one.key == content.slug]
    ids = {one.id for one in own}
    return (
        *(known.get(one.id, one) for one in own), *(one for one in of_it if one.id not in ids)
    )  # fmt: skip


def _closed(catalog: Catalog, content: Content) -> list[Finding]:
    """Whether its parent incident is no open one any more. Incidents come and go: where not all of
    the open ones are known, nothing is said.
    """
    setting = content.fields.get(PARENT)
    parents = catalog.options("parents")
    if setting is None or not setting.values or not getattr(parents, "is_complete", False):
        return []
    if all(value in parents for value in setting.values):
        return []
    called = " ".join(setting.words) or " ".join(setting.values)
    sentence = (
        f"The preset “{content.name}”: its parent incident “{called}” is none of Rootly's open"
        " incidents now (over, private, or a part of another); Rootly may refuse it."
    )
    return [
        Finding(
            what=PRESET, key=content.slug, name=content.name, field=PARENT, kind="parent_closed",
            sentence=sentence,
        )
    ]  # fmt: skip


def _with_dates(catalog: Catalog) -> tuple[Finding, ...]:
    global _dated  # noqa: PLW0603 -- one per process, with what it was made of
    found = presets.findings(catalog)
    undated, dated = _dated
    if undated is not found:
        since = _since(catalog, found)
        dated = tuple(replace(one, since=since.get(one.id)) for one in found)
        _dated = (found, dated)
    return dated


def _since(catalog: Catalog, found: Sequence[Finding]) -> dict[str, date]:
    """The day on which each was first seen, by its id; those that were always so have none."""
    if not found:
        return {}
    rows = Snapshot.objects.filter(upstream=connection.upstream(), id__lte=catalog.snapshot_id)
    newest = rows.order_by("-id").values_list("id", "created_at")[:LOOK_BACK]
    seen = [(pk, timezone.localdate(at)) for pk, at in reversed(newest)]
    return _first_seen(frozenset(one.id for one in found), seen) if seen else {}


def _first_seen(ids: frozenset[str], seen: Sequence[Seen], first: bool = True) -> dict[str, date]:
    """When each of these began; the last of `seen` has all of them, and what one has the later
    ones have too. `first`: nothing is known of the time before. Half of them are asked at a time,
    each snapshot once: reading one takes a while.
    """
    if not ids:
        return {}
    if len(seen) == 1:
        return {} if first else dict.fromkeys(ids, seen[0][1])
    middle = (len(seen) - 1) // 2
    catalog = past(seen[middle][0])
    had = frozenset(one.id for one in presets.findings(catalog)) if catalog else frozenset()
    return {
        **_first_seen(ids & had, seen[: middle + 1], first),
        **_first_seen(ids - had, seen[middle + 1 :], False),
    }
