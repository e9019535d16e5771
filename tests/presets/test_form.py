"""Site-wide defaults on the form, over HTTP."""

from __future__ import annotations

import re
import time

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from incidentportal.catalog import connection
from incidentportal.catalog import current as catalogs
from incidentportal.declarations.models import Declaration
from incidentportal.presets import current as presets
from incidentportal.presets.content import Setting
from incidentportal.presets.models import GroupDefault, Preset, SiteDefault
from tests.presets.conftest import SetDefault, catalog, fetch, forms, make_preset, name_of
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox


def chosen(form: Form, name: str) -> list[str]:
    """The ids that are chosen in the field called `name`."""
    field = form.html.split(f'data-field="{name}"', 1)[1].split("data-field=", 1)[0]
    return re.findall(r'value="([^"]+)"[^>]* (?:checked|selected)', field)


def state_of(form: Form) -> str:
    found = re.search(r'name="form_state" value="([^"]*)"', form.html)
    assert found
    return found[1].replace("&quot;", '"')


def test_the_form_begins_with_the_sites_default_and_it_is_sent(
    set_default: SetDefault, visitor: PageClient, connected: Sandbox
) -> None:
    severity = set_default("Severity", "SEV2 Major").values
    set_default("Ticket", "CARE-1")
    form = Form(visitor)
    assert chosen(form, "severity_id") == severity
    assert 'value="CARE-1"' in form.html
    answers = form.filled(form_state=state_of(form))
    answers["severity_id"] = severity[0]
    answers[name_of("Ticket")] = "CARE-1"
    assert form.send(**answers).status_code == 303, form.html
    (incident,) = connected.incidents()
    assert incident["title"] == "Checkout is slow"
    labels = {one["label"]: one["text"] for one in Declaration.objects.get().labels}
    assert (labels["Severity"], labels["Ticket"]) == ("SEV2 Major", "CARE-1")


def test_it_counts_more_than_rootlys_default(set_default: SetDefault, visitor: PageClient) -> None:
    began = chosen(Form(visitor), "environment_ids")
    assert began  # Rootly's own
    ours = set_default("Environments", "Staging").values
    assert ours != began
    assert chosen(Form(visitor), "environment_ids") == ours


def test_it_counts_less_than_what_the_person_says_also_than_nothing(
    set_default: SetDefault, visitor: PageClient
) -> None:
    set_default("Severity", "SEV2 Major")
    set_default("Ticket", "CARE-1")
    form = Form(visitor)
    other = form.option("severity_id", "SEV4 Low")
    form.send(
        form_state=state_of(form), severity_id=other, **{name_of("Ticket"): "", "update": "1"}
    )
    assert chosen(form, "severity_id") == [other]
    assert "CARE-1" not in form.html.split('name="form_state"')[0]
    assert 'value="CARE-1"' not in form.html


def test_it_counts_less_than_the_link(set_default: SetDefault, visitor: PageClient) -> None:
    set_default("Severity", "SEV2 Major")
    set_default("Ticket", "CARE-1")
    form = Form(visitor, f"/incidents/new/?severity=sev4+low&{name_of('Ticket')}=LINK-1")
    assert chosen(form, "severity_id") == [form.option("severity_id", "SEV4 Low")]
    assert 'value="LINK-1"' in form.html
    assert 'value="CARE-1"' not in form.html


def test_privacy_begins_ticked_only_for_who_may_declare_in_private(
    set_default: SetDefault, visitor: PageClient, make_person: Person, connected: Sandbox
) -> None:
    set_default("Private", "true")
    support = PageClient()
    support.force_login(make_person("sue", "support"))
    assert 'name="private" value="true" checked' in Form(support).html
    form = Form(visitor)
    assert 'name="private"' not in form.html
    assert form.send(**form.filled(form_state=state_of(form))).status_code == 303, form.html
    assert "private" not in Declaration.objects.get().payload


def test_it_counts_less_than_another_fields_property(
    set_default: SetDefault, visitor: PageClient, connected: Sandbox
) -> None:
    manager, customers = name_of("Account manager"), name_of("Business customers")
    customer, filled = next(
        (entity, values)
        for autofill in forms().autofills
        if (autofill.target, autofill.source) == (manager, customers)
        for entity, values in autofill.values.items()
    )
    options = forms().by_name[manager].options
    assert options is not None
    other = next(option for option in options if option.id not in filled)
    set_default("Account manager", other.label)
    form = Form(visitor)
    form.send(form_state=state_of(form), **{customers: customer, "update": "1"})
    assert chosen(form, manager) == list(filled)


def test_it_counts_less_than_a_read_only_fields_own(
    set_default: SetDefault, visitor: PageClient
) -> None:
    set_default("Declared through", "Slack")
    assert presets.site_values(catalog()) == {}
    form = Form(visitor)
    assert form.send(**form.filled(form_state=state_of(form))).status_code == 303
    labels = {one["label"]: one["text"] for one in Declaration.objects.get().labels}
    assert labels["Declared through"] == "Portal"


