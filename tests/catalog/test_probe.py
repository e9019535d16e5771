"""What the probe asks, and what it makes of the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from incidentportal.catalog import probe
from incidentportal.catalog.probe import Answered, Made, Trouble
from tests.support.answering import serving
from tests.support.processes import free_port
from tests.support.sandbox import Sandbox


@pytest.fixture(params=["jsonapi", "plain"])
def rootly(request: pytest.FixtureRequest, settings: Settings, sandbox: Sandbox) -> Sandbox:
    """The sandbox in either dialect; no database is there."""
    settings.ROOTLY_API_DIALECT = request.param
    is_jsonapi = request.param == "jsonapi"
    settings.ROOTLY_API_URL = sandbox.jsonapi_url if is_jsonapi else sandbox.plain_url
    settings.ROOTLY_API_TOKEN = sandbox.token
    return sandbox


def trouble() -> Trouble:
    """What stopped it at the first list."""
    found = probe.ask()
    assert list(found.lists) == ["form_fields"]
    assert found.stopped_by is not None
    return found.stopped_by


def test_every_list_is_asked_for_once_and_nothing_is_written(
    rootly: Sandbox, settings: Settings
) -> None:
    seen = probe.ask()
    assert set(seen.lists) == {
        "form_fields", "placements", "field_options", "placement_conditions", "form_sets",
        "form_set_conditions", "incidents", "severities", "services", "environments", "teams",
        "functionalities", "incident_types", "causes", "users", "alerts", "catalogs",
        "catalog_entities", "workflows",
    }  # fmt: skip
    dialects = {each.dialect for each in seen.lists.values() if isinstance(each, Answered)}
    assert dialects - {""} == {settings.ROOTLY_API_DIALECT}
    assert seen.clock_offset is not None
    assert abs(seen.clock_offset) < 5
    requests = rootly.requests()
    assert {each["method"] for each in requests} == {"GET"}
    assert len(requests) == len(seen.lists)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "token"), (403, "forbidden"), (404, "missing"), (500, "failing"), (400, "refused")],
)
def test_a_refused_list_says_why(rootly: Sandbox, status: int, kind: str) -> None:
    rootly.fault("status", path="/severities$", status=status)
    found = probe.ask()
    assert found.stopped_by is None
    refused = found.lists["severities"]
    assert isinstance(refused, Trouble)
    assert (refused.kind, refused.status) == (kind, status)
    assert isinstance(found.lists["services"], Answered)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [({"kind": "status", "status": 401}, "token"), ({"kind": "redirect"}, "redirect"),
     ({"kind": "status", "status": 503}, "failing"), ({"kind": "rate_limit"}, "limited"),
     ({"kind": "drop_before"}, "no_answer"), ({"kind": "malformed"}, "unreadable")],
)  # fmt: skip
def test_what_makes_all_further_questions_vain_ends_them(
    rootly: Sandbox, fault: dict[str, Any], kind: str
) -> None:
    rootly.fault(**{"times": None, **fault})
    assert trouble().kind == kind
    assert len(rootly.requests()) == 1


def test_a_dead_port_is_told_from_bad_tls(settings: Settings, tmp_path: Path) -> None:
    settings.ROOTLY_API_TOKEN = "token"
    settings.ROOTLY_API_URL = f"http://127.0.0.1:{free_port()}/v1"
    assert trouble().kind == "unreachable"
    with serving(b"{}", "application/json", tls=tmp_path) as port:
        settings.ROOTLY_API_URL = f"https://127.0.0.1:{port}/v1"
        assert trouble().kind == "tls"
    with serving(b"{}", "application/json") as port:
        settings.ROOTLY_API_URL = f"https://127.0.0.1:{port}/v1"
        assert trouble().kind == "tls"


def test_a_certificate_of_a_companys_own_is_taken_when_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROOTLY_API_TOKEN = "token"
    with serving(b'{"form_fields": []}', "application/json", tls=tmp_path) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        settings.ROOTLY_API_URL = f"https://127.0.0.1:{port}/v1"
        found = probe.ask()
    assert isinstance(found.lists["form_fields"], Answered)


def test_a_test_incident_is_one(rootly: Sandbox) -> None:
    made = probe.make_test_incident()
    (incident,) = rootly.incidents()
    assert made == Made(f"#{incident['sequential_id']}", is_test=True)
    assert incident["kind"] == "test"
    rootly.switch(read_only_token=True)
    refused = probe.make_test_incident()
    assert isinstance(refused, Trouble)
    assert refused.kind == "forbidden"
