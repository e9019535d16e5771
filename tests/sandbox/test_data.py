from __future__ import annotations

from tests.support.sandbox import Sandbox

NEW = "web_new_incident_form"


def test_the_company_has_what_a_company_has(sandbox: Sandbox) -> None:
    counts = {
        "services": 40,
        "environments": 6,
        "severities": 5,
        "incident_types": 6,
        "teams": 12,
        "users": 31,  # thirty people, and the token's own
        "form_sets": 2,
    }
    assert {name: len(sandbox.records(name)) for name in counts} == counts
    ranks = [each["severity"] for each in sandbox.records("severities")]
    assert set(ranks) == {"critical", "high", "medium", "low"}
    assert all(each["description"] for each in sandbox.records("severities"))
    for name in ("functionalities", "causes", "catalogs", "sub_statuses"):
        assert sandbox.records(name)


def test_enough_goes_on_to_choose_from(sandbox: Sandbox) -> None:
    assert len(sandbox.records("alerts")) >= 60
    incidents = [each for each in sandbox.records("incidents") if each["status"] != "resolved"]
    assert len(incidents) >= 12
    kinds = [each["kind"] for each in incidents]
    assert (kinds.count("normal_sub"), kinds.count("scheduled")) == (1, 1)
    assert sum(each["private"] for each in incidents) == 2
    assert {each["status"] for each in incidents} == {
        *("started", "scheduled", "mitigated", "in_triage", "acknowledged"),
    }
    by_hand = [
        each["name"]
        for each in sandbox.records("workflows")
        if each["enabled"]
        and each["trigger_params"] == {"trigger_type": "incident", "triggers": []}
    ]
    assert by_hand == ["Page the incident lead", "Open a video call", "Post to the status page"]
    assert len(sandbox.records("workflows")) > 5


def test_every_kind_of_field_and_of_rule_is_there(sandbox: Sandbox) -> None:
    fields = sandbox.records("form_fields")
    custom = [each for each in fields if each["kind"] == "custom"]
    assert len(custom) >= 20
    assert {each["input_kind"] for each in custom} == {
        *("text", "textarea", "rich_text", "number", "checkbox", "date", "datetime", "tags"),
        *("select", "multi_select"),
    }
    assert {each["value_kind"] for each in custom} == {
        *("inherit", "group", "service", "functionality", "user", "catalog_entity"),
        *("environment", "cause", "incident_type"),
    }
    rules = sandbox.records("form_field_placement_conditions")
    assert {each["comparison"] for each in rules} == {
        *("equal", "not_equal", "is_set", "is_not_set"),
    }
    assert {each["conditioned"] for each in rules} == {"placement", "required"}
    placements = sandbox.records("form_field_placements")
    assert {each["placement_operator"] for each in placements} == {"and", "or"}
    assert any(each["non_editable"] for each in placements)
    assert any(each["auto_set_by_catalog_property_id"] for each in fields)
    assert sandbox.records("form_set_conditions")


def test_every_usable_field_stands_on_the_new_incident_form(sandbox: Sandbox) -> None:
    placed = {
        each["form_field_id"]
        for each in sandbox.records("form_field_placements")
        if each["form"] == NEW
    }
    left_out = [each for each in sandbox.records("form_fields") if each["id"] not in placed]
    assert {each["name"] for each in left_out} == {"Old ticket number", "Problem review"}
    kinds = {each["kind"] for each in sandbox.records("form_fields")}
    assert kinds == {
        *("custom", "title", "summary", "severity", "environments", "types", "services", "causes"),
        *("functionalities", "teams", "visibility", "mark_as_test", "mark_as_backfilled"),
        *("mark_as_in_triage", "labels", "notify_emails", "trigger_manual_workflows"),
        *("show_ongoing_incidents", "attach_alerts", "in_triage_at", "started_at", "detected_at"),
        *("acknowledged_at", "mitigated_at", "resolved_at", "closed_at"),
        *("manual_starting_datetime_field", "mitigation_message", "resolution_message"),
        *("cancellation_message", "status", "custom_sub_status"),
    }


def test_the_ordinary_form_is_short_until_it_is_answered(sandbox: Sandbox) -> None:
    conditioned = {
        each["form_field_placement_id"]
        for each in sandbox.records("form_field_placement_conditions")
        if each["conditioned"] == "placement"
    }
    fields = {each["id"]: each["name"] for each in sandbox.records("form_fields")}
    default = sandbox.record("form_sets", "Default")["id"]
    placements = [
        each
        for each in sandbox.records("form_field_placements")
        if each["form_set_id"] == default and each["form"] == NEW
    ]
    names = [fields[each["form_field_id"]] for each in placements if each["id"] not in conditioned]
    assert names == [
        *("Title", "Summary", "Severity", "Types", "Services", "Environments", "Teams"),
        *("How was it noticed?", "Customers can tell", "Customers affected", "Affected regions"),
        *("Business customers", "Incident lead", "First seen on", "Causes", "Tags", "Alerts"),
        *("Labels", "Notify by mail", "This is a test", "It is over already", "Private"),
        *("Ongoing incidents", "Run workflows", "Declared through"),
    ]


def test_the_form_begins_with_what_everybody_expects_and_asks_for_little(sandbox: Sandbox) -> None:
    fields = {each["id"]: each for each in sandbox.records("form_fields")}
    default = sandbox.record("form_sets", "Default")["id"]
    placed = sorted(
        (
            each
            for each in sandbox.records("form_field_placements")
            if each["form_set_id"] == default and each["form"] == NEW
        ),
        key=lambda each: int(each["position"]),
    )
    kinds = [fields[each["form_field_id"]]["kind"] for each in placed]
    assert kinds[:7] == [
        *("title", "summary", "severity", "types", "services", "environments", "teams")
    ]
    required = [fields[each["form_field_id"]]["name"] for each in placed if each["required"]]
    assert required == ["Title", "Severity", "How was it noticed?"]


def test_every_rule_looks_at_a_field_placed_above_it(sandbox: Sandbox) -> None:
    placements = {each["id"]: each for each in sandbox.records("form_field_placements")}
    positions = {
        (each["form_set_id"], each["form"], each["form_field_id"]): each["position"]
        for each in placements.values()
    }
    for rule in sandbox.records("form_field_placement_conditions"):
        own = placements[rule["form_field_placement_id"]]
        looked_at = positions[own["form_set_id"], own["form"], rule["form_field_id"]]
        assert looked_at < own["position"]


def test_every_id_that_is_referred_to_exists(sandbox: Sandbox) -> None:
    known = {
        name: {each["id"] for each in sandbox.records(name)}
        for name in ("environments", "teams", "form_fields", "form_sets", "catalogs")
    }
    for service in sandbox.records("services"):
        assert set(service["environment_ids"]) <= known["environments"]
        assert set(service["owner_group_ids"]) <= known["teams"]
    for placement in sandbox.records("form_field_placements"):
        assert placement["form_field_id"] in known["form_fields"]
        assert placement["form_set_id"] in known["form_sets"]
    for field in sandbox.records("form_fields"):
        if field["value_kind"] == "catalog_entity":
            assert field["value_kind_catalog_id"] in known["catalogs"]
