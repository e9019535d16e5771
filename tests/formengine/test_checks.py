"""Answers that contradict each other: told at the later field, by the other's label."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from incidentportal.formengine.resolve import resolve
from incidentportal.formengine.validation import Cleaned, clean
from tests.formengine.building import built_in, form_field
from tests.formengine.lists import with_live

BERLIN = ZoneInfo("Europe/Berlin")
TIMES = ("closed_at", "started_at", "detected_at", "resolved_at", "in_triage_at")


def filled(kinds: tuple[str, ...], **answers: str) -> Cleaned:
    form = resolve(with_live(*map(built_in, kinds)), {})
    return clean(form, {name: [text] for name, text in answers.items()}, BERLIN)


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({"started_at": "2026-01-02T10:00", "detected_at": "2026-01-02T10:00"}, {}),
        ({"detected_at": "2026-01-02T10:00", "closed_at": "2026-01-03T10:00"}, {}),
        (
            {"started_at": "2026-01-02T10:00", "detected_at": "2026-01-02T09:59"},
            {"detected_at": "Detected at can't be before Started at"},
        ),
        (
            {"started_at": "2026-01-02T10:00", "closed_at": "2026-01-01T10:00"},
            {"closed_at": "Closed at can't be before Started at"},
        ),
        (  # Offsets count, not digits.
            {"started_at": "2026-01-02T10:00", "detected_at": "2026-01-02T09:30Z"},
            {},
        ),
        (
            {
                "started_at": "2026-01-02T10:00",
                "detected_at": "2026-01-02T08:00",
                "resolved_at": "2026-01-02T09:00",
            },
            {
                "detected_at": "Detected at can't be before Started at",
                "resolved_at": "Resolved at can't be before Started at",
            },
        ),
        ({"started_at": "2026-01-02T10:00", "in_triage_at": "2026-01-02T09:00"}, {}),
        ({"started_at": "2999-01-02T10:00"}, {}),
    ],
)
def test_the_order_of_times(answers: dict[str, str], errors: dict[str, str]) -> None:
    found = filled(TIMES, **answers)
    assert found.errors == {name: (message,) for name, message in errors.items()}
    assert set(found.values) == set(found.answers) == set(answers) - set(errors)


def test_a_start_given_by_hand_counts_where_there_is_no_other() -> None:
    kinds = ("manual_starting_datetime_field", "detected_at", "started_at")
    late, early = "2026-01-02T10:00", "2026-01-02T09:00"
    assert filled(kinds, manual_starting_datetime_field=late, detected_at=early).errors == {
        "detected_at": ("Detected at can't be before Manual starting datetime",)
    }
    three = {"manual_starting_datetime_field": late, "detected_at": early, "started_at": early}
    assert filled(kinds, **three).errors == {}


MARKS = ("mark_as_test", "mark_as_backfilled", "mark_as_in_triage", "status", "parent_incident")


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        (
            {"mark_as_test": "true", "mark_as_backfilled": "true"},
            {"mark_as_backfilled": "be a test too: choose between this and “Mark as test”"},
        ),
        (
            {"mark_as_backfilled": "true", "parent_incident_id": "i1"},
            {"mark_as_backfilled": "part of another too: choose between this and “Parent incident"},
        ),
        ({"mark_as_test": "true", "parent_incident_id": "i1"}, {}),
        ({"mark_as_test": "true", "mark_as_backfilled": "0"}, {}),
        (
            {"mark_as_in_triage": "true", "status": "resolved"},
            {"mark_as_in_triage": "It can't be in triage and have another “Status”"},
        ),
        ({"mark_as_in_triage": "true", "status": "in_triage"}, {}),
        ({"mark_as_in_triage": "true", "mark_as_test": "true"}, {}),
    ],
)
def test_marks_that_exclude_each_other(answers: dict[str, str], errors: dict[str, str]) -> None:
    found = filled(MARKS, **answers)
    assert set(found.errors) == set(errors)
    for name, part in errors.items():
        assert part in found.errors[name][0]


def test_what_is_wrong_by_itself_or_hidden_contradicts_nothing() -> None:
    found = filled(TIMES, started_at="tomorrow", detected_at="2026-01-02T09:59")
    assert set(found.errors) == {"started_at"}
    form = resolve(with_live(built_in("detected_at"), form_field("1")), {})
    answers = {"started_at": ["2999-01-01T00:00"], "detected_at": ["2026-01-01T00:00"]}
    assert clean(form, answers, BERLIN).errors == {}
