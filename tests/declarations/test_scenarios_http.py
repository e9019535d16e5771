"""The scenarios once more, through the page: a person with a browser without JavaScript."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from incidentportal.catalog import current, stored
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.picture import Picture
from incidentportal.declarations import queue
from incidentportal.declarations.models import Declaration
from incidentportal.formengine import filling
from incidentportal.formengine.fields import Answers
from tests.formengine.building import forms
from tests.formengine.generated import answers as generated_answers
from tests.formengine.generated import page, pictures
from tests.formengine.scenario import Scenario, answers, control, controls, flat
from tests.formengine.scenarios import SCENARIOS
from tests.support.controls import page_of
from tests.support.people import PageClient
from tests.support.portal import Form

UPSTREAM = "http://127.0.0.1:9/v1"
OURS = {"parent_incident_id", "private"}
"""Fields that the portal adds to every form."""

Shows = Callable[[Picture], None]


@pytest.fixture
def shows(db: None, settings: Settings) -> Iterator[Shows]:
    """Puts a picture of Rootly's configuration into the database, without a Rootly: the queue is
    held, so that what is declared stays where it was saved.
    """
    settings.ROOTLY_API_URL, settings.ROOTLY_API_TOKEN = UPSTREAM, "token"
    current.forget()
    queue.hold(UPSTREAM, "not in this test")

    def show(picture: Picture) -> None:
        content = stored.encode(picture)
        row = Snapshot.objects.create(
            upstream=UPSTREAM, digest=hashlib.sha256(content).hexdigest(), content=content,
            created_at=timezone.now(),
        )  # fmt: skip
        SyncState.objects.update_or_create(
            upstream=UPSTREAM, defaults={"snapshot": row, "good_at": timezone.now()}
        )
        current.look_at_once()

    yield show
    current.forget()


def fields(root: Element) -> dict[str, Element]:
    """The fields on the page, by name, in its order."""
    named = {item.get("data-field", ""): item for item in root.iter() if item.get("data-field")}
    return {name: item for name, item in named.items() if name not in OURS}


def is_required(field: Element) -> bool:
    """Whether its controls say so; what they say and what its label says must agree."""
    inputs = [item for item in field.iter() if item.get("name") == field.get("data-field")]
    marked = any(
        item.get("required") is not None or item.get("aria-required") == "true" for item in inputs
    )
    words = " ".join("".join(field.itertext()).split())
    if inputs:
        assert marked is (" required" in f" {words}"), words
    return marked


def check(scenario: Scenario, form: Form) -> None:
    """What the page shows, and what is saved when its form is sent."""
    shown = fields(page_of(form.html))
    assert list(shown) == controls(scenario.shown)
    required = {name for name, field in shown.items() if is_required(field)}
    assert required == {name for name in controls(scenario.required) if has_control(shown[name])}
    response = form.send()
    if scenario.missing:
        assert response.status_code == 422
        wrong = {name for name in fields(page_of(form.html)) if form.error(name)}
        assert wrong == set(controls(scenario.missing))
        assert not Declaration.objects.exists()
        for short, words in scenario.says.items():
            assert form.error(control(short)) == f"Error: {words}"
    else:
        assert response.status_code == 303, form.html
        if scenario.payload is not None:
            assert flat(Declaration.objects.get().payload) == scenario.payload


def has_control(field: Element) -> bool:
    """Whether it can be filled in: a read-only choice is only shown."""
    return any(item.get("name") == field.get("data-field") for item in field.iter())


@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if not one.given], ids=lambda one: one.name
)
def test_the_page(scenario: Scenario, shows: Shows, visitor: PageClient) -> None:
    shows(scenario.picture)
    form = Form(visitor)
    for step in scenario.steps:
        assert form.send(update="1", **answers(step)).status_code == 200
    check(scenario, form)


@settings(
    deadline=None, max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(picture=pictures(), steps=st.lists(generated_answers(), min_size=1, max_size=2))
def test_the_page_follows_the_rules_whatever_the_form(
    picture: Picture, steps: list[Answers], shows: Shows, visitor: PageClient
) -> None:
    shows(picture)
    form = Form(visitor)
    known = forms(picture)
    filled = filling.start(known, {}, 1)
    several = {name for name, field in known.by_name.items() if field.control == "choices"}
    for said in steps:
        # A page has no way to give other fields two answers.
        step = {name: all_ if name in several else all_[:1] for name, all_ in said.items()}
        form.send(update="1", **step)
        filled = filling.go_on(known, {**page(filled), **step}, 1)
        on_page = fields(page_of(form.html))
        assert list(on_page) == [state.field.name for state in filled.form.shown]
        for state in filled.form.shown:
            field = on_page[state.field.name]
            assert is_required(field) is (state.required and has_control(field))
