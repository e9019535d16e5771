"""Where a value comes from: every pair of origins, and what counts as an offer."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from incidentportal.formengine.filling import go_on, start
from incidentportal.formengine.strength import ORDER, Offers, Origin, Values, strongest
from tests.formengine.building import built_in, forms, picture

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


def test_a_field_that_the_page_did_not_know_begins_with_what_is_fresh() -> None:
    made = forms(picture(built_in("title"), built_in("summary")))
    given: Mapping[Origin, Mapping[str, Values]] = {"site": {"title": ONE, "summary": ONE}}
    filled = go_on(made, {"title": [""]}, 2, fresh=given, unseen={"summary"})
    assert filled.answers["summary"] == ONE
    assert not any(filled.answers["title"])
