"""The API's addresses: who may, what is meant, and the answer."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import followups, incidents, lists, rendering
from incidentportal.sandbox.attributes import visible
from incidentportal.sandbox.errors import ApiError, Problem, refusal
from incidentportal.sandbox.messages import MEDIA_TYPES, Answer, Request, json_answer
from incidentportal.sandbox.state import Context, Remembered

if TYPE_CHECKING:
    from incidentportal.sandbox.store import Record

TOP = frozenset(
    {
        *("form_fields", "form_sets", "custom_forms", "services", "environments", "severities"),
        *("teams", "functionalities", "incident_types", "causes", "catalogs", "users"),
        *("alerts", "workflows", "sub_statuses", "incidents"),
    }
)
NESTED = {
    ("form_fields", "options"): "form_field_options",
    ("form_fields", "placements"): "form_field_placements",
    ("form_fields", "positions"): "form_field_positions",
    ("form_field_placements", "conditions"): "form_field_placement_conditions",
    ("form_sets", "conditions"): "form_set_conditions",
    ("catalogs", "entities"): "catalog_entities",
    ("catalogs", "properties"): "catalog_properties",
    ("incidents", "events"): "incident_events",
    ("incidents", "form_field_selections"): "incident_form_field_selections",
    ("workflows", "workflow_runs"): "workflow_runs",
}
ITEMS = TOP | set(NESTED.values())


def answer(context: Context, request: Request, path: str) -> Answer:
    """The answer to an API request; `path` is what follows the version prefix."""
    shape = context.state.switches.errors_shape
    try:
        _admit(context, request)
        segments = [each for each in path.split("/") if each]
        act = _read if request.method == "GET" else _write
        with context.state.lock:
            return act(context, request, segments)
    except ApiError as error:
        return refusal(error, context.dialect, shape if error.status == 422 else "auto")


def _admit(context: Context, request: Request) -> None:
    switches = context.state.switches
    if request.headers.get("authorization") != f"Bearer {switches.token}":
        raise ApiError(401)
    if request.method == "GET":
        return
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != MEDIA_TYPES[context.dialect]:
        raise ApiError(415)
    if switches.read_only_token:
        raise ApiError(403, message="You do not have permission to create incidents.")


def _found(context: Context, list_name: str, given: str) -> Record:
    record = context.store.find(list_name, given) if list_name in ITEMS else None
    if record is None or not visible(context, record):
        raise ApiError(404)
    return record


def _one(context: Context, record: Record, request: Request, status: int = 200) -> Answer:
    include = frozenset((request.argument("include") or "").split(","))
    if context.dialect == "plain":
        return json_answer(status, rendering.flat(context, record, include), context.dialect)
    content: dict[str, Any] = {"data": rendering.resource(context, record, include)}
    extra = rendering.included(context, [record], include)
    if extra:
        content["included"] = extra
    return json_answer(status, content, context.dialect)


def _read(context: Context, request: Request, segments: list[str]) -> Answer:
    list_name, records, record = _meant(context, segments)
    if list_name in context.state.switches.forbidden_lists:
        raise ApiError(403)
    if record is not None:
        return _one(context, record, request)
    records = [each for each in records if visible(context, each)]
    return lists.page(context, list_name, records, request)


def _meant(context: Context, segments: list[str]) -> tuple[str, list[Record], Record | None]:
    """The list that an address means, its records, and the one record where it means one."""
    store = context.store
    match segments:
        case [name] if name in TOP:
            return name, store.all(name), None
        case ["users", "me"]:
            return "users/me", [], store.all("users")[0]
        case [name, given]:
            return name, [], _found(context, name, given)
        case ["incidents", given, "alerts"]:
            attached = _found(context, "incidents", given).attributes.get("alert_ids", [])
            return "alerts", [each for each in store.all("alerts") if each.uid in attached], None
        case [name, given, child] if (name, child) in NESTED:
            parent = _found(context, name, given)
            nested = NESTED[name, child]
            return nested, store.children(nested, parent.uid), None
    raise ApiError(404)


def _attributes(context: Context, request: Request) -> tuple[Any, dict[str, Any]]:
    """A write's body, and the attributes in it."""
    try:
        body = request.json() if request.body else {}
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise ApiError(400) from error
    given = body
    if context.dialect == "jsonapi" and request.body:
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            raise ApiError(422, [Problem("data", "is invalid")])
        given = data.get("attributes", {})
    if not isinstance(given, dict):
        raise ApiError(422, [Problem("attributes", "is invalid")])
    return body, given


def _write(context: Context, request: Request, segments: list[str]) -> Answer:
    method = "PUT" if request.method == "PATCH" else request.method
    match (method, segments):
        case ("POST", ["incidents"]):
            return _create(context, request)
        case ("POST", ["incidents", given, "alerts"]):
            incident = _found(context, "incidents", given)
            followups.attach_alerts(context, incident, _attributes(context, request)[1])
            return _read(context, request, segments)
        case ("POST", [name, given, child]) if (name, child) in followups.NEW_CHILD:
            parent = _found(context, name, given)
            make = followups.NEW_CHILD[name, child]
            made = make(context, parent, _attributes(context, request)[1])
            return _one(context, made, request, 201)
        case ("PUT", ["incidents", given, name]) if name in followups.STEPS:
            incident = _found(context, "incidents", given)
            attributes = _attributes(context, request)[1]
            return _one(context, followups.step(context, incident, name, attributes), request)
        case ("PUT", ["incidents", given]):
            incident = _found(context, "incidents", given)
            attributes = _attributes(context, request)[1]
            return _one(context, followups.update(context, incident, attributes), request)
        case ("PUT", ["incident_form_field_selections" as name, given]):
            selection = _found(context, name, given)
            attributes = _attributes(context, request)[1]
            changed = followups.change_selection(context, selection, attributes)
            return _one(context, changed, request)
    _meant(context, segments)
    raise ApiError(405)


def _create(context: Context, request: Request) -> Answer:
    """Create an incident, once per idempotency key where keys are honoured.

    Only what succeeded is remembered; a refused key may be sent again.
    """
    key = request.headers.get("idempotency-key")
    honoured = key is not None and context.state.switches.idempotency == "honour"
    fingerprint = hashlib.sha256(request.path.encode() + request.body).digest()
    remembered = context.state.keys.get(key or "") if honoured else None
    if remembered is not None:
        if remembered.fingerprint != fingerprint:
            raise ApiError(422, [Problem("idempotency_key", "was used for another request")])
        return remembered.answer
    body, given = _attributes(context, request)
    incident = incidents.create(context, given, body, key)
    made = _one(context, incident, request, 201)
    if honoured and key is not None:
        context.state.keys[key] = Remembered(fingerprint, made)
    return made