def test_what_rootly_no_longer_has_is_skipped_and_told_to_admins_alone(
    set_default: SetDefault, visitor: PageClient, admin_page: PageClient, connected: Sandbox
) -> None:
    gone = connected.record("services", connected.records("services")[0]["name"])
    set_default("Services", gone["name"])
    set_default("Ticket", "CARE-1")
    assert "site-wide default" not in admin_page.get("/").content.decode()
    connected.change_list("services", remove=[gone["id"]])
    fetch()
    form = Form(visitor)
    assert 'value="CARE-1"' in form.html
    assert chosen(form, "service_ids") == []
    said = "The site-wide default of “Services” is not used. Rootly no longer has"
    assert said in admin_page.get("/").content.decode()
    assert "site-wide" not in visitor.get("/").content.decode()


def test_another_upstreams_defaults_are_not_used(
    set_default: SetDefault, visitor: PageClient
) -> None:
    set_default("Ticket", "CARE-1", upstream="https://api.rootly.com/v1")
    assert 'value="CARE-1"' not in Form(visitor).html


def test_a_changed_default_is_seen_at_once_here_and_soon_elsewhere(
    set_default: SetDefault, visitor: PageClient
) -> None:
    row = set_default("Ticket", "CARE-1")
    assert 'value="CARE-1"' in Form(visitor).html
    row.values = ["CARE-2"]
    row.save()
    assert 'value="CARE-2"' in Form(visitor).html
    # As another process would change it: nothing here hears of it.
    SiteDefault.objects.filter(pk=row.pk).update(values=["CARE-3"])
    end = time.monotonic() + 5
    while 'value="CARE-3"' not in Form(visitor).html:
        assert time.monotonic() < end
        time.sleep(0.2)
    row.delete()
    assert 'value="CARE-' not in Form(visitor).html


@pytest.mark.store
def test_whether_there_are_newer_ones_is_one_query_with_the_catalogs_own(
    set_default: SetDefault, visitor: PageClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    set_default("Ticket", "CARE-1")
    make_preset(("title", Setting(values=("Down",))))
    GroupDefault.objects.create(
        upstream=connection.upstream(), group="support", field="title", label="Title",
        values=["Slow"],
    )  # fmt: skip
    found = presets.findings(catalog())
    catalogs.look_at_once()
    presets._look_at_once()
    with django_assert_num_queries(1):
        assert presets.findings(catalog()) is found, "nothing changed, so nothing is read anew"
    with django_assert_num_queries(0):
        presets.site_values(catalog())
    for change in (
        lambda: SiteDefault.objects.update(values=["CARE-2"]),
        lambda: GroupDefault.objects.update(values=["Gone"]),
        lambda: Preset.objects.update(set_at=timezone.now()),
        lambda: Group.objects.create(name="new"),
        lambda: Preset.objects.all()._raw_delete("default"),
    ):
        before = presets._keeper.rows(connection.upstream())
        change()
        presets._look_at_once()
        assert presets._keeper.rows(connection.upstream()) is not before


def test_a_field_that_is_new_in_mid_fill_begins_with_its_default(
    set_default: SetDefault, visitor: PageClient, connected: Sandbox
) -> None:
    row = set_default("Ticket", "CARE-1")
    ticket = connected.record("form_fields", "Ticket")
    connected.change_list("form_fields", remove=[ticket["id"]])
    fetch()
    form = Form(visitor)
    assert row.field not in form.html
    state = state_of(form)
    connected.change_list("form_fields", upsert=[ticket])
    fetch()
    form.send(form_state=state, title="Kept", update="1")
    assert 'value="Kept"' in form.html
    assert 'value="CARE-1"' in form.html


@pytest.mark.store
def test_a_field_has_one_default_for_each_upstream(set_default: SetDefault) -> None:
    from django.db import IntegrityError

    set_default("Ticket", "CARE-1")
    set_default("Ticket", "CARE-1", upstream="https://api.rootly.com/v1")
    with pytest.raises(IntegrityError):
        set_default("Ticket", "CARE-2")


def test_a_list_that_cannot_be_read_is_asked_of_nobody(
    connected: Sandbox, visitor: PageClient
) -> None:
    live = ("parent_incident_id", "alert_ids")
    make_preset(*((name, Setting(required=True)) for name in live))
    connected.fault("status", method="GET", path="/(incidents|alerts)", status=500, times=None)
    form = Form(visitor, "/incidents/new/?preset=payments")
    assert 'data-field="parent_incident_id"' in form.html
    response = form.send(**form.filled(form_state=state_of(form)))
    assert [form.error(name) for name in live] == ["", ""], "nothing can be chosen"
    assert response.status_code == 303
