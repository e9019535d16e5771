"""Scenarios of values: defaults, read-only fields, autofill, suggestions; and of odd fields."""

from __future__ import annotations

from typing import Any

from incidentportal.formengine.definition import DEFAULT_FORM
from incidentportal.rootly.records import (
    CatalogEntity,
    FieldOption,
    FieldPosition,
    FormField,
    Service,
    Severity,
    Team,
)
from tests.formengine.scenario import (
    Scenario,
    built_in,
    choosing,
    custom,
    form,
    on,
    options,
    pick,
    picks,
    required_if,
    shown_if,
    tick,
)

A, B = custom("a"), custom("b")
DEFAULT = custom("a", default_values=("as usual",))
EU = FieldOption(id="102", value="EU", default=True)
US = FieldOption(id="101", value="US")
BOTH = picks("m", options=(US, EU), default_values=("101", "gone"))

CITY = choosing("city", "catalog_entity", value_kind_catalog_id="cities")
CITIES = custom("cities", "multi_select", value_kind="catalog_entity",
                value_kind_catalog_id="cities")  # fmt: skip
LAND = choosing("land", "catalog_entity", value_kind_catalog_id="lands",
                auto_set_by_catalog_property_id="in")  # fmt: skip
OWNER = choosing("owner", "group", auto_set_by_catalog_property_id="owned by")
OWNERS = custom("owner", "multi_select", value_kind="group",
                auto_set_by_catalog_property_id="owned by")  # fmt: skip
TEAMS = (Team(id="0", name="Null"), Team(id="t1", name="One"), Team(id="t2", name="Two"))
ENTITIES = (
    CatalogEntity(id="b", name="Berlin", catalog_id="cities",
                  properties={"in": ("de",), "owned by": ("t1",)}),
    CatalogEntity(id="p", name="Paris", catalog_id="cities",
                  properties={"in": ("france",), "owned by": ("t2",)}),
    CatalogEntity(id="x", name="Nowhere", catalog_id="cities"),
    CatalogEntity(id="de", name="Germany", catalog_id="lands", properties={"owned by": ("0",)}),
    CatalogEntity(id="fr", name="France", catalog_id="lands", properties={"owned by": ("t2",)}),
)  # fmt: skip
LISTS = {"teams": TEAMS, "catalog_entities": ENTITIES}
FOLLOWS = form(on(CITY), on(OWNER), **LISTS)
SERVES = form(
    on(built_in("services")), on(built_in("teams")), on(built_in("environments")),
    services=(Service(id="12", name="checkout", owner_group_ids=("t1", "t9")),), **LISTS,
)  # fmt: skip


def implied(field_id: str, position: int | None, **rest: Any) -> FormField:
    """A field as organisations without placements have it."""
    return custom(field_id, **{
        "shown": (DEFAULT_FORM,),
        "positions": (FieldPosition(id=field_id, form=DEFAULT_FORM, position=position),), **rest,
    })  # fmt: skip


