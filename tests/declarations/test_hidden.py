"""What a person may not see is answered as what doesn't exist."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidentportal.accounts.models import User
from incidentportal.catalog import connection as upstreams
from incidentportal.declarations import identity
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

SECRET = {"title": "A theft", "private": True}


@pytest.fixture
def public(reporter: User) -> Declaration:
    return make_declaration(reporter)


@pytest.fixture
def secret(reporter: User) -> Declaration:
    return make_declaration(reporter, title="A theft", payload=SECRET)


def asked(client: Client, method: str, address: str, **headers: str) -> tuple[Any, list[str]]:
    """The answer, and the shapes of its queries: without their values."""
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method)(address, headers=headers)
    return response, [re.sub(r"'[^']*'|\b\d+\b", "?", each["sql"]) for each in queries]


def headers_of(response: Any) -> dict[str, str]:
    """All but the moment, and the request's own number."""
    own = {"Expires", "X-Request-ID"}
    return {name: value for name, value in response.headers.items() if name not in own}


@pytest.mark.parametrize("group", ["reporter", "support", "responder", "admin", "auditor"])
@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
@pytest.mark.parametrize("htmx", [False, True])
def test_it_is_the_same_answer_by_the_same_queries(
    secret: Declaration, make_person: Person, group: str, method: str, *, htmx: bool
) -> None:
    client = Client()
    client.force_login(make_person("cora", group))
    headers = {"HX-Request": "true"} if htmx else {}
    hidden, its_queries = asked(client, method, f"/declarations/{secret.pk}/", **headers)
    nothing, queries = asked(client, method, f"/declarations/{uuid.uuid4()}/", **headers)
    assert hidden.status_code == nothing.status_code == (405 if method == "put" else 404)
    assert hidden.content == nothing.content
    assert headers_of(hidden) == headers_of(nothing)
    assert its_queries == queries
    assert len(queries) <= 4


def test_an_address_that_is_none_says_the_same(visitor: PageClient) -> None:
    nothing = visitor.get(f"/declarations/{uuid.uuid4()}/")
    assert visitor.get("/declarations/none/").content == nothing.content


def test_lists_and_their_counts_hold_what_one_may_see(
    public: Declaration, secret: Declaration, make_person: Person
) -> None:
    for group, expected in (("reporter", 0), ("support", 0), ("responder", 1), ("admin", 1)):
        client = PageClient()
        person = make_person(f"of-{group}", group)
        client.force_login(person)
        for address, count in (("/declarations/", 0), ("/declarations/?whose=everyone", expected)):
            response = client.get(address)
            assert response.context["listing"].total == count, (group, address)
            html = unescape(response.content.decode())
            assert html.count('class="status ') == count
            assert "A theft" not in html
            assert ("Everyone's" in html) == (group in {"responder", "admin"})
        assert "Checkout" not in client.get("/").content.decode()
        assert Declaration.objects.visible_to(person).count() == expected


def test_ones_own_stand_in_both_lists(public: Declaration, visitor: PageClient) -> None:
    for address in ("/declarations/", "/declarations/?whose=everyone"):
        html = visitor.get(address).content.decode()
        assert "Checkout is slow" in html
        assert " · by " not in html


def test_a_responder_sees_who_declared_what(reporter: User, make_person: Person) -> None:
    said = "Rootly did not accept it."
    public = make_declaration(reporter, state=State.REJECTED, sentence=said)
    client = PageClient()
    client.force_login(make_person("ron", "responder"))
    assert "by rita" in client.get("/declarations/?whose=everyone").content.decode()
    html = client.get(f"/declarations/{public.pk}/").content.decode()
    assert "by rita" in html
    assert said in html
    assert 'data-action="declare"' not in html, "only its author corrects it"


@pytest.mark.parametrize("group", ["reporter", "responder", "admin"])
def test_posting_to_anothers_address_neither_corrects_nor_reveals(
    connected: Sandbox, reporter: User, make_person: Person, group: str
) -> None:
    row = make_declaration(reporter, upstream=upstreams.upstream(), state=State.REJECTED)
    other = make_person("cora", group)
    client = PageClient()
    client.force_login(other)
    form = Form(client)
    for carried in (form.identity, identity.sign(row.pk, reporter), identity.sign(row.pk, other)):
        answers = form.filled(title="Taken over", declaration=carried)
        response = client.post(f"/declarations/{row.pk}/", answers)
        assert response.status_code == 404
        assert b"Checkout" not in response.content
    row.refresh_from_db()
    assert (row.title, row.state, row.author) == ("Checkout is slow", State.REJECTED, reporter)
    assert Declaration.objects.count() == 1
    assert connected.incidents() == []


def test_who_decides_about_an_unconfirmed_one(make_person: Person, reporter: User) -> None:
    make_declaration(reporter, state=State.UNCONFIRMED)
    make_declaration(reporter, state=State.UNCONFIRMED, title="A theft", payload=SECRET)
    may_decide = {
        group: Declaration.objects.decidable_by(make_person(f"of-{group}", group)).count()
        for group in ("reporter", "support", "responder", "admin", "auditor")
    }
    assert may_decide == {"reporter": 0, "support": 0, "responder": 0, "admin": 1, "auditor": 0}
    assert Declaration.objects.decidable_by(reporter).count() == 2
