"""Where a value comes from: every pair of origins, and what counts as an offer."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

import msgspec
import pytest

from incidentportal.formengine.filling import go_on, start
from incidentportal.formengine.shaping import FieldShape, Shape, fix, shape
from incidentportal.formengine.strength import ORDER, Offers, Origin, Values, strongest
from incidentportal.formengine.validation import clean
from incidentportal.rootly.records import CatalogEntity, FieldOption
from tests.formengine.building import built_in, form_field, forms, picture

ONE: Values = ("one",)
TWO: Values = ("two",)
PAIRS = list(itertools.combinations(ORDER, 2))


def test_the_order_is_the_promised_one() -> None:
    assert ORDER == (
        "read_only", "locked", "person", "autofill", "link", "preset", "group", "site", "rootly",
    )  # fmt: skip


@pytest.mark.parametrize(("stronger", "weaker"), PAIRS)
def test_of_two_the_stronger_counts(stronger: Origin, weaker: Origin) -> None:
    assert strongest({weaker: TWO, stronger: ONE}) == (stronger, ONE)
    assert strongest({stronger: ONE, weaker: TWO}) == (stronger, ONE)


@pytest.mark.parametrize(("stronger", "weaker"), PAIRS)
def test_an_empty_value_is_no_offer_but_for_a_persons(stronger: Origin, weaker: Origin) -> None:
    found = strongest({stronger: (), weaker: TWO})
    assert found == (("person", ()) if stronger == "person" else (weaker, TWO))


@pytest.mark.parametrize("origin", ORDER)
def test_an_empty_weaker_one_changes_nothing(origin: Origin) -> None:
    weaker = ORDER[ORDER.index(origin) + 1 :]
    assert strongest({origin: ONE, **dict.fromkeys(weaker, ())}) == (origin, ONE)


def test_a_person_who_cleared_a_field_is_heard_over_all_that_is_weaker() -> None:
    weaker = ORDER[ORDER.index("person") + 1 :]
    assert strongest({"person": (), **dict.fromkeys(weaker, ONE)}) == ("person", ())
    assert strongest({"person": (), "locked": ONE}) == ("locked", ONE)


@pytest.mark.parametrize("offers", [{}, {"site": ()}, dict.fromkeys(ORDER[4:], ())])
def test_nothing_offered_is_nothing(offers: Offers) -> None:
    assert strongest(offers) is None


STARTS = ORDER[4:-1]


@pytest.mark.parametrize(("stronger", "weaker"), list(itertools.combinations(ORDER[4:], 2)))
def test_a_form_begins_with_the_stronger(stronger: Origin, weaker: Origin) -> None:
    defaults = ("two",) if weaker == "rootly" else ()
    made = forms(picture(built_in("title", default_values=defaults)))
    given: Mapping[Origin, Mapping[str, Values]] = {
        origin: {"title": value}
        for origin, value in ((stronger, ONE), (weaker, TWO))
        if origin != "rootly"
    }
    filled = start(made, given, 1)
    assert (filled.answers["title"], filled.origins["title"]) == (ONE, stronger)


@pytest.mark.parametrize("origin", STARTS)
def test_a_person_changes_and_clears_what_the_form_began_with(origin: Origin) -> None:
    made = forms(picture(built_in("title")))
    began = start(made, {origin: {"title": ONE}}, 1).carried.write()
    for posted, expected in (("one", origin), ("mine", "person"), ("", "person")):
        filled = go_on(made, {"title": [posted], "form_state": [began]}, 1)
        assert filled.origins["title"] == expected
        assert list(filled.answers["title"]) == [posted]


FIXED: tuple[tuple[Origin, str], ...] = (
    ("read_only", "Rootly"), ("locked", "preset"), ("locked", "signed link"),
)  # fmt: skip


@pytest.mark.parametrize(("fixed", "by"), FIXED)
@pytest.mark.parametrize("weaker", ORDER[2:])
def test_a_form_holds_what_is_fixed_whatever_else_is_said(
    fixed: Origin, by: str, weaker: Origin
) -> None:
    """Each cell of the two strongest against all others, through the form."""
    rootlys = ("one",) if fixed == "read_only" else ("two",) if weaker == "rootly" else ()
    field = built_in("title", default_values=rootlys)
    seen = picture(field)
    if fixed == "read_only":
        placed = msgspec.structs.replace(seen.placements[0], non_editable=True)
        seen = msgspec.structs.replace(seen, placements=(placed,))
        made = forms(seen)
    elif by == "preset":
        made = shape(forms(seen), Shape(fields={"title": FieldShape(locked=ONE)}))
    else:
        made = fix(forms(seen), {"title": ONE})
    given: Mapping[Origin, Mapping[str, Values]] = (
        {} if weaker in {"rootly", "person", "autofill"} else {weaker: {"title": TWO}}
    )
    began = start(made, given, 1)
    assert (began.answers["title"], began.origins["title"]) == (ONE, fixed)
    auto = {"title": ("other", TWO)} if weaker == "autofill" else {}
    state = replace(began.carried, auto=auto).write()
    posted = {"title": ["two"], "form_state": [state]} if weaker == "person" else {}
    after = go_on(made, posted or {"form_state": [state]}, 1)
    assert (after.answers["title"], after.origins["title"]) == (ONE, fixed)
    cleaned = clean(after.form, {**after.answers, "title": ["tampered"]}, UTC)
    assert cleaned.values["title"] == "one"


def test_rootlys_read_only_default_is_stronger_than_a_preset_or_a_signed_link() -> None:
    seen = picture(built_in("title", default_values=("one",)))
    placed = msgspec.structs.replace(seen.placements[0], non_editable=True)
    made = forms(msgspec.structs.replace(seen, placements=(placed,)))
    shaped = shape(made, Shape(fields={"title": FieldShape(locked=TWO)}))
    for fixed in (shaped, fix(made, {"title": TWO})):
        filled = start(fixed, {"preset": {"title": TWO}}, 1)
        assert (filled.answers["title"], filled.origins["title"]) == (ONE, "read_only")


MIDDLE = [pair for pair in PAIRS if pair[0] in {"person", "autofill"}]


@pytest.mark.parametrize(("stronger", "weaker"), MIDDLE)
def test_a_form_in_the_middle_holds_the_stronger(stronger: Origin, weaker: Origin) -> None:
    """The person and what follows another field against all that is weaker, through the form."""
    entity = CatalogEntity(id="n1", name="Berlin", catalog_id="cat", properties={"p": ("one",)})
    source = form_field(
        "1", input_kind="select", value_kind="catalog_entity", value_kind_catalog_id="cat"
    )
    options = (FieldOption(id="one", value="One"), FieldOption(id="two", value="Two"))
    rootlys = ("two",) if weaker == "rootly" else ()
    target = form_field(
        "2", input_kind="select", options=options, default_values=rootlys,
        auto_set_by_catalog_property_id="p",
    )  # fmt: skip
    made = forms(picture(source, target, catalog_entities=(entity,)))
    given: Mapping[Origin, Mapping[str, Values]] = (
        {} if weaker in {"autofill", "rootly"} else {weaker: {"form_field_2": TWO}}
    )
    posted: dict[str, list[str]] = {"form_state": [start(made, given, 1).carried.write()]}
    if "autofill" in {stronger, weaker}:
        posted["form_field_1"] = ["n1"]
    if stronger == "person":
        posted["form_field_2"] = [""]
    else:
        posted["form_field_2"] = list(start(made, given, 1).answers["form_field_2"])
    if stronger == "person" and weaker == "autofill":
        before = go_on(made, {**posted, "form_field_2": []}, 1)
        assert before.answers["form_field_2"] == ONE
        posted["form_state"] = [before.carried.write()]
    filled = go_on(made, posted, 1)
    expected = ("",) if stronger == "person" else ONE
    assert (filled.answers["form_field_2"], filled.origins["form_field_2"]) == (expected, stronger)


def test_a_field_that_the_page_did_not_know_begins_with_what_is_fresh() -> None:
    made = forms(picture(built_in("title"), built_in("summary")))
    given: Mapping[Origin, Mapping[str, Values]] = {"site": {"title": ONE, "summary": ONE}}
    filled = go_on(made, {"title": [""]}, 2, fresh=given, unseen={"summary"})
    assert filled.answers["summary"] == ONE
    assert not any(filled.answers["title"])
