"""Rootly refuses what the form, as it is known here, would have let through."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any

import pytest
from pytest_django import Settings

from incidentportal.catalog import resync
from incidentportal.catalog.models import SyncState
from incidentportal.declarations import refusals
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

FORM = "web_new_incident_form"
CHANGED = "The form changed in Rootly"
BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
SHAPES = pytest.mark.parametrize("shape", ["A", "B", "C", "pointer"])


def placement(rootly: Sandbox, label: str, form_set: str = "Default") -> dict[str, Any]:
    """A field's placement on the form."""
    field, in_set = rootly.record("form_fields", label), rootly.record("form_sets", form_set)
    (found,) = (
        one
        for one in rootly.records("form_field_placements")
        if (one["form_field_id"], one["form_set_id"], one["form"])
        == (field["id"], in_set["id"], FORM)
    )
    return found


def require(rootly: Sandbox, label: str) -> None:
    """Have Rootly require a field, behind the portal's back."""
    change = {"id": placement(rootly, label)["id"], "required": True}
    rootly.change_list("form_field_placements", upsert=[change])
    rootly.switch(enforce_required=True)


def refuse(rootly: Sandbox, errors: dict[str, str], shape: str = "A", times: int = 1) -> None:
    """Have Rootly refuse the next incidents, whatever its form says."""
    said = {name: [message] for name, message in errors.items()}
    rootly.fault(
        "validation", method="POST", path="/incidents$", shape=shape, times=times, errors=said
    )


def field_html(html: str, name: str) -> str:
    """The field's part of the page; blank where it isn't on it."""
    _, found, rest = html.partition(f'data-field="{name}"')
    return rest.partition("data-field=")[0] if found else ""


def is_required(html: str, name: str) -> bool:
    return re.search(r"(?<![-\w])required\b", field_html(html, name)) is not None


def summary(html: str) -> str:
    """The error summary's text."""
    alert = html.partition('role="alert"')[2].partition("</ul>")[0]
    return unescape(re.sub(r"<[^>]+>", " ", alert))


def syncs(rootly: Sandbox) -> int:
    return len(rootly.requests("GET", "/form_sets"))


@BOTH
@SHAPES
def test_words_about_several_kinds_land_each_at_its_field(
    form: Form, connected: Sandbox, shape: str
) -> None:
    noticed = form.field_called("How was it noticed?")
    label = "team=db"
    errors = {
        "title": "is too vague",
        "severity_id": "is too high",
        "service_ids": "are too many",
        "labels": "are too odd",
        "form_field_selections_attributes.0.selected_option_ids": "is unlikely",
        "started_at": "can not be before yesterday",
        "weather": "is bad",
    }
    refuse(connected, errors, shape)
    assert form.send(**form.filled(labels=label)).status_code == 422
    assert "is too vague" in form.error("title")
    assert "is too high" in form.error("severity_id")
    assert "are too many" in form.error("service_ids")
    assert "are too odd" in form.error("labels")
    assert "is unlikely" in form.error(noticed)
    assert "can not be before yesterday" in form.error("started_at")  # it was hidden
    assert "is bad" in summary(form.html)
    assert label in form.html


@BOTH
def test_a_field_that_became_required_is_asked_for_and_the_form_is_fetched_anew(
    form: Form, connected: Sandbox
) -> None:
    name = form.field_called("First seen on")
    assert not is_required(form.html, name)
    before = SyncState.objects.get().snapshot_id
    require(connected, "First seen on")
    answers = form.filled(title="Kept as typed")
    assert form.send(**answers).status_code == 422
    assert "can't be blank" in form.error(name)
    assert is_required(form.html, name)
    assert CHANGED in form.html
    assert unescape(form.html).count("“First seen on” is required now.") == 1
    assert 'value="Kept as typed"' in form.html
    assert SyncState.objects.get().snapshot_id != before
    row = Declaration.objects.get()
    own = form.client.get(f"/declarations/{row.pk}/")
    assert own.status_code == 200
    assert is_required(own.content.decode(), name)
    assert CHANGED in own.content.decode()
    assert form.send(**answers, **{name: "2026-01-01"}).status_code == 303
    row.refresh_from_db()
    assert (row.state, Declaration.objects.count()) == (State.DELIVERED, 1)


