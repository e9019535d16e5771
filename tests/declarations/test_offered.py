"""The fields that the portal itself adds, and who is offered privacy."""

from __future__ import annotations

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
