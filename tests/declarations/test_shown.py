"""What an incident shows is held against what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import findings
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.shown import merged, summary, verdict
from incidentportal.rootly.records import Incident
from tests.declarations.test_delivery import CREATE, once
from tests.support.declarations import make_declaration
from tests.support.sandbox import Sandbox

CREATOR = {"user_id": "7", "creator": True}


@pytest.mark.parametrize(
    ("asked", "sent_with", "shown", "missing"),
    [
        ({}, {}, {}, []),
        ({"private": True}, {}, {"private": True}, []),
        ({"private": True}, {}, {"private": False}, ["private"]),
        ({"private": True}, {}, {}, ["private"]),
        ({}, {}, {"private": True}, []),
        ({"kind": "test"}, {}, {"kind": "test"}, []),
        ({"kind": "test", "parent_incident_id": "5"}, {}, {"kind": "test_sub"}, []),
        ({"kind": "test"}, {}, {"kind": "normal"}, ["kind"]),
        ({"kind": "test"}, {}, {}, ["kind"]),
        ({"kind": "backfilled"}, {}, {"kind": "normal"}, ["kind"]),
        ({"kind": "backfilled"}, {}, {}, []),
        ({}, {}, {"kind": "normal_sub"}, []),
        ({}, {}, {"kind": "test"}, ["kind"]),
        ({"parent_incident_id": "0"}, {}, {"parent_incident_id": "0"}, []),
        ({"parent_incident_id": 5}, {}, {"parent_incident_id": "5"}, []),
        ({"parent_incident_id": "5"}, {}, {"parent_incident_id": "6"}, ["parent"]),
        ({"parent_incident_id": "5"}, {}, {"parent_incident_id": ""}, ["parent"]),
        ({"parent_incident_id": "5"}, {}, {}, []),
        ({}, CREATOR, {"user_id": "7"}, []),
        ({}, CREATOR, {"user_id": "8"}, ["creator"]),
        ({}, CREATOR, {}, []),
        ({}, {**CREATOR, "creator": False}, {"user_id": "8"}, []),
        ({"private": True, "kind": "test"}, CREATOR, {"user_id": "8"},
         ["private", "kind", "creator"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(
    asked: dict[str, Any], sent_with: dict[str, Any], shown: dict[str, Any], missing: list[str]
) -> None:
    found = verdict(asked, sent_with, summary(Incident(id="1", **shown)))
    assert found["mismatches"] == missing
    assert found["is_exposed"] == ("private" in missing)
    assert found["is_mistaken_real"] == ("kind" in missing and asked.get("kind") == "test")


def test_an_answer_takes_back_only_what_it_speaks_of() -> None:
    known = summary(
        Incident(id="1", title="Down", kind="test", private=True, parent_incident_id="5")
    )
    assert merged(known, None) == known
    assert merged(known, Incident(id="1")) == known
    later = merged(known, Incident(id="1", private=False, parent_incident_id="", user_id="8"))
    assert (later["private"], later["parent"], later["creator"]) == (False, "", "8")
    assert (later["kind"], later["title"]) == ("test", "Down")


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_a_test_that_does_not_show_that_it_is_one_is_told(
    connected: Sandbox, reporter: User, dialect: str
) -> None:
    row = once(
        make_declaration(
            reporter, upstream=connection.upstream(), payload={"title": "A drill", "kind": "test"}
        )
    )
    assert (row.is_mistaken_real, row.mismatches) == (False, [])
    (incident,) = connected.incidents()
    connected.change_list("incidents", upsert=[{"id": incident["id"], "kind": "normal"}])
    once(row)
    assert (row.is_mistaken_real, row.mismatches) == (True, ["kind"])
    assert findings.mistaken_tests(row.upstream) == [f"#{incident['sequential_id']}"]
    assert findings.mistaken_tests("https://elsewhere.example/v1") == []
    connected.change_list("incidents", upsert=[{"id": incident["id"], "kind": "test"}])
    assert not once(row).is_mistaken_real
    assert findings.mistaken_tests(row.upstream) == []


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_a_parent_that_rootly_forgot_is_told(
    connected: Sandbox, reporter: User, dialect: str
) -> None:
    above = once(make_declaration(reporter, upstream=connection.upstream()))
    payload = {"title": "Beneath", "parent_incident_id": above.incident_id}
    row = once(make_declaration(reporter, upstream=connection.upstream(), payload=payload))
    assert row.mismatches == []
    incident = connected.incidents()[-1]
    change = {"id": incident["id"], "parent_incident_id": None, "kind": "normal"}
    connected.change_list("incidents", upsert=[change])
    assert once(row).mismatches == ["parent"]


def test_the_answer_that_made_it_is_judged_too(connected: Sandbox, reporter: User) -> None:
    made = {"id": "0", "title": "A drill", "kind": "normal"}
    connected.fault(**CREATE, kind="status", status=201, body={"data": made})
    payload = {"title": "A drill", "kind": "test"}
    row: Declaration = once(
        make_declaration(reporter, upstream=connection.upstream(), payload=payload)
    )
    assert (row.incident_id, row.is_mistaken_real) == ("0", True)
    assert findings.mistaken_tests(row.upstream) == ["0"]
