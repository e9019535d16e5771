"""What a preset makes of a form, on plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pytest

from incidentportal.catalog.options import OptionLists
from incidentportal.formengine import payload
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.errormap import place
from incidentportal.formengine.explain import why
from incidentportal.formengine.filling import Filling, go_on, start
from incidentportal.formengine.making import extra_field
from incidentportal.formengine.prefill import read
from incidentportal.formengine.shaping import FieldShape, Shape, fix, shape
from incidentportal.formengine.titles import LONGEST, TitlePattern
from incidentportal.formengine.validation import clean
from incidentportal.formengine.view import Extras, FormView, form_view
from incidentportal.rootly.records import PlacementCondition
from tests.formengine.building import (
    LISTS,
    built_in,
    form_field,
    forms,
    picture,
    placement,
)

TITLE, SUMMARY, SEVERITY = built_in("title"), built_in("summary"), built_in("severity")
ENVIRONMENTS = built_in("environments")


def shaped(*fields: Any, required: bool = False, pattern: str = "", **shapes: FieldShape) -> Forms:
    """These fields, some of them changed by a preset."""
    made = forms(picture(*fields, required=required))
    return shape(made, Shape(fields=shapes, title=pattern))


def page(filled: Filling, errors: Mapping[str, tuple[str, ...]] | None = None) -> FormView:
    extras = Extras(off_page=filled.off_page, origins=filled.origins)
    return form_view(filled.form, filled.answers, UTC, errors=errors, extras=extras)


def names(view: FormView) -> list[str]:
    return [field.name for field in view.fields]


def sent(filled: Filling, now: Any = None) -> dict[str, Any]:
    return payload.attributes(filled.form, clean(filled.form, filled.answers, UTC), now)


def again(made: Forms, before: Filling, **posted: list[str]) -> Filling:
    """The next page, with these answers posted and what the page carried."""
    return go_on(made, {**posted, "form_state": [before.carried.write()]}, 1)


def when(field_id: str, *values: str, conditioned: str = "required") -> PlacementCondition:
    return PlacementCondition(
        id="c", form_field_id=field_id, comparison="equal", values=values, conditioned=conditioned
    )


def with_rule(shapes: Mapping[str, FieldShape], conditioned: str, title: str = "") -> Forms:
    """Severity, then a summary that is shown or required for SEV0 alone."""
    rule = when("id-severity", "0", conditioned=conditioned)
    placements = (
        placement("id-severity", 1), placement("id-summary", 2, conditions=(rule,)),
        placement("id-title", 3),
    )  # fmt: skip
    made = forms(picture(SEVERITY, SUMMARY, TITLE, placements=placements))
    return shape(made, Shape(fields=shapes, title=title))


def test_a_preset_that_says_nothing_changes_nothing() -> None:
    made = forms(picture(TITLE, SUMMARY))
    same = shape(made, Shape())
    assert [one.fields for one in same.definitions] == [one.fields for one in made.definitions]
    assert same.definitions[0].page == ()
    assert start(same, {}, 1).off_page == frozenset()


def test_a_locked_value_is_sent_whatever_a_request_says() -> None:
    made = shaped(TITLE, SEVERITY, severity_id=FieldShape(locked=("1",)))
    filled = start(made, {"preset": {"severity_id": ("1",)}}, 1)
    after = again(made, filled, severity_id=["0"])
    assert sent(after)["severity_id"] == "1"
    (field,) = [one for one in page(after).fields if one.name == "severity_id"]
    assert field.read_only
    assert [one.label for one in field.choices if one.selected] == ["SEV1"]


def test_a_locked_value_stays_when_the_preset_goes() -> None:
    made = shaped(TITLE, SEVERITY, severity_id=FieldShape(locked=("1",)))
    filled = start(made, {"preset": {"severity_id": ("1",)}}, 1)
    plain = forms(picture(TITLE, SEVERITY))
    assert sent(again(plain, filled, title=["Down"])) == {"title": "Down", "severity_id": "1"}


def test_a_link_says_that_it_cannot_change_a_locked_field() -> None:
    made = shaped(TITLE, SEVERITY, severity_id=FieldShape(locked=("1",)))
    link = read(made, {"severity": ["SEV0"], "title": ["Down"]})
    assert link.values == {"title": ("Down",)}
    assert "can't be changed on this form" in link.reports[0]
    assert read(made, {"severity": ["SEV1"]}).reports == ()


def test_a_hidden_field_is_off_the_page_and_sent_with_its_value() -> None:
    made = shaped(TITLE, SUMMARY, summary=FieldShape(hidden=True))
    filled = start(made, {"preset": {"summary": ("All is slow",)}}, 1)
    assert names(page(filled)) == ["title"]
    after = again(made, filled, title=["Down"])
    assert names(page(after)) == ["title"]
    assert sent(after) == {"title": "Down", "summary": "All is slow"}


@pytest.mark.parametrize("value", [(), ("All is slow",)])
def test_hidden_and_required_it_shows_only_without_a_value(value: tuple[str, ...]) -> None:
    made = shaped(TITLE, SUMMARY, required=True, summary=FieldShape(hidden=True))
    filled = start(made, {"preset": {"summary": value}}, 1)
    assert ("summary" in names(page(filled))) is not bool(value)


def test_hidden_it_shows_once_an_answer_makes_it_required_and_stays_while_it_is_typed_in() -> None:
    made = with_rule({"summary": FieldShape(hidden=True)}, "required")
    first = start(made, {}, 1)
    assert names(page(first)) == ["severity_id", "title"]
    second = again(made, first, severity_id=["0"], title=[""])
    assert names(page(second)) == ["severity_id", "summary", "title"]
    third = again(made, second, severity_id=["0"], title=[""], summary=["So slow"])
    assert "summary" in names(page(third))
    fourth = again(made, third, severity_id=["1"], title=[""], summary=["So slow"])
    assert "summary" in names(page(fourth)), "what a person typed is never hidden from them"


def test_what_a_link_says_of_a_hidden_field_is_shown() -> None:
    made = shaped(TITLE, SUMMARY, summary=FieldShape(hidden=True))
    assert names(page(start(made, {"link": {"summary": ("x",)}}, 1))) == ["title", "summary"]


def test_a_hidden_field_in_error_is_shown() -> None:
    made = shaped(TITLE, SUMMARY, summary=FieldShape(hidden=True))
    filled = start(made, {"preset": {"summary": ("x",)}}, 1)
    view = page(filled, {"summary": ("is too short",)})
    assert names(view) == ["title", "summary"]
    assert view.errors[0].anchor == "id_summary"


def test_folded_fields_stand_under_more_which_opens_for_what_it_lacks() -> None:
    folded = FieldShape(folded=True)
    made = shaped(TITLE, SUMMARY, summary=folded)
    view = page(start(made, {"preset": {"summary": ("x",)}}, 1))
    assert (names(view), [one.name for one in view.folded]) == (["title"], ["summary"])
    assert not view.folded_open
    assert page(start(made, {}, 1), {"summary": ("no",)}).folded_open
    assert page(start(made, {"link": {"summary": ("x",)}}, 1)).folded_open
    required = shaped(TITLE, SUMMARY, required=True, summary=folded)
    assert page(start(required, {}, 1)).folded_open
    assert not page(start(required, {"preset": {"summary": ("x",)}}, 1)).folded_open


def test_the_page_has_the_presets_order_and_rootlys_rules_hold_all_the_same() -> None:
    shapes = {"title": FieldShape(order=1), "summary": FieldShape(order=2)}
    made = with_rule(shapes, "placement")
    assert not made.definitions[0].looks_below
    assert names(page(start(made, {}, 1))) == ["title", "severity_id"]
    shown = again(made, start(made, {}, 1), severity_id=["0"])
    assert names(page(shown)) == ["title", "summary", "severity_id"]
    assert [one.field.name for one in shown.form.shown] == ["severity_id", "summary", "title"]


def test_required_here_although_optional_in_rootly() -> None:
    made = shaped(TITLE, SUMMARY, summary=FieldShape(required=True))
    filled = start(made, {}, 1)
    assert clean(filled.form, filled.answers, UTC).errors.keys() == {"summary"}
    state = next(one for one in filled.form.states if one.field.name == "summary")
    assert state.required_because.rule == "preset"
    assert "Rootly itself does not ask" in why(state, filled.form)
    conditional = with_rule({"summary": FieldShape(required=True)}, "required")
    assert clean(start(conditional, {}, 1).form, {}, UTC).errors.keys() == {"summary"}
    hidden = with_rule({"summary": FieldShape(required=True)}, "placement")
    assert clean(start(hidden, {}, 1).form, {}, UTC).errors == {}


def test_a_label_and_help_of_its_own_and_rootlys_words_still_find_it() -> None:
    made = shaped(
        TITLE, form_field("9", name="Customer tier", slug="tier", input_kind="text"),
        form_field_9=FieldShape(label="Who pays?", help="As on the bill"),
    )  # fmt: skip
    filled = start(made, {}, 1)
    field = page(filled).fields[1]
    assert (field.label, field.help) == ("Who pays?", "As on the bill")
    for said in ("Customer tier can't be blank", "Who pays? can't be blank"):
        assert place(filled.form, [], [said], {}).errors.keys() == {"form_field_9"}
    assert read(made, {"field.customer tier": ["gold"]}).values == {"form_field_9": ("gold",)}


def test_rootlys_word_means_rootlys_field_although_a_preset_uses_it_for_another() -> None:
    made = shaped(TITLE, SUMMARY, title=FieldShape(label="Summary"))
    filled = start(made, {}, 1)
    assert place(filled.form, [], ["Summary can't be blank"], {}).errors.keys() == {"summary"}


def test_reasons_speak_of_a_field_by_the_presets_name() -> None:
    made = with_rule({"severity_id": FieldShape(label="How bad?")}, "required")
    filled = again(made, start(made, {}, 1), severity_id=["0"])
    state = next(one for one in filled.form.states if one.field.name == "summary")
    assert why(state, filled.form) == "Required because How bad? is SEV0."


@pytest.mark.parametrize("kind", ["visibility", "mark_as_test"])
def test_no_rule_hides_what_makes_it_private_or_a_test(kind: str) -> None:
    mark = built_in(kind)
    rule = when("id-severity", "0", conditioned="placement")
    for default in ((), ("true",)):
        field = built_in(kind, default_values=default) if default else mark
        placements = (
            placement("id-severity", 1), placement(field.id, 2, conditions=(rule,))
        )  # fmt: skip
        made = forms(picture(SEVERITY, field, placements=placements))
        name = next(one for one in made.by_name if one != "severity_id")
        locked = shape(made, Shape(fields={name: FieldShape(locked=("true",))}))
        filled = start(locked, {}, 1)
        assert names(page(filled)) == ["severity_id", name]
        assert sent(filled) in ({"private": True}, {"kind": "test"})


def test_a_field_that_rootly_places_nowhere_is_added_once() -> None:
    mark = extra_field("mark_as_test", OptionLists(LISTS))
    wanted = Shape(fields={"mark_as_test": FieldShape(locked=("true",))}, added=(mark,))
    for fields in ((TITLE,), (TITLE, built_in("mark_as_test"))):
        filled = start(shape(forms(picture(*fields)), wanted), {}, 1)
        assert names(page(filled)) == ["title", "mark_as_test"]
        assert sent(filled) == {"kind": "test"}


def test_the_title_follows_the_answers_until_somebody_writes_one() -> None:
    made = shaped(TITLE, SUMMARY, SEVERITY, pattern="[{severity}] Payments: {summary}")
    assert made.depended_on >= {"summary", "severity_id"}
    first = start(made, {}, 1)
    assert first.answers["title"] == ("Payments",)
    second = again(made, first, title=["Payments"], summary=["Cards are\r\n declined"])
    assert sent(second)["title"] == "Payments: Cards are declined"
    third = again(
        made, second, title=["Payments: Cards are declined"], summary=["x"], severity_id=["0"]
    )
    assert sent(third)["title"] == "[SEV0] Payments: x"
    mine = again(made, third, title=["Mine"], summary=["y"], severity_id=["0"])
    assert (sent(mine)["title"], mine.origins["title"]) == ("Mine", "person")
    cleared = again(made, mine, title=[""], summary=["y"])
    assert "title" not in sent(cleared)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"link": {"title": ("Linked",)}}, "Linked"),
        ({"preset": {"title": ("Fixed words",)}}, "Fixed words"),
        ({"group": {"title": ("Theirs",)}}, "Payments: x"),
        ({"site": {"title": ("Ours",)}}, "Payments: x"),
    ],
)
def test_the_pattern_counts_as_the_preset_does(given: Any, expected: str) -> None:
    made = shaped(TITLE, SUMMARY, pattern="Payments: {summary}")
    filled = again(made, start(made, given, 1), summary=["x"], title=list(
        start(made, given, 1).answers["title"]
    ))  # fmt: skip
    assert sent(filled)["title"] == expected


def test_a_hidden_required_title_with_a_pattern_stays_off_the_page() -> None:
    shapes = {"title": FieldShape(hidden=True)}
    seen = picture(TITLE, SUMMARY, required=True)
    made = shape(forms(seen), Shape(fields=shapes, title="Payments: {summary}"))
    filled = again(made, start(made, {}, 1), summary=["x"])
    assert names(page(filled)) == ["summary"]
    assert sent(filled)["title"] == "Payments: x"
    alone = shape(forms(seen), Shape(fields=shapes, title="{summary}"))
    assert names(page(start(alone, {}, 1))) == ["title", "summary"]


def test_a_link_fixes_fields_of_a_presets_form_and_leaves_the_rest_of_the_preset() -> None:
    shapes = {
        "title": FieldShape(hidden=True, label="Headline", order=1),
        "summary": FieldShape(folded=True, required=True),
    }
    shaped = shape(forms(picture(SUMMARY, TITLE)), Shape(fields=shapes, title="{summary}"))
    fixed = fix(shaped, {"title": ("Down",)})
    filled = start(fixed, {}, 1)
    title, summary = (fixed.by_name[name] for name in ("title", "summary"))
    assert (title.label, title.label_in_rootly, title.locked) == ("Headline", "Title", ("Down",))
    assert summary is shaped.by_name["summary"]
    assert filled.off_page == frozenset()  # seen, though the preset hides it
    assert names(page(filled)) == ["title"]
    assert fixed.title is shaped.title


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{summary}", "Cards are declined"),
        ("{Summary} ({severity_id})", "Cards are declined (SEV0)"),
        ("{severity}/{services}", "SEV0/checkout-api, search"),
        ("{nothing}: {tier}", "gold"),
        ("({nothing}) {customer tier}", "gold"),
        ("{title}{", "{"),
        ("{mark as backfilled} {private}", ""),
    ],
)
def test_a_placeholder_means_a_field_by_any_of_its_names(pattern: str, expected: str) -> None:
    tier = form_field("9", name="Customer tier", slug="tier", input_kind="text")
    made = forms(picture(TITLE, SUMMARY, SEVERITY, built_in("services"), tier))
    answers = {
        "title": ["Old"], "summary": ["Cards are\ndeclined"], "severity_id": ["0"],
        "service_ids": ["12", "13", "gone"], "form_field_9": ["gold"],
    }  # fmt: skip
    assert TitlePattern(pattern).build(made.by_name.values(), answers) == expected


def test_what_means_no_field_is_known_to_admins() -> None:
    made = forms(picture(TITLE, SUMMARY))
    assert TitlePattern("{summary} {tier} {title}").unknown(made.by_name.values()) == (
        "tier", "title",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["wort " * 40, "w" * 200, "a " + "w" * 200])
def test_a_title_is_cut_politely(text: str) -> None:
    made = forms(picture(TITLE, SUMMARY))
    built = TitlePattern("{summary}").build(made.by_name.values(), {"summary": [text]})
    assert LONGEST // 2 < len(built) <= LONGEST
    assert built.endswith("…")
    assert not built.endswith(" …")
