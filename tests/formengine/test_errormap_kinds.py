"""Every kind of field × every shape in which Rootly may name it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from incidentportal.formengine.errormap import place
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import BUILT_INS, INPUT_KINDS, VALUE_KINDS
from incidentportal.formengine.payload import SELECTIONS
from incidentportal.formengine.resolve import ResolvedForm
from incidentportal.rootly import refusals
from tests.formengine.building import REGIONS, built_in, form_field, resolved

LISTS = [kind for kind, control in INPUT_KINDS.items() if control in {"choice", "choices"}]
CUSTOM = [
    *(form_field(f"c-{kind}", input_kind=kind, name=f"Our {kind}, (if any)", slug=f"our-{kind}")
      for kind in INPUT_KINDS if kind not in LISTS),
    *(form_field(f"{place_}{number}", input_kind=kind, value_kind=value_kind, options=REGIONS,
                 value_kind_catalog_id="cat", name=f"Chosen {value_kind}: {kind}?",
                 slug=f"chosen-{value_kind}-{kind}")
      for place_, kind in enumerate(LISTS) for number, value_kind in enumerate(VALUE_KINDS)),
]  # fmt: skip
FORM = resolved(*(built_in(kind) for kind in BUILT_INS), *CUSTOM, required=True)
RENAMED = resolved(
    *(built_in(kind, name=f"What’s the {kind}-thing? (ours)") for kind in BUILT_INS),
    *CUSTOM,
    required=True,
)
MESSAGE = "is not to our liking"


def selections(form: ResolvedForm) -> list[dict[str, Any]]:
    """As they are sent, the last field first: places are not the form's."""
    return [
        {"form_field_id": state.field.id, (state.field.selected or "value"): "x"}
        for state in reversed(form.shown)
        if state.field.is_custom
    ]


SENT: dict[str, Any] = {"labels": {"team": "db"}, "kind": "test", SELECTIONS: selections(FORM)}


def paths(field: Field) -> Iterator[str]:
    """By which Rootly may name a field in details and pointers."""
    if not field.is_custom:
        yield field.kind
        yield field.name
        if field.name == field.attribute:
            yield f"{field.attribute}.0"
        return
    index = next(n for n, one in enumerate(SENT[SELECTIONS]) if one["form_field_id"] == field.id)
    key = field.selected or "value"
    yield from (field.slug, field.name)
    for root in (SELECTIONS, "form_field_selections"):
        yield from (f"{root}.{index}.{key}", f"{root}[{index}]", f"{root}.{field.slug}")
    if not field.id.isdecimal():  # else it may be meant as a place
        yield from (field.id, f"{SELECTIONS}.{field.id}", f"form_fields.{field.id}.{key}")


def bodies(field: Field) -> Iterator[tuple[str, Any]]:
    """A refusal of this field in every shape."""
    yield "A", {"errors": [{"title": f"{field.label} {MESSAGE}", "status": "422"}]}
    yield "A, the", {"errors": [{"title": f"The field “{field.label}” {MESSAGE}"}]}
    yield "A, failed", {"errors": [{"title": f"Validation failed: {field.label} {MESSAGE}"}]}
    for path in paths(field):
        yield f"B {path}", {path: [MESSAGE]}
        yield f"C {path}", {"error": "unprocessable_entity", "message": "Validation failed.",
                            "details": {path: [MESSAGE]}}  # fmt: skip
        pointer = "/data/attributes/" + path.replace(".", "/").replace("[", "/").replace("]", "")
        yield f"pointer {path}", {"errors": [{"title": MESSAGE, "source": {"pointer": pointer}}]}


def every(form: ResolvedForm) -> list[Any]:
    return [
        pytest.param(form, state.field, id=f"{state.field.kind} {state.field.name}")
        for state in form.shown
    ]


@pytest.mark.parametrize(("form", "field"), [*every(FORM), *every(RENAMED)])
def test_every_kind_in_every_shape_lands_at_its_field(form: ResolvedForm, field: Field) -> None:
    for shape, body in bodies(field):
        said = refusals.read(body)
        found = [(one.path, one.message) for one in said.field_errors]
        placed = place(form, found, said.messages, SENT)
        assert list(placed.errors) == [field.name], (shape, placed)
        assert (placed.messages, placed.ours) == ((), {}), (shape, placed)
        (message,) = placed.errors[field.name]
        assert message.endswith(MESSAGE), shape


