"""Each kind of field, from Rootly's definition to what is sent and shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.formengine.kinds import BUILT_INS, CONTROLS, INPUT_KINDS, VALUE_KINDS, how_to
from incidentportal.formengine.payload import attributes, labelled_answers
from incidentportal.formengine.resolve import ResolvedForm, resolve
from incidentportal.formengine.validation import clean
from incidentportal.formengine.view import form_view
from incidentportal.rootly.records import FormField
from tests.formengine.building import REGIONS, built_in, form_field, resolved, select
from tests.formengine.lists import with_live

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 1, 31, 12, 0, 7, 99, tzinfo=UTC)
TYPED = "2026-01-31T14:30"
SENT = "2026-01-31T14:30:00+01:00"
READ = "2026-01-31 14:30 +01:00"
TIMES = (
    "in_triage_at", "started_at", "detected_at", "acknowledged_at", "mitigated_at", "resolved_at",
    "closed_at",
)  # fmt: skip
MESSAGES = ("mitigation_message", "resolution_message", "cancellation_message")

# Kind; what is posted; the value; what is sent; what is shown.
TABLE: list[tuple[str, list[str], Any, dict[str, Any], str]] = [
    ("title", [" Down "], "Down", {"title": "Down"}, "Down"),
    ("summary", ["a\r\n*b*"], "a\n*b*", {"summary": "a\n*b*"}, "a\n*b*"),
    ("severity", ["0"], ("0",), {"severity_id": "0"}, "SEV0"),
    ("environments", ["e1", "e2"], ("e1", "e2"), {"environment_ids": ["e1", "e2"]},
     "production, staging"),
    ("types", ["y1"], ("y1",), {"incident_type_ids": ["y1"]}, "Security"),
    ("services", ["12"], ("12",), {"service_ids": ["12"]}, "checkout-api"),
    ("causes", ["c1"], ("c1",), {"cause_ids": ["c1"]}, "Deploy"),
    ("functionalities", ["f1"], ("f1",), {"functionality_ids": ["f1"]}, "Pay"),
    ("teams", ["t1"], ("t1",), {"group_ids": ["t1"]}, "Platform"),
    ("labels", ["a=1", "b=2"], {"a": "1", "b": "2"}, {"labels": {"a": "1", "b": "2"}}, "a=1\nb=2"),
    ("notify_emails", ["a@x.org,b@x.org"], ("a@x.org", "b@x.org"),
     {"notify_emails": ["a@x.org", "b@x.org"]}, "a@x.org, b@x.org"),
    *((kind, [TYPED], SENT, {kind: SENT}, READ) for kind in TIMES),
    ("manual_starting_datetime_field", [TYPED], SENT, {"started_at": SENT}, READ),
    ("visibility", ["true"], True, {"private": True}, "Yes"),
    ("show_ongoing_incidents", ["1"], None, {}, ""),
    ("mark_as_test", ["true"], True, {"kind": "test"}, "Yes"),
    ("mark_as_backfilled", ["true"], True, {"kind": "backfilled"}, "Yes"),
    ("mark_as_in_triage", ["true"], True, {"in_triage_mark": "2026-01-31T12:00:07+00:00"}, "Yes"),
    ("attach_alerts", ["a1", "a0"], ("a1", "a0"), {"alert_ids": ["a1", "a0"]}, "CPU high, a0"),
    ("trigger_manual_workflows", ["w1"], ("w1",), {"workflow_ids": ["w1"]}, "Page the CEO"),
    *((kind, ["so\r\nit is"], "so\nit is", {kind: "so\nit is"}, "so\nit is") for kind in MESSAGES),
    ("status", ["mitigated"], ("mitigated",), {"status": "mitigated"}, "Mitigated"),
    ("parent_incident", ["i0"], ("i0",), {"parent_incident_id": "i0"}, "i0"),
]  # fmt: skip
UNSENDABLE = {"custom_sub_status"}


@pytest.mark.parametrize(("kind", "posted", "value", "sent", "text"), TABLE)
def test_a_built_in_field_from_what_is_posted_to_what_is_sent_and_shown(
    kind: str, posted: list[str], value: Any, sent: dict[str, Any], text: str
) -> None:
    form = resolve(with_live(built_in(kind), required=True), {})
    name = form.shown[0].field.name
    cleaned = clean(form, {name: posted}, BERLIN)
    assert cleaned.errors == {}
    assert cleaned.values.get(name) == value
    assert attributes(form, cleaned, NOW) == sent
    assert "".join(line["text"] for line in labelled_answers(form, cleaned)) == text
    assert dict(cleaned.answers) == ({name: posted} if value is not None else {})
    again = clean(form, cleaned.answers, BERLIN)
    assert again.values == cleaned.values


@pytest.mark.parametrize("kind", [row[0] for row in TABLE])
def test_nothing_filled_in_is_nothing_sent(kind: str) -> None:
    form = resolve(with_live(built_in(kind)), {})
    assert attributes(form, clean(form, {form.shown[0].field.name: [" "]}, BERLIN), NOW) == {}


def test_every_built_in_kind_is_in_the_table_and_every_control_is_used() -> None:
    assert {row[0] for row in TABLE} | UNSENDABLE == set(BUILT_INS)
    fixed = {built_in.control for built_in in BUILT_INS.values()}
    assert fixed | set(INPUT_KINDS.values()) == set(CONTROLS)


IDS = {
    "inherit": "102", "group": "t1", "service": "12", "functionality": "f1", "user": "7",
    "catalog_entity": "n1", "environment": "e1", "cause": "c1", "incident_type": "y1",
}  # fmt: skip


@pytest.mark.parametrize("value_kind", VALUE_KINDS)
@pytest.mark.parametrize("input_kind", ["select", "multi_select"])
def test_a_custom_list_is_sent_as_the_ids_of_its_value_kind(
    input_kind: str, value_kind: str
) -> None:
    field = form_field(
        "5",
        input_kind=input_kind,
        value_kind=value_kind,
        value_kind_catalog_id="cat",
        options=REGIONS if value_kind == "inherit" else (),
    )
    form = resolved(field)
    chosen = IDS[value_kind]
    cleaned = clean(form, {"form_field_5": [chosen]}, BERLIN)
    assert attributes(form, cleaned, NOW) == {
        "form_field_selections_attributes": [
            {"form_field_id": "5", VALUE_KINDS[value_kind].selected: [chosen]}
        ]
    }
    (line,) = labelled_answers(form, cleaned)
    assert line["text"] not in {"", chosen}


def _answer(field: FormField, *posted: str) -> tuple[ResolvedForm, Any]:
    form = resolve(with_live(field), {})
    return form, clean(form, {form.shown[0].field.name: posted}, BERLIN)


@pytest.mark.parametrize(
    ("posted", "message"),
    [
        (["x" * 256], "Choose an alert from the list: “" + "x" * 40 + "…” can't be one"),
        (["a\x00"], "Choose an alert from the list: “a�” can't be one"),
        ([str(number) for number in range(101)], "Alerts takes at most 100; these are 101"),
    ],
)
def test_an_open_list_takes_ids_it_does_not_know_within_reason(
    posted: list[str], message: str
) -> None:
    _, cleaned = _answer(built_in("attach_alerts"), *posted)
    assert cleaned.errors == {"alert_ids": (message,)}


def test_an_empty_open_list_takes_ids_too_and_a_closed_one_only_its_own() -> None:
    form = resolve(with_live(built_in("parent_incident")), {})
    assert clean(form, {"parent_incident_id": ["1", "2"]}, BERLIN).errors == {
        "parent_incident_id": ("Choose only one of Parent incident; 2 were sent",)
    }
    _, cleaned = _answer(built_in("trigger_manual_workflows"), "w9")
    assert cleaned.errors == {
        "workflow_ids": ("Choose a workflow from the list: the one you chose no longer exists",)
    }


def test_the_list_of_ongoing_incidents_shows_the_first_ten_and_counts_the_rest() -> None:
    form = resolve(with_live(built_in("show_ongoing_incidents"), required=True), {})
    (field,) = form_view(form, {}, UTC).fields
    assert field.template == "formengine/fields/ongoing.html"
    assert [choice.label for choice in field.choices] == [f"Incident {n}" for n in range(10)]
    assert (field.value, field.required) == ("2", False)


def test_an_id_that_an_open_list_does_not_know_stays_ticked() -> None:
    form = resolve(with_live(built_in("attach_alerts")), {})
    (field,) = form_view(form, {"alert_ids": ["a1", "a0"]}, UTC).fields
    assert [(one.label, one.hint, one.selected) for one in field.choices] == [
        ("CPU high", "", True),
        ("Disk full", "", False),
        ("Not in the list", "a0", True),
    ]


def test_help_says_what_a_kind_means_and_how_a_control_is_filled_in() -> None:
    said = {
        kind: how_to(resolve(with_live(built_in(kind)), {}).shown[0].field, BERLIN)
        for kind in ("visibility", "started_at", "notify_emails", "title")
    }
    assert "can't be undone" in said["visibility"]
    assert "Slack" in said["visibility"]
    assert said["started_at"].startswith("Leave it empty unless")
    assert said["started_at"].endswith("time zone Europe/Berlin.")
    assert "nothing is mailed" in said["notify_emails"].replace("\n", " ")
    assert said["title"] == ""


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1e9, max_value=1e9))
def test_a_number_is_sent_as_the_text_that_was_typed(number: Any) -> None:
    form, cleaned = _answer(form_field("1", input_kind="number"), f"{number:f}")
    (selection,) = attributes(form, cleaned, NOW)["form_field_selections_attributes"]
    assert selection["value"] == f"{number:f}"


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_moment_is_the_same_moment_when_it_is_given_back(moment: datetime) -> None:
    typed = moment.replace(microsecond=0).isoformat()
    field = form_field("1", input_kind="datetime")
    _, cleaned = _answer(field, typed)
    if cleaned.errors:  # an hour that the clocks leave out
        assert "does not exist" in cleaned.errors["form_field_1"][0]
        return
    sent = str(cleaned.values["form_field_1"])
    assert datetime.fromisoformat(sent).replace(tzinfo=None).isoformat() == typed
    _, again = _answer(field, sent)
    assert again.values == cleaned.values


@given(st.dates())
def test_a_date_is_sent_as_it_is(day: Any) -> None:
    _, cleaned = _answer(form_field("1", input_kind="date"), day.isoformat())
    assert cleaned.values == {"form_field_1": day.isoformat()}


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=","))


@given(st.lists(WORDS.filter(lambda word: word.strip() and "\ufffd" not in word), unique=True))
def test_tags_come_back_as_they_were_typed(words: list[str]) -> None:
    _, cleaned = _answer(form_field("1", input_kind="tags"), ", ".join(words))
    assert cleaned.values.get("form_field_1", ()) == tuple(words)


def test_an_unknown_list_is_text_and_a_list_of_own_options_is_known() -> None:
    form, cleaned = _answer(select("1", "of_tomorrow"), "anything")
    assert attributes(form, cleaned, NOW)["form_field_selections_attributes"] == [
        {"form_field_id": "1", "value": "anything"}
    ]