def test_a_field_that_came_onto_the_form_is_there_at_once(form: Form, connected: Sandbox) -> None:
    ticket = connected.record("form_fields", "Ticket")
    ship = {**ticket, "name": "Ship", "slug": "ship"}
    del ship["id"]
    connected.change_list("form_fields", upsert=[ship])
    name = form_field(connected, "Ship")
    moved = {**placement(connected, "Title"), "position": 3, "form_field_id": form_field_id(name)}
    del moved["id"]
    connected.change_list("form_field_placements", upsert=[moved])
    connected.switch(enforce_required=True)
    assert form.send(**form.filled()).status_code == 422
    assert "can't be blank" in form.error(name)
    assert "“Ship” is new on the form." in unescape(form.html)


def test_a_hidden_field_that_rootly_asks_for_is_shown_until_it_is_accepted(
    form: Form, connected: Sandbox
) -> None:
    vendor = form_field(connected, "Vendor")
    answers = form.filled()
    assert not field_html(form.html, vendor)

    refuse(connected, {"vendor": "can't be blank"})
    assert form.send(**answers).status_code == 422
    assert form.error(vendor) == "Error: Vendor can't be blank"
    assert is_required(form.html, vendor)
    assert "The form has changed: Rootly asks for “Vendor” now." in unescape(form.html)

    assert form.send(**answers).status_code == 422
    assert "because Rootly asked for it" in form.error(vendor)
    assert not Declaration.objects.exclude(state=State.REJECTED).exists()

    refuse(connected, {"title": "is too vague"})
    answers[vendor] = form.option(vendor, "")
    assert form.send(**answers).status_code == 422
    assert "is too vague" in form.error("title")
    assert is_required(form.html, vendor)
    assert not form.error(vendor)
    row = Declaration.objects.get()
    own = form.client.get(f"/declarations/{row.pk}/").content.decode()
    assert is_required(own, vendor)

    redrawn = form.client.post(
        f"/declarations/{row.pk}/",
        {"declaration": form.identity, **answers},
        headers={"HX-Request": "true"},
    )
    assert is_required(redrawn.content.decode(), vendor)

    assert form.send(**{**answers, "title": "Checkout fails"}).status_code == 303
    (incident,) = connected.incidents()
    assert form_field_id(vendor) in [one["form_field_id"] for one in incident["selections"]]
    assert Declaration.objects.get().pk == row.pk


def test_a_field_that_rootly_no_longer_hides_is_said_to_be_required(
    form: Form, connected: Sandbox
) -> None:
    vendor = form_field(connected, "Vendor")
    place = placement(connected, "Vendor")["id"]
    rules = [
        rule["id"]
        for rule in connected.records("form_field_placement_conditions")
        if rule["form_field_placement_id"] == place
    ]
    connected.change_list("form_field_placement_conditions", remove=rules)
    require(connected, "Vendor")
    assert form.send(**form.filled()).status_code == 422
    assert "can't be blank" in form.error(vendor)
    assert is_required(form.html, vendor)
    assert "“Vendor” is required now." in unescape(form.html)


def test_rootly_may_take_back_what_it_asked_for(form: Form, connected: Sandbox) -> None:
    vendor = form_field(connected, "Vendor")
    answers = form.filled()
    refuse(connected, {"vendor": "can't be blank"})
    form.send(**answers)
    refuse(connected, {"vendor": "is not allowed here"})
    assert form.send(**answers, **{vendor: form.option(vendor, "")}).status_code == 422
    assert not field_html(form.html, vendor)
    assert "Vendor is not allowed here" in summary(form.html)
    assert form.send(**answers).status_code == 303


