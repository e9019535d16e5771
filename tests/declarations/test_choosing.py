"""What a combobox asks the server."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

ADDRESS = "/incidents/new/options/"


def ask(client: Client, **posted: str) -> Any:
    return client.post(ADDRESS, posted, headers={"HX-Request": "true"})


def test_words_bring_options_best_first(connected: Sandbox, visitor: PageClient) -> None:
    answer = ask(visitor, field="service_ids", service_ids__q="  CHECK ")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    checkout = connected.record("services", "Checkout")["id"]
    assert f'<li data-value="{checkout}" data-label="Checkout">Checkout</li>' in html
    assert html.index(">Checkout<") < html.index(">Fraud check<")
    assert "2 found." in html


def test_an_empty_box_brings_the_head_of_the_list(connected: Sandbox, visitor: PageClient) -> None:
    html = ask(visitor, field="service_ids").content.decode()
    assert html.count("<li ") == 20
    assert "The first 20; type to find others." in html


def test_more_than_fit_are_said_to_be_more(connected: Sandbox, visitor: PageClient) -> None:
    html = ask(visitor, field="service_ids", service_ids__q="e").content.decode()
    assert html.count("<li ") == 20
    assert "The best 20; type more to narrow it down." in html


def test_what_is_typed_comes_back_escaped(connected: Sandbox, visitor: PageClient) -> None:
    html = ask(visitor, field="service_ids", service_ids__q="<b>x").content.decode()
    assert "Nothing is called “&lt;b&gt;x”." in html


def test_a_field_of_any_form_set_is_known(form: Form, connected: Sandbox) -> None:
    name = f"form_field_{connected.record('form_fields', 'Upstream service')['id']}"
    assert f'data-field="{name}"' not in form.html
    answer = ask(form.client, field=name, **{f"{name}__q": "checkout"})
    assert ">Checkout<" in answer.content.decode()


@pytest.mark.parametrize(("field", "status"), [("", 400), ("title", 404), ("form_field_x", 404)])
def test_what_has_no_list_is_refused_in_plain_words(
    connected: Sandbox, visitor: PageClient, field: str, status: int
) -> None:
    answer = ask(visitor, field=field)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.endswith(b".")


def test_it_answers_posts_of_people_who_are_signed_in(
    connected: Sandbox, visitor: PageClient
) -> None:
    assert visitor.get(ADDRESS).status_code == 405
    answer = ask(Client(), field="service_ids")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
