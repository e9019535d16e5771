"""The registry: which control a field gets, what it is called, how it is sent.

A new kind of control is one entry in `CONTROLS` and one template; a new built-in field is one
entry in `BUILT_INS`; a new value kind is one entry in `VALUE_KINDS`. Rootly's enumerations are
open: what is not here is treated as a custom field, an unknown input kind as text
(Rootly's API reference and its SDK 3.0.1, form field `kind`, `input_kind`, `value_kind`).
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from incidentportal.formengine import cleaning
from incidentportal.formengine.fields import Field, Value

Clean = Callable[[Field, Sequence[str], tzinfo], Value | None]


def _as_text(field: Field, value: Value) -> str:
    return html.escape(str(value), quote=False) if field.rich else str(value)


def _as_list(field: Field, value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_tick(field: Field, value: Value) -> str:
    return "1" if value else "0"


@dataclass(frozen=True, slots=True)
class Control:
    """One kind of control.

    `template` draws it (under `templates/`). `clean` turns what was posted into a value. `stored`
    is that value as the text of a custom field's selection. `ask` is the sentence for a missing
    answer, around the field's noun or quoted label. `limit` is how many characters it takes. `how`
    says how to fill it in.
    """

    template: str
    clean: Clean
    ask: str = "Enter {}"
    stored: Callable[[Field, Value], str] = _as_text
    input_type: str = "text"
    input_mode: str = ""
    limit: int = 0
    how: str = ""
    many: bool = False
    chooses: bool = False


_INPUT = "formengine/fields/input.html"
_TEXTAREA = "formengine/fields/textarea.html"

CONTROLS: dict[str, Control] = {
    "text": Control(_INPUT, cleaning.line, limit=2_000),
    "textarea": Control(_TEXTAREA, cleaning.paragraphs, limit=50_000),
    "number": Control(_INPUT, cleaning.number, input_mode="decimal", limit=50),
    "checkbox": Control(
        "formengine/fields/checkbox.html", cleaning.checkbox, "Tick {}", stored=_as_tick
    ),
    "date": Control(_INPUT, cleaning.date, "Enter a date for {}", input_type="date"),
    "datetime": Control(
        _INPUT, cleaning.moment, "Enter a date and time for {}", input_type="datetime-local"
    ),
    "tags": Control(
        _TEXTAREA,
        cleaning.tags,
        stored=_as_list,
        many=True,
        how="Separate them by commas or lines.",
    ),
    "emails": Control(
        _TEXTAREA,
        cleaning.emails,
        stored=_as_list,
        many=True,
        how="Separate addresses by commas or lines. Rootly hands them to its workflows; nothing is"
        " mailed to them by itself.",
    ),
    "labels": Control(
        _TEXTAREA, cleaning.labels, stored=_as_list, many=True, how="One a line, as key=value."
    ),
    "choice": Control("formengine/fields/choice.html", cleaning.choice, "Choose {}", chooses=True),
    "choices": Control(
        "formengine/fields/choice.html", cleaning.choices, "Choose {}", many=True, chooses=True
    ),
}

INPUT_KINDS: dict[str, str] = {
    "text": "text",
    "textarea": "textarea",
    "rich_text": "textarea",
    "number": "number",
    "checkbox": "checkbox",
    "date": "date",
    "datetime": "datetime",
    "tags": "tags",
    "select": "choice",
    "multi_select": "choices",
}
"""Rootly's input kinds, by the control that draws them."""


@dataclass(frozen=True, slots=True)
class ValueKind:
    """Where a select's options come from, and the selection's key that its chosen ids go into.

    `source` is an option list; blank for the field's own options and for a catalog's entities.
    """

    selected: str
    source: str = ""


VALUE_KINDS: dict[str, ValueKind] = {
    "inherit": ValueKind("selected_option_ids"),
    "group": ValueKind("selected_group_ids", "teams"),
    "service": ValueKind("selected_service_ids", "services"),
    "functionality": ValueKind("selected_functionality_ids", "functionalities"),
    "user": ValueKind("selected_user_ids", "users"),
    "catalog_entity": ValueKind("selected_catalog_entity_ids"),
    "environment": ValueKind("selected_environment_ids", "environments"),
    "cause": ValueKind("selected_cause_ids", "causes"),
    "incident_type": ValueKind("selected_incident_type_ids", "incident_types"),
}

