"""How an admin sets a site-wide default, without JavaScript."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection, current
from incidentportal.presets.models import SiteDefault
from tests.presets.conftest import SetDefault, fetch, forms, name_of
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

LIST = "/admin/presets/sitedefault/"
ADD = f"{LIST}add/"


def page_for(label: str) -> str:
    return f"{ADD}?field={name_of(label)}"


def row_of(html: str, label: str) -> str:
    """A line of the list, as text."""
    (found,) = [one for one in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if f">{label}<" in one]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found)).split())


def option(field: str, label: str) -> str:
    options = forms().by_name[name_of(field)].options
    assert options is not None
    return next(one.id for one in options if one.label == label)


@pytest.mark.django_db
def test_the_group_admin_may_manage_them() -> None:
    granted = Group.objects.get(name="admin").permissions.values_list("codename", flat=True)
    assert {f"{word}_sitedefault" for word in ("add", "change", "delete", "view")} <= set(granted)
    for group in Group.objects.exclude(name="admin"):
        assert not group.permissions.filter(codename__endswith="sitedefault").exists()


def test_a_field_then_its_value_and_the_form_begins_with_it(
    admin: PageClient, staff: User, visitor: PageClient
) -> None:
    first = admin.get(ADD).content.decode()
    assert ">Severity</option>" in first
    assert ">Declared through</option>" not in first  # read-only
    address = page_for("Severity")
    page = admin.get(address).content.decode()
    assert 'data-field="severity_id"' in page
    major = option("Severity", "SEV2 Major")
    response = admin.post(address, {"severity_id": major})
    assert (response.status_code, response["Location"]) == (302, LIST)
    row = SiteDefault.objects.get()
    assert (row.values, row.words, row.set_by) == ([major], ["SEV2 Major"], staff)
    assert row.upstream == connection.upstream()
    assert f'value="{major}" checked' in Form(visitor).html
    listed = Client()
    listed.force_login(staff)
    line = row_of(listed.get(LIST).content.decode(), "Severity")
    assert "SEV2 Major" in line
    assert "ada" in line
    assert major not in line
    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_change_message()) == (staff, "Set to: SEV2 Major")


def test_a_default_is_changed_and_deleted(admin: PageClient, set_default: SetDefault) -> None:
    row = set_default("Severity", "SEV2 Major")
    address = f"{LIST}{row.pk}/change/"
    assert admin.get(page_for("Severity"))["Location"] == address
    assert f'value="{row.values[0]}" checked' in admin.get(address).content.decode()
    low = option("Severity", "SEV4 Low")
    assert admin.post(address, {"severity_id": low}).status_code == 302
    row.refresh_from_db()
    assert (row.values, row.words) == ([low], ["SEV4 Low"])
    assert f'href="{LIST}{row.pk}/delete/"' in admin.get(address).content.decode()
    Client.post(admin, f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert not SiteDefault.objects.exists()


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Customers affected", "a <few>", "“a &lt;few&gt;” is not a number"),
        ("Customers affected", "", "Enter"),
        ("Labels", "not a label", "key=value"),
        ("Severity", "no-such-id", "Choose a severity from the list"),
        ("First seen on", "2026-02-30", "not a day of the calendar"),
        ("Customers can tell", "", "Tick"),
    ],
)
def test_a_wrong_value_is_told_at_its_control_and_kept(
    admin: PageClient, label: str, typed: str, said: str
) -> None:
    name = name_of(label)
    response = admin.post(page_for(label), {name: typed})
    page = response.content.decode()
    assert response.status_code == 422
    error = page.split(f'id="id_{name}_error"', 1)[1].split("</p>", 1)[0]
    assert said in error
    assert 'aria-invalid="true"' in page
    assert not typed or typed.replace("<", "&lt;").replace(">", "&gt;") in page
    assert not SiteDefault.objects.exists()


@pytest.mark.parametrize(
    ("label", "typed", "kept"),
    [
        ("Title", "Checkout: ", ["Checkout: "]),
        ("Labels", "team=care\r\narea=web", ["team=care\r\narea=web"]),
        ("Customers can tell", "true", ["true"]),
        ("First seen on", "2026-01-31", ["2026-01-31"]),
        ("Next update due", "2026-01-31T14:30", ["2026-01-31T14:30:00+01:00"]),
    ],
)
def test_every_kind_of_control_sets_a_default_that_the_form_takes(
    admin: PageClient, staff: User, label: str, typed: str, kept: list[str]
) -> None:
    staff.time_zone = "Europe/Paris"
    staff.save()
    assert admin.post(page_for(label), {name_of(label): typed}).status_code == 302
    row = SiteDefault.objects.get()
    assert row.values == kept
    listed = Client()
    listed.force_login(staff)
    page = listed.get(LIST).content.decode()
    assert 'alt="True"' in page


def test_a_long_list_is_searched_and_what_was_chosen_is_kept(
    admin: PageClient, connected: Sandbox
) -> None:
    template = connected.records("services")[0]
    more = [
        {**template, "id": f"more-{number}", "name": f"more {number:02}", "slug": f"more-{number}"}
        for number in range(60)
    ]
    connected.change_list("services", upsert=more)
    fetch()
    address = page_for("Services")
    assert 'name="service_ids__q"' in admin.get(address).content.decode()
    query = {"service_ids__q": "more 07", "service_ids": "more-1", "search": "service_ids"}
    response = admin.post(address, query)
    page = response.content.decode()
    assert response.status_code == 200
    assert re.search(r'value="more-1" checked', page)
    assert re.search(r'value="more-7"(?! checked)', page)
    # Enter in the box: words that were not searched for are not saved over.
    assert admin.post(address, {**query, "search": ""}).status_code == 200
    assert not SiteDefault.objects.exists()
    done = {"service_ids__q": "more 07", "service_ids__searched": "more 07"}
    assert admin.post(address, {**done, "service_ids": ["more-1", "more-7"]}).status_code == 302
    assert SiteDefault.objects.get().words == ["more 01", "more 07"]


def test_the_list_says_what_is_not_used_and_why(
    admin: PageClient, staff: User, set_default: SetDefault, connected: Sandbox
) -> None:
    service = connected.records("services")[0]
    row = set_default("Services", service["name"])
    other = set_default("Ticket", "CARE-1", upstream="https://api.rootly.com/v1")
    gone = set_default("Summary", "All is lost", field="form_field_404")
    connected.change_list("services", remove=[service["id"]])
    fetch()
    listed = Client()
    listed.force_login(staff)
    page = listed.get(LIST).content.decode()
    line = row_of(page, "Services")
    assert f"Rootly no longer has “{service['name']}”." in line
    assert service["id"] not in line
    assert "another Rootly (https://api.rootly.com/v1)" in row_of(page, "Ticket")
    assert "no longer has this field" in row_of(page, "Summary")
    assert page.count('alt="False"') == 3
    for one, said in ((other, "another Rootly"), (gone, "no longer has this field")):
        own = admin.get(f"{LIST}{one.pk}/change/").content.decode()
        assert said in unescape(own)
        assert "Delete this default" in own
        assert "data-field" not in own
    # An option that is gone can be replaced.
    own = admin.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "No longer available" in own
    response = admin.post(f"{LIST}{row.pk}/change/", {"service_ids": row.values})
    assert response.status_code == 422


@pytest.mark.parametrize("query", ["?field=form_field_404", "?field=status_id", "?field=%00"])
def test_an_unknown_field_is_asked_for_anew(admin: PageClient, query: str) -> None:
    response = admin.get(ADD + query)
    assert response.status_code == 404
    assert "has no such field" in unescape(response.content.decode())
    assert 'name="field"' in response.content.decode()


def test_a_read_only_field_says_why_it_has_none(admin: PageClient) -> None:
    response = admin.get(page_for("Declared through"))
    assert response.status_code == 404
    assert "read-only" in response.content.decode()


def test_before_the_first_sync_it_says_so(admin: PageClient, settings: Settings) -> None:
    settings.ROOTLY_API_URL = "http://127.0.0.1:9/v1"
    current.forget()
    assert "has not arrived yet" in admin.get(ADD).content.decode()


@pytest.mark.parametrize("address", [LIST, ADD, f"{LIST}1/change/", f"{LIST}1/delete/"])
def test_a_reporter_never_sees_any_of_it(
    visitor: PageClient, set_default: SetDefault, address: str
) -> None:
    row = set_default("Ticket", "CARE-1")
    for method in (visitor.get, visitor.post):
        response = method(address.replace("/1/", f"/{row.pk}/"), follow=True)
        assert response.status_code == 404
        assert b"CARE-1" not in response.content
    row.refresh_from_db()
    assert row.values == ["CARE-1"]


@pytest.mark.parametrize("address", [ADD, f"{LIST}1/change/"])
def test_staff_who_are_no_admins_find_nothing(
    visitor: PageClient, reporter: User, set_default: SetDefault, address: str
) -> None:
    reporter.is_staff = True
    reporter.save()
    row = set_default("Ticket", "CARE-1")
    for method in (visitor.get, visitor.post):
        assert method(address.replace("/1/", f"/{row.pk}/")).status_code == 404


def test_a_default_that_is_not_there_is_not_found(admin: PageClient) -> None:
    assert admin.get(f"{LIST}404/change/").status_code == 404
