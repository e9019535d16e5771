"""What changed in Rootly's configuration, in words."""

from __future__ import annotations

import pytest

from incidentportal.catalog.news import MOST, changes
from incidentportal.catalog.picture import Picture, Problem
from incidentportal.rootly.records import FieldOption, FormField, Placement, Service, Team

REGION = FormField(id="f", name="Region", options=(FieldOption(id="1", value="Europe"),))


def services(*names: str) -> tuple[Service, ...]:
    return tuple(Service(id=name.lower()[:2], name=name) for name in names)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, []),
        ({"services": services("Ab", "Cd")}, {"services": services("Cd", "Ab")}, []),
        ({}, {"services": services("Ab", "Cd")}, ["2 services were added: “Ab”, “Cd”."]),
        ({"services": services("Ab")}, {}, ["1 service was removed: “Ab”."]),
        (
            {"services": services("Checkout")}, {"services": services("Chess")},
            ["1 service was renamed: “Checkout” to “Chess”."],
        ),
        (
            {"services": services("Ab")},
            {"services": (Service(id="ab", name="Ab", owner_group_ids=("9",)),)},
            ["1 service was changed: “Ab”."],
        ),
        (
            {},
            {"teams": tuple(Team(id=str(number), name=f"T{number}") for number in range(7))},
            ["7 teams were added: “T0”, “T1”, “T2”, “T3”, “T4” and 2 more."],
        ),
        (
            {"form_fields": (REGION,)},
            {"form_fields": (FormField(id="f", name="Region", options=(
                FieldOption(id="1", value="EU"), FieldOption(id="2", value="Asia"))),)},
            [
                "1 choice of “Region” was added: “Asia”.",
                "1 choice of “Region” was renamed: “Europe” to “EU”.",
            ],
        ),
        (
            {"form_fields": (REGION,), "placements": (Placement(id="p", form_field_id="f"),)},
            {"form_fields": (REGION,), "placements": (
                Placement(id="p", form_field_id="f", required=True),)},
            ["1 field is now required: “Region”."],
        ),
        (
            {"form_fields": (REGION,), "placements": (Placement(id="p", form_field_id="f"),)},
            {"form_fields": (REGION,)},
            ["1 field is taken off a form: “Region”."],
        ),
        (
            {},
            {"problems": (Problem("list_refused", "users", "The list of users is refused."),)},
            ["The list of users is refused."],
        ),
    ],
)  # fmt: skip
def test_it_is_said(before: dict[str, object], after: dict[str, object], said: list[str]) -> None:
    found = changes(Picture(**before), Picture(**after))  # type: ignore[arg-type]  # lists by name
    assert list(found) == said


def test_foreign_names_stay_within_their_marks() -> None:
    (sentence,) = changes(Picture(), Picture(services=(Service(id="1", name="x\u202e\n" * 90),)))
    assert len(sentence) < 120
    assert "\u202e" not in sentence
    assert "\n" not in sentence


def test_it_is_bounded() -> None:
    fields = tuple(FormField(id=str(number), name=f"F{number}") for number in range(90))
    full = tuple(
        FormField(id=field.id, name=field.name, options=(FieldOption(id="1", value="x"),))
        for field in fields
    )
    assert len(changes(Picture(form_fields=fields), Picture(form_fields=full))) == MOST
