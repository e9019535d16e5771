"""What is read is told by its shape: JSON:API or flat, nested or by id, complete or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.rootly import readers, records
from incidentportal.rootly.client import Client
from incidentportal.rootly.records import FieldOption, FieldPosition
from incidentportal.rootly.shapes import Included, Row, record_of
from tests.rootly.upstream import Upstream, answer

OPTIONS = (
    FieldOption(id="102", value="EU", color="#fff", default=True, position=1),
    FieldOption(id="0", value="US"),
)
POSITIONS = (FieldPosition(id="p1", form="web_new_incident_form", position=3),)


def resource(kind: str, record_id: object, /, **attributes: Any) -> dict[str, Any]:
    return {"id": record_id, "type": kind, "attributes": attributes}


@pytest.mark.parametrize("dialect", ["jsonapi", "plain"])
@pytest.mark.parametrize(
    "document",
    [
        {"data": [resource("services", "0", name="Shop")], "links": {"next": None}},
        {"data": [resource("services", 0, name="Shop")], "meta": {"next_page": None}},
        {"data": [{"id": 0, "name": "Shop"}]},
        [{"id": 0, "name": "Shop"}],
        [{"data": resource("services", 0, name="Shop")}],
        {"services": [{"id": "0", "name": "Shop"}], "warnings": [], "total": 1},
        {"items": [{"id": 0.0, "name": "Shop"}], "next": None},
    ],
)
def test_a_list_is_told_by_its_shape_in_either_dialect(
    upstream: Upstream, connect: Callable[..., Client], dialect: str, document: Any
) -> None:
    upstream.will(answer(document))
    assert connect(dialect).services().records == (records.Service(id="0", name="Shop"),)


@pytest.mark.parametrize(
    "document",
    [
        {"data": resource("users", "7", full_name="Ada Holm", email="a@b.example")},
        {"data": {"id": 7, "first_name": "Ada", "last_name": "Holm", "email": "a@b.example"}},
        {"id": 7, "name": "Ada Holm", "email": "a@b.example"},
        {"user": {"id": 7, "name": "Ada Holm", "email": "a@b.example"}},
        {"user": {"data": resource("users", 7, name="Ada Holm", email="a@b.example")}, "meta": {}},
    ],
)
def test_a_record_is_told_by_its_shape(upstream: Upstream, client: Client, document: Any) -> None:
    upstream.will(answer(document))
    assert client.me() == records.User(id="7", name="Ada Holm", email="a@b.example")


FIELD: dict[str, Any] = {
    "kind": "custom",
    "name": "Region",
    "slug": "region",
    "input_kind": "select",
    "value_kind": "inherit",
    "default_values": [102],
    "shown": None,
    "invented_later": {"x": 1},
}
EU = {"value": "EU", "color": "#fff", "default": 1, "position": "1"}
US = {"value": "US", "color": None, "default": None, "position": None}
PLACE = {"form": "web_new_incident_form", "position": 3}
INCLUDED = [
    resource("form_field_options", "102", **EU, form_field_id="45"),
    resource("form_field_options", "0", **US, form_field_id="45"),
    resource("form_field_options", "9", value="of another field", form_field_id="46"),
    resource("form_field_positions", "p1", **PLACE, form_field_id="45"),
]


def _related(options: Any, positions: Any) -> dict[str, Any]:
    return {"options": {"data": options}, "positions": {"data": positions}}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(
            {"data": [resource("form_fields", "45", **FIELD)], "included": INCLUDED},
            id="included, by its field's id",
        ),
        pytest.param(
            {
                "data": [
                    resource("form_fields", 45, **FIELD)
                    | {
                        "relationships": _related(
                            [
                                {"id": 102, "type": "form_field_options"},
                                {"id": 0, "type": "form_field_options"},
                            ],
                            [{"id": "p1", "type": "form_field_positions"}],
                        )
                    }
                ],
                "included": [
                    resource("form_field_options", 102, **EU),
                    resource("form_field_options", 0, **US),
                    resource("form_field_options", 9, value="of another field"),
                    resource("form_field_positions", "p1", **PLACE),
                ],
            },
            id="included, by relationships",
        ),
        pytest.param(
            {
                "form_fields": [
                    {
                        "id": 45,
                        **FIELD,
                        "options": [{"id": 102, **EU}, {"id": 0, **US}],
                        "positions": [{"id": "p1", **PLACE}],
                    }
                ]
            },
            id="nested",
        ),
        pytest.param(
            {
                "data": [
                    resource(
                        "form_fields",
                        "45",
                        **FIELD,
                        options={"data": [resource("o", 102, **EU), resource("o", 0, **US)]},
                        positions=[{"data": resource("p", "p1", **PLACE)}],
                    )
                ]
            },
            id="nested and wrapped",
        ),
    ],
)
def test_options_and_positions_are_found_wherever_they_stand(
    upstream: Upstream, client: Client, document: Any
) -> None:
    upstream.will(answer(document))
    [field] = client.form_fields()
    assert field.options == OPTIONS
    assert field.positions == POSITIONS
    assert field.default_values == ("102",)
    assert field.shown == ()
    assert field.enabled
    assert upstream.requests[0].query["include"] == "options,positions"


@pytest.mark.parametrize(
    "said",
    [
        {"severity_id": 0},
        {"severity_id": "0"},
        {"severity": {"id": 0, "name": "SEV0"}},
        {"severity": {"data": resource("severities", "0", name="SEV0")}},
        {"severity_id": None, "severity": {"data": {"id": 0}}},
    ],
)
def test_a_relation_is_found_in_every_form(said: dict[str, Any]) -> None:
    assert _incident({"data": resource("incidents", 1, **said)}).severity_id == "0"
    assert _incident({"id": 1, **said}).severity_id == "0"


def test_a_relation_is_found_among_the_relationships() -> None:
    related = {"severity": {"data": {"id": "s1", "type": "severities"}}, "user": {"data": None}}
    incident = _incident({"data": {"id": 1, "relationships": related}})
    assert incident.severity_id == "s1"
    assert incident.user_id is None


@pytest.mark.parametrize("said", [None, True, "", "  ", [], {}, {"data": None}, {"id": True}])
def test_what_is_no_id_is_none(said: Any) -> None:
    assert _incident({"id": 1, "severity_id": said, "severity": said}).severity_id is None


def test_a_name_in_an_ids_place_is_no_id() -> None:
    assert _incident({"id": 1, "severity": "critical"}).severity_id is None


def _incident(document: Any) -> records.Incident:
    row = record_of(document)
    assert row is not None
    return readers.incident(row)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"environment_ids": [1, "b", None, True]}, ("1", "b")),
        ({"environments": [{"id": 1, "name": "x"}, {"id": "b"}]}, ("1", "b")),
        ({"environments": {"data": [{"id": 1}, {"data": {"id": "b"}}]}}, ("1", "b")),
        ({"environments": [1, 1, 0]}, ("1", "0")),
        ({"environment_ids": None, "environments": None}, ()),
        ({"environment_ids": "b"}, ("b",)),
        ({"environments": ["production"]}, ()),
    ],
)
def test_relations_to_many_are_found_in_every_form(
    said: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert readers.service(Row({"id": 1, **said})).environment_ids == expected


def test_records_that_cannot_be_read_are_skipped_and_named(
    upstream: Upstream, client: Client
) -> None:
    upstream.will(
        answer({"data": [{"id": "a"}, {"id": True}, None, [1], {"name": "x"}, {"id": "b"}]})
    )
    listing = client.teams()
    assert [team.id for team in listing] == ["a", "b"]
    assert {skipped.list for skipped in listing.skipped} == {"teams"}
    assert [skipped.reason for skipped in listing.skipped] == [
        "it has no id (entry 2 of its page)",
        "it is not an object (entry 3 of its page)",
        "it is not an object (entry 4 of its page)",
        "it has no id (entry 5 of its page)",
    ]


def test_attributes_of_the_wrong_kind_become_what_was_promised() -> None:
    team = readers.team(
        Row({"id": 5, "name": 7, "slug": None, "description": ["x"], "color": 1.5, "position": "4"})
    )
    assert team == records.Team(id="5", name="7", color="1.5", position=4)


def test_unknown_kinds_and_comparisons_pass_through() -> None:
    condition = readers.placement_condition(
        Row({"id": 1, "comparison": "resembles", "conditioned": "mood", "values": [1, "b", None]})
    )
    assert condition.comparison == "resembles"
    assert condition.conditioned == "mood"
    assert condition.values == ("1", "b")
    assert readers.form_field(Row({"id": 1, "kind": "hologram"})).kind == "hologram"


def test_no_text_holds_what_a_database_refuses(upstream: Upstream, client: Client) -> None:
    upstream.will(answer(b'\xef\xbb\xbf[{"id": 1, "name": "a\\u0000b\\ud800c\xff"}]'))
    [team] = client.teams()
    assert team.name == "ab?c\ufffd"


def test_a_placement_knows_its_field_and_its_nested_conditions(
    upstream: Upstream, client: Client
) -> None:
    condition = {"id": 3, "comparison": "equal", "form_field": {"id": 0}, "values": ["x"]}
    upstream.will(
        answer([{"id": 1, "form_set": {"data": {"id": 2}}, "conditions": [condition]}]),
        answer([]),
    )
    [placement] = client.placements("f9")
    assert (placement.form_field_id, placement.form_set_id) == ("f9", "2")
    assert placement.conditions[0].form_field_id == "0"


@pytest.mark.parametrize(
    "properties",
    [
        {"properties": [{"catalog_property_id": 4, "value": '["a", 1]'}]},
        {"properties": [{"catalog_property_id": "4", "value": "a"},
                        {"catalog_property_id": 4, "value": 1}]},
        {"properties": {"data": [resource("x", 9, catalog_field_id=4, value=["a", {"id": 1}])]}},
    ],
)  # fmt: skip
def test_a_catalog_entity_has_its_properties(
    upstream: Upstream, client: Client, properties: dict[str, Any]
) -> None:
    upstream.will(answer({"data": [resource("catalog_entities", "e", **properties)]}), answer([]))
    [entity] = client.catalog_entities("c1")
    assert entity.catalog_id == "c1"
    assert entity.properties == {"4": ("a", "1")}


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        ({"labels": {"a": "b", "n": 1, "none": None}}, {"a": "b", "n": "1", "none": ""}),
        ({"labels": [{"key": "a", "value": "b"}, {"id": 7, "key": "c"}]}, {"a": "b", "c": ""}),
        ({"labels": {"data": [resource("labels", 1, key="a", value="b")]}}, {"a": "b"}),
        ({"labels": {"data": "b"}}, {"data": "b"}),
        ({"labels": None}, {}),
        ({"labels": "?"}, {}),
        ({}, None),
    ],
)
def test_labels_come_in_more_than_one_form(said: Any, labels: dict[str, str] | None) -> None:
    assert _incident({"id": 1, **said}).labels == labels


def test_an_incident_is_read_as_rootly_documents_it(upstream: Upstream, client: Client) -> None:
    upstream.will(
        answer(
            {
                "data": resource(
                    "incidents",
                    "9d51b389",
                    sequential_id=11,
                    title="Oh no",
                    kind="normal",
                    private=False,
                    status="started",
                    url="https://rootly.com/account/incidents/11-oh-no",
                    short_url=None,
                    user={"data": resource("users", "299", name="Krystin Adams")},
                    severity={"data": resource("severities", "1ab7", name="SEV1")},
                    slack_channel_name=None,
                    parent_incident_id=None,
                    created_at="2025-07-12T00:17:12.601-07:00",
                )
            }
        )
    )
    assert client.incident("9d51b389") == records.Incident(
        id="9d51b389",
        sequential_id=11,
        title="Oh no",
        kind="normal",
        private=False,
        status="started",
        url="https://rootly.com/account/incidents/11-oh-no",
        user_id="299",
        severity_id="1ab7",
        parent_incident_id="",
        created_at="2025-07-12T00:17:12.601-07:00",
    )


def test_a_nested_slack_channel_is_found() -> None:
    incident = _incident(
        {"id": 1, "slack_channel": {"id": "C1", "name": "inc", "url": "https://s"}}
    )
    assert incident.slack_channel_id == "C1"
    assert incident.slack_channel_name == "inc"
    assert incident.slack_channel_url == "https://s"


@pytest.mark.parametrize(
    ("said", "value", "options"),
    [
        ({"value": "x", "selected_option_ids": [102]}, "x", ("102",)),
        ({"value": None, "selected_options": [{"id": 102, "value": "EU"}]}, None, ("102",)),
        ({"value": 3, "selected_options": {"id": None, "value": "x"}}, "3", ()),
        ({"value": True, "selected_options": {"id": ["a", 2]}}, "1", ("a", "2")),
        ({"value": ["a", "b"]}, '["a","b"]', ()),
        ({}, None, ()),
    ],
)
def test_a_selection_is_read(
    said: dict[str, Any], value: str | None, options: tuple[str, ...]
) -> None:
    selection = readers.selection(Row({"id": 1, "form_field": {"id": 45}, **said}))
    assert selection.form_field_id == "45"
    assert selection.value == value
    assert selection.selected_option_ids == options


READERS = [
    getattr(readers, name)
    for name in ("alert", "workflow", "workflow_run", "incident_event",
                 "catalog_entity", "form_field", "form_set", "incident", "placement",
                 "placement_condition", "selection", "service", "severity", "user")
]  # fmt: skip
NAMES = ["trigger_params", "triggers", "summary", "incident", "event",
         "id", "data", "attributes", "relationships", "type", "options", "positions", "labels",
         "properties", "conditions", "values", "severity", "position", "private", "name",
         "value", "slack_channel", "environments", "form_field_id", "selected_options"]  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(NAMES), anything, max_size=8), anything)
def test_whatever_a_record_holds_only_its_id_can_cost_it(item: Any, included: Any) -> None:
    row = Row({**item, "id": 1}, Included({"included": [included]}))
    for read in READERS:
        record = read(row)
        assert record.id == "1"
        json.dumps(record.id)
    record_of(item)
