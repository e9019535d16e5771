"""The registry: which control a field gets, what it is called, how it is sent.

A new kind of control is one entry in `CONTROLS` and one template; a new built-in field is one
entry in `BUILT_INS`; a new value kind is one entry in `VALUE_KINDS`. Rootly's enumerations are
open: what is not here is treated as a custom field, an unknown input kind as text
(Rootly's API reference and its SDK 3.0.1, form field `kind`, `input_kind`, `value_kind`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from incidentportal.catalog.options import Option, OptionList
from incidentportal.formengine import cleaning, richtext
from incidentportal.formengine.fields import Field, Value

Clean = Callable[[Field, Sequence[str], tzinfo], Value | None]
Send = Callable[[Value, datetime], Any]


def _as_html(value: Value) -> str:
    return richtext.to_html(str(value))


def _as_list(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_tick(value: Value) -> str:
    return "1" if value else "0"


@dataclass(frozen=True, slots=True)
class Control:
    """One kind of control.

    `template` draws it (under `templates/`). `clean` turns what was posted into a value. `stored`
    is that value as the text of a custom field's selection. `ask` is the sentence for a missing
    answer, around the field's noun or quoted label. `limit` is how many characters it takes. `how`
    says how to fill it in; `{zone}` in it is the person's time zone. One that `informs` takes no
    answer.
    """

    template: str
    clean: Clean
    ask: str = "Enter {}"
    stored: Callable[[Value], str] = str
    input_type: str = "text"
    input_mode: str = ""
    limit: int = 0
    how: str = ""
    many: bool = False
    chooses: bool = False
    informs: bool = False


_INPUT = "formengine/fields/input.html"
_TEXTAREA = "formengine/fields/textarea.html"

CONTROLS: dict[str, Control] = {
    "text": Control(_INPUT, cleaning.line, limit=2_000),
    "textarea": Control(_TEXTAREA, cleaning.paragraphs, limit=50_000),
    "rich_text": Control(
        "formengine/fields/richtext.html",
        cleaning.paragraphs,
        stored=_as_html,
        limit=50_000,
        how="You can use Markdown: **bold**, - lists, [links](https://…).",
    ),
    "number": Control(_INPUT, cleaning.number, input_mode="decimal", limit=50),
    "checkbox": Control(
        "formengine/fields/checkbox.html", cleaning.checkbox, "Tick {}", stored=_as_tick
    ),
    "date": Control(_INPUT, cleaning.date, "Enter a date for {}", input_type="date"),
    "datetime": Control(
        _INPUT,
        cleaning.moment,
        "Enter a date and time for {}",
        input_type="datetime-local",
        how="Without an offset it is in the time zone {zone}.",
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
    "ongoing": Control("formengine/fields/ongoing.html", cleaning.nothing, informs=True),
}

STRICT = frozenset({"number", "date", "datetime"})
"""Controls that may not begin with a text that isn't theirs; in others it can be mended."""

