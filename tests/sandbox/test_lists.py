from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api


def test_the_same_record_has_a_text_id_or_a_number(api: Api) -> None:
    text = api.get("v1/severities").json()["data"]
    plain = api.get("api/v1/severities").json()["severities"]
    assert [each["id"] for each in plain] == [0, 1, 2, 3, 4]
    assert [each["attributes"]["name"] for each in text] == [each["name"] for each in plain]
    assert all(isinstance(each["id"], str) and len(each["id"]) == 36 for each in text)
    assert api.get("api/v1/severities/0").json()["name"] == "SEV0 Emergency"
    one = api.get(f"v1/severities/{text[0]['id']}").json()
    assert one["data"]["attributes"]["name"] == "SEV0 Emergency"


def test_ids_inside_records_look_like_ids(api: Api) -> None:
    service = api.get("api/v1/services").json()["services"][0]
    assert all(isinstance(each, int) for each in service["environment_ids"])
    severity = next(
        each["id"]
        for each in api.get("v1/form_fields", **{"page[size]": 100}).json()["data"]
        if each["attributes"]["kind"] == "severity"
    )
    conditions = api.sandbox.records("form_field_placement_conditions")
    rule = next(each for each in conditions if each["form_field_id"] == severity)
    listed = api.get(f"v1/form_field_placements/{rule['form_field_placement_id']}/conditions")
    assert rule["id"] in [each["id"] for each in listed.json()["data"]]
    api.sandbox.switch(ids="number")
    number = api.get(f"v1/form_field_placement_conditions/{rule['id']}").json()["data"]
    assert isinstance(number["id"], int)
    assert number["attributes"]["values"] == ["0", "1", "2"]  # values are text in any case
    api.sandbox.switch(ids="digits")
    assert [each["id"] for each in api.get("v1/severities").json()["data"]] == list("01234")


def test_form_fields_bring_their_options_and_positions(api: Api) -> None:
    query = {"include": "options,positions", "page[size]": 100}
    jsonapi = api.get("v1/form_fields", **query).json()
    types = {each["type"] for each in jsonapi["included"]}
    assert types == {"form_field_options", "form_field_positions"}
    noticed = next(
        each for each in jsonapi["data"] if each["attributes"]["slug"] == "how-was-it-noticed"
    )
    assert len(noticed["relationships"]["options"]["data"]) == 5
    options = api.get(f"v1/form_fields/{noticed['id']}/options").json()["data"]
    assert {each["id"] for each in options} <= {each["id"] for each in jsonapi["included"]}
    plain = api.get("api/v1/form_fields", **query).json()["form_fields"]
    flat = next(each for each in plain if each["slug"] == "how-was-it-noticed")
    assert [each["value"] for each in flat["options"]][:1] == ["Monitoring alert"]


def test_entities_bring_their_properties_only_when_asked(api: Api) -> None:
    catalog = api.sandbox.record("catalogs", "Business customers")["id"]
    path = f"v1/catalogs/{catalog}/entities"
    assert "properties" not in api.get(path).json()["data"][0]["attributes"]
    held = api.get(path, include="properties").json()["data"][0]["attributes"]["properties"]
    assert {"catalog_property_id", "value"} == set(held[0])


@pytest.mark.parametrize("paging", ["both", "links", "meta", "cursor"])
@pytest.mark.parametrize("dialect", ["v1", "api/v1"])
def test_a_list_can_be_followed_to_its_end(api: Api, paging: str, dialect: str) -> None:
    api.sandbox.switch(paging=paging)
    seen: list[str] = []
    url, query = f"/{dialect}/services", {"page[size]": "7"}
    for _ in range(10):
        content = api.http.get(url, params=query or None).json()
        rows = content["data"] if dialect == "v1" else content["services"]
        seen += [str(each["id"]) for each in rows]
        following = _following(content, paging)
        if following is None:
            break
        url, query = following if isinstance(following, tuple) else (following, {})
        if not url:
            url, query = f"/{dialect}/services", {"page[size]": "7", **query}
    assert len(seen) == len(set(seen)) == 40


def _following(content: dict[str, Any], paging: str) -> Any:
    links, meta = content.get("links"), content.get("meta")
    assert (links is not None) == (paging in {"both", "links"})
    assert (meta is not None) == (paging != "links")
    if links is not None:
        return links["next"]
    assert meta is not None
    if paging == "cursor":
        assert set(meta) == {"next_cursor"}
        return ("", {"page[after]": meta["next_cursor"]}) if meta["next_cursor"] else None
    return ("", {"page[number]": str(meta["next_page"])}) if meta["next_page"] else None


def test_pages_have_a_largest_size_and_flat_lists_three_shapes(api: Api) -> None:
    api.sandbox.switch(page_size_max=10, plain_lists="array")
    answer = api.get("api/v1/services", **{"page[size]": 100})
    assert len(answer.json()) == 10
    assert 'rel="next"' in answer.headers["Link"]
    api.sandbox.switch(plain_lists="data")
    assert api.get("api/v1/services").json()["data"][0]["name"] == "Web shop"


def test_incidents_are_filtered_by_time_and_sorted(api: Api) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    api.jsonapi(title="First")
    api.jsonapi(title="Second")
    for moment in (before.isoformat(), before.strftime("%Y-%m-%dT%H:%M:%SZ")):
        found = api.get("v1/incidents", **{"filter[created_at][gte]": moment}).json()["data"]
        assert [each["attributes"]["title"] for each in found] == ["Second", "First"]
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    for name, moment, count in (
        ("gt", later, 0),
        ("lte", later, 16),
        ("lt", before.isoformat(), 14),
    ):
        query = {f"filter[created_at][{name}]": moment}
        assert len(api.get("v1/incidents", **query).json()["data"]) == count
    oldest = api.get("v1/incidents", sort="created_at").json()["data"]
    assert oldest[-1]["attributes"]["title"] == "Second"


def test_people_are_found_by_mail_and_me_is_the_tokens_owner(api: Api) -> None:
    mail = "grace.okafor@larkfield.example"
    found = api.get("v1/users", **{"filter[email]": mail}).json()["data"]
    assert [each["attributes"]["full_name"] for each in found] == ["Grace Okafor"]
    assert api.get("v1/users", **{"filter[email]": "nobody@x.example"}).json()["data"] == []
    assert api.get("v1/users/me").json()["data"]["attributes"]["name"] == "Rootly Service Account"


def test_lists_can_be_changed_and_come_back(api: Api) -> None:
    cause = api.sandbox.record("causes", "Capacity")
    api.sandbox.change_list(
        "causes",
        upsert=[{"id": cause["id"], "name": "Too small"}, {"id": "odd one", "name": "New"}],
        remove=[api.sandbox.record("causes", "Network")["id"]],
        raw=[{"type": "causes"}, 7],
    )
    shown = api.get("v1/causes").json()["data"]
    names = [each["attributes"]["name"] for each in shown[:-2]]
    assert "Too small" in names
    assert "Network" not in names
    assert "odd one" in [each["id"] for each in shown[:-2]]
    assert shown[-2:] == [{"type": "causes"}, 7]
    api.sandbox.change_list("causes", replace=[{"name": "Only one"}])
    assert [each["name"] for each in api.sandbox.records("causes")] == ["Only one"]
    api.sandbox.reset()
    assert len(api.sandbox.records("causes")) == 10
