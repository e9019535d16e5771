"""Who gets what at every address: no address of the portal is without its row of cells."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import gates
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import Ability
from incidentportal.catalog import connection
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.presets.models import Change, GroupDefault, Preset, SiteDefault
from tests.accounts.cells import PEOPLE, Row, cells
from tests.support.declarations import make_declaration, make_draft
from tests.support.people import Person, permission
from tests.support.sandbox import Sandbox

ROWS = tuple(cells())
PORTAL = gates.ROOT / "incidentportal"


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Every route that the resolver knows."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            assert isinstance(each, URLPattern)
            yield re.sub(r"(?<=<app_label>)[^)]+", "…", route)


def test_every_address_has_its_cells() -> None:
    known = set(routes(get_resolver().url_patterns))
    covered = {row.route for row in ROWS}
    assert known - covered == set(), "addresses that no row in cells.py covers"
    assert covered - known == set(), "rows for addresses that are gone"
    assert all(len(row.answers) == len(PEOPLE) for row in ROWS)


def test_pages_ask_for_declarations_by_what_one_may_see_alone() -> None:
    sources = [path for path in PORTAL.rglob("*.py") if "HttpRequest" in path.read_text("utf-8")]
    asked = [
        (path.name, question)
        for path in [*sources, PORTAL / "declarations/access.py"]
        for question in re.findall(r"\bDeclaration\.objects\.(\w+)", path.read_text("utf-8"))
    ]
    assert {"views.py", "access.py"} <= {name for name, _ in asked}
    assert {question for _, question in asked} <= {"visible_to", "own", "decidable_by"}, asked


@pytest.fixture
def everybody(connected: Sandbox, make_person: Person) -> dict[str, User]:
    """One of each kind, without the stranger."""
    people = {name: make_person(name, name) for name in PEOPLE if name in _GROUPS}
    people["colleague"] = make_person("colleague", "reporter")
    people["superuser"] = User.objects.create_superuser(
        "superuser", password="correct horse battery"
    )
    people["holder"] = make_person("holder", "reporter")
    people["holder"].user_permissions.add(permission(Ability.VIEW_PRIVATE))
    return people


_GROUPS = ("reporter", "support", "responder", "admin", "auditor")


def changed(what: str, before: dict[str, Any]) -> int:
    """That a preset or default was something else once."""
    upstream = connection.upstream()
    return Change.objects.create(upstream=upstream, what=what, key="?", before=before).pk


@pytest.fixture
def places(everybody: dict[str, User]) -> dict[str, object]:
    """What stands in the addresses."""
    upstream = connection.upstream()
    common: dict[str, Any] = {"upstream": upstream, "state": State.REJECTED, "due_at": None}
    secret = {"title": "A theft", "private": True}
    return {
        "own": make_declaration(everybody["reporter"], **common).pk,
        "private": make_declaration(everybody["support"], payload=secret, **common).pk,
        "draft": make_draft(everybody["reporter"], upstream=upstream).pk,
        "nowhere": uuid.uuid4(),
        "default": SiteDefault.objects.create(
            upstream=upstream, field="title", label="Title", values=["Help"]
        ).pk,
        "theirs": GroupDefault.objects.create(
            upstream=upstream, group="support", field="title", label="Title", values=["Help"]
        ).pk,
        "preset": Preset.objects.create(upstream=upstream, slug="payments", name="Payments").pk,
        "was_default": changed("default", {"field": "title", "values": ["Help"]}),
        "was_theirs": changed("default", {"group": "support", "field": "title", "values": ["?"]}),
        "was_preset": changed("preset", {"slug": "payments", "name": "Pay"}),
        "kind": ContentType.objects.get_for_model(Declaration).pk,
        "group": Group.objects.get(name="admin").pk,
        "email": EmailAddress.objects.create(user=everybody["admin"], email="a@x.org").pk,
    }


def ask(client: Client, row: Row, address: str) -> Any:
    """One request; a form is posted empty."""
    if row.method == "POST":
        return client.post(address, {"declaration": ""})
    return client.get(address, headers={"HX-Request": "true"} if row.method == "HTMX" else {})


def answer(response: HttpResponse) -> str:
    """The answer as the cells write it."""
    location = response.get("Location", "")
    sign_in = ("/accounts/login/?", "/admin/login/?")  # the latter leads on to the former
    is_sent_to_sign_in = response.status_code == 302 and location.startswith(sign_in)
    return "in" if is_sent_to_sign_in else str(response.status_code)


def test_everyone_gets_what_their_cell_says(
    everybody: dict[str, User], places: dict[str, object]
) -> None:
    wrong = []
    for name in PEOPLE:
        person, client = everybody.get(name), Client()
        if person is not None:
            client.force_login(person)
        for row in ROWS:
            address = row.address.format(**places, me=person.pk if person else 1)
            expected = row.answers[PEOPLE.index(name)]
            got = answer(ask(client, row, address))
            if got != expected:
                wrong.append(f"{row} as {name}: {got}, not {expected}")
    assert wrong == [], "\n".join(wrong)
    assert Declaration.objects.count() == 2