DEFAULTS = (
    Scenario(name="Rootly's default", picture=form(on(DEFAULT, required=True)), shown="a",
             required="a", payload={"a": "as usual"}),
    Scenario(name="a default that was cleared stays cleared", picture=form(on(DEFAULT), on(B)),
             steps=({"a": ""}, {"b": "x"}), shown="a b", payload={"b": "x"}),
    Scenario(name="a default that only its line ends and blanks were changed of is the person's",
             picture=form(on(custom("a", "textarea", default_values=("What:\nWho:",))), on(B)),
             steps=({"a": "What: \r\n\r\nWho:"}, {"b": "x"}), shown="a b",
             payload={"a": "What: \n\nWho:", "b": "x"}),
    Scenario(name="an option's default", picture=form(on(pick("x", options=(US, EU)))),
             shown="x", payload={"x": ["102"]}),
    Scenario(name="the field's default beats its option's; one that is gone is dropped",
             picture=form(on(BOTH)), shown="m", payload={"m": ["101"]}, reports="default_unknown"),
    Scenario(name="a default by name", picture=form(on(pick("x", default_values=("us",)))),
             shown="x", payload={"x": ["101"]}),
    Scenario(name="a default by slug",
             picture=form(on(choosing("u", "user", default_values=("ada@example.com",)))),
             shown="u", payload={"u": ["7"]}),
    Scenario(name="a ticked default", picture=form(on(tick("t", default_values=("1",)))),
             shown="t", payload={"t": "1"}),
    Scenario(name="a ticked default that was unticked",
             picture=form(on(tick("t", default_values=("true",))), on(B)),
             steps=({"t": None}, {"b": "x"}), shown="t b", payload={"t": "0", "b": "x"}),
    Scenario(name="an unticked checkbox is sent as 0", picture=form(on(tick("t")), on(B)),
             steps=({"b": "x"},), shown="t b", payload={"t": "0", "b": "x"}),
    Scenario(name="conditions see defaults",
             picture=form(on(DEFAULT), on(B, shown_if("a", "equal", "as usual"))), shown="a b"),
    Scenario(name="a hidden field keeps its default until it shows",
             picture=form(on(B), on(custom("a", default_values=("D",)), shown_if("b", "is_set"))),
             steps=({"b": "x"},), shown="b a", payload={"b": "x", "a": "D"}),
    Scenario(name="a default that is never shown is not sent",
             picture=form(on(B), on(custom("a", default_values=("D",)), shown_if("b", "is_set"))),
             shown="b", payload={}),
)  # fmt: skip

READ_ONLY = (
    Scenario(name="a read-only field submits its default whatever a request says",
             picture=form(on(DEFAULT, non_editable=True), on(B)),
             steps=({"a": "tampered", "b": "x"},), shown="a b",
             payload={"a": "as usual", "b": "x"}),
    Scenario(name="a read-only choice submits its default whatever a request says",
             picture=form(on(BOTH, non_editable=True, required=True)), steps=({"m": ["102"]},),
             shown="m", required="m", payload={"m": ["101"]}, reports="default_unknown"),
    Scenario(name="a read-only default that can't be sent can be changed, and is reported",
             picture=form(on(custom("n", "number", default_values=("many",)), non_editable=True)),
             steps=({"n": "5"},), shown="n", payload={"n": "5"},
             reports="default_unusable read_only_without_default"),
    Scenario(name="conditions see a read-only field's default",
             picture=form(on(DEFAULT, non_editable=True), on(B, shown_if("a", "equal", "x"))),
             steps=({"a": "x"},), shown="a", payload={"a": "as usual"}),
    Scenario(name="read-only without a default can be changed, and is reported",
             picture=form(on(A, non_editable=True)), steps=({"a": "mine"},), shown="a",
             payload={"a": "mine"}, reports="read_only_without_default"),
    Scenario(name="a read-only field that is hidden is not sent",
             picture=form(on(B), on(DEFAULT, shown_if("b", "is_set"), non_editable=True)),
             steps=({"a": "tampered"},), shown="b", payload={}),
    Scenario(name="a read-only checkbox that is unticked",
             picture=form(on(tick("t", default_values=("0",)), non_editable=True)),
             steps=({"t": "true"},), shown="t", payload={"t": "0"}),
)  # fmt: skip

