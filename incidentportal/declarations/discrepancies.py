"""What the incident in Rootly doesn't show as it was asked for, in plain words; and its twins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidentportal.declarations.links import safe_link
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.shown import is_gone

GONE = (
    "Rootly doesn't have this incident any more, or doesn't show it to the portal. What stands "
    "here is the last that was seen of it, and the portal no longer asks for it."
)
NOT_PRIVATE = "This incident is NOT private in Rootly, although that was asked for."
NOT_SAID = "Rootly does not say whether this incident is private, as was asked for."
NOT_A_TEST = (
    "Rootly does not show this incident as a test, although that was asked for: people there may "
    "take it for a real one. Tell them, and mark it there. The admins are told."
)
NOT_BACKFILLED = (
    "Rootly does not show this incident as one that is only put on record, although that was asked "
    "for. Look at it there."
)
OTHER_KIND = "Rootly shows another kind of incident than was asked for. Look at it there."
NO_PARENT = (
    "Rootly does not show the parent incident that was asked for. Set it there if it matters."
)
NO_CREATOR = (
    "Rootly shows somebody else as who created it. A label on the incident says who declared it."
)
SHARED = (
    "Rootly has the same incident for another declaration, too. Look there whether it says what is "
    "declared here; if it doesn't, declare it anew. The admins are told."
)
COUNTS = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}


@dataclass(frozen=True, slots=True)
class Twin:
    """One of several incidents that bear the declaration's mark. `url` is blank unless safe."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Discrepancies:
    """`alarms` ask to be looked at now, `notes` don't. `twins` has all, the declaration's own
    incident first; empty where there is but one. `twins_words` begin the sentence about them.
    """

    alarms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    twins: tuple[Twin, ...] = ()
    twins_words: str = ""


def discrepancies(declaration: Declaration) -> Discrepancies:
    """Of a delivered one."""
    missing = set(declaration.mismatches)
    alarms = [GONE] if is_gone(declaration.incident) else []
    notes = []
    if declaration.is_exposed or "private" in missing:
        said = NOT_PRIVATE if declaration.incident.get("private") is False else NOT_SAID
        alarms.append(f"{said} Look at it there now. The admins are told.")
    if declaration.shared_at is not None:
        alarms.append(SHARED)
    if declaration.is_mistaken_real:
        alarms.append(NOT_A_TEST)
    elif "kind" in missing:
        is_late = declaration.payload.get("kind") == "backfilled"
        notes.append(NOT_BACKFILLED if is_late else OTHER_KIND)
    if "parent" in missing:
        notes.append(NO_PARENT)
    if "creator" in missing:
        notes.append(NO_CREATOR)
    twins = _twins(declaration)
    words = COUNTS.get(len(twins), str(len(twins))) if twins else ""
    return Discrepancies(tuple(alarms), tuple(notes), twins, words)


def _twins(declaration: Declaration) -> tuple[Twin, ...]:
    own = {"id": declaration.incident_id, **declaration.incident}
    others = [each for each in declaration.twins if each.get("id") != declaration.incident_id]
    return tuple(_twin(each) for each in (own, *others)) if others else ()


def _twin(incident: Mapping[str, Any]) -> Twin:
    number = incident.get("number")
    name = f"#{number}" if number is not None else str(incident.get("id") or "?")
    return Twin(name, safe_link(incident.get("url") or ""))