INPUT_KINDS: dict[str, str] = {
    "text": "text",
    "textarea": "textarea",
    "rich_text": "rich_text",
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


def _as_it_is(value: Value, now: datetime) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _the_one(value: Value, now: datetime) -> Any:
    return value[0] if isinstance(value, tuple) else value


def _the_moment(value: Value, now: datetime) -> str:
    return now.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A field that Rootly has by itself, or that the portal adds (`making.extra_field`).

    `label` is Rootly's own name for it, `aliases` are other names its messages and paths use,
    `attribute` is the neutral attribute it is sent as (blank: it has none), `send` makes that
    attribute of a cleaned value and the moment of sending, `name` is the control's name where that
    isn't the attribute. Where another field of the form sets the same attribute, one that
    `gives_way` is not sent. `control` is fixed, but for lists: there the input kind says whether
    one or many can be chosen, and those that take one (`choice`) do so whatever it says.

    Its options are the list called `source`, or `options`. `how` is what the portal itself says
    of it. `unsendable` says why it can't be on a form for new incidents.
    """

    label: str
    attribute: str = ""
    control: str = "datetime"
    name: str = ""
    noun: str = ""
    source: str = ""
    options: OptionList | None = None
    limit: int = 0
    aliases: tuple[str, ...] = ()
    send: Send = _as_it_is
    gives_way: bool = False
    how: str = ""
    unsendable: str = ""

    @property
    def control_name(self) -> str:
        """What its control is called on the page."""
        return self.name or self.attribute


_STATUSES = OptionList(
    Option(status, status.replace("_", " ").capitalize())
    for status in (
        "in_triage", "started", "detected", "acknowledged", "mitigated", "resolved", "closed",
        "cancelled",
    )
)  # fmt: skip
"""What a new incident's `status` may be (API reference, create incident), maintenance aside."""

_LEAVE = "Leave it empty unless it must be set: Rootly keeps this time by itself."


def _time(label: str, attribute: str, alias: str) -> BuiltIn:
    return BuiltIn(label, attribute, aliases=(alias,), how=_LEAVE)


BUILT_INS: dict[str, BuiltIn] = {
    "title": BuiltIn("Title", "title", "text", noun="a title", limit=255),
    "summary": BuiltIn("Summary", "summary", "textarea", noun="a summary"),
    "severity": BuiltIn(
        "Severity", "severity_id", "choice", noun="a severity", source="severities",
        send=_the_one,
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
    "in_triage_at": _time("In triage at", "in_triage_at", "in triage time"),
    "started_at": _time("Started at", "started_at", "started time"),
    "detected_at": _time("Detected at", "detected_at", "detected time"),
    "acknowledged_at": _time("Acknowledged at", "acknowledged_at", "acknowledged time"),
    "mitigated_at": _time("Mitigated at", "mitigated_at", "mitigated time"),
    "resolved_at": _time("Resolved at", "resolved_at", "resolved time"),
    "closed_at": _time("Closed at", "closed_at", "closed time"),
    "manual_starting_datetime_field": BuiltIn(
        "Manual starting datetime", "started_at", name="manual_starting_datetime_field",
        gives_way=True, how="When it began, if that was earlier than now.",
    ),
    "visibility": BuiltIn(
        "Private", "private", "checkbox", aliases=("visibility",),
        how="If you tick this, only those invited and those who may see private incidents will"
        " see it, and there may be no Slack channel. It can't be undone.",
    ),
    "show_ongoing_incidents": BuiltIn(
        "Ongoing incidents", name="show_ongoing_incidents", control="ongoing", source="incidents",
        how="Is it one of these? Then it need not be declared again.",
    ),
    "mark_as_test": BuiltIn(
        "Mark as test", "kind", "checkbox", name="mark_as_test",
        aliases=("test incident", "test incidents", "create test incident"),
        send=lambda value, now: "test",
        how="It is declared as a test: for trying things out.",
    ),
    "mark_as_backfilled": BuiltIn(
        "Mark as backfilled", "kind", "checkbox", name="mark_as_backfilled",
        send=lambda value, now: "backfilled",
        how="For an incident that is over already and is only put on record.",
    ),
    "mark_as_in_triage": BuiltIn(
        "Mark as in triage", "in_triage_mark", "checkbox", name="mark_as_in_triage",
        send=_the_moment,
        how="It begins in triage, until somebody has judged it.",
    ),
    "attach_alerts": BuiltIn(
        "Alerts", "alert_ids", "choices", noun="an alert", source="alerts", aliases=("alert",)
    ),
    "trigger_manual_workflows": BuiltIn(
        "Workflows", "workflow_ids", "choices", noun="a workflow",
        source="workflows", aliases=("workflow", "manual workflows"),
        how="They are started as soon as the incident exists.",
    ),
    "mitigation_message": BuiltIn("Mitigation message", "mitigation_message", "textarea"),
    "resolution_message": BuiltIn("Resolution message", "resolution_message", "textarea"),
    "cancellation_message": BuiltIn("Cancellation message", "cancellation_message", "textarea"),
    "status": BuiltIn(
        "Status", "status", "choice", noun="a status", options=_STATUSES, send=_the_one,
        how="Rootly begins with “Started” unless something else is chosen.",
    ),
    "custom_sub_status": BuiltIn(
        "Sub-status", control="text", name="custom_sub_status",
        unsendable="Rootly's API takes no sub-status with a new incident",
    ),
    # Rootly has no field for it; its place is after Rootly's own.
    "parent_incident": BuiltIn(
        "Parent incident", "parent_incident_id", "choice", noun="a parent incident",
        source="parents", aliases=("parent",), send=_the_one,
        how="If this is a part of a bigger incident, choose that one.",
    ),
}  # fmt: skip


def how_to(field: Field, zone: tzinfo) -> str:
    """What the portal says of filling the field in: of its kind, then of its control."""
    built_in = BUILT_INS.get(field.kind)
    control = CONTROLS[field.control].how.replace("{zone}", str(zone))
    return " ".join(part for part in (built_in.how if built_in else "", control) if part)
