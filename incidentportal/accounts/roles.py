"""Who may do what: the one table, and the questions that are answered by it alone.

Each ability but DECLARE is a permission, and a person has it through a group or of their own. A
migration gives the groups theirs once; from then on admins may change what a group may do. A
superuser counts as admin and no more: Django's `has_perm` says yes to them whatever is asked, so
nothing here calls it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db.models import BigAutoField, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from incidentportal.accounts.gathered import Gathered
from incidentportal.accounts.groups import ADMIN, AUDITOR, GROUPS, REPORTER, RESPONDER, SUPPORT
from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given, Select


class Ability(StrEnum):
    """What somebody may do; the value is the permission, `<app>.<codename>`."""

    DECLARE = "declare"
    """And see, correct and take back one's own. Everybody's: there is no permission."""
    DECLARE_PRIVATE = "declarations.declare_private"
    VIEW_OTHERS = "declarations.view_others"
    """Others' declarations that are not private."""
    VIEW_PRIVATE = "declarations.view_private"
    """Others' private declarations; each view is recorded."""
    DECIDE_OTHERS = "declarations.decide_unconfirmed"
    """Others' unconfirmed ones, among those that the person may see."""
    ADMINISTER = "accounts.administer"
    """Presets, defaults, operations, the admin site."""
    READ_AUDIT = "accounts.read_audit"


ROLES: Mapping[Ability, frozenset[str]] = {
    Ability.DECLARE: frozenset(GROUPS),
    Ability.DECLARE_PRIVATE: frozenset({SUPPORT, ADMIN}),
    Ability.VIEW_OTHERS: frozenset({RESPONDER, ADMIN}),
    Ability.VIEW_PRIVATE: frozenset(),
    Ability.DECIDE_OTHERS: frozenset({ADMIN}),
    Ability.ADMINISTER: frozenset({ADMIN}),
    Ability.READ_AUDIT: frozenset({AUDITOR}),
}
"""The table (docs/roles.md shows it): which groups are given what. Nobody is given VIEW_PRIVATE."""

WORDS: Mapping[Ability, str] = {
    Ability.DECLARE: "declare; see, correct, withdraw one's own; decide one's own unconfirmed ones",
    Ability.DECLARE_PRIVATE: "declare private",
    Ability.VIEW_OTHERS: "see others' non-private declarations, follow up",
    Ability.VIEW_PRIVATE: "see others' private ones (each view is recorded)",
    Ability.DECIDE_OTHERS: "decide others' unconfirmed ones, of those they may see",
    Ability.ADMINISTER: "presets, defaults, operations, `/admin/`",
    Ability.READ_AUDIT: "read the audit trail",
}


def may(person: User | AnonymousUser, ability: Ability) -> bool:
    """Whether this person may; somebody who isn't signed in may nothing. One query a request."""
    if not isinstance(person, User) or not person.is_active:
        return False
    if ability is Ability.DECLARE or (person.is_superuser and ADMIN in ROLES[ability]):
        return True
    return ability in _permissions(person)


def is_admin(person: User | AnonymousUser) -> bool:
    """Whether this person runs the portal."""
    return may(person, Ability.ADMINISTER)


def admins() -> QuerySet[User]:
    """Everybody who runs the portal, as `is_admin` says of each."""
    permission = Permission.objects.filter(
        content_type__app_label="accounts", codename="administer"
    )
    given = Q(is_superuser=True) | Q(user_permissions__in=permission)
    given |= Q(groups__permissions__in=permission)
    return User.objects.filter(given, is_active=True).distinct()


def may_declare_private(person: User) -> bool:
    """Whether this person may declare an incident that only those invited see."""
    return may(person, Ability.DECLARE_PRIVATE)


def group_may(name: str, ability: Ability) -> bool:
    """Whether whoever is in the group of this name, and in no other, may."""
    if ability is Ability.DECLARE:
        return True
    app, _, codename = ability.partition(".")
    given = Permission.objects.filter(group__name=name, content_type__app_label=app)
    return given.filter(codename=codename).exists()


def _permissions(person: User) -> frozenset[str]:
    """All permissions that the person has by groups or alone, being a superuser left aside."""
    return _known(person)[0]


def groups_of(person: User) -> tuple[str, ...]:
    """The names of the person's groups, sorted; who is in none is a reporter."""
    return _known(person)[1]


def signed_in(pk: int | str) -> User | None:
    """The person with this key, with what is asked of them in a request: one query for all."""
    found = _person().first(pk=pk)
    if found is not None:
        _learn(found, found)
    return found


def _known(person: User) -> tuple[frozenset[str], tuple[str, ...]]:
    """The person's permissions and groups: at most one query for each request."""
    if not hasattr(person, KNOWS):
        _learn(person, _person().first(pk=person.pk))
    known: tuple[frozenset[str], tuple[str, ...]] = getattr(person, KNOWS)
    return known


KNOWS = "_portal_knows"
"""Where a person's permissions and groups are kept, for this request only."""


@cache
def _person() -> Select[User]:
    """One of them: each request asks for it."""
    return Select(_knowing(User.objects.filter(pk=Given("pk", BigAutoField()))))


def _knowing(people: QuerySet[User]) -> QuerySet[User]:
    """Each with their permissions and groups beside."""
    # Apart from each other: a join over both ways would walk through everybody's groups.
    code = Concat("content_type__app_label", Value("."), "codename")
    of_them = {
        "own": Permission.objects.filter(user=OuterRef("pk")).annotate(one=code),
        "given": Permission.objects.filter(group__user=OuterRef("pk")).annotate(one=code),
        "groups": Group.objects.filter(user=OuterRef("pk")).annotate(one=F("name")),
    }
    return people.annotate(
        **{f"portal_{name}": Gathered(rows.values("one")) for name, rows in of_them.items()}
    )


def _learn(person: User, told: User | None) -> None:
    own, given, groups = (
        json.loads(getattr(told, f"portal_{name}", None) or "[]")
        for name in ("own", "given", "groups")
    )
    setattr(person, KNOWS, (frozenset([*own, *given]), tuple(sorted(groups)) or (REPORTER,)))


def person(request: HttpRequest) -> User:
    """The signed-in person; only for views behind the sign-in."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # LoginRequiredMiddleware saw to it
    user.languages = tuple(
        code for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    )
    return user
