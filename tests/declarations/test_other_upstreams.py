"""Upstreams that speak otherwise than our sandbox: nothing in the documents rules them out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from incidentportal.catalog import connection, current
from incidentportal.catalog.sync import sync_catalog
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.people import PageClient
from tests.support.portal import Form, let_go_of_the_database

WEB = "web_new_incident_form"
FIELDS = [
    {"id": 3, "kind": "severity", "name": "Impact", "input_kind": "select", "shown": [WEB],
     "required": [WEB], "positions": [{"form": WEB, "position": 2}]},
    {"id": 0, "kind": "title", "name": "Title", "input_kind": "text", "shown": [WEB],
     "required": [WEB], "positions": [{"form": WEB, "position": 1}]},
    {"id": 45, "kind": "brand_new_kind", "name": "Region", "input_kind": "hologram",
     "shown": [WEB], "required": []},
    {"id": 46, "kind": "custom", "name": "Never here", "input_kind": "text", "shown": []},
    {"id": 47, "name": "Off", "input_kind": "text", "shown": [WEB], "enabled": False},
    {"no": "id"},
]  # fmt: skip
LISTS: dict[str, Any] = {
    "form_fields": FIELDS,
    "severities": [{"id": 1, "name": "Minor", "severity": "low"}, {"id": 0, "name": "Total"}],
    "services": [], "environments": [], "teams": [], "functionalities": [], "users": [],
    "incident_types": [], "causes": [], "catalogs": [],
}  # fmt: skip


class Guide(BaseHTTPRequestHandler):
    """The guide's dialect and no more: bare arrays, integer ids, no form sets, no placements."""

    incidents: list[dict[str, Any]]

    def do_GET(self) -> None:  # the library's name
        path = self.path.partition("?")[0].removeprefix("/api/v1/")
        if path in LISTS:
            self._answer(200, LISTS[path])
        elif path.startswith("incidents/") and path.count("/") == 1:
            self._answer(200, {"id": 0, "title": "Seen", "status": "started"})
        else:
            self._answer(404, {"error": "not_found", "message": "Not found or unauthorized"})

    def do_POST(self) -> None:  # the library's name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.incidents.append(body)
        if body["title"] == "Refused":
            details = {"severity_id": ["is not what it seems"], "weather": ["is bad"]}
            refusal = {"error": "unprocessable_entity", "message": "Validation failed."}
            self._answer(422, {**refusal, "details": details})
        else:
            self._answer(201, {"id": 0, "title": body["title"], "status": "started"})

    def _answer(self, status: int, content: Any) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def guide(transactional_db: None, settings: Settings) -> Iterator[list[dict[str, Any]]]:
    """What the upstream was asked to create."""
    asked: list[dict[str, Any]] = []
    handler = type("Handler", (Guide,), {"incidents": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ROOTLY_API_URL = f"http://127.0.0.1:{server.server_address[1]}/api/v1/"
    settings.ROOTLY_API_TOKEN, settings.ROOTLY_API_DIALECT = "token", "plain"
    current.forget()
    sync_catalog(connection.client(), connection.upstream())
    yield asked
    current.forget()
    connection.close()
    let_go_of_the_database()
    server.shutdown()
    server.server_close()


def test_bare_arrays_without_placements_make_a_form_and_an_incident(
    guide: list[dict[str, Any]], visitor: PageClient
) -> None:
    form = Form(visitor)
    order = [form.html.index(f'data-field="{name}"') for name in ("title", "severity_id")]
    assert order == sorted(order)
    assert 'data-field="form_field_45"' in form.html
    assert "Never here" not in form.html
    assert ">Off <" not in form.html
    total = form.option("severity_id", "Total")
    response = form.send(title="All down", severity_id=total, form_field_45="north")
    assert response.status_code == 303, form.html
    row = Declaration.objects.get()
    assert (row.state, row.incident_id) == (State.DELIVERED, "0")
    assert guide[0]["severity_id"] == 0
    assert guide[0]["form_field_selections_attributes"] == [{"form_field_id": 45, "value": "north"}]


def test_the_guides_refusal_lands_at_its_field_and_the_rest_in_the_summary(
    guide: list[dict[str, Any]], visitor: PageClient
) -> None:
    form = Form(visitor)
    assert form.send(title="Refused", severity_id="1").status_code == 422
    assert "is not what it seems" in form.error("severity_id")
    assert "is bad" in form.html


def test_fields_that_name_no_form_make_the_form_where_none_does(
    guide: list[dict[str, Any]], visitor: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = [{"id": 1, "kind": "title", "name": "Title"}, {"id": 2, "kind": "summary"}]
    monkeypatch.setitem(LISTS, "form_fields", bare)
    sync_catalog(connection.client(), connection.upstream())
    assert 'data-field="title"' in Form(visitor).html


def test_a_form_without_fields_declares_nothing(
    guide: list[dict[str, Any]], visitor: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LISTS, "form_fields", [{"id": 1, "kind": "title", "shown": ["other"]}])
    sync_catalog(connection.client(), connection.upstream())
    form = Form(visitor)
    assert "has no fields" in form.html
    assert form.send(title="Blind").status_code == 422
    assert guide == []


def test_without_severity_the_forms_own_rule_answers(
    guide: list[dict[str, Any]], visitor: PageClient
) -> None:
    form = Form(visitor)
    assert form.send(title="No severity").status_code == 422
    assert "Impact" in form.error("severity_id") or "severity" in form.error("severity_id")
    assert guide == []
