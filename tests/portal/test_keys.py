"""Keys in the checks, at the start, and on pages that can't do without them."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from incidentportal.accounts import samples
from incidentportal.accounts.models import User
from incidentportal.declarations.models import Declaration
from tests.accounts.test_encryption import new_key
from tests.support.declarations import make_declaration
from tests.support.people import PageClient

SECRET = {"title": "A theft", "private": True}


def found(number: str, **arguments: object) -> list[str]:
    checks = run_checks(**arguments)  # type: ignore[arg-type]  # passed on
    return [str(each.msg) for each in checks if each.id == f"portal.{number}"]


@pytest.fixture
def secret(reporter: User, settings: Settings) -> Declaration:
    """A private declaration whose key was dropped since."""
    samples._known.clear()
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    row = make_declaration(reporter, payload=SECRET, title="A theft")
    make_declaration(reporter, title="Checkout is slow")
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    return row


def test_the_deploy_check_warns_where_the_key_is_derived(settings: Settings) -> None:
    assert "SECRET_KEY" in found("W004", include_deployment_checks=True)[0]
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    assert found("W004", include_deployment_checks=True) == []


@pytest.mark.django_db
def test_the_start_is_refused_without_a_key_that_is_needed(
    secret: Declaration, settings: Settings
) -> None:
    (sentence,) = found("E005", databases=["default"])
    assert "FIELD_ENCRYPTION_KEYS" in sentence


@pytest.mark.django_db
def test_a_page_that_meets_an_unreadable_declaration_says_so(
    secret: Declaration, visitor: PageClient
) -> None:
    response = visitor.get(f"/declarations/{secret.pk}/")
    assert response.status_code == 503
    assert "This can&#x27;t be read at the moment" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    for address in ("/", "/declarations/"):
        html = visitor.get(address).content.decode()
        assert "can&#x27;t be read at the moment" in html
        assert "Checkout is slow" in html


@pytest.mark.django_db
def test_admins_pages_stand_beside_one_that_cannot_be_read(
    secret: Declaration, admin_page: PageClient, settings: Settings
) -> None:
    settings.ROOTLY_API_URL, settings.ROOTLY_API_TOKEN = secret.upstream, "x"
    Declaration.objects.update(failures=1)
    Declaration.objects.filter(pk=secret.pk).update(
        is_exposed=True, incident_id="abc-77", delivered_at="2999-01-01T00:00Z"
    )
    html = admin_page.get("/").content.decode()
    assert "as private, although that was asked for: abc-77." in html
    assert "2 declarations wait for Rootly after a try" in html
    for address in ("/operations/", f"/operations/declarations/{secret.pk}/"):
        assert admin_page.get(address).status_code == 200
    given_up = {"action": "give-up", "reason": "Its key is lost."}
    assert admin_page.post(f"/operations/declarations/{secret.pk}/", given_up).status_code == 303
