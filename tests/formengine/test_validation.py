"""Every wrong answer at once, in the person's words; any text whatever is survived."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.formengine.fields import Answers, Value
from incidentportal.formengine.payload import attributes, labelled_answers
from incidentportal.formengine.resolve import resolve
from incidentportal.formengine.validation import Cleaned, clean
from incidentportal.formengine.view import form_view
from incidentportal.rootly.records import FormField
from tests.formengine.building import REGIONS, built_in, definition, form_field, resolved

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = (
    "text", "textarea", "rich_text", "number", "checkbox", "date", "datetime", "tags", "select",
    "multi_select",
)  # fmt: skip
ALL = (
    *(
        built_in(kind)
        for kind in (
            "title", "summary", "severity", "services", "labels", "notify_emails", "started_at",
            "mark_as_test", "attach_alerts", "visibility", "mark_as_backfilled", "resolved_at",
            "mark_as_in_triage", "status", "show_ongoing_incidents", "mitigation_message",
        )
    ),
    *(form_field(kind, input_kind=kind, options=REGIONS) for kind in KINDS),
)  # fmt: skip


def cleaned(field: FormField, *values: str, required: bool = False) -> Cleaned:
    form = resolved(field, required=required)
    name = form.shown[0].field.name
    return clean(form, {name: values}, BERLIN)


def value_of(field: FormField, *values: str) -> Value | None:
    result = cleaned(field, *values)
    assert not result.errors
    return next(iter(result.values.values()), None)


def error_of(field: FormField, *values: str) -> str:
    result = cleaned(field, *values)
    assert not result.values
    ((message, *_),) = result.errors.values()
    return message


def kind(input_kind: str) -> FormField:
    return form_field("1", name="Answer", input_kind=input_kind, options=REGIONS)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (built_in("title"), "Enter a title"),
        (built_in("title", name="Headline"), "Enter “Headline”"),
        (built_in("summary", name="Summary"), "Enter a summary"),
        (built_in("severity", name="Severity"), "Choose a severity"),
        (built_in("types", name="Incident Type"), "Choose an incident type"),
        (built_in("services", name="Affected parts"), "Choose an option for “Affected parts”"),
        (built_in("notify_emails"), "Enter an e-mail address"),
        (built_in("started_at"), "Enter a date and time for “Started at”"),
        (kind("text"), "Enter “Answer”"),
        (kind("number"), "Enter “Answer”"),
        (kind("checkbox"), "Tick “Answer”"),
        (kind("date"), "Enter a date for “Answer”"),
        (kind("select"), "Choose an option for “Answer”"),
        (kind("hologram"), "Enter “Answer”"),
    ],
)
@pytest.mark.parametrize("values", [(), ("",), (" \t\r\n ", "\u2003")])
def test_a_missing_answer_says_what_to_do_and_white_space_is_none(
    field: FormField, message: str, values: tuple[str, ...]
) -> None:
    assert list(cleaned(field, *values, required=True).errors.values()) == [(message,)]
    assert cleaned(field, *values) == Cleaned({}, {}, {})


def test_all_errors_come_at_once() -> None:
    form = resolved(built_in("title"), built_in("severity"), kind("number"), required=True)
    result = clean(form, {"form_field_1": ["abc"]}, UTC)
    assert result.errors == {
        "title": ("Enter a title",),
        "severity_id": ("Choose a severity",),
        "form_field_1": ("“abc” is not a number; write it like 1200 or 12.50",),
    }


def test_a_list_with_nothing_to_choose_is_not_asked_for() -> None:
    form = resolved(built_in("causes"), required=True, causes=())
    assert clean(form, {}, UTC).errors == {}


def test_names_that_are_not_on_the_form_are_ignored() -> None:
    assert cleaned(built_in("title"), "x").answers == {"title": ["x"]}
    form = resolved(built_in("title"))
    assert clean(form, {"private": ["true"], "csrf": ["x"]}, UTC) == Cleaned({}, {}, {})


@pytest.mark.parametrize(
    ("field", "posted", "value"),
    [
        (built_in("title"), "  API\tdown ", "API down"),
        (built_in("title"), "Zürich 🔥", "Zürich 🔥"),
        (built_in("title"), "x" * 255, "x" * 255),
        (built_in("summary"), " a\r\nb\rc\n", " a\nb\nc\n"),
        (kind("rich_text"), "a < b", "a < b"),
        (kind("number"), " 12.50 ", "12.50"),
        (kind("number"), "-0", "-0"),
        (kind("number"), ".5", ".5"),
        (kind("number"), "0042", "0042"),
        (kind("checkbox"), "true", True),
        (kind("checkbox"), "1", True),
        (kind("checkbox"), "on", True),
        (kind("checkbox"), "false", None),
        (kind("checkbox"), "0", None),
        (kind("date"), "2024-02-29", "2024-02-29"),
        (kind("datetime"), "2026-01-31T14:30", "2026-01-31T14:30:00+01:00"),
        (kind("datetime"), "2026-07-31 14:30:05", "2026-07-31T14:30:05+02:00"),
        (kind("datetime"), "2026-07-31T14:30Z", "2026-07-31T14:30:00+00:00"),
        (kind("datetime"), "2026-07-31T14:30-0530", "2026-07-31T14:30:00-05:30"),
        (kind("datetime"), "2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),
        (kind("tags"), "a, b,\r\n a ,,c d", ("a", "b", "c d")),
        (kind("tags"), " , ,", None),
        (built_in("notify_emails"), "a@x.org, b@y.org\nc@z.org", ("a@x.org", "b@y.org", "c@z.org")),
        (built_in("labels"), "team = db\r\nurl=a=b,c", {"team": "db", "url": "a=b,c"}),
        (built_in("severity"), "0", ("0",)),
        (kind("select"), "102", ("102",)),
    ],
)
def test_what_a_good_answer_means(field: FormField, posted: str, value: Value | None) -> None:
    assert value_of(field, posted) == value


@pytest.mark.parametrize(
    ("field", "posted", "message"),
    [
        (built_in("title"), "x" * 256, "Title can have at most 255 characters; this has 256"),
        (built_in("title"), "a\nb", "Title must be on one line"),
        (built_in("title"), "a\x00b", "Title has a character that can't be sent (U+0000)"),
        (built_in("title"), "a\ud800", "Title has a character that can't be sent (U+D800)"),
        (built_in("summary"), "a\x1bb", "Summary has a character that can't be sent (U+001B)"),
        (kind("textarea"), "x" * 50_001, "Answer can have at most 50,000 characters; this"),
        (kind("number"), "1e5", "“1e5” is not a number"),
        (kind("number"), "NaN", "“NaN” is not a number"),
        (kind("number"), "12,50", "“12,50” is not a number"),
        (kind("number"), "٣", "“٣” is not a number"),
        (kind("number"), "1" * 51, "Answer can have at most 50 characters; this has 51"),
        (kind("number"), "\x00" * 60, "“" + "�" * 40 + "…” is not a number"),
        (kind("checkbox"), "yes", "Tick Answer or leave it; “yes” is neither"),
        (kind("date"), "2023-02-29", "“2023-02-29” is not a day of the calendar"),
        (kind("date"), "20240101", "“20240101” is not a date; write it like 2026-01-31"),
        (kind("date"), "0000-01-01", "“0000-01-01” is not a day of the calendar"),
        (kind("datetime"), "tomorrow", "“tomorrow” is not a date and time"),
        (kind("datetime"), "2026-01-31T25:00", "“2026-01-31T25:00” is not a date and time of"),
        (kind("datetime"), "0001-01-01T00:00", "“0001-01-01T00:00” is not a date and time of"),
        (kind("datetime"), "2026-01-31T10:00+25:99", "“2026-01-31T10:00+25:99” is not a date"),
        (kind("datetime"), "2026-03-29T02:30", "“2026-03-29T02:30” does not exist"),
        (kind("tags"), ",".join(map(str, range(101))), "Answer takes at most 100 entries"),
        (kind("tags"), "x" * 256, "Each entry of Answer can have at most 255 characters"),
        (kind("tags"), "a\x00", "Answer has a character that can't be sent (U+0000)"),
        (built_in("notify_emails"), "a@x.org, nobody", "“nobody” is not an e-mail address"),
        (built_in("notify_emails"), f"{'x' * 249}@x.org", "is not an e-mail address"),
        (built_in("labels"), "just-a-key", "“just-a-key” is not a label; write each one as key"),
        (built_in("labels"), "=v", "“=v” is not a label"),
        (built_in("labels"), "a=1\na=2", "The label “a” is there twice"),
        (
            built_in("labels"), "Incident_Portal_Declaration=1",
            "The label “Incident_Portal_Declaration” is reserved for the portal",
        ),
        (built_in("labels"), "incident_portal_declared_by=me", "is reserved for the portal"),
        (built_in("services"), "99", "Choose a service from the list: the one"),
        (built_in("severity"), "0\x00", "Choose a severity from the list: the one you chose"),
        (kind("select"), "zzz", "Choose an option for “Answer” from the list"),
    ],
)  # fmt: skip
def test_what_a_wrong_answer_is_told(field: FormField, posted: str, message: str) -> None:
    assert message in error_of(field, posted)


def test_repeated_values_are_an_error_where_one_is_meant() -> None:
    assert error_of(built_in("title"), "a", "b") == "Title takes one answer; 2 were sent"
    assert error_of(built_in("title"), "a", "a") == "Title takes one answer; 2 were sent"
    assert error_of(built_in("severity"), "0", "1") == "Choose only one of Severity; 2 were sent"
    assert "neither" in error_of(kind("checkbox"), "true", "0")


def test_repeated_values_are_fine_where_they_say_the_same_or_many_are_meant() -> None:
    assert value_of(built_in("title"), "", "a") == "a"
    assert value_of(built_in("severity"), "0", "0", "") == ("0",)
    assert value_of(kind("checkbox"), "true", "on") is True
    assert value_of(built_in("services"), "13", "12", "13") == ("13", "12")
    assert value_of(built_in("labels"), "a=1", "b=2") == {"a": "1", "b": "2"}


def test_several_unknown_choices_are_counted() -> None:
    assert error_of(built_in("services"), "12", "98", "99") == (
        "Choose a service from the list: 2 of those you chose no longer exist"
    )


def test_several_wrong_entries_are_each_named_up_to_five() -> None:
    result = cleaned(built_in("notify_emails"), ",".join("abcdefg"))
    ((first, *rest),) = result.errors.values()
    assert first == "“a” is not an e-mail address"
    assert len(rest) == 4


def test_what_is_kept_to_be_stored_is_the_raw_text_of_valid_answers() -> None:
    form = resolved(built_in("title"), kind("number"))
    result = clean(form, {"title": [" a ", ""], "form_field_1": ["x"]}, UTC)
    assert result.answers == {"title": [" a "]}


ANY = st.text() | st.text("0123456789-:T.+, =@\n\x00aZ")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            field.name: st.lists(ANY, max_size=4)
            for field in definition(*ALL, required=True).fields
        },
    ),
    st.sampled_from([UTC, BERLIN, ZoneInfo("Pacific/Apia")]),
)
def test_any_text_is_cleaned_sent_and_shown_without_an_exception(
    answers: Answers, zone: Any
) -> None:
    form = resolve(definition(*ALL, required=True), answers)
    result = clean(form, answers, zone)
    assert not set(result.values) & set(result.errors)
    assert set(result.values) == set(result.answers)
    stored = json.dumps(
        [result.answers, attributes(form, result, datetime.now(UTC))], ensure_ascii=False
    )
    assert b"\\u0000" not in stored.encode()
    for line in labelled_answers(form, result):
        line["text"].encode()
    view = form_view(form, answers, zone, errors=result.errors)
    repr(view).encode()
    assert len(view.errors) == sum(map(len, result.errors.values()))
