"""People to sign in as, and a client that checks each page as a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from incidentportal.accounts import roles
from incidentportal.accounts.models import User
from tests.support.pages import check_page

Person = Callable[..., User]


class PageClient(Client):
    """Django's test client; each HTML answer is checked as a page, or as a fragment of one."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if response.get("Content-Type", "").startswith("text/html") and response.content:
            check_page(response.content.decode(), fragment="HTTP_HX_REQUEST" in request)
        return response


def permission(ability: roles.Ability) -> Permission:
    """The ability as a permission."""
    app, _, codename = ability.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


@pytest.fixture
def make_person(db: None) -> Person:
    """Makes a person of a group (`reporter`, `support`, …)."""

    def make(name: str = "rita", group: str = "reporter", **fields: Any) -> User:
        person = User.objects.create_user(name, password="correct horse battery", **fields)
        person.groups.add(Group.objects.get(name=group))
        return person

    return make


@pytest.fixture
def reporter(make_person: Person) -> User:
    return make_person()


@pytest.fixture
def visitor(reporter: User) -> PageClient:
    """A reporter's browser, so to speak."""
    client = PageClient()
    client.force_login(reporter)
    return client


@pytest.fixture
def admin_page(make_person: Person) -> PageClient:
    """An admin's browser."""
    client = PageClient()
    client.force_login(make_person("ada", "admin"))
    return client


@pytest.fixture
def support_page(make_person: Person) -> PageClient:
    """The browser of someone who may declare private incidents."""
    client = PageClient()
    client.force_login(make_person("sam", "support"))
    return client
