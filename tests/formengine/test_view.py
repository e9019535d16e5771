"""The form as the templates receive it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from incidentportal.formengine.choices import ChoiceView
from incidentportal.formengine.fields import Answers
from incidentportal.formengine.searching import unsearched, wants_search
from incidentportal.formengine.view import ErrorLine, FieldView, form_view
from incidentportal.rootly.records import FieldOption, FormField, Service
from tests.formengine.building import REGIONS, built_in, form_field, resolved, select

MANY = tuple(Service(id=str(number), name=f"service {number:04}") for number in range(60))


def view_of(
    field: FormField, answers: Answers | None = None, *, required: bool = False, **rest: Any
) -> FieldView:
    (view,) = form_view(resolved(field, required=required, **rest), answers or {}, UTC).fields
    return view


def test_a_text_field_has_what_its_template_needs() -> None:
    field = form_field("5", name="Region", description="Where?")
    view = view_of(field, {"form_field_5": ["<b>"]}, required=True)
    assert asdict(view) == asdict(
        FieldView(
            name="form_field_5",
            dom_id="id_form_field_5",
            template="formengine/fields/input.html",
            control="text",
            label="Region",
            required=True,
            help="Where?",
            how="",
            errors=(),
            value="<b>",
            anchor="id_form_field_5",
            help_id="id_form_field_5_help",
            error_id="id_form_field_5_error",
            described_by="id_form_field_5_help",
            why="Required by your company’s form in Rootly.",
        )
    )


@pytest.mark.parametrize(
    ("description", "errors", "described_by"),
    [
        ("", (), ""),
        ("h", (), "id_title_help"),
        ("", ("e",), "id_title_error"),
        ("h", ("e",), "id_title_help id_title_error"),
    ],
)
def test_help_and_error_describe_the_control(
    description: str, errors: tuple[str, ...], described_by: str
) -> None:
    form = resolved(built_in("title", description=description))
    (view,) = form_view(form, {}, UTC, errors={"title": errors}).fields
    assert view.described_by == described_by
    assert view.errors == errors


def test_the_error_summary_follows_the_form_and_loses_nothing() -> None:
    form = resolved(built_in("title"), built_in("severity"))
    errors = {"gone": ["lost?"], "severity_id": ["one", "two"], "title": ["first"]}
    view = form_view(form, {}, UTC, errors=errors, messages=["no field"])
    assert view.errors == (
        ErrorLine("first", "id_title", "Title"),
        ErrorLine("one", "id_severity_id_0", "Severity"),
        ErrorLine("two", "id_severity_id_0", "Severity"),
        ErrorLine("lost?"),
        ErrorLine("no field"),
    )


@pytest.mark.parametrize(
    ("input_kind", "posted", "value", "input_type"),
    [
        ("date", "2026-01-31", "2026-01-31", "date"),
        ("date", "31.1.2026", "31.1.2026", "text"),
        ("date", "", "", "date"),
        ("datetime", "2026-01-31T10:00", "2026-01-31T10:00", "datetime-local"),
        ("datetime", "2026-01-31T10:00Z", "2026-01-31T10:00Z", "text"),
        ("number", "12.50", "12.50", "text"),
        ("tags", "a,b", "a,b", "text"),
        ("text", "a\x00\ud800b", "a��b", "text"),
    ],
)
def test_what_was_typed_stays_even_where_a_browsers_control_would_drop_it(
    input_kind: str, posted: str, value: str, input_type: str
) -> None:
    view = view_of(form_field("1", input_kind=input_kind), {"form_field_1": [posted]})
    assert (view.value, view.input_type) == (value, input_type)


def test_listed_texts_stand_one_a_line() -> None:
    view = view_of(built_in("labels"), {"labels": ["a=1", "b=2"]})
    assert (view.value, view.template) == ("a=1\nb=2", "formengine/fields/textarea.html")


def test_a_datetime_says_its_zone() -> None:
    form = resolved(built_in("started_at"))
    (view,) = form_view(form, {}, ZoneInfo("Europe/Berlin")).fields
    assert "Europe/Berlin" in view.how
    assert view.described_by == "id_started_at_help"


@pytest.mark.parametrize(("posted", "checked"), [("true", True), ("1", True), ("0", False)])
def test_a_tick_is_kept(posted: str, checked: bool) -> None:
    view = view_of(form_field("1", input_kind="checkbox"), {"form_field_1": [posted]})
    assert view.checked is checked


def test_few_options_to_choose_one_from_are_radios_with_a_way_back() -> None:
    view = view_of(select("1", options=REGIONS), {"form_field_1": ["102"]})
    assert view.layout == "radios"
    assert view.blank_label == "None"
    assert view.choices == (ChoiceView("102", "EU", selected=True), ChoiceView("101", "US"))
    assert view_of(select("1", options=REGIONS), required=True).blank_label == ""


def test_more_options_are_a_drop_down_up_to_fifty() -> None:
    for count, layout, search in (
        (7, "radios", False),
        (8, "select", False),
        (50, "select", False),
        (51, "radios", True),
    ):
        options = tuple(FieldOption(id=str(one), value=f"{one:02}") for one in range(count))
        view = view_of(select("1", options=options), required=True)
        assert (view.layout, view.search is not None) == (layout, search)
        assert len(view.choices) == (0 if search else count)


def test_many_choices_are_checkboxes() -> None:
    view = view_of(built_in("services"), {"service_ids": ["13", "12"]})
    assert view.layout == "checkboxes"
    assert [choice.selected for choice in view.choices] == [True, True]
    assert view.blank_label == ""


def test_native_choices_without_a_selection_are_made_once_per_list() -> None:
    form = resolved(built_in("services"))
    first, second = (form_view(form, {}, UTC).fields[0] for _ in range(2))
    assert first.choices is second.choices
    (chosen,) = form_view(form, {"service_ids": ["12"]}, UTC).fields
    assert [choice.selected for choice in chosen.choices] == [True, False]
    assert not any(choice.selected for choice in first.choices)


def test_an_untouched_field_is_the_same_object_on_every_page_and_a_touched_one_is_not() -> None:
    form = resolved(
        built_in("title"),
        built_in("services"),
        form_field("1", default_values=("x",)),
        built_in("started_at"),
        services=MANY,
    )
    defaults = {"form_field_1": ["x"], "service_ids__q": [""], "service_ids__searched": ["old"]}
    first = form_view(form, defaults, UTC).fields
    assert all(
        one is two for one, two in zip(first, form_view(form, defaults, UTC).fields, strict=True)
    )
    assert first[1].search is not None
    assert first[2].value == "x"
    berlin = form_view(form, {}, ZoneInfo("Europe/Berlin")).fields
    same = [one is two for one, two in zip(first, berlin, strict=True)]
    assert same == [True, True, False, False]
    answers = {"title": ["t"], "service_ids__q": ["1"], "form_field_1": ["y"]}
    touched = form_view(form, answers, UTC, errors={"started_at": ["odd"]}).fields
    assert not any(one is two for one, two in zip(first, touched, strict=True))
    assert [one.value for one in form_view(form, defaults, UTC).fields] == ["", "", "x", ""]


def test_a_chosen_id_that_is_gone_stays_visible_and_what_no_page_can_carry_does_not() -> None:
    answers = {"service_ids": ["99", "12", "a\x00b", "x" * 300]}
    gone = ChoiceView("99", "No longer available", "99", selected=True)
    assert [one for one in view_of(built_in("services"), answers).choices if one.selected] == [
        ChoiceView("12", "checkout-api", selected=True),
        gone,
    ]
    assert gone in view_of(built_in("services"), answers, services=MANY).choices


def test_a_long_list_shows_what_was_chosen_and_then_the_hits() -> None:
    answers = {"service_ids": ["7", "59"], "service_ids__q": [" 005  service "]}
    view = view_of(built_in("services"), answers, services=MANY)
    assert view.template == "formengine/fields/search.html"
    assert view.layout == "checkboxes"
    assert view.anchor == "id_service_ids__q"
    assert [(one.id, one.selected) for one in view.choices] == [
        ("7", True),
        ("59", True),
        *((str(number), False) for number in (5, *range(50, 59))),
    ]
    search = view.search
    assert search is not None
    assert (search.name, search.dom_id) == ("service_ids__q", "id_service_ids__q")
    assert (search.query, search.done_name) == ("005 service", "service_ids__searched")
    assert (search.hits, search.more) == (11, False)


def test_at_most_twenty_hits_are_shown() -> None:
    view = view_of(built_in("services"), {"service_ids__q": ["service"]}, services=MANY)
    assert view.search is not None
    assert (len(view.choices), view.search.hits, view.search.more) == (20, 20, True)


def test_a_long_list_without_words_shows_only_what_was_chosen() -> None:
    view = view_of(select("1", "service"), {"form_field_1": ["7"]}, services=MANY)
    assert view.layout == "radios"
    assert view.blank_label == "None"
    assert view.choices == (ChoiceView("7", "service 0007", selected=True),)


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        ({}, ()),
        ({"service_ids__q": ["  "]}, ()),
        ({"service_ids__q": ["api"]}, ("service_ids",)),
        ({"service_ids__q": ["api"], "service_ids__searched": ["api"]}, ()),
        ({"service_ids__q": [" api  x "], "service_ids__searched": ["api x"]}, ()),
        ({"service_ids__q": ["apis"], "service_ids__searched": ["api"]}, ("service_ids",)),
        ({"service_ids__q": [""], "service_ids__searched": ["api"]}, ()),
        ({"service_ids__q": ["x" * 999], "service_ids__searched": ["x" * 200]}, ()),
        ({"title__q": ["api"]}, ()),
    ],
)
def test_words_that_were_not_searched_for_yet_are_noticed(
    answers: Answers, names: tuple[str, ...]
) -> None:
    form = resolved(built_in("title"), built_in("services"), services=MANY)
    assert unsearched(form, answers) == names
    assert wants_search(form, answers) is bool(names)


def test_the_search_button_asks_for_a_search_whatever_stands_in_the_boxes() -> None:
    form = resolved(built_in("services"), services=MANY)
    assert wants_search(form, {"search": ["service_ids"]})


def test_what_a_page_says_was_searched_for_counts_as_searched() -> None:
    form = resolved(built_in("services"), services=MANY)
    posted = {"service_ids__q": ["a\x00 " + "b " * 300]}
    search = form_view(form, posted, UTC).fields[0].search
    assert search is not None
    again = {search.name: [search.query], search.done_name: [search.query]}
    assert unsearched(form, again) == ()


def test_a_choice_is_drawn_once_for_everybody_and_what_somebody_typed_is_kept_by_nobody() -> None:
    form = resolved(built_in("title"), built_in("severity"), form_field("t", input_kind="checkbox"))
    answers = {"title": ["secret"], "severity_id": ["1"], "form_field_t": ["true"]}
    first, second = (form_view(form, answers, UTC).fields for _ in range(2))
    assert [one is two for one, two in zip(first, second, strict=True)] == [False, True, True]
    assert [choice.selected for choice in first[1].choices] == [False, True]
    other = form_view(form, {**answers, "severity_id": ["0"], "form_field_t": []}, UTC).fields
    assert [choice.selected for choice in other[1].choices] == [True, False]
    assert [first[2].checked, other[2].checked] == [True, False]
    gone = {"severity_id": ["9"]}
    assert form_view(form, gone, UTC).fields[1] is not form_view(form, gone, UTC).fields[1]
