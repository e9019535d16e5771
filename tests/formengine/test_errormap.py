"""Where Rootly's words about a refused incident land."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.formengine.definition import FormDefinition
from incidentportal.formengine.errormap import Placed, place
from incidentportal.formengine.resolve import ResolvedForm, resolve
from incidentportal.formengine.rules import NO_RULES
from tests.formengine.building import (
    REGIONS,
    built_in,
    definition,
    form_field,
    forms,
    picture,
    select,
)

FIELDS = (
    built_in("title", name="Title"),
    built_in("severity", name="Impact"),
    built_in("services", name="Services"),
    built_in("types", name="Types"),
    built_in("detected_at", name="Detected at"),
    built_in("labels", name="Labels"),
    form_field("45", name="Region", slug="cloud-region"),
    select("46", name="Region of customers", slug="customer-region", options=REGIONS),
    form_field("0", name="User impact"),
)
SENT = {
    "title": "x",
    "form_field_selections_attributes": [
        {"form_field_id": "46", "selected_option_ids": ["101"]},
        {"form_field_id": "45", "value": "eu"},
    ],
}
INLINE = "form_field_selections_attributes"


@pytest.fixture(scope="module")
def form() -> ResolvedForm:
    return resolve(definition(*FIELDS), {})


def by_path(form: ResolvedForm, path: str, message: str, sent: dict[str, Any] = SENT) -> Placed:
    return place(form, [(path, message)], [], sent)


def by_words(form: ResolvedForm, message: str, sent: dict[str, Any] = SENT) -> Placed:
    return place(form, [], [message], sent)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("severity_id", "severity_id"),
        ("severity", "severity_id"),
        ("data.attributes.severity_id", "severity_id"),
        ("/data/attributes/severity_id", "severity_id"),
        ("incident.severity", "severity_id"),
        ("service_ids", "service_ids"),
        ("service_ids.0", "service_ids"),
        ("service_ids[1]", "service_ids"),
        ("services", "service_ids"),
        ("incident_types", "incident_type_ids"),
        ("incident_type_ids", "incident_type_ids"),
        ("types", "incident_type_ids"),
        ("form_field_45", "form_field_45"),
        ("cloud-region", "form_field_45"),
        ("Region", "form_field_45"),
        (f"{INLINE}[0].value", "form_field_46"),
        (f"{INLINE}[1].value", "form_field_45"),
        (f"{INLINE}.1.value", "form_field_45"),
        (f"/data/attributes/{INLINE}/1/value", "form_field_45"),
        (f"{INLINE}.45", "form_field_45"),
        (f"{INLINE}.45.value", "form_field_45"),
        ("form_field_selections.46", "form_field_46"),
        ("form_field_selections.value", "form_field_45"),
        ("form_field_selections.selected_option_ids", "form_field_46"),
        ("form_field_selections.cloud-region", "form_field_45"),
    ],
)
def test_a_path_leads_to_its_field(form: ResolvedForm, path: str, name: str) -> None:
    placed = by_path(form, path, "Is wrong")
    assert placed == Placed({name: ("Is wrong",)}, (), {})


def test_a_message_without_a_subject_gets_the_fields_label(form: ResolvedForm) -> None:
    assert by_path(form, "severity_id", "can't be blank").errors == {
        "severity_id": ("Impact can't be blank",)
    }
    assert by_path(form, "severity_id", "severity can't be blank").errors == {
        "severity_id": ("severity can't be blank",)
    }


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Title can't be blank", "title"),
        ("Severity can't be blank", "severity_id"),
        ("Impact can't be blank", "severity_id"),
        ("severity_id is missing", "severity_id"),
        ("'severity_id' is missing", "severity_id"),
        ("The severity field is required", "severity_id"),
        ("Incident type must exist", "incident_type_ids"),
        ("Detected at can not be before Started time", "detected_at"),
        ("Region can't be blank", "form_field_45"),
        ("Region of customers can't be blank", "form_field_46"),
        ("RÉGION of customers: choose one", "form_field_46"),
        ("Cloud-region is unknown", "form_field_45"),
        ("User impact can't be blank", "form_field_0"),
        ("Validation failed: Title is too long", "title"),
        ("Invalid attribute: Services must exist", "service_ids"),
        ("Form field selections value is too long", "form_field_45"),
        (f"{INLINE}[0].selected_option_ids is invalid", "form_field_46"),
        ("form_field_selections.45 is invalid", "form_field_45"),
    ],
)
def test_a_sentence_lands_at_the_field_it_begins_with(
    form: ResolvedForm, message: str, name: str
) -> None:
    assert by_words(form, message) == Placed({name: (message,)}, (), {})


@pytest.mark.parametrize(
    "message",
    [
        "Something went wrong",
        "Titles are odd",
        "Started at is in the future",
        "Private is not allowed",
        "Environments can't be blank",
        "Form field selections is invalid",
        "Impactful words",
        "",
    ],
)
def test_what_belongs_to_no_field_of_this_form_goes_to_the_summary(
    form: ResolvedForm, message: str
) -> None:
    assert by_words(form, message) == Placed({}, (message,), {})


def test_a_path_that_leads_nowhere_keeps_its_message_and_says_the_path(form: ResolvedForm) -> None:
    assert by_path(form, "widget", "can't be blank").messages == ("widget: can't be blank",)
    assert by_path(form, "private", "is not allowed").messages == ("Private is not allowed",)
    assert by_path(form, f"{INLINE}[9].value", "bad").messages == (f"{INLINE}[9].value: bad",)
    assert by_path(form, f"{INLINE}[{'9' * 5000}]", "bad").messages != ()
    assert by_path(form, "base", "Odd").messages == ("Odd",)
    assert by_path(form, "", "Title is odd").errors == {"title": ("Title is odd",)}
    assert by_path(form, "widget", "Title is odd").errors == {"title": ("Title is odd",)}


def test_a_field_that_is_configured_but_not_on_this_form_is_not_taken_for_a_shorter_name() -> None:
    seen = picture(*FIELDS, form_field("47", name="Region manager"))
    one: FormDefinition = forms(seen).definitions[0]
    fields = tuple(field for field in one.fields if field.id != "47")
    cut = FormDefinition("", "", fields, (NO_RULES,) * len(fields), elsewhere=("Region manager",))
    placed = by_words(resolve(cut, {}), "Region manager can't be blank")
    assert placed.messages == ("Region manager can't be blank",)


def test_the_labels_of_fields_that_are_not_placed_are_known() -> None:
    seen = picture(form_field("1", name="A"), form_field("2", name="B"))
    placed_one = picture(*seen.form_fields, placements=seen.placements[:1])
    assert forms(placed_one).definitions[0].elsewhere == ("B",)


def test_a_number_that_is_a_place_and_an_id_is_told_by_the_name_in_the_message() -> None:
    form = resolve(definition(form_field("1", name="One"), form_field("0", name="Zero")), {})
    sent = {INLINE: [{"form_field_id": "1", "value": "a"}, {"form_field_id": "0", "value": "b"}]}
    assert list(by_path(form, f"{INLINE}.0", "is bad", sent).errors) == ["form_field_1"]
    assert list(by_path(form, f"{INLINE}.0", "Zero is bad", sent).errors) == ["form_field_0"]


def test_with_several_values_sent_a_path_without_number_goes_to_the_summary() -> None:
    form = resolve(definition(form_field("1"), form_field("2")), {})
    sent = {INLINE: [{"form_field_id": "1", "value": "a"}, {"form_field_id": "2", "value": "b"}]}
    path = "form_field_selections.value"
    assert by_path(form, path, "is bad", sent).messages == (f"{path}: is bad",)
    assert list(by_path(form, path, "Field 2 is bad", sent).errors) == ["form_field_2"]


@pytest.mark.parametrize(
    ("path", "message", "subject"),
    [
        (INLINE, "is not permitted", INLINE),
        (f"/data/attributes/{INLINE}", "is not defined", INLINE),
        ("", "Form field selections attributes is not allowed", INLINE),
        ("", f"Unpermitted parameter: {INLINE}", INLINE),
        ("", f"unknown attribute '{INLINE}' for Incident.", INLINE),
        ("user_id", "is unknown", "user_id"),
        ("", "User must exist", "user_id"),
        ("", "User id is invalid", "user_id"),
        ("labels", "is not permitted", "labels"),
        ("labels.incident_portal_declaration", "is reserved", "labels"),
        ("", "Labels are not enabled", "labels"),
        ("", "Label incident_portal_declaration is too long", "labels"),
        ("", "Unpermitted parameter: labels", "labels"),
    ],
)
def test_what_the_portal_added_is_ours(
    form: ResolvedForm, path: str, message: str, subject: str
) -> None:
    placed = by_path(form, path, message)
    assert placed == Placed({}, (), {subject: (message,)})
    assert placed.is_all_ours


def test_labels_that_the_person_gave_are_theirs(form: ResolvedForm) -> None:
    sent = {"labels": {"team": "db"}}
    assert by_path(form, "labels", "Too many", sent).errors == {"labels": ("Too many",)}
    assert by_words(form, "Labels are too many", sent).errors == {
        "labels": ("Labels are too many",)
    }
    ours = by_words(form, "Labels: incident_portal_declaration is odd", sent)
    assert list(ours.ours) == ["labels"]


def test_a_refusal_that_is_partly_ours_says_so(form: ResolvedForm) -> None:
    placed = place(form, [(INLINE, "no"), ("title", "can't be blank")], [], SENT)
    assert not placed.is_all_ours
    assert placed.errors == {"title": ("Title can't be blank",)}
    assert placed.ours == {INLINE: ("no",)}


def test_a_custom_values_error_at_the_whole_list_is_the_persons_when_it_names_a_field(
    form: ResolvedForm,
) -> None:
    assert by_path(form, INLINE, "Region can't be blank").errors == {
        "form_field_45": ("Region can't be blank",)
    }


WORDS = st.text() | st.sampled_from([INLINE, "labels", "User", "Title x", "a: b", "[0]", "..", "'"])


@given(st.lists(st.tuples(WORDS, WORDS), max_size=4), st.lists(WORDS, max_size=4))
def test_no_word_is_ever_lost(pairs: list[tuple[str, str]], messages: list[str]) -> None:
    form = resolve(definition(*FIELDS), {})
    placed = place(form, pairs, messages, SENT)
    kept = [*placed.messages]
    for found in (*placed.errors.values(), *placed.ours.values()):
        kept += found
    for message in (*(text for _, text in pairs), *messages):
        assert any(line.endswith(message) for line in kept)


@pytest.mark.parametrize("path", ["title", "data.attributes.title", "/data/attributes/title"])
def test_an_attributes_path_means_the_attribute_whatever_a_custom_field_is_called(
    path: str,
) -> None:
    form = resolve(definition(built_in("title", name="What"), form_field("9", name="Title")), {})
    assert by_path(form, path, "is too long").errors == {"title": ("What is too long",)}
    assert by_words(form, "Title is too long").errors == {"form_field_9": ("Title is too long",)}


def test_an_associations_path_means_the_built_in_field_too() -> None:
    fields = (built_in("severity", name="Impact"), form_field("9", name="Severity"))
    found = by_path(resolve(definition(*fields), {}), "severity", "must exist")
    assert found.errors == {"severity_id": ("Impact must exist",)}
