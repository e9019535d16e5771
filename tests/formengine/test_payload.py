"""What is sent for the answers, and what is kept to be shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from incidentportal.formengine.fields import Answers
from incidentportal.formengine.payload import attributes, labelled_answers
from incidentportal.formengine.validation import clean
from incidentportal.rootly.records import FormField
from tests.formengine.building import REGIONS, built_in, form_field, resolved, select

NOW = datetime(2026, 1, 31, 12, 0, 7, 99, tzinfo=UTC)


def sent(answers: Answers, *fields: FormField, required: bool = False) -> dict[str, Any]:
    form = resolved(*fields, required=required)
    cleaned = clean(form, answers, UTC)
    assert not cleaned.errors
    return attributes(form, cleaned, NOW)


def test_built_in_fields_are_sent_by_their_attributes_and_blank_ones_left_out() -> None:
    fields = [
        built_in(kind)
        for kind in (
            "title", "summary", "severity", "environments", "types", "services", "causes",
            "functionalities", "teams", "labels", "notify_emails", "started_at",
        )
    ]  # fmt: skip
    answers = {
        "title": ["Checkout down"],
        "summary": [" a\r\nb "],
        "severity_id": ["0"],
        "environment_ids": ["e1", "e2"],
        "incident_type_ids": ["y1"],
        "service_ids": ["12"],
        "functionality_ids": ["f1"],
        "group_ids": ["t1"],
        "labels": ["team=db"],
        "notify_emails": ["a@x.org, b@x.org"],
        "started_at": ["2026-01-31T10:00"],
        "cause_ids": [""],
    }
    assert sent(answers, *fields) == {
        "title": "Checkout down",
        "summary": " a\nb ",
        "severity_id": "0",
        "environment_ids": ["e1", "e2"],
        "incident_type_ids": ["y1"],
        "service_ids": ["12"],
        "functionality_ids": ["f1"],
        "group_ids": ["t1"],
        "labels": {"team": "db"},
        "notify_emails": ["a@x.org", "b@x.org"],
        "started_at": "2026-01-31T10:00:00+00:00",
    }
    assert sent({}, *fields) == {}


def test_a_list_that_takes_one_is_still_sent_as_a_list() -> None:
    field = built_in("services", input_kind="select")
    assert sent({"service_ids": ["12"]}, field) == {"service_ids": ["12"]}


@pytest.mark.parametrize(
    ("field", "posted", "selection"),
    [
        (form_field("45"), "us-east-1", {"value": "us-east-1"}),
        (form_field("45", input_kind="textarea"), "a\r\nb", {"value": "a\nb"}),
        (
            form_field("45", input_kind="rich_text"),
            "a < b & c",
            {"value": "<p>a &lt; b &amp; c</p>"},
        ),
        (form_field("45", input_kind="number"), "12.50", {"value": "12.50"}),
        (form_field("45", input_kind="checkbox"), "true", {"value": "1"}),
        (form_field("45", input_kind="date"), "2026-01-31", {"value": "2026-01-31"}),
        (
            form_field("45", input_kind="datetime"),
            "2026-01-31T10:00",
            {"value": "2026-01-31T10:00:00+00:00"},
        ),
        (form_field("45", input_kind="tags"), "a, é", {"value": '["a", "é"]'}),
        (form_field("45", input_kind="hologram"), "x", {"value": "x"}),
        (select("45", options=REGIONS), "102", {"selected_option_ids": ["102"]}),
        (select("45", "user"), "7", {"selected_user_ids": ["7"]}),
        (select("45", "service"), "12", {"selected_service_ids": ["12"]}),
        (
            select("45", "catalog_entity", value_kind_catalog_id="cat"),
            "n1",
            {"selected_catalog_entity_ids": ["n1"]},
        ),
        (select("45", "of_tomorrow"), "x", {"value": "x"}),
    ],
)
def test_custom_values_are_sent_as_selections(
    field: FormField, posted: str, selection: dict[str, Any]
) -> None:
    assert sent({"form_field_45": [posted]}, field) == {
        "form_field_selections_attributes": [{"form_field_id": "45", **selection}]
    }


def test_custom_values_keep_the_forms_order_and_blank_ones_are_left_out() -> None:
    fields = (form_field("2"), form_field("1"), form_field("3"))
    answers = {"form_field_1": ["a"], "form_field_2": ["b"], "form_field_3": [" "]}
    selections = sent(answers, *fields)["form_field_selections_attributes"]
    assert [one["form_field_id"] for one in selections] == ["2", "1"]


def test_an_unticked_custom_checkbox_is_sent_as_zero() -> None:
    assert sent({}, form_field("45", input_kind="checkbox")) == {
        "form_field_selections_attributes": [{"form_field_id": "45", "value": "0"}]
    }


def test_the_manual_start_is_the_start_unless_that_is_given_itself() -> None:
    fields = (built_in("started_at"), built_in("manual_starting_datetime_field"))
    answers = {"manual_starting_datetime_field": ["2026-01-31T10:00"]}
    assert sent(answers, *fields) == {"started_at": "2026-01-31T10:00:00+00:00"}
    both = {**answers, "started_at": ["2026-01-31T09:00"]}
    assert sent(both, *fields) == {"started_at": "2026-01-31T09:00:00+00:00"}


def test_answers_are_kept_with_the_labels_they_were_shown_with() -> None:
    fields = (
        built_in("title"),
        built_in("services", name="Affected"),
        form_field("1", name="Agreed?", input_kind="checkbox"),
        built_in("labels"),
        form_field("2", name="Tags", input_kind="tags"),
        form_field("3", name="Left blank"),
    )
    form = resolved(*fields)
    answers = {
        "title": ["Down"],
        "service_ids": ["13", "12"],
        "form_field_1": ["true"],
        "labels": ["a=1\nb=2"],
        "form_field_2": ["x,y"],
    }
    lines = labelled_answers(form, clean(form, answers, UTC))
    assert json.loads(json.dumps(lines)) == [
        {"name": "title", "label": "Title", "text": "Down"},
        {"name": "service_ids", "label": "Affected", "text": "search, checkout-api"},
        {"name": "form_field_1", "label": "Agreed?", "text": "Yes"},
        {"name": "labels", "label": "Labels", "text": "a=1\nb=2"},
        {"name": "form_field_2", "label": "Tags", "text": "x, y"},
    ]