AUTOFILL = (
    Scenario(name="a field follows a property of what is chosen", picture=FOLLOWS,
             steps=({"city": "b"},), shown="city owner",
             payload={"city": ["b"], "owner": ["t1"]}),
    Scenario(name="it changes when its source changes", picture=FOLLOWS,
             steps=({"city": "b"}, {"city": "p"}), shown="city owner",
             payload={"city": ["p"], "owner": ["t2"]}),
    Scenario(name="it is empty again when its source says nothing", picture=FOLLOWS,
             steps=({"city": "b"}, {"city": "x"}), shown="city owner", payload={"city": ["x"]}),
    Scenario(name="the person's own value wins", picture=FOLLOWS,
             steps=({"city": "b"}, {"owner": "0"}, {"city": "p"}), shown="city owner",
             payload={"city": ["p"], "owner": ["0"]}),
    Scenario(name="and goes on winning, even if a source agreed with it for a while",
             picture=FOLLOWS,
             steps=({"city": "b"}, {"owner": "t2"}, {"city": "p"}, {"city": "b"}),
             shown="city owner", payload={"city": ["b"], "owner": ["t2"]}),
    Scenario(name="what the person cleared stays clear", picture=FOLLOWS,
             steps=({"city": "b"}, {"owner": ""}, {"city": "p"}), shown="city owner",
             payload={"city": ["p"]}),
    Scenario(name="a field follows a field that follows another",
             picture=form(on(CITY), on(LAND), on(custom("owner", "select", value_kind="group",
                          auto_set_by_catalog_property_id="owned by")), **LISTS),
             steps=({"city": "p"},), shown="city land owner",
             payload={"city": ["p"], "land": ["fr"], "owner": ["t2"]}),
    Scenario(name="of several sources the first on the form counts",
             picture=form(on(LAND), on(CITY), on(OWNER), **LISTS), steps=({"city": "b"},),
             shown="land city owner",
             payload={"land": ["de"], "city": ["b"], "owner": ["0"]}),
    Scenario(name="several entities set all that they refer to",
             picture=form(on(CITIES), on(OWNERS), **LISTS), steps=({"cities": ["p", "b"]},),
             shown="cities owner", payload={"cities": ["b", "p"], "owner": ["t1", "t2"]}),
    Scenario(name="several entities set a single choice to the first, in the list's order",
             picture=form(on(CITIES), on(OWNER), **LISTS), steps=({"cities": ["p", "b"]},),
             shown="cities owner", payload={"cities": ["b", "p"], "owner": ["t1"]}),
    Scenario(name="autofill shows what depends on it",
             picture=form(on(CITY), on(OWNER), on(B, shown_if("owner", "equal", "t1")), **LISTS),
             steps=({"city": "b"},), shown="city owner b"),
    Scenario(name="autofill beats a default, and the default is back afterwards",
             picture=form(on(CITY), on(choosing("owner", "group", default_values=("0",),
                          auto_set_by_catalog_property_id="owned by")), **LISTS),
             steps=({"city": "b"}, {"city": "x"}), shown="city owner",
             payload={"city": ["x"], "owner": ["0"]}),
    Scenario(name="autofill doesn't touch a read-only field",
             picture=form(on(CITY), on(choosing("owner", "group", default_values=("0",),
                          auto_set_by_catalog_property_id="owned by"), non_editable=True), **LISTS),
             steps=({"city": "b"},), shown="city owner", payload={"city": ["b"], "owner": ["0"]}),
    Scenario(name="a suggestion is taken by its button", picture=SERVES,
             steps=({"service_ids": ["12"]}, {"suggest": "group_ids:t1"}),
             shown="service_ids group_ids environment_ids",
             payload={"service_ids": ["12"], "group_ids": ["t1"]}),
    Scenario(name="a suggestion is added to what was chosen", picture=SERVES,
             steps=({"service_ids": ["12"], "group_ids": ["0"]}, {"suggest": "group_ids:t1"}),
             shown="service_ids group_ids environment_ids",
             payload={"service_ids": ["12"], "group_ids": ["0", "t1"]}),
    Scenario(name="nothing is set by a suggestion alone, or by one that names nothing",
             picture=SERVES, steps=({"service_ids": ["12"], "suggest": "group_ids:t9"},),
             shown="service_ids group_ids environment_ids", payload={"service_ids": ["12"]}),
)  # fmt: skip

