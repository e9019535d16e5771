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
    for name in ("functionalities", "causes", "catalogs", "alerts", "workflows", "sub_statuses"):
        assert sandbox.records(name)


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
