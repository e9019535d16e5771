"""The fields that the portal itself adds, and who is offered privacy."""

from __future__ import annotations

from html import unescape

import pytest

from incidentportal.declarations.models import Declaration
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

PRIVATE = 'data-field="private"'


@pytest.mark.parametrize(
    ("group", "offered"),
    [("reporter", False), ("support", True), ("responder", False), ("admin", True),
     ("auditor", False)],
)  # fmt: skip
def test_privacy_is_offered_to_those_who_may_declare_it(
    connected: Sandbox, make_person: Person, group: str, offered: bool
) -> None:
    client = PageClient()
    client.force_login(make_person("pat", group))
    assert (PRIVATE in Form(client).html) is offered


def test_rootlys_own_default_makes_it_private_for_everyone(
    connected: Sandbox, make_person: Person
) -> None:
    from incidentportal.catalog import connection, sync

    field = connected.record("form_fields", "Private")
    connected.change_list("form_fields", upsert=[{**field, "default_values": ["1"]}])
    sync.sync_catalog(connection.client(), connection.upstream())
    client = PageClient()
    client.force_login(make_person())
    form = Form(client)
    assert PRIVATE in form.html
    form.send(**form.filled(private="true"))
    assert connected.incidents()[0]["private"] is True


def test_where_rootly_places_none_parent_and_privacy_stand_last(
    connected: Sandbox, support_page: PageClient
) -> None:
    names = Form(support_page).html.split('data-field="')[1:]
    assert names[-1].startswith("parent_incident_id")
    assert sum(name.startswith("private") for name in names) == 1


def test_a_parent_incident_is_sent_and_any_id_is_left_to_rootlys_judgement(
    form: Form, connected: Sandbox
) -> None:
    parent = next(
        one for one in connected.records("incidents")
        if not one["private"] and one["kind"] == "normal" and not one["parent_incident_id"]
    )  # fmt: skip
    assert form.send(**form.filled(parent_incident_id=parent["id"])).status_code == 303
    assert connected.incidents()[0]["parent_incident_id"] == parent["id"]
    other = Form(form.client)
    assert other.send(**other.filled(parent_incident_id="no-such")).status_code == 422
    assert other.error("parent_incident_id")


def test_forged_privacy_is_an_error_and_nothing_is_sent(form: Form, connected: Sandbox) -> None:
    assert form.send(**form.filled(private="true")).status_code == 422
    assert "private" in form.html
    assert connected.incidents() == []
    assert not Declaration.objects.exists()


def test_an_answer_that_chose_a_form_without_its_field_can_be_taken_back(
    connected: Sandbox, visitor: PageClient
) -> None:
    from incidentportal.catalog import connection, sync

    types, sets = connected.record("form_fields", "Types"), connected.records("form_sets")
    (security,) = (one["id"] for one in sets if one["name"] == "Security")
    places = connected.records("form_field_placements")
    gone = [
        one["id"] for one in places
        if (one["form_set_id"], one["form_field_id"]) == (security, types["id"])
    ]  # fmt: skip
    connected.change_list("form_field_placements", remove=gone)
    sync.sync_catalog(connection.client(), connection.upstream())
    form = Form(visitor)
    chosen = form.option("incident_type_ids", "Security")
    form.send(incident_type_ids=chosen, title="Kept", update="1")
    assert "This is the form “Security”, because Types is Security" in unescape(form.html)
    assert 'data-field="incident_type_ids"' not in form.html
    assert 'value="incident_type_ids:"' in form.html
    form.send(suggest="incident_type_ids:")
    assert 'data-field="incident_type_ids"' in form.html
    assert 'value="Kept"' in form.html
    assert "This is the form" not in form.html
