"""The control address: what arrived, and how the sandbox is to behave. For people and tests.

It asks for no token: the sandbox listens on this machine alone, and holds nothing of worth.

| request below `/_control/` | what it does |
|---|---|
| `GET state` | incidents and requests that arrived, switches, waiting faults |
| `PATCH switches` `{"enforce_required": true}` | sets switches (`switches.py`) |
| `POST faults` `{"kind": "hang"}`, `DELETE faults` | has requests meet a fault (`faults.py`) |
| `POST down` `{"seconds": 2, "silent": true}` | refuses connections, or has them hang, so long |
| `POST let_go` | whatever hangs goes on with its work, though its client may have left |
| `POST reset` | everything as at the start |
| `GET lists/<list>`, `PUT lists/<list>` | shows, changes a list of records (`change_list`) |

Every list can be changed while the sandbox runs; the next request sees it. How a form is changed:

- `form_fields`: `kind`, `input_kind`, `value_kind`, `name`, `slug`, `enabled`, `default_values`, …;
  its choices are `form_field_options` (`form_field_id`, `value`, `default`, `position`).
- `form_sets`: `name`, `is_default`; a new one comes last, and the order is the API's. It is chosen
  by its `form_set_conditions`: `form_set_id`, `form_field_id`, `comparison` (`equal`), `values`.
- `form_field_placements`: `form_field_id`, `form_set_id`, `form` (`web_new_incident_form`),
  `position`, `required`, `non_editable`, `placement_operator`, `required_operator`.
- `form_field_placement_conditions`: `form_field_placement_id`, `conditioned` (`placement` or
  `required`), `form_field_id`, `comparison`, `values`.

A field that must be filled in where the title is Ada, for instance; ids can be chosen:

    PUT lists/form_field_placements
    {"upsert": [{"id": "mine", "form_field_id": …, "form_set_id": …, "form":
     "web_new_incident_form", "position": 99, "required": true}]}
    PUT lists/form_field_placement_conditions
    {"upsert": [{"form_field_placement_id": "mine", "conditioned": "placement",
     "form_field_id": …, "comparison": "equal", "values": ["Ada"]}]}
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import rendering, selections
from incidentportal.sandbox.faults import Fault
from incidentportal.sandbox.messages import Answer, Request, json_answer
from incidentportal.sandbox.state import Arrival, Context, State

if TYPE_CHECKING:
    from incidentportal.sandbox.store import Record, Store

WHOLE = frozenset({"properties"})
REFERRED = {
    "form_field_id": "form_fields",
    "form_set_id": "form_sets",
    "form_field_placement_id": "form_field_placements",
    "catalog_id": "catalogs",
    "value_kind_catalog_id": "catalogs",
    "auto_set_by_catalog_property_id": "catalog_properties",
}


def answer(state: State, request: Request) -> Answer:
    """The answer of a control address, bar `/_control/down`, which is the server's own."""
    path = request.path.removeprefix("/_control/").rstrip("/")
    try:
        given = request.json() if request.body else {}
        with state.lock:
            return _act(state, request.method, path, given)
    except (ValueError, TypeError) as error:
        return json_answer(400, {"error": str(error)})


def _act(state: State, method: str, path: str, given: Any) -> Answer:
    match (method, path.split("/")):
        case ("GET", ["state"]):
            return json_answer(200, _state(state))
        case ("PATCH", ["switches"]):
            state.switches = state.switches.changed(given)
            return json_answer(200, state.switches.plain())
        case ("POST", ["reset" | "let_go" as name]):
            (state.forget if name == "reset" else state.let_go)()
            return json_answer(200, {})
        case (_, ["faults"]) if method in {"POST", "DELETE"}:
            return _faults(state, method, given)
        case (_, ["lists", name]) if method in {"GET", "PUT"}:
            if method == "PUT":
                change_list(state.store, name, given)
            return json_answer(200, _shown_list(state, name))
    return json_answer(404, {"error": f"there is no {method} /_control/{path}"})


def _faults(state: State, method: str, given: Any) -> Answer:
    waiting = state.faults.waiting
    if method == "POST":
        waiting.append(Fault.read(given))
    else:
        waiting.clear()
    return json_answer(200, [asdict(each) for each in waiting])


def _shown_list(state: State, name: str) -> list[dict[str, Any]]:
    context = Context(state, "jsonapi")
    return [rendering.flat(context, each, WHOLE) for each in state.store.all(name)]


def _state(state: State) -> dict[str, Any]:
    return {
        "incidents": [arrived(state, each) for each in state.arrivals.values()],
        "requests": list(state.requests),
        "switches": state.switches.plain(),
        "faults": [asdict(each) for each in state.faults.waiting],
    }


def arrived(state: State, arrival: Arrival) -> dict[str, Any]:
    """An incident that arrived: as it stands now (flat, as `/v1` shows ids), and as it was sent."""
    context = Context(state, "jsonapi")
    record = state.store.get("incidents", arrival.uid)
    if record is None:
        return {"id": arrival.uid}
    alerts = [state.store.get("alerts", uid) for uid in record.attributes.get("alert_ids", [])]

    def children(list_name: str) -> list[dict[str, Any]]:
        return [
            rendering.flat(context, each) for each in state.store.children(list_name, record.uid)
        ]

    return {
        **rendering.flat(context, record),
        "number": record.number,
        "selections": children(selections.LIST),
        "events": children("incident_events"),
        "alerts": [rendering.flat(context, each) for each in alerts if each],
        "dialect": arrival.dialect,
        "idempotency_key": arrival.idempotency_key,
        "body": arrival.body,
    }


def change_list(store: Store, name: str, given: Any) -> None:
    """Change a list of configuration.

    `{"replace": [records]}` empties it first; `{"upsert": [records]}` adds records, or changes
    those whose id is known (attributes not named stay); `{"remove": [ids]}` takes some away;
    `{"raw": [anything]}` has these shown at the list's end just as they are. A record is a flat
    object; ids are as `/v1` shows them, and one without an id gets a new one. What a record that is
    taken away leaves behind (a field's placements) stays, as it would in a list cut short.
    """
    if not isinstance(given, dict) or not set(given) <= {"replace", "upsert", "remove", "raw"}:
        raise ValueError("give replace, upsert, remove or raw")
    numbers: dict[str, int] = {}
    if "replace" in given:
        for record in store.all(name):
            numbers[record.uid] = record.number
            store.remove(record)
    for each in [*given.get("replace", []), *given.get("upsert", [])]:
        _upsert(store, name, dict(each), numbers)
    for each in given.get("remove", []):
        gone: Record | None = store.find(name, each)
        if gone is not None:
            store.remove(gone)
    if "raw" in given:
        store.raw[name] = list(given["raw"])


def _upsert(store: Store, name: str, given: dict[str, Any], numbers: dict[str, int]) -> None:
    """`numbers` are those that a replaced list's records had, by text id."""
    uid = given.pop("id", None)
    given = {key: _as_text_id(store, key, value) for key, value in given.items()}
    known = store.find(name, uid) if uid is not None else None
    if known is not None:
        store.add(name, {**known.attributes, **given}, number=known.number, uid=known.uid)
    elif uid is not None and str(uid).isdecimal():
        store.add(name, given, number=int(uid))
    else:
        text = None if uid is None else str(uid)
        store.add(name, given, number=numbers.get(text or ""), uid=text)


def _as_text_id(store: Store, key: str, value: Any) -> Any:
    """The store's own id for a record of configuration that is referred to by any."""
    found = store.find(REFERRED[key], value) if key in REFERRED and value is not None else None
    return found.uid if found else value
