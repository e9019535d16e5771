"""Whose e-mail an address is known to be, and how admins say so."""

from __future__ import annotations

import re
from html import unescape

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from incidentportal.accounts.email import trusted_email
from incidentportal.accounts.models import User
from tests.support.people import Person


@pytest.fixture
def admin(make_person: Person) -> Client:
    """An admin by the group alone: neither staff nor superuser."""
    client = Client()
    client.force_login(make_person("ada", "admin"))
    return client


def change(admin: Client, person: User, **changes: str) -> str:
    """The person's page in the admin site, saved; what came back."""
    address = f"/admin/accounts/user/{person.pk}/change/"
    html = admin.get(address).content.decode()
    answers = {
        unescape(name): unescape(value)
        for name, value in re.findall(
            r'<input type="(?:text|email)" name="([^"]+)" value="([^"]*)"', html
        )
    }
    answers |= {"is_active": "on"} | changes
    return admin.post(address, answers, follow=True).content.decode()


def believed(person: User) -> str:
    person.refresh_from_db()
    return trusted_email(person)


def test_an_email_that_an_admin_types_is_believed(admin: Client, reporter: User) -> None:
    assert "was changed successfully" in change(admin, reporter, email="Rita@X.org")
    assert believed(reporter) == "rita@x.org"
    change(admin, reporter, email="rita@y.org")
    assert believed(reporter) == "rita@y.org"
    assert EmailAddress.objects.count() == 1, "the old one is hers no more"
    change(admin, reporter, email="")
    assert believed(reporter) == ""
    assert not EmailAddress.objects.exists()


def test_one_that_the_person_claims_is_not_believed_by_saving_the_page(
    admin: Client, reporter: User
) -> None:
    User.objects.filter(pk=reporter.pk).update(email="boss@x.org")
    EmailAddress.objects.create(user=reporter, email="boss@x.org", primary=True)
    assert "was changed successfully" in change(admin, reporter, last_name="R.")
    reporter.refresh_from_db()
    assert (reporter.last_name, believed(reporter)) == ("R.", "")
    EmailAddress.objects.update(verified=True)
    assert believed(reporter) == "boss@x.org"


def test_one_email_is_one_persons(admin: Client, reporter: User, make_person: Person) -> None:
    change(admin, reporter, email="rita@x.org")
    other = make_person("rob", "reporter")
    assert "Another person has this e-mail address." in change(admin, other, email="RITA@x.org")
    assert believed(other) == ""


def test_people_are_not_deleted(admin: Client, reporter: User) -> None:
    address = "/admin/accounts/user/"
    answers = {"action": "delete_selected", "_selected_action": reporter.pk, "post": "yes"}
    admin.post(address, answers)
    assert User.objects.filter(pk=reporter.pk).exists()
    assert "delete_selected" not in admin.get(address).content.decode()


def test_staff_who_are_no_admins_find_no_admin_site(make_person: Person) -> None:
    client = Client()
    client.force_login(make_person("stan", "auditor", is_staff=True))
    assert client.get("/admin/").status_code == 404
    assert b'href="/admin/"' not in client.get("/").content