@pytest.mark.parametrize("form", [FORM, RENAMED])
def test_rootlys_own_name_stays_known_when_a_field_was_renamed(form: ResolvedForm) -> None:
    for state in form.shown:
        if not state.field.is_custom:
            label = BUILT_INS[state.field.kind].label
            placed = place(form, [], [f"{label} {MESSAGE}"], SENT)
            assert list(placed.errors) == [state.field.name], label


@pytest.mark.parametrize(
    ("kind", "sent", "words"),
    [
        ("mark_as_test", {"kind": "test"}, "kind"),
        ("mark_as_test", {"create_test_incident": True}, "create_test_incident"),
        ("mark_as_backfilled", {"kind": "backfilled"}, "kind"),
        ("mark_as_in_triage", {"status": "in_triage"}, "status"),
        ("mark_as_in_triage", {"in_triage_at": "2026-01-01T00:00:00Z"}, "in_triage_at"),
        ("manual_starting_datetime_field", {"started_at": "2026-01-01T00:00:00Z"}, "started_at"),
    ],
)
def test_what_a_field_sets_under_another_name_is_its_own(
    kind: str, sent: dict[str, Any], words: str
) -> None:
    marks = ("mark_as_test", "mark_as_backfilled", "mark_as_in_triage")
    fields = [built_in(one) for one in dict.fromkeys((*marks, kind))]
    form = resolved(*fields, required=True)
    human = words.replace("_", " ").capitalize()
    assert list(place(form, [(words, MESSAGE)], [], sent).errors) == [kind]
    assert list(place(form, [], [f"{human} {MESSAGE}"], sent).errors) == [kind]


def test_of_two_fields_in_a_sentence_the_first_is_meant() -> None:
    form = resolved(built_in("started_at"), built_in("detected_at", name="Noticed at"))
    sentence = "Detected at can not be before Started time"
    assert place(form, [], [sentence], {}).errors == {"detected_at": (sentence,)}
    by_path = place(form, [("detected_at", "can not be before Started time")], [], {})
    assert by_path.errors == {"detected_at": ("Noticed at can not be before Started time",)}


def test_a_list_of_sentences_in_one_is_taken_apart() -> None:
    form = resolved(built_in("title"), built_in("services"))
    said = "Validation failed: Title can't be blank, Services must exist"
    assert place(form, [], [said], {}).errors == {
        "title": ("Title can't be blank",),
        "service_ids": ("Services must exist",),
    }
    half = "Title can't be blank, or anything else"
    assert place(form, [], [half], {}).errors == {"title": (half,)}


@pytest.mark.parametrize("path", ["labels.team", "data.attributes.labels.team", "labels[team]"])
def test_of_a_label_its_key_is_said(path: str) -> None:
    form = resolved(built_in("labels", name="Markers"))
    sent = {"labels": {"team": "db"}}
    placed = place(form, [(path, "is too long")], [], sent)
    assert placed.errors == {"labels": ("Markers (team) is too long",)}


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("What's affected?", "What’s affected can't be blank"),
        ("Region:", "Region can't be blank"),
        ("Field", "Field can't be blank"),
        ("The plan", "The plan is required"),
        ("Größe (cm)", "GRÖSSE (CM) is required"),
        ("Severity_of it", "Severity of it is required"),
        ("Impact: customers", "Impact: customers can't be blank"),
    ],
)
def test_labels_may_hold_anything(label: str, sentence: str) -> None:
    form = resolved(
        form_field("1", name=label), form_field("2", name="Impact"), built_in("severity")
    )
    assert list(place(form, [], [sentence], {}).errors) == ["form_field_1"]


def test_a_longer_word_is_another_name() -> None:
    form = resolved(form_field("1", name="Region"))
    for sentence in ("Region-manager can't be blank", "Regions can't be blank"):
        assert place(form, [], [sentence], {}).messages == (sentence,)
    for sentence in ("Region's value is odd", "Region - is odd", "Region, please"):
        assert list(place(form, [], [sentence], {}).errors) == ["form_field_1"]


def test_a_camel_cased_path_is_understood() -> None:
    form = resolved(built_in("severity"))
    assert list(place(form, [("severityId", "is odd")], [], {}).errors) == ["severity_id"]
    assert list(place(form, [("/data/relationships/severity/data", "odd")], [], {}).errors) == [
        "severity_id"
    ]
