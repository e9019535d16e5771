"""What can be used of a default, for the forms of now."""

from __future__ import annotations

from typing import Any

import pytest

from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.presets.defaults import in_words, judge, source_of, unfit
from incidentportal.presets.fit import of_defaults
from incidentportal.presets.models import SiteDefault
from incidentportal.presets.offering import offered
from incidentportal.rootly.records import FieldOption, FormField, FormSet, Service
from tests.formengine.building import (
    REGIONS,
    built_in,
    form_field,
    forms,
    picture,
    placement,
    select,
)

ALL = (
    built_in("title"),
    built_in("severity", name="Severity"),
    built_in("services", name="Services", input_kind="multi_select"),
    built_in("labels", name="Labels"),
    select("46", options=REGIONS, name="Region"),
    form_field("7", input_kind="checkbox", name="Customers can tell"),
    form_field("8", input_kind="number", name="Customers affected"),
)


def made(*fields: FormField, **rest: Any) -> Forms:
    return forms(picture(*(fields or ALL), **rest))


def default(name: str, *values: str, words: tuple[str, ...] = (), **changes: Any) -> SiteDefault:
    field = made().by_name.get(name)
    given = {
        "field": name, "label": field.label if field else "Gone", "values": list(values),
        "source": source_of(field) if field else "", "words": list(words), **changes,
    }  # fmt: skip
    return SiteDefault(**given)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("title", ("Checkout",)),
        ("severity_id", ("0",)),
        ("service_ids", ("13", "12")),
        ("labels", ("team=care\narea=web",)),
        ("form_field_46", ("101",)),
        ("form_field_7", ("true",)),
        ("form_field_8", ("12.50",)),
    ],
)
def test_every_kind_of_field_may_have_one(name: str, values: tuple[str, ...]) -> None:
    found, problems = of_defaults(made(), [default(name, *values)])
    assert (found, problems) == ({name: values}, ())


def test_an_option_that_is_gone_is_left_out_and_reported_and_the_others_count() -> None:
    rows = [
        default("service_ids", "12", "99", words=("checkout-api", "billing")),
        default("severity_id", "9", words=("SEV9",)),
        default("title", "Checkout"),
    ]
    found, problems = of_defaults(made(), rows)
    assert found == {"service_ids": ("12",), "title": ("Checkout",)}
    assert [problem.field for problem in problems] == ["service_ids", "severity_id"]
    assert problems[0].sentence == (
        "The site-wide default of “Services” is used in part. Rootly no longer has “billing”."
    )
    assert problems[1].sentence == (
        "The site-wide default of “Severity” is not used. Rootly no longer has “SEV9”."
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (default("form_field_404", "x"), "no longer has this field"),
        (default("form_field_8", "many"), "“many” is not a number"),
        (default("labels", "no label"), "key=value"),
        (default("severity_id", "0", "1", words=("SEV0", "SEV1")), "Choose only one"),
        (default("title", "12", source="service_ids"), "another kind of field"),
        (default("service_ids", "12", source=""), "another kind of field"),
        (default("form_field_46", "101", source="selected_service_ids"), "another kind of field"),
        (default("title"), "no value"),
        (default("form_field_7", "maybe"), "neither"),
    ],
)
def test_what_the_form_can_not_use_is_reported_and_takes_nothing_down(
    row: SiteDefault, said: str
) -> None:
    found, (problem,) = of_defaults(made(), [row])
    assert found == {}
    assert said in problem.sentence
    assert said in judge(made(), row).wrong


def test_a_read_only_field_keeps_rootlys_own_default() -> None:
    field = built_in("severity", name="Severity", default_values=("1",))
    seen = made(field, placements=(placement("id-severity", non_editable=True),))
    found, (problem,) = of_defaults(seen, [default("severity_id", "0", words=("SEV0",))])
    assert found == {}
    assert "read-only" in problem.sentence
    assert offered(seen) == []


def test_forms_without_a_private_field_are_given_no_privacy() -> None:
    found, problems = of_defaults(made(), [default("private", "true")])
    assert found == {}
    assert problems


def test_a_list_without_options_can_have_none() -> None:
    field = made(select("46", options=())).by_name["form_field_46"]
    assert "nothing to choose" in unfit(field)


def test_fields_with_the_same_label_are_told_apart() -> None:
    fields = (
        built_in("services", name="Service", input_kind="multi_select"),
        select("46", "service", name="Service"),
        form_field("47", name="Region"),
        form_field("48", name="Region"),
        form_field("49", name="Region"),
        form_field("50", name="Alone"),
    )
    sets = (FormSet(id="a", name="Ordinary", is_default=True), FormSet(id="b", name="Security"))
    places = [placement(field.id, form_set_id="a") for field in fields if field.id != "49"]
    places.append(placement("49", form_set_id="b"))
    seen = made(*fields, form_sets=sets, placements=tuple(places))
    labels = {one.name: one.label for one in offered(seen)}
    assert labels == {
        "service_ids": "Service (Rootly's own, several choices; in Ordinary)",
        "form_field_46": "Service (custom field, one choice; in Ordinary)",
        "form_field_47": "Region (custom field, text; in Ordinary; 47)",
        "form_field_48": "Region (custom field, text; in Ordinary; 48)",
        "form_field_49": "Region (custom field, text; in Security)",
        "form_field_50": "Alone",
    }


def field_named(name: str, **rest: Any) -> Field:
    return made(**rest).by_name[name]


def test_a_default_is_read_in_words() -> None:
    renamed = (Service(id="12", name="Checkout", slug="checkout-api"),)
    services = field_named("service_ids", services=renamed)
    assert in_words(services, ["12", "9"], ["checkout-api", "billing"]) == "Checkout, billing"
    assert in_words(None, ["12"], ["checkout-api"]) == "checkout-api"
    assert in_words(field_named("form_field_7"), ["true"], []) == "Ticked"
    assert in_words(field_named("title"), ["x" * 300], []) == "x" * 200 + "…"


def test_an_options_id_is_text_and_zero_is_one() -> None:
    zero = (FieldOption(id="0", value="None at all"),)
    field = select("46", options=zero, name="Region")
    found, _ = of_defaults(made(field), [default("form_field_46", "0", words=("None at all",))])
    assert found == {"form_field_46": ("0",)}
