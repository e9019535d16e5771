"""The pages for people: all incidents with all that arrived, and one. No scripts."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import rendering, selections
from incidentportal.sandbox.errors import human_name
from incidentportal.sandbox.messages import Answer, Request
from incidentportal.sandbox.state import Context, State

if TYPE_CHECKING:
    from incidentportal.sandbox.store import Record

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 62rem; padding: 1rem }
article { border: 1px solid #8886; border-radius: .6rem; margin: 1rem 0; padding: .5rem 1rem }
h2 { font-size: 1.15rem; margin: .4rem 0 }
dl { display: grid; gap: .2rem 1rem; grid-template-columns: minmax(9rem, max-content) 1fr }
dt { opacity: .75 } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap }
pre { background: #8882; border-radius: .4rem; padding: .6rem; white-space: pre-wrap }
.tag { border: 1px solid #8888; border-radius: 1rem; font-size: .85rem; padding: .05rem .6rem }
"""
EMPTY: tuple[Any, ...] = (None, "", [], {})
SLACK = "<p id='slack'>In Rootly, its Slack channel would open from the portal's link.</p>"
SHOWN_AT_ONCE = 200
SHOWN = (
    *("status", "kind", "private", "summary", "severity_id", "incident_type_ids", "service_ids"),
    *("environment_ids", "group_ids", "functionality_ids", "cause_ids", "labels", "notify_emails"),
    *("user_id", "parent_incident_id", "alert_ids", "started_at", "detected_at", "mitigated_at"),
    *("resolved_at", "mitigation_message", "resolution_message", "cancellation_message"),
    *("created_at", "slack_channel_name"),
)


def answer(state: State, request: Request) -> Answer:
    """The page of an address; 404 where there is none."""
    segments = [each for each in request.path.split("/") if each]
    with state.lock:
        if not segments:
            return _page(200, "Incidents", _home(state))
        if len(segments) == 2 and segments[0] in {"incidents", "i"}:
            record = _record(state, segments[1])
            if record is not None:
                return _page(200, str(record.attributes["title"]), _article(state, record) + SLACK)
    return _page(404, "Not found", "<p>There is nothing here. <a href='/'>All incidents</a></p>")


def _record(state: State, given: str) -> Record | None:
    found = state.store.find("incidents", given)
    number = given.partition("-")[0]
    if found is not None:
        return found
    records = state.store.all("incidents")
    return next((each for each in records if str(each.number) == number), None)


def _page(status: int, title: str, content: str) -> Answer:
    text = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<style>{STYLE}</style></head><body><header><p><a href='/'>Sandbox</a>: a pretend Rootly. "
        f"Nothing here is real.</p><h1>{escape(title)}</h1></header><main>{content}</main>"
        "</body></html>"
    )
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Answer(status, text.encode("utf-8", "replace"), "text/html; charset=utf-8", policy)


def _home(state: State) -> str:
    records = sorted(state.store.all("incidents"), key=lambda each: -each.number)
    said = f"<p>{len(state.arrivals)} arrived since the start. The newest come first"
    said += f"; these are the last {SHOWN_AT_ONCE}" if len(records) > SHOWN_AT_ONCE else ""
    return f"{said}.</p>" + "".join(_article(state, each) for each in records[:SHOWN_AT_ONCE])


def _names(state: State, value: Any) -> str:
    """A value as people read it: names in place of ids."""
    if isinstance(value, list):
        return ", ".join(_names(state, each) for each in value)
    if isinstance(value, dict):
        return "\n".join(f"{name}: {each}" for name, each in value.items())
    record = state.store.known(value) if isinstance(value, str) else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _name(record) if record else str(value)


def _name(record: Record) -> str:
    for attribute in ("name", "full_name", "title", "value", "summary"):
        if record.attributes.get(attribute):
            return str(record.attributes[attribute])
    return record.uid


def _article(state: State, record: Record) -> str:
    context = Context(state, "plain")
    shown = rendering.attributes_of(context, record, frozenset())
    stored = {name: record.attributes.get(name) for name in SHOWN}
    stored["slack_channel_name"] = shown.get("slack_channel_name")
    rows = [(name, _names(state, each)) for name, each in stored.items() if each not in EMPTY]
    rows += [_selection(state, each) for each in state.store.children(selections.LIST, record.uid)]
    for event in state.store.children("incident_events", record.uid):
        rows.append(("event", str(event.attributes["event"])))
    listed = "".join(
        f"<dt>{escape(human_name(name))}</dt><dd>{escape(text)}</dd>" for name, text in rows
    )
    tag = " <span class='tag'>private</span>" if record.attributes.get("private") else ""
    number = record.attributes["sequential_id"]
    title = escape(str(record.attributes["title"]))
    return (
        f"<article><h2><a href='/incidents/{number}'>#{number}</a> {title}{tag}</h2>"
        f"<dl>{listed}</dl>{_sent(state, record)}</article>"
    )


def _selection(state: State, selection: Record) -> tuple[str, str]:
    given = selection.attributes
    chosen = [each for name, each in given.items() if name.startswith("selected_") and each]
    value = (
        "; ".join(_names(state, each) for each in chosen)
        if given["value"] is None
        else str(given["value"])
    )
    return _names(state, given["form_field_id"]), value


def _sent(state: State, record: Record) -> str:
    arrival = state.arrivals.get(record.uid)
    if arrival is None:
        return "<p>It was here from the start.</p>"
    key = escape(arrival.idempotency_key or "none")
    body = escape(json.dumps(arrival.body, indent=2, ensure_ascii=False))
    return (
        f"<details><summary>What arrived ({arrival.dialect}, key {key})</summary>"
        f"<pre>{body}</pre></details>"
    )
