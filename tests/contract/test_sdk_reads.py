"""Rootly's SDK 3.0.1 reads every list and item of the sandbox.

The sandbox's own data holds no enum value newer than this SDK, so nothing is filtered here; the
last test adds one, and shows why the SDK is no run-time dependency.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rootly_sdk import AuthenticatedClient

    from tests.support.sandbox import Sandbox

LISTS = {
    "form_fields": "form_fields.list_form_fields",
    "form_sets": "form_sets.list_form_sets",
    "custom_forms": "custom_forms.list_custom_forms",
    "services": "services.list_services",
    "environments": "environments.list_environments",
    "severities": "severities.list_severities",
    "teams": "teams.list_teams",
    "functionalities": "functionalities.list_functionalities",
    "incident_types": "incident_types.list_incident_types",
    "causes": "causes.list_causes",
    "catalogs": "catalogs.list_catalogs",
    "users": "users.list_users",
    "alerts": "alerts.list_alerts",
    "workflows": "workflows.list_workflows",
    "sub_statuses": "sub_statuses.list_sub_statuses",
    "incidents": "incidents.list_incidents",
}
ITEMS = {
    "form_fields": "form_fields.get_form_field",
    "form_field_options": "form_field_options.get_form_field_option",
    "form_field_placements": "form_field_placements.get_form_field_placement",
    "form_field_placement_conditions": (
        "form_field_placement_conditions.get_form_field_placement_condition"
    ),
    "form_sets": "form_sets.get_form_set",
    "form_set_conditions": "form_set_conditions.get_form_set_condition",
    "services": "services.get_service",
    "environments": "environments.get_environment",
    "severities": "severities.get_severity",
    "teams": "teams.get_team",
    "functionalities": "functionalities.get_functionality",
    "incident_types": "incident_types.get_incident_type",
    "causes": "causes.get_cause",
    "catalogs": "catalogs.get_catalog",
    "users": "users.get_user",
    "incidents": "incidents.get_incident",
}
# The parent's list, and what lists its children.
NESTED = {
    "form_field_options": ("form_fields", "form_field_options.list_form_field_options"),
    "form_field_positions": ("form_fields", "form_field_positions.list_form_field_positions"),
    "form_field_placements": ("form_fields", "form_field_placements.list_form_field_placements"),
    "form_field_placement_conditions": (
        *("form_field_placements",),
        "form_field_placement_conditions.list_form_field_placement_conditions",
    ),
    "form_set_conditions": ("form_sets", "form_set_conditions.list_form_set_conditions"),
    "catalog_entities": ("catalogs", "catalog_entities.list_catalog_entities"),
}


def read(client: AuthenticatedClient, function: str, *arguments: str, **query: Any) -> Any:
    """Call one of the SDK's functions; its answer, decoded, which must hold all that came."""
    module = import_module(f"rootly_sdk.api.{function}")
    answer = module.sync_detailed(*arguments, client=client, **query)
    assert answer.status_code == 200, answer.content
    came = json.loads(answer.content)
    assert answer.parsed is not None
    shown = answer.parsed.to_dict()
    assert _without_nulls(shown["data"]) == _without_nulls(came["data"])
    return answer.parsed


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value


@pytest.mark.parametrize(("name", "function"), LISTS.items())
def test_each_list_is_decoded_to_its_last_record(
    sandbox: Sandbox, sdk: AuthenticatedClient, name: str, function: str
) -> None:
    page = read(sdk, function, pagesize=100)
    known = {each["id"] for each in sandbox.records(name)}
    assert {each.id for each in page.data} == known
    assert page.meta.total_count == len(known)


@pytest.mark.parametrize(("name", "function"), ITEMS.items())
def test_each_item_is_decoded(
    sandbox: Sandbox, sdk: AuthenticatedClient, name: str, function: str
) -> None:
    for record in sandbox.records(name)[:3]:
        assert read(sdk, function, record["id"]).data.id == record["id"]


@pytest.mark.parametrize(("name", "parent", "function"), [(k, *v) for k, v in NESTED.items()])
def test_each_nested_list_is_decoded(
    sandbox: Sandbox, sdk: AuthenticatedClient, name: str, parent: str, function: str
) -> None:
    found: set[str] = set()
    for record in sandbox.records(parent):
        found |= {each.id for each in read(sdk, function, record["id"]).data}
    assert found == {each["id"] for each in sandbox.records(name)}


def test_form_fields_are_decoded_with_what_they_include(sdk: AuthenticatedClient) -> None:
    for include in ("options", "positions"):
        page = read(sdk, LISTS["form_fields"], pagesize=100, include=include)
        assert {each.type_ for each in page.included} == {f"form_field_{include}"}


def test_entities_are_decoded_with_their_properties(
    sandbox: Sandbox, sdk: AuthenticatedClient
) -> None:
    catalog = sandbox.record("catalogs", "Regions")["id"]
    page = read(sdk, NESTED["catalog_entities"][1], catalog, include="properties")
    teams = {each["id"] for each in sandbox.records("teams")}
    assert {each.attributes.properties[0].value for each in page.data} <= teams


def test_the_tokens_owner_is_decoded(sdk: AuthenticatedClient) -> None:
    assert read(sdk, "users.get_current_user").data.attributes.email


def test_pages_are_followed_by_the_cursor(sdk: AuthenticatedClient) -> None:
    first = read(sdk, LISTS["incidents"], pagesize=2)
    second = read(sdk, LISTS["incidents"], pagesize=2, pageafter=first.meta.next_cursor)
    assert not {each.id for each in first.data} & {each.id for each in second.data}


def test_a_record_newer_than_the_sdk_breaks_its_whole_list(
    sandbox: Sandbox, sdk: AuthenticatedClient
) -> None:
    field = sandbox.records("form_fields")[0]["id"]
    sandbox.change_list("form_fields", upsert=[{"id": field, "input_kind": "hologram"}])
    with pytest.raises(TypeError, match="hologram"):
        read(sdk, LISTS["form_fields"])