STRENGTH = (
    Scenario(name="the link beats the preset, the group, the site and Rootly",
             picture=form(on(DEFAULT)), shown="a", payload={"a": "link"},
             given={"site": {"form_field_a": ("site",)}, "link": {"form_field_a": ("link",)},
                    "group": {"form_field_a": ("group",)},
                    "preset": {"form_field_a": ("preset",)}}),
    Scenario(name="the group beats the site", picture=form(on(DEFAULT)), shown="a",
             payload={"a": "group"},
             given={"site": {"form_field_a": ("site",)}, "group": {"form_field_a": ("group",)}}),
    Scenario(name="the site beats Rootly, and a blank link beats nothing",
             picture=form(on(DEFAULT)), shown="a", payload={"a": "site"},
             given={"link": {"form_field_a": (" ",)}, "site": {"form_field_a": ("site",)}}),
    Scenario(name="read-only beats the link", picture=form(on(DEFAULT, non_editable=True)),
             shown="a", payload={"a": "as usual"}, given={"link": {"form_field_a": ("link",)}}),
    Scenario(name="the person beats the link", picture=form(on(DEFAULT)), steps=({"a": "me"},),
             shown="a", payload={"a": "me"}, given={"link": {"form_field_a": ("link",)}}),
    Scenario(name="autofill beats the link", picture=FOLLOWS, shown="city owner",
             payload={"city": ["b"], "owner": ["t1"]},
             given={"link": {"form_field_city": ("b",), "form_field_owner": ("0",)}}),
)  # fmt: skip

ODD = (
    Scenario(name="the order is the placements' positions, then their ids",
             picture=form(on(A, position=5), on(B, position=2), on(custom("c"), position=None),
                          on(custom("d"), position=2, id="1")), shown="d b a c"),
    Scenario(name="an organisation without placements",
             picture=form(unplaced=(implied("a", 2), implied("b", 1, required=(DEFAULT_FORM,)),
                                    implied("c", None), custom("d"))),
             shown="b a c", required="b", missing="b"),
    Scenario(name="a disabled field is left out, and is reported",
             picture=form(on(A), on(custom("b", enabled=False), required=True)), shown="a",
             reports="field_disabled"),
    Scenario(name="an unknown field kind is a custom field",
             picture=form(on(custom("a", kind="mood"))), steps=({"a": "fine"},), shown="a",
             payload={"a": "fine"}),
    Scenario(name="an unknown input kind is a text field, and is reported",
             picture=form(on(custom("a", "slider"))), steps=({"a": "7"},), shown="a",
             payload={"a": "7"}, reports="input_kind_unknown"),
    Scenario(name="ids may be 0 and look like numbers",
             picture=form(on(built_in("severity")), on(custom("0")),
                          on(pick("1", options=options("0", "00")), required=True)),
             steps=({"severity_id": "0", "0": "0", "1": "00"},), shown="severity_id 0 1",
             required="1", payload={"severity_id": "0", "0": "0", "1": ["00"]}),
    Scenario(name="options with one label are told apart by id",
             picture=form(on(pick("x", options=options(a="Same", b="Same")), required=True)),
             steps=({"x": "b"},), shown="x", required="x", payload={"x": ["b"]}),
    Scenario(name="fields with one label stay apart",
             picture=form(on(custom("a", name="Region")), on(custom("b", name="Region"),
                          shown_if("a", "is_set"))),
             steps=({"a": "x"}, {"b": "y"}), shown="a b", payload={"a": "x", "b": "y"}),
    Scenario(name="what nobody can choose is not required, and is reported",
             picture=form(on(pick("x", options=()), required=True),
                          on(built_in("teams"), required_if("x", "is_not_set")), teams=()),
             shown="x group_ids", payload={}, reports="nothing_to_choose"),
    Scenario(name="a severity without a name still has its id",
             picture=form(on(built_in("severity"), required=True),
                          severities=(Severity(id="5", name=" "),)),
             steps=({"severity_id": "5"},), shown="severity_id", required="severity_id",
             payload={"severity_id": "5"}),
    Scenario(name="junk in the carried state loses nothing that was posted",
             picture=form(on(A), on(B, shown_if("a", "is_set"))),
             steps=({"a": "x", "form_state": '{"kept": {"b": [1]}, "snapshot": -1'},),
             shown="a b", payload={"a": "x"}),
)  # fmt: skip

VALUES = (*DEFAULTS, *READ_ONLY, *AUTOFILL, *STRENGTH, *ODD)
