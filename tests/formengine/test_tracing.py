"""Every rule and every origin in words."""

from __future__ import annotations

from typing import get_args

import pytest

from incidentportal.formengine.filling import start
from incidentportal.formengine.resolve import Rule
from incidentportal.formengine.strength import ORDER, Origin
from incidentportal.formengine.tracing import ORIGINS, RULES, traces
from tests.formengine.building import built_in, forms, picture


def test_every_rule_and_every_origin_has_its_words() -> None:
    assert set(RULES) == set(get_args(Rule))
    assert set(ORIGINS) == set(get_args(Origin))
    silent = {rule for rule, words in RULES.items() if not words}
    assert silent == {"condition"}
    assert len(set(ORIGINS.values())) == len(ORIGINS)


@pytest.mark.parametrize("origin", ["link", "preset", "group", "site"])
def test_a_value_is_traced_to_where_it_comes_from(origin: Origin) -> None:
    made = forms(picture(built_in("title"), built_in("summary")))
    filled = start(made, {origin: {"title": ("Slow",)}}, 1)
    title, summary = traces(filled.form, filled.answers, filled.origins, {"summary"})
    assert (title.value, title.origin) == ("Slow", ORIGINS[origin])
    assert title.rank == ORDER.index(origin) + 1
    assert (summary.value, summary.origin, summary.rank) == ("", "", 0)
    assert title.shown == "Shown: it has no conditions."
    assert summary.shown.endswith("its value is sent.")
    assert summary.required == "Not required: Rootly’s form does not ask for it."
