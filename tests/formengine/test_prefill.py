"""What a link fills in, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.catalog.options import OptionList
from incidentportal.formengine import filling, prefill
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.kinds import BUILT_INS
from incidentportal.formengine.prefill import Prefilled
from incidentportal.rootly.records import (
    FieldOption,
    FormField,
    FormSet,
    FormSetCondition,
    PlacementCondition,
    Service,
)
from tests.formengine.building import (
    LISTS,
    REGIONS,
    built_in,
    form_field,
    forms,
    picture,
    placement,
    select,
)

OPTIONS = (FieldOption(id="1", value="Red"), FieldOption(id="2", value="Green"))
FIELDS = (
    *(built_in(kind) for kind in ("title", "summary", "severity", "services", "environments")),
    *(built_in(kind) for kind in ("types", "teams", "functionalities", "causes")),
    *(built_in(kind) for kind in ("labels", "notify_emails", "detected_at")),
    select("46", name="Region", slug="region", options=REGIONS),
    form_field("47", name="Colours", slug="colours", input_kind="multi_select", options=OPTIONS),
    form_field("48", name="Customers affected", slug="customers-affected", input_kind="number"),
    form_field("49", name="Tags", slug="tags", input_kind="tags"),
    form_field("50", name="Customers can tell", slug="customers-can-tell", input_kind="checkbox",
               default_values=("1",)),
)  # fmt: skip


def make(*fields: FormField, **rest: Any) -> Forms:
    return forms(picture(*(fields or FIELDS), **rest))


FORMS = make()


def read(query: str, on: Forms = FORMS) -> Prefilled:
    return prefill.read(on, parse_qs(query, keep_blank_values=True))


def with_field(kind: str, on: Forms = FORMS, **rest: Any) -> Forms:
    """These forms with one more field: a tick of this built-in kind."""
    built = BUILT_INS[kind]
    model = on.by_name["form_field_50"]
    one = replace(
        model, id=kind, kind=kind, name=built.control_name, label=built.label, is_custom=False,
        **{"defaults": (), **rest},
    )  # fmt: skip
    first = on.definitions[0]
    made = replace(first, fields=(*first.fields, one), rules=(*first.rules, first.rules[0]))
    return replace(on, definitions=(made, *on.definitions[1:]))


@pytest.mark.parametrize(
    ("query", "name", "values"),
    [
        # by attribute
        ("title=Slow", "title", ["Slow"]),
        ("severity_id=0", "severity_id", ["0"]),
        ("service_ids=12&service_ids=13", "service_ids", ["12", "13"]),
        ("form_field_46=101", "form_field_46", ["101"]),
        # by Rootly's own names
        ("services[]=12&services[]=13", "service_ids", ["12", "13"]),
        ("services=12", "service_ids", ["12"]),
        ("service_ids[]=12", "service_ids", ["12"]),
        ("functionalities[]=f1", "functionality_ids", ["f1"]),
        ("environments=e2", "environment_ids", ["e2"]),
        ("teams[]=t1", "group_ids", ["t1"]),
        # by readable names and values
        ("service=checkout-api", "service_ids", ["12"]),
        ("service=CHECKOUT-API&service=Search", "service_ids", ["12", "13"]),
        ("severity=sev1", "severity_id", ["1"]),
        ("Severity=SEV0", "severity_id", ["0"]),
        ("type=security", "incident_type_ids", ["y1"]),
        ("incident_type=security", "incident_type_ids", ["y1"]),
        ("team=platform", "group_ids", ["t1"]),
        ("environment=Staging", "environment_ids", ["e2"]),
        ("cause=deploy", "cause_ids", ["c1"]),
        ("field.region=eu", "form_field_46", ["102"]),
        ("field.Region=US", "form_field_46", ["101"]),
        ("field.customers-affected=12", "form_field_48", ["12"]),
        ("field.customers_affected=12", "form_field_48", ["12"]),
        ("field.Customers+affected=12", "form_field_48", ["12"]),
        ("field.severity=sev1", "severity_id", ["1"]),
        # the same field under several names
        ("service=search&services[]=12", "service_ids", ["13", "12"]),
        ("service=search&service_ids=13", "service_ids", ["13"]),
        # text that holds lists
        ("field.tags=a,b&field.tags=c", "form_field_49", ["a,b", "c"]),
        ("notify_emails=a@example.com,b@example.com", "notify_emails",
         ["a@example.com,b@example.com"]),
        ("labels=team=care", "labels", ["team=care"]),
        # ticks
        ("field.customers-can-tell=yes", "form_field_50", ["true"]),
        ("field.customers-can-tell=0", "form_field_50", ["false"]),
        ("detected_at=2026-01-31T14:30", "detected_at", ["2026-01-31T14:30"]),
    ],
)  # fmt: skip
def test_a_link_fills_in_a_field(query: str, name: str, values: list[str]) -> None:
    found = read(query)
    assert found.values == {name: tuple(values)}
    assert found.reports == ()


@pytest.mark.parametrize(
    ("query", "left", "report"),
    [
        ("service=chekout&service=search", {"service_ids": ("13",)},
         "The link asks for the service “chekout”, which Rootly doesn't have."),
        ("field.region=mars", {},
         "The link asks for “mars” as “Region”, which isn't one of its options."),
        ("colour=red&title=x", {"title": ("x",)},
         "The link fills in “colour”, which is no field of this form."),
        ("field.colour=red", {}, ("The link fills in “field.colour”, which is no field of this"
         " form.")),
        ("alerts[]=7", {}, "The link fills in “alerts”, which is no field of this form."),
        ("field.=red", {}, "The link fills in “field.”, which is no field of this form."),
        ("severity=sev1&severity=sev0", {"severity_id": ("1",)},
         "The link gives 2 answers for “Severity”, which takes one; the first is filled in."),
        ("title=a&title=b", {"title": ("a",)},
         "The link gives 2 answers for “Title”, which takes one; the first is filled in."),
        ("field.customers-affected=many", {}, ("What the link says of “Customers affected” isn't"
         " filled in: “many” is not a number; write it like 1200 or 12.50.")),
        ("detected_at=yesterday", {}, ("What the link says of “Detected at” isn't filled in:"
         " “yesterday” is not a date and time; write it like 2026-01-31 14:30.")),
        ("notify_emails=a@example.com,b", {"notify_emails": ("a@example.com,b",)}, ("What the link"
         " says of “Notify emails” needs mending: “b” is not an e-mail address.")),
        ("title=" + "x" * 300, {"title": ("x" * 300,)}, ("What the link says of “Title” needs"
         " mending: Title can have at most 255 characters; this has 300.")),
        ("title=a%00b", {"title": ("a�b",)}, ("What the link says of “Title” needs mending: Title"
         " has a character that can't be sent (U+FFFD); remove it.")),
        ("field.customers-can-tell=perhaps", {}, ("The link says “perhaps” of “Customers can tell”,"
         " which can only be ticked or not.")),
        ("kind=test", {}, prefill.NO_TEST),
        ("mark_as_test=true", {}, prefill.NO_TEST),
        ("kind=scheduled", {}, prefill.NO_MAINTENANCE),
        ("kind=example", {}, ("The link asks for an incident of the kind “example”, which this form"
         " can't make.")),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_and_the_rest_is_filled_in(
    query: str, left: dict[str, tuple[str, ...]], report: str
) -> None:
    found = read(query)
    assert found.values == left
    assert found.reports == (report,)


@pytest.mark.parametrize(
    "query",
    ["", "preset=outage", "utm_source=mail&UTM_Campaign=x&gclid=1&fbclid=2", "title=&service=%20",
     "kind=normal", "mark_as_test=false", "private=false", "=x&[]="],
)  # fmt: skip
def test_bookkeeping_and_blanks_say_nothing(query: str) -> None:
    found = read(query)
    assert found.values == {}
    assert not found.private_refused
    if "=x" not in query:
        assert found.reports == ()


def test_an_ambiguous_value_is_reported_and_none_of_them_chosen() -> None:
    twins = (Service(id="12", name="API", slug="api-a"), Service(id="13", name="api", slug="api-b"))
    on = make(built_in("services"), services=twins)
    found = read("service=API&service=api-b", on)
    assert found.values == {"service_ids": ("13",)}
    assert found.reports == (
        ("The link asks for the service “API”, and there are 2 of that name. Choose the one that is"
        " meant."),
    )  # fmt: skip


def test_an_ambiguous_name_is_reported() -> None:
    on = make(
        form_field("1", name="Region", slug="a"), form_field("2", name="region", slug="b"),
    )  # fmt: skip
    assert read("field.b=x", on).values == {"form_field_2": ("x",)}
    found = read("field.region=x", on)
    assert found.values == {}
    assert found.reports == (
        "The link fills in “field.region”; 2 fields of this form are called that.",
    )


def test_a_slug_wins_over_another_fields_label() -> None:
    on = make(form_field("1", name="Area", slug="region"), form_field("2", name="Region", slug="b"))
    assert read("field.region=x", on).values == {"form_field_1": ("x",)}


def test_an_open_list_takes_ids_that_it_does_not_know() -> None:
    class Open(OptionList):
        is_open = True

    one = replace(FORMS.by_name["service_ids"], options=Open())
    first = replace(FORMS.definitions[0], fields=(one,), rules=FORMS.definitions[0].rules[:1])
    on = replace(FORMS, definitions=(first,))
    assert read("services[]=new-one", on).values == {"service_ids": ("new-one",)}
    assert read("services[]=" + "x" * 300, on).values == {}
    assert read("services[]=a%00", on).values == {}


def test_a_read_only_field_keeps_its_default_and_the_page_says_so() -> None:
    seen = picture(select("46", name="Region", options=REGIONS, default_values=("102",)))
    fixed = tuple(msgspec.structs.replace(one, non_editable=True) for one in seen.placements)
    on = forms(msgspec.structs.replace(seen, placements=fixed))
    assert read("field.region=EU", on) == Prefilled()
    found = read("field.region=US", on)
    assert found.values == {}
    assert found.reports == (
        "“Region” can't be changed on this form; what the link says of it isn't used.",
    )


class TestPrivate:
    MAY = with_field("visibility")

    @pytest.mark.parametrize(
        "query",
        ["private=true", "private=1", "Private[]=yes", "visibility=private", "private=anything",
         "field.private=true", "private=false&private=true", "private=false&visibility=true",
         "&".join(f"x{n}=1" for n in range(400)) + "&private=true"],
    )  # fmt: skip
    def test_a_link_asks_for_it(self, query: str) -> None:
        assert read(query, self.MAY).values == {"private": ("true",)}
        assert read(query).private_refused
        assert "private" not in read(query).values

    @pytest.mark.parametrize("query", ["private=false", "private=0", "visibility=public"])
    def test_a_link_never_unsets_it(self, query: str) -> None:
        on = with_field("visibility", defaults=("1",))
        found = read(query, on)
        assert found.values == {}
        filled = filling.start(on, {"link": found.values}, 1)
        assert filled.answers["private"] == ("1",)
        said = prefill.notices(found, filled.form, filled.answers)
        assert said == [prefill.STAYS_PRIVATE]
        plain = filling.start(self.MAY, {}, 1)
        assert prefill.notices(read(query, self.MAY), plain.form, plain.answers) == []

    def test_a_form_that_is_always_public_refuses_it(self) -> None:
        on = with_field("visibility", non_editable=True, defaults=("0",))
        assert read("private=true", on).private_refused

    def test_a_form_without_its_field_says_so(self) -> None:
        found = read("private=true", self.MAY)
        elsewhere = filling.start(FORMS, {}, 1)
        said = prefill.notices(found, elsewhere.form, elsewhere.answers)
        assert said == [prefill.NOWHERE_PRIVATE]


@pytest.mark.parametrize("query", ["kind=test", "kind=Test_sub", "mark_as_test=1"])
def test_a_link_asks_for_a_test(query: str) -> None:
    on = with_field("mark_as_test")
    found = read(query, on)
    assert found.values == {"mark_as_test": ("true",)}
    assert found.reports == ()
    elsewhere = filling.start(FORMS, {}, 1)
    said = prefill.notices(found, elsewhere.form, elsewhere.answers)
    assert said == [prefill.NO_TEST]


def two_sets() -> Forms:
    """A default form, and “Security” with a field of its own, for the type Security."""
    fields = (built_in("types"), form_field("1", name="Data at risk", slug="data-at-risk"),
              form_field("2", name="Hidden", slug="hidden"))  # fmt: skip
    never = PlacementCondition(
        id="1",
        conditioned="placement",
        form_field_id="id-types",
        comparison="equal",
        values=("y1",),
    )
    places = (
        placement("id-types", 1, id="a", form_set_id="default"),
        placement("2", 2, id="b", form_set_id="default", conditions=(never,)),
        placement("id-types", 1, id="c", form_set_id="security"),
        placement("1", 2, id="d", form_set_id="security"),
    )
    condition = FormSetCondition(
        id="1", form_field_id="id-types", comparison="equal", values=("y1",)
    )
    sets = (
        FormSet(id="default", name="Default", is_default=True),
        FormSet(id="security", name="Security", conditions=(condition,)),
    )
    return forms(
        msgspec.structs.replace(LISTS, form_fields=fields, placements=places, form_sets=sets)
    )


def test_a_linked_value_chooses_the_form_set() -> None:
    on = two_sets()
    found = read("type=Security&field.data-at-risk=Names", on)
    filled = filling.start(on, {"link": found.values}, 1)
    assert filled.form.definition.name == "Security"
    assert filled.answers["form_field_1"] == ("Names",)
    assert filled.origins["form_field_1"] == "link"
    assert prefill.notices(found, filled.form, filled.answers) == []


def test_what_the_form_does_not_show_is_kept_and_said() -> None:
    on = two_sets()
    found = read("field.data-at-risk=Names&field.hidden=x", on)
    filled = filling.start(on, {"link": found.values}, 1)
    assert filled.carried.kept == {"form_field_1": ("Names",), "form_field_2": ("x",)}
    hidden, other = prefill.notices(found, filled.form, filled.answers)
    assert "fills in “Hidden”, which the form doesn't show at the moment" in hidden
    assert "fills in a field of another form" in other


def test_a_link_beats_defaults_and_presets() -> None:
    found = read("field.customers-can-tell=false&title=Link")
    given_too: filling.Given = {
        "preset": {"title": ("Preset",), "summary": ("Preset",)}, "site": {"title": ("Site",)},
        "link": found.values,
    }  # fmt: skip
    filled = filling.start(FORMS, given_too, 1)
    assert filled.answers["title"] == ("Link",)
    assert filled.answers["summary"] == ("Preset",)
    assert filled.answers["form_field_50"] == ("false",)


class TestLimits:
    def test_only_so_many_values_are_read(self) -> None:
        found = read("&".join(f"field.tags=t{n}" for n in range(500)))
        assert len(found.values["form_field_49"]) == prefill.MOST_VALUES
        assert prefill.TOO_MUCH in found.reports

    def test_only_so_much_text_is_read(self) -> None:
        found = read("title=short&summary=" + "x" * (prefill.MOST_TEXT + 1))
        assert found.values == {"title": ("short",)}
        assert found.reports == (prefill.TOO_MUCH,)

    def test_only_so_much_is_said_and_that_it_is_no_test_always(self) -> None:
        names = "&".join(f"x{n}{'y' * 500}=1" for n in range(1000))
        found = read(names + "&kind=test")
        assert len(found.reports) == prefill.MOST_REPORTS + 1
        assert found.reports[0] == prefill.NO_TEST
        assert found.reports[-1] == "The link says 993 more things that can't be filled in."
        assert max(map(len, found.reports)) < 200


TEXT = st.text(max_size=30)
NAMES = st.sampled_from(
    [*FORMS.by_name, "service", "private", "kind", "field.region", "field.tags", "services[]", "[]"]
)


@given(st.dictionaries(NAMES | TEXT, st.lists(TEXT | st.sampled_from(["12", "sev1", "eu"]))))
def test_any_query_is_read(query: Mapping[str, Sequence[str]]) -> None:
    found = prefill.read(FORMS, query)
    assert set(found.values) <= set(FORMS.by_name)
    assert all(found.values.values())
    filled = filling.start(FORMS, {"link": found.values}, 1)
    prefill.notices(found, filled.form, filled.answers)
    filled.carried.write()
