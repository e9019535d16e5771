"""Whether a step that got no answer is done all the same: looked up in Rootly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from incidentportal.rootly.client import Client, Listing


class TraceUnclearError(Exception):
    """The look was answered, and still does not tell; the text says why."""


HALF_READ = "Rootly's list has entries that can't be read."
NO_NAMES = "Rootly does not say which incidents this workflow was started for."
MESSAGE_OF = {
    "mitigate": "mitigation_message",
    "resolve": "resolution_message",
    "cancel": "cancellation_message",
}


def is_done(client: Client, incident_id: str, step: Mapping[str, Any]) -> bool:
    """Look for a step's work. Raises RootlyError where that fails, TraceUnclearError where the
    answer does not tell.
    """
    if step["do"] == "workflow":
        is_there = _was_started(client.workflow_runs(step["value"]), incident_id)
    elif step["do"] == "alerts":
        attached = client.incident_alerts(incident_id)
        is_there = set(step["value"]) <= {alert.id for alert in attached}
        _check_whole(attached, is_there)
    elif step["do"] == "event":
        events = client.incident_events(incident_id)
        is_there = any(_holds(event.event, step["value"]) for event in events)
        _check_whole(events, is_there)
    else:
        incident = client.incident(incident_id)
        is_there = _holds(getattr(incident, MESSAGE_OF[step["do"]]), step["value"])
    return is_there


def _was_started(runs: Listing[Any], incident_id: str) -> bool:
    is_there = any(run.incident_id == incident_id for run in runs)
    if not is_there and any(run.incident_id is None for run in runs):
        raise TraceUnclearError(NO_NAMES)
    _check_whole(runs, is_there)
    return is_there


def _check_whole(listing: Listing[Any], is_there: bool) -> None:
    if listing.skipped and not is_there:
        raise TraceUnclearError(HALF_READ)


def _holds(there: str, text: str) -> bool:
    """Whether a text is there, whatever was made of its spaces and line ends, or markup added."""
    return bool(there) and _bare(text) in {_bare(there), _bare(re.sub(r"<[^>]*>", " ", there))}


def _bare(text: str) -> str:
    return " ".join(unescape(text).split())
