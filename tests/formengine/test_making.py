"""One field, made from Rootly's: its name, its control, its options, its defaults."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from incidentportal.formengine.building import build
from incidentportal.formengine.making import extra_field
from incidentportal.rootly.records import FieldOption, FormField, PlacementCondition
from tests.formengine.building import (
    LISTS,
    REGIONS,
    built_in,
    definition,
    form_field,
    forms,
    only,
    picture,
    placement,
    problem_kinds,
    select,
)
from tests.formengine.lists import KnownLists, OpenList


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("title", "title"),
        ("summary", "summary"),
        ("severity", "severity_id"),
        ("environments", "environment_ids"),
        ("types", "incident_type_ids"),
        ("services", "service_ids"),
        ("causes", "cause_ids"),
        ("functionalities", "functionality_ids"),
        ("teams", "group_ids"),
        ("labels", "labels"),
        ("notify_emails", "notify_emails"),
        ("in_triage_at", "in_triage_at"),
        ("started_at", "started_at"),
        ("detected_at", "detected_at"),
        ("acknowledged_at", "acknowledged_at"),
        ("mitigated_at", "mitigated_at"),
        ("resolved_at", "resolved_at"),
        ("closed_at", "closed_at"),
        ("manual_starting_datetime_field", "manual_starting_datetime_field"),
        ("mark_as_test", "mark_as_test"),
        ("mark_as_backfilled", "mark_as_backfilled"),
        ("mark_as_in_triage", "mark_as_in_triage"),
        ("attach_alerts", "alert_ids"),
        ("trigger_manual_workflows", "workflow_ids"),
        ("mitigation_message", "mitigation_message"),
        ("resolution_message", "resolution_message"),
        ("cancellation_message", "cancellation_message"),
        ("visibility", "private"),
        ("show_ongoing_incidents", "show_ongoing_incidents"),
        ("status", "status"),
        ("custom", "form_field_id-custom"),
        ("a_kind_of_tomorrow", "form_field_id-a_kind_of_tomorrow"),
    ],
)
def test_control_names(kind: str, name: str) -> None:
    assert only(built_in(kind), required=True).name == name


def test_what_rootly_takes_no_value_of_stays_off_the_form_and_is_reported() -> None:
    seen = picture(built_in("custom_sub_status", name="Phase"), form_field("1"), required=True)
    made = forms(seen)
    assert [field.id for field in made.definitions[0].fields] == ["1"]
    assert [problem.sentence for problem in made.problems] == [
        "“Phase” is left out: Rootly's API takes no sub-status with a new incident."
    ]


def test_what_only_informs_is_never_required_and_has_no_default() -> None:
    rule = PlacementCondition(id="1", conditioned="required", comparison="is_set")
    other = replace(rule, id="2", conditioned="placement", form_field_id="1")
    ongoing = built_in("show_ongoing_incidents", default_values=("1",))
    seen = picture(
        form_field("1"),
        ongoing,
        placements=(
            placement("1"),
            placement(ongoing.id, required=True, non_editable=True, conditions=(rule, other)),
        ),
    )
    _, field = forms(seen).definitions[0].fields
    assert (field.required, field.non_editable, field.defaults) == (False, False, ())
    assert field.conditions == (other,)
    assert problem_kinds(seen) == []


def test_a_tick_called_visibility_says_what_it_means() -> None:
    assert only(built_in("visibility", name="Visibility")).label == "Private"
    assert only(built_in("visibility", name="Confidential")).label == "Confidential"


@pytest.mark.parametrize("name", ["parent_incident", "visibility"])
def test_a_field_that_rootly_places_nowhere_can_be_added(name: str) -> None:
    field = extra_field(name, KnownLists(LISTS))
    assert field.kind == name
    assert field.name == {"visibility": "private"}.get(name, "parent_incident_id")
    assert (field.required, field.defaults, field.is_custom) == (False, (), False)


@pytest.mark.parametrize(
    ("input_kind", "control"),
    [
        ("text", "text"),
        ("textarea", "textarea"),
        ("rich_text", "rich_text"),
        ("number", "number"),
        ("checkbox", "checkbox"),
        ("date", "date"),
        ("datetime", "datetime"),
        ("tags", "tags"),
        ("select", "choice"),
        ("multi_select", "choices"),
    ],
)
def test_each_input_kind_has_its_control(input_kind: str, control: str) -> None:
    assert only(form_field("1", input_kind=input_kind, options=REGIONS)).control == control


def test_an_unknown_input_kind_shows_as_text_and_is_reported() -> None:
    odd = form_field("1", input_kind="hologram")
    assert only(odd).control == "text"
    assert problem_kinds(picture(odd)) == ["input_kind_unknown"]


@pytest.mark.parametrize(
    ("value_kind", "ids", "selected"),
    [
        ("inherit", ["102", "101"], "selected_option_ids"),
        ("group", ["t1"], "selected_group_ids"),
        ("service", ["12", "13"], "selected_service_ids"),
        ("functionality", ["f1"], "selected_functionality_ids"),
        ("user", ["7"], "selected_user_ids"),
        ("catalog_entity", ["n1"], "selected_catalog_entity_ids"),
        ("environment", ["e1", "e2"], "selected_environment_ids"),
        ("cause", ["c1"], "selected_cause_ids"),
        ("incident_type", ["y1"], "selected_incident_type_ids"),
        ("of_tomorrow", ["102", "101"], "selected_option_ids"),
    ],
)
def test_each_value_kind_has_its_options(value_kind: str, ids: list[str], selected: str) -> None:
    field = only(select("1", value_kind, value_kind_catalog_id="cat", options=REGIONS))
    assert [option.id for option in field.options or ()] == ids
    assert field.selected == selected


def test_an_unknown_value_kind_without_options_shows_as_text_and_is_reported() -> None:
    odd = select("1", "of_tomorrow")
    field = only(odd)
    assert (field.control, field.options) == ("text", None)
    assert problem_kinds(picture(odd)) == ["value_kind_unknown"]


def test_a_built_in_list_takes_one_where_rootly_says_select_and_severity_always_does() -> None:
    assert only(built_in("services", input_kind="select")).control == "choice"
    assert only(built_in("services", input_kind="multi_select")).control == "choices"
    assert only(built_in("services", input_kind="whatever")).control == "choices"
    assert only(built_in("severity", input_kind="multi_select")).control == "choice"
    assert only(built_in("attach_alerts", input_kind="select")).control == "choice"
    assert only(built_in("trigger_manual_workflows")).control == "choices"


def test_a_list_with_nothing_in_it_is_reported() -> None:
    assert problem_kinds(picture(built_in("causes"), causes=())) == ["nothing_to_choose"]


def test_labels_and_help_are_rootlys_with_fallbacks() -> None:
    assert only(built_in("severity")).label == "Severity"
    renamed = only(built_in("severity", name="Impact", description="How bad?"))
    assert (renamed.label, renamed.help, renamed.noun) == ("Impact", "How bad?", "")
    assert only(FormField(id="5", slug="region")).label == "region"
    assert only(FormField(id="5")).label == "5"


def test_defaults_are_ids_whether_rootly_gives_ids_names_or_marked_options() -> None:
    fields = definition(
        form_field("1", default_values=("hello", "ignored")),
        select("2", options=REGIONS, default_values=("102",)),
        select("3", options=REGIONS, default_values=("us",)),
        select("4", options=(FieldOption(id="9", value="x", default=True),)),
        built_in("services", default_values=("12", "gone", "Search")),
        form_field("5", default_values=(" ",)),
    )
    held = {field.name: list(field.defaults) for field in fields.fields if field.defaults}
    assert held == {
        "form_field_1": ["hello"],
        "form_field_2": ["102"],
        "form_field_3": ["101"],
        "form_field_4": ["9"],
        "service_ids": ["12", "13"],
    }


@pytest.mark.parametrize(
    ("field", "default", "starts_with"),
    [
        (form_field("1", input_kind="rich_text"), "<p>Say <b>what</b></p>", ["Say **what**"]),
        (form_field("1", input_kind="rich_text"), "Say <what> & when", ["Say <what> & when"]),
        (form_field("1", input_kind="tags"), '["a", "b"]', ["a", "b"]),
        (form_field("1", input_kind="tags"), "[a", ["[a"]),
        (form_field("1", input_kind="tags"), "[" * 100_000, ["[" * 100_000]),
        (built_in("visibility"), "private", ["true"]),
        (built_in("visibility"), "0", ["0"]),
        (built_in("status"), "In triage", ["in_triage"]),
    ],
    ids=str,
)
def test_a_default_as_rootly_stores_it_becomes_what_a_person_would_have_typed(
    field: FormField, default: str, starts_with: list[str]
) -> None:
    assert list(only(replace(field, default_values=(default,))).defaults) == starts_with


def test_an_open_list_is_never_empty_and_keeps_defaults_that_it_does_not_know() -> None:
    alerts = built_in("attach_alerts", default_values=("a1", "old"))
    seen = picture(alerts, built_in("show_ongoing_incidents"))
    made = build(seen, KnownLists(seen, {"alerts": OpenList(), "incidents": OpenList()}))
    assert made.problems == ()
    assert made.definitions[0].fields[0].defaults == ("a1", "old")


@pytest.mark.parametrize(
    ("input_kind", "default", "expected"),
    [
        ("number", "many", ()),
        ("date", "soon", ()),
        ("datetime", "tomorrow", ()),
        ("date", "2026-01-31T00:00:00.000Z", ("2026-01-31",)),
        ("date", "2026-01-31", ("2026-01-31",)),
        ("text", "a" * 3_000, ("a" * 3_000,)),
    ],
)
def test_nobody_has_to_mend_a_default_that_is_no_value_of_its_field(
    input_kind: str, default: str, expected: tuple[str, ...]
) -> None:
    field = form_field("1", input_kind=input_kind, default_values=(default,))
    made = only(field)
    assert made.defaults == expected
    assert problem_kinds(picture(field)) == ([] if expected else ["default_unusable"])