def test_what_is_asked_for_and_nowhere_to_be_found_is_said_word_for_word(
    form: Form, connected: Sandbox
) -> None:
    refuse(connected, {"cost centre": "can't be <blank>, but is required"})
    assert form.send(**form.filled()).status_code == 422
    assert "Cost centre can't be <blank>, but is required" in summary(form.html)
    assert refusals.ASKS_ELSE in unescape(form.html)
    assert form.send(**form.filled()).status_code == 303


def test_an_option_that_is_gone_in_rootly_is_gone_here(form: Form, connected: Sandbox) -> None:
    severity = form.option("severity_id", "SEV3")
    connected.change_list("severities", remove=[severity])
    answers = form.filled(severity_id=severity)
    assert form.send(**answers).status_code == 422
    assert "must exist" in form.error("severity_id")
    assert "which you chose for “Severity”, no longer exists." in unescape(form.html)
    assert "No longer available" in form.html


def test_a_refusal_that_contradicts_nothing_fetches_nothing(form: Form, connected: Sandbox) -> None:
    before = syncs(connected)
    refuse(connected, {"title": "is too vague"})
    form.send(**form.filled())
    assert syncs(connected) == before
    assert "The form has changed" not in form.html


def test_a_slow_rootly_costs_a_moment_and_the_page_says_that_it_is_asked(
    form: Form, connected: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resync, "PATIENCE", 0.3)
    name = form.field_called("First seen on")
    require(connected, "First seen on")
    connected.fault("latency", method="GET", path="/form_sets$", seconds=20, times=1)
    assert form.send(**form.filled()).status_code == 422
    assert is_required(form.html, name)
    assert "Rootly asks for “First seen on” now." in unescape(form.html)
    assert refusals.FETCHING in form.html
    connected.let_go()
    resync.join()
    row = Declaration.objects.get()
    own = unescape(form.client.get(f"/declarations/{row.pk}/").content.decode())
    assert is_required(own, name)
    assert refusals.FETCHING not in own
    assert "“First seen on” is required now." in own


def test_however_often_rootly_contradicts_it_is_asked_once(
    form: Form, connected: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resync, "LEAST_APART", 120.0)
    before = syncs(connected)
    refuse(connected, {"summary": "can't be blank"}, times=20)
    for _ in range(20):
        one = Form(form.client)
        assert one.send(**one.filled()).status_code == 422
        assert is_required(one.html, "summary")
    row = Declaration.objects.first()
    assert row is not None
    form.client.get(f"/declarations/{row.pk}/")
    assert syncs(connected) == before + 1


def test_what_the_worker_had_refused_is_shown_in_the_same_way(
    form: Form, connected: Sandbox, settings: Settings
) -> None:
    settings.DELIVERY_DEADLINE = 0.05
    vendor = form_field(connected, "Vendor")
    connected.fault("latency", method="POST", path="/incidents$", seconds=0.5, times=1)
    refuse(connected, {"vendor": "can't be blank"})
    response = form.send(**form.filled())
    assert response.status_code == 303
    end = time.monotonic() + 10
    while not Declaration.objects.filter(state=State.REJECTED).exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    own = form.client.get(response.url)
    assert own.status_code == 200
    html = unescape(own.content.decode())
    assert is_required(html, vendor)
    assert "Vendor can't be blank" in html
    assert "Rootly asks for “Vendor” now." in html


def test_what_rootly_asks_of_one_person_is_not_asked_of_another(
    form: Form, connected: Sandbox, admin_page: PageClient
) -> None:
    refuse(connected, {"summary": "can't be blank"})
    form.send(**form.filled())
    other = Form(admin_page)
    assert not is_required(other.html, "summary")
    stolen = admin_page.post(
        "/incidents/new/", {**other.filled(), "title": "", "declaration": form.identity}
    )
    assert not is_required(stolen.content.decode(), "summary")


def form_field_id(name: str) -> str:
    return name.removeprefix("form_field_")


def form_field(rootly: Sandbox, label: str) -> str:
    return f"form_field_{rootly.record('form_fields', label)['id']}"
