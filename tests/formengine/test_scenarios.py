"""The scenarios against the pure rules, by a person who acts as a browser does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from incidentportal.formengine import filling
from incidentportal.formengine.carried import NAME
from incidentportal.formengine.explain import why
from incidentportal.formengine.filling import Filling
from incidentportal.formengine.payload import attributes
from incidentportal.formengine.resolve import FieldState
from incidentportal.formengine.validation import clean, given_values
from tests.formengine.building import forms
from tests.formengine.scenario import Scenario, answers, control, controls, flat
from tests.formengine.scenarios import SCENARIOS


class Person:
    """Before a form, without a page: what it shows is what is posted."""

    def __init__(self, scenario: Scenario) -> None:
        self.forms = forms(scenario.picture)
        self.filling: Filling = filling.start(self.forms, scenario.given, 1)
        for step in scenario.steps:
            changes = answers(step)
            posted = {**self.page(), **changes}
            kept = {name: values for name, values in posted.items() if values is not None}
            self.filling = filling.go_on(self.forms, kept, 1)

    def page(self) -> dict[str, list[str] | None]:
        shown = (state.field for state in self.filling.form.shown)
        controls = {
            field.name: given_values(self.filling.answers, field)
            for field in shown
            if not field.read_only
        }
        return {**controls, NAME: [self.filling.carried.write()]}

    def states(self) -> dict[str, FieldState]:
        return {state.field.name: state for state in self.filling.form.shown}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_the_rules(scenario: Scenario) -> None:
    person = Person(scenario)
    form = person.filling.form
    states = person.states()
    assert list(states) == controls(scenario.shown)
    required = {name for name, state in states.items() if state.required}
    assert required == set(controls(scenario.required))
    assert {problem.kind for problem in person.forms.problems} == set(scenario.reports.split())
    cleaned = clean(form, person.filling.answers, UTC)
    assert set(cleaned.errors) == set(controls(scenario.missing))
    for short, words in scenario.says.items():
        assert cleaned.errors[control(short)] == (words,)
    for short, words in scenario.why.items():
        assert why(states[control(short)], form) == words
    if scenario.payload is not None:
        assert flat(attributes(form, cleaned, datetime.now(UTC))) == scenario.payload


def test_there_are_enough_and_each_has_its_name() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(names) >= 60
    assert len(set(names)) == len(names)