Standing = Literal["built", "waiting", "off"]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A field that Rootly has by itself.

    `label` is Rootly's own name for it, `aliases` are other names its messages and paths use,
    `attribute` is what it is sent as (blank: it has none), `name` the control's name where that
    isn't the attribute. `control` is fixed, but for lists: there the input kind says whether one
    or many can be chosen, and `severity` takes one whatever it says.

    `standing`: a `waiting` one stays off the form unless it is required, and then shows in plain
    form; one that is `off` is never shown.
    """

    label: str
    attribute: str = ""
    control: str = "datetime"
    name: str = ""
    noun: str = ""
    source: str = ""
    limit: int = 0
    aliases: tuple[str, ...] = ()
    standing: Standing = "built"

    @property
    def control_name(self) -> str:
        """What its control is called on the page."""
        return self.name or self.attribute


BUILT_INS: dict[str, BuiltIn] = {
    "title": BuiltIn("Title", "title", "text", noun="a title", limit=255),
    "summary": BuiltIn("Summary", "summary", "textarea", noun="a summary"),
    "severity": BuiltIn(
        "Severity", "severity_id", "choice", noun="a severity", source="severities"
    ),
    "environments": BuiltIn(
        "Environments", "environment_ids", "choices", noun="an environment",
        source="environments", aliases=("environment",),
    ),
    "types": BuiltIn(
        "Types", "incident_type_ids", "choices", noun="an incident type",
        source="incident_types", aliases=("incident type", "incident types", "type"),
    ),
    "services": BuiltIn(
        "Services", "service_ids", "choices", noun="a service",
        source="services", aliases=("service",),
    ),
    "causes": BuiltIn(
        "Causes", "cause_ids", "choices", noun="a cause", source="causes", aliases=("cause",)
    ),
    "functionalities": BuiltIn(
        "Functionalities", "functionality_ids", "choices", noun="a functionality",
        source="functionalities", aliases=("functionality",),
    ),
    "teams": BuiltIn(
        "Teams", "group_ids", "choices", noun="a team",
        source="teams", aliases=("team", "group", "groups"),
    ),
    "labels": BuiltIn("Labels", "labels", "labels", noun="a label", aliases=("label",)),
    "notify_emails": BuiltIn(
        "Notify emails", "notify_emails", "emails", noun="an e-mail address",
        aliases=("notify email",),
    ),
    "in_triage_at": BuiltIn("In triage at", "in_triage_at", aliases=("in triage time",)),
    "started_at": BuiltIn("Started at", "started_at", aliases=("started time",)),
    "detected_at": BuiltIn("Detected at", "detected_at", aliases=("detected time",)),
    "acknowledged_at": BuiltIn(
        "Acknowledged at", "acknowledged_at", aliases=("acknowledged time",)
    ),
    "mitigated_at": BuiltIn("Mitigated at", "mitigated_at", aliases=("mitigated time",)),
    "resolved_at": BuiltIn("Resolved at", "resolved_at", aliases=("resolved time",)),
    "closed_at": BuiltIn("Closed at", "closed_at", aliases=("closed time",)),
    "manual_starting_datetime_field": BuiltIn(
        "Manual starting datetime", "started_at", name="manual_starting_datetime_field"
    ),
    "visibility": BuiltIn(
        "Visibility", "private", "checkbox", aliases=("private",), standing="off"
    ),
    "show_ongoing_incidents": BuiltIn(
        "Ongoing incidents", name="show_ongoing_incidents", control="text", standing="off"
    ),
    "mark_as_test": BuiltIn(
        "Mark as test", name="mark_as_test", control="checkbox", standing="waiting"
    ),
    "mark_as_backfilled": BuiltIn(
        "Mark as backfilled", name="mark_as_backfilled", control="checkbox", standing="waiting"
    ),
    "mark_as_in_triage": BuiltIn(
        "Mark as in triage", name="mark_as_in_triage", control="checkbox", standing="waiting"
    ),
    "attach_alerts": BuiltIn(
        "Alerts", "alert_ids", "tags", aliases=("alert",), standing="waiting"
    ),
    "trigger_manual_workflows": BuiltIn(
        "Workflows", name="workflow_ids", control="tags", standing="waiting"
    ),
    "mitigation_message": BuiltIn(
        "Mitigation message", "mitigation_message", "textarea", standing="waiting"
    ),
    "resolution_message": BuiltIn(
        "Resolution message", "resolution_message", "textarea", standing="waiting"
    ),
    "cancellation_message": BuiltIn(
        "Cancellation message", "cancellation_message", "textarea", standing="waiting"
    ),
}  # fmt: skip

MARKS: dict[str, tuple[str, str]] = {
    "mark_as_test": ("kind", "test"),
    "mark_as_backfilled": ("kind", "backfilled"),
    "mark_as_in_triage": ("status", "in_triage"),
}
"""What a ticked mark sets on the incident (API reference, create incident)."""
