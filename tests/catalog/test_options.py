"""Option lists: order, labels that can be told apart, and the search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.catalog.options import (
    Option,
    OptionList,
    OptionLists,
    fold,
    named_options,
    own_options,
    user_options,
)
from incidentportal.catalog.picture import Picture
from incidentportal.rootly.records import (
    CatalogEntity,
    FieldOption,
    Service,
    Severity,
    Team,
    User,
    Workflow,
)


def listed(*names: str) -> OptionList:
    return OptionList(Option(str(number), name) for number, name in enumerate(names))


def labels(options: list[Option] | OptionList) -> list[str]:
    return [option.label for option in options]


def test_options_stand_by_position_with_those_without_one_last_then_by_name() -> None:
    services = [
        Service(id="1", name="beta"),
        Service(id="2", name="Alpha"),
        Service(id="3", name="second", position=2),
        Service(id="4", name="first", position=0),
    ]
    assert labels(named_options(services)) == ["first", "second", "Alpha", "beta"]


def test_the_order_of_what_rootly_sent_does_not_matter() -> None:
    services = [Service(id=str(number), name="same", slug=f"s-{number}") for number in range(5)]
    assert list(named_options(services)) == list(named_options(reversed(services)))


def test_names_that_occur_twice_are_told_apart_by_their_slug_others_stay_plain() -> None:
    options = named_options(
        [
            Service(id="1", name="api", slug="api-eu"),
            Service(id="2", name="api", slug="api-us"),
            Service(id="3", name="web", slug="web"),
        ]
    )
    assert [(option.label, option.hint) for option in options] == [
        ("api", "api-eu"),
        ("api", "api-us"),
        ("web", ""),
    ]


def test_names_that_occur_twice_without_a_telling_slug_are_told_apart_by_id() -> None:
    options = named_options(
        [Team(id="1", name="Ops", slug="ops"), Team(id="2", name="Ops", slug="ops")]
    )
    assert [option.hint for option in options] == ["1", "2"]


def test_a_record_without_a_name_is_called_by_its_slug_else_its_id() -> None:
    options = named_options([Team(id="0", slug="ops"), Team(id="7", name="  ")])
    assert {option.id: option.label for option in options} == {"0": "ops", "7": "7"}


def test_people_are_called_by_full_name_with_their_email_beside_it() -> None:
    options = user_options(
        [User(id="2", name="Zoë", email="z@example.com"), User(id="1", email="a@example.com")]
    )
    assert list(options) == [
        Option("1", "a@example.com", "a@example.com"),
        Option("2", "Zoë", "z@example.com"),
    ]


def test_two_people_of_one_name_and_email_are_told_apart_by_id() -> None:
    twins = [User(id=number, name="Kim", email="kim@example.com") for number in "12"]
    assert [option.hint for option in user_options(twins)] == [
        "1 · kim@example.com",
        "2 · kim@example.com",
    ]


def test_own_options_stand_by_position() -> None:
    options = own_options(
        [FieldOption(id="9", value="EU", position=2), FieldOption(id="8", value="US", position=1)]
    )
    assert labels(options) == ["US", "EU"]


def test_severities_show_their_description() -> None:
    lists = OptionLists(
        Picture(severities=(Severity(id="0", name="SEV0", description="All is down", position=1),))
    )
    assert list(lists.options("severities")) == [Option("0", "SEV0", "All is down")]


def test_lists_are_prepared_once_and_unknown_ones_are_empty() -> None:
    lists = OptionLists(
        Picture(
            services=(Service(id="1", name="api"),),
            catalog_entities=(
                CatalogEntity(id="e1", name="Berlin", catalog_id="c1"),
                CatalogEntity(id="e2", name="Rome", catalog_id="c2"),
            ),
        )
    )
    assert lists.options("services") is lists.options("services")
    assert lists.entities("c1") is lists.entities("c1")
    assert labels(lists.entities("c1")) == ["Berlin"]
    assert len(lists.options("problems")) == 0
    assert len(lists.entities("nowhere")) == 0


def test_an_option_is_found_by_id_and_the_first_of_two_equal_ids_counts() -> None:
    options = OptionList([Option("0", "zero"), Option("0", "again")])
    assert len(options) == 1
    assert options.get("0") == Option("0", "zero")
    assert "0" in options
    assert options.get("1") is None
    assert "1" not in options


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("api", ["API gateway", "checkout-api", "grapish"]),
        ("API", ["API gateway", "checkout-api", "grapish"]),
        ("  gate   api ", ["API gateway"]),
        ("checkout-a", ["checkout-api"]),
        ("checkout api", ["checkout-api"]),
        ("nothing", []),
        ("api nothing", []),
    ],
)
def test_a_hit_has_every_word_and_beginnings_come_first(query: str, expected: list[str]) -> None:
    assert labels(listed("grapish", "checkout-api", "API gateway").search(query)) == expected


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Zürich", "zurich"),
        ("Zurich", "ZÜRICH"),
        ("Straße", "strasse"),
        ("STRASSE", "straße"),
        ("Malmø", "malmo"),
        ("Łódź", "lodz"),
        ("Ærø", "aero"),
        ("İzmir", "izmir"),
        ("ﬁrewall", "fire"),
        ("Ａｐｉ", "api"),
    ],
)
def test_case_and_accents_do_not_matter(name: str, query: str) -> None:
    assert labels(listed(name).search(query)) == [name]


def test_equally_good_hits_keep_the_lists_order_and_the_limit_holds() -> None:
    options = listed(*(f"x-service {number}" for number in range(30)), "service first")
    found = labels(options.search("service"))
    assert len(found) == 20
    assert found[:3] == ["service first", "x-service 0", "x-service 1"]


def test_a_search_without_words_shows_the_head_of_the_list() -> None:
    assert labels(listed("b", "a").search("  ", limit=1)) == ["b"]


@given(st.text(), st.lists(st.text(), max_size=20))
def test_any_query_finds_exactly_the_names_that_have_its_words(
    query: str, names: list[str]
) -> None:
    options = listed(*names)
    found = options.search(query, limit=100)
    expected = [o for o in options if all(word in fold(o.label) for word in fold(query).split())]
    assert sorted(found, key=lambda o: int(o.id)) == expected


def test_workflows_that_are_started_by_hand_are_offered() -> None:
    about = "incident"
    picture = Picture(
        workflows=(
            Workflow(id="0", name="Page the lead", trigger_type=about),
            Workflow(id="1", name="Off", enabled=False, trigger_type=about),
            Workflow(id="2", name="By itself", triggers=("incident_created",), trigger_type=about),
            Workflow(id="3", name="About alerts", trigger_type="alert"),
            Workflow(id="4", name="About nothing that is known"),
        )
    )
    options = OptionLists(picture).options("workflows")
    assert [(option.id, option.label) for option in options] == [("0", "Page the lead")]
    assert options.is_complete
    assert not options.is_open
