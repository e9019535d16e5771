"""The client as a whole: its lists, its pool, its threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from incidentportal.rootly.client import Client
from tests.rootly.upstream import Upstream, answer

LISTS = {
    "form_fields": "/form_fields",
    "form_sets": "/form_sets",
    "services": "/services",
    "environments": "/environments",
    "severities": "/severities",
    "teams": "/teams",
    "functionalities": "/functionalities",
    "incident_types": "/incident_types",
    "causes": "/causes",
    "catalogs": "/catalogs",
    "users": "/users",
    "incidents": "/incidents",
    "field_options": "/form_fields/a%2Fb/options",
    "placements": "/form_fields/a%2Fb/placements",
    "placement_conditions": "/form_field_placements/a%2Fb/conditions",
    "form_set_conditions": "/form_sets/a%2Fb/conditions",
    "catalog_entities": "/catalogs/a%2Fb/entities",
    "selections": "/incidents/a%2Fb/form_field_selections",
}


@pytest.mark.parametrize(("method", "path"), LISTS.items())
def test_each_list_is_at_its_address(
    upstream: Upstream, client: Client, method: str, path: str
) -> None:
    upstream.will(answer({"data": [{"id": 1}], "links": {"next": None}}))
    owner = ("a/b",) if "%2F" in path else ()
    listing: Any = getattr(client, method)(*owner)
    assert [record.id for record in listing] == ["1"]
    assert upstream.requests[0].target.partition("?")[0] == f"/v1{path}"


def test_incidents_are_asked_for_from_a_moment_on(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"data": []}, headers={"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}))
    moment = datetime(2026, 5, 4, 14, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    listing = client.incidents(created_from=moment)
    assert upstream.requests[0].query["filter[created_at][gte]"] == "2026-05-04T12:00:00Z"
    assert listing.server_date == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def test_people_are_found_by_address_even_if_the_filter_is_ignored(
    upstream: Upstream, client: Client
) -> None:
    people = [{"id": 1, "email": "eve@b.example"}, {"id": 2, "email": "Ada@b.example"}]
    upstream.will(answer({"data": people, "links": {"next": None}}))
    assert [user.id for user in client.users_by_email("ada@B.example ")] == ["2"]


def test_calls_share_connections(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"data": {"id": 1}}))
    for _ in range(5):
        client.me()
    assert upstream.connections == 1


def test_many_threads_share_one_client(upstream: Upstream, connect: Callable[..., Client]) -> None:
    upstream.will(answer({"data": {"id": 1}}))
    with connect() as client, ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: client.me().id, range(200)))
    assert found == ["1"] * 200
    assert upstream.connections <= 16
