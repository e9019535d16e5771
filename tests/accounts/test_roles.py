"""The table of roles: in code, in the database, in the documents, and as it is asked."""

from __future__ import annotations

import importlib

import gates
import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import connection

from incidentportal.accounts import groups
from incidentportal.accounts.models import User
from incidentportal.accounts.roles import ROLES, WORDS, Ability, is_admin, may, may_declare_private
from tests.support.people import Person, permission

PAGE = (gates.ROOT / "docs/roles.md").read_text("utf-8")

MIGRATIONS = (
    ("accounts.migrations.0002_groups", "make"),
    ("accounts.migrations.0005_grants", "give"),
    ("declarations.migrations.0006_grants", "give"),
    ("presets.migrations.0002_admins", "grant"),
    ("presets.migrations.0004_admins", "grant"),
)
"""What makes the groups and gives them their permissions."""


def make_groups() -> None:
    """As the migrations make them."""
    for name, function in MIGRATIONS:
        migration = importlib.import_module(f"incidentportal.{name}")
        getattr(migration, function)(apps, connection.schema_editor())


def rows(head: str) -> list[list[str]]:
    """The cells of the table in the page that begins with this line."""
    lines = PAGE.split(head + "\n")[1].split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_shows_the_table() -> None:
    head = "| | " + " | ".join(groups.GROUPS) + " |"
    shown = {words: [mark == "✔" for mark in marks] for words, *marks in rows(head)}
    assert shown == {
        WORDS[each]: [name in ROLES[each] for name in groups.GROUPS] for each in Ability
    }


def test_the_page_names_each_permission() -> None:
    shown = rows("| permission | its row |")
    assert shown == [[f"`{each}`", WORDS[each]] for each in Ability if "." in each]


@pytest.mark.django_db
def test_the_migrations_give_the_groups_what_the_table_says() -> None:
    Group.objects.all().delete()
    Permission.objects.filter(content_type__app_label__in=["accounts", "declarations"]).delete()
    make_groups()
    for ability in Ability:
        if "." in ability:
            held = set(permission(ability).group_set.values_list("name", flat=True))
            assert held == ROLES[ability], ability
            assert permission(ability).name in _declared_names(), ability
    assert set(Group.objects.values_list("name", flat=True)) == set(groups.GROUPS)


def _declared_names() -> set[str]:
    """What the models call their own permissions."""
    return {str(name) for model in apps.get_models() for _, name in model._meta.permissions}


@pytest.mark.parametrize("role", groups.GROUPS)
def test_who_is_in_a_group_may_what_the_table_says(make_person: Person, role: str) -> None:
    person = make_person(role, role)
    assert {each for each in Ability if may(person, each)} == {
        each for each in Ability if role in ROLES[each]
    }


@pytest.mark.django_db
def test_who_is_in_no_group_is_a_reporter_and_a_stranger_nobody() -> None:
    person = User.objects.create_user("new")
    assert [each for each in Ability if may(person, each)] == [Ability.DECLARE]
    assert not any(may(AnonymousUser(), each) for each in Ability)
    assert not is_admin(AnonymousUser())


def test_a_superuser_in_no_group_is_an_admin_and_nothing_more(make_person: Person) -> None:
    person = User.objects.create_superuser("root")
    assert person.has_perm("declarations.view_private"), "Django itself would say yes"
    assert {each for each in Ability if may(person, each)} == {
        each for each in Ability if groups.ADMIN in ROLES[each]
    }
    person.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    assert may(User.objects.get(pk=person.pk), Ability.VIEW_PRIVATE)


def test_a_permission_is_had_by_any_group_or_alone(make_person: Person) -> None:
    own, one = make_person("own"), make_person("one")
    own.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    trusted = Group.objects.create(name="trusted")
    trusted.permissions.add(permission(Ability.VIEW_PRIVATE), permission(Ability.DECLARE_PRIVATE))
    one.groups.add(trusted)
    assert may(own, Ability.VIEW_PRIVATE)
    assert not may(own, Ability.VIEW_OTHERS)
    assert may(one, Ability.VIEW_PRIVATE)
    assert may_declare_private(one)


def test_an_account_that_was_made_inactive_may_nothing(make_person: Person) -> None:
    person = make_person("gone", "admin", is_active=False, is_superuser=True)
    assert not any(may(person, each) for each in Ability)


def test_all_that_is_asked_of_a_person_in_a_request_costs_one_query(
    make_person: Person, django_assert_num_queries: object
) -> None:
    person = make_person("ada", "admin")
    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django's fixture
        assert [may(person, each) for each in Ability].count(True) == 5
