"""How large a thing may be, at each level: said plainly, and kept where that is possible."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import RequestFactory

from incidentportal.declarations.models import Declaration
from incidentportal.portal.limits import LONGEST_ADDRESS, LimitsMiddleware
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

FORM = "application/x-www-form-urlencoded"
MOST = django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "text/plain"])
def test_a_body_beyond_the_limit_says_so(form: Form, connected: Sandbox, kind: str) -> None:
    response = form.client.post(form.address, b"x" * (MOST + 1), content_type=kind)
    assert response.status_code == 413
    assert "larger than the 2 MB that the portal takes at once" in text(response)
    assert "your browser still has what you typed" in text(response)
    assert "no-store" in response["Cache-Control"]
    assert not Declaration.objects.exists()


def test_a_body_of_just_the_limit_is_read(form: Form) -> None:
    posted = urlencode({**form.filled(), "declaration": form.identity, "summary": ""})
    body = posted + "x" * (MOST - len(posted))
    response = form.client.post(form.address, body, content_type=FORM)
    assert response.status_code == 422
    assert "xxxxxxxxxx" in text(response), "what was typed is kept"


@pytest.mark.django_db
def test_strangers_are_told_too_before_anything_is_read() -> None:
    response = PageClient().post("/accounts/login/", b"x" * (MOST + 1), content_type=FORM)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("length", "status"), [("x", 200), ("-5", 200), ("9" * 30, 413), ("", 200)]
)
def test_an_odd_length_is_no_failure(length: str, status: int) -> None:
    body: dict[str, Any] = {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"a=1")}
    request = RequestFactory().post("/", b"a=1", content_type=FORM, **body)
    assert LimitsMiddleware(lambda _: HttpResponse())(request).status_code == status


def test_too_many_values_are_told_from_too_large_a_body(form: Form) -> None:
    response = form.client.post(form.address, b"service_ids=1&" * 6000, content_type=FORM)
    assert response.status_code == 400
    assert "at most 5,000 values" in text(response)


def test_files_are_refused_in_plain_words(form: Form) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1\r\n'
    body = (part * 3 + "--x--\r\n").encode()
    response = form.client.post(form.address, body, content_type="multipart/form-data; boundary=x")
    assert response.status_code == 400
    assert "takes no files" in text(response)


@pytest.mark.parametrize("address", ["/", "/incidents/new/", "/accounts/login/", "/nowhere/"])
def test_an_address_beyond_the_limit_says_so(form: Form, address: str) -> None:
    response = form.client.get(f"{address}?title={'x' * LONGEST_ADDRESS}")
    assert response.status_code == 414
    assert "says more than the portal reads from an address" in text(response)


def test_a_link_within_the_limit_fills_in_the_form(form: Form) -> None:
    response = form.client.get(f"/incidents/new/?summary={'x' * (LONGEST_ADDRESS - 100)}")
    assert response.status_code == 200
    assert "x" * 1000 in text(response)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "long " * 2000, "Title can have at most"),
        ("summary", "x" * 200_000, "Summary can have at most"),
        ("title", ["one", "two"], "Title takes one answer; 2 were sent"),
        ("notify_emails", [f"a{n}@example.com" for n in range(101)], "at most 100 entries"),
        ("labels", "k=" + "v" * 300, "at most 255 characters"),
        ("alert_ids", [f"id{n}" for n in range(101)], "takes at most 100"),
        ("service_ids", [f"id{n}" for n in range(300)], "no longer exist"),
    ],
    ids=["title", "summary", "texts", "entries", "entry", "open list", "list"],
)
def test_an_answer_beyond_its_limit_stays_with_a_message_beside_it(
    form: Form, connected: Sandbox, field: str, value: Any, said: str
) -> None:
    assert form.send(**form.filled(**{field: value})).status_code == 422
    assert said in form.error(field)
    first = (value if isinstance(value, str) else value[0]).strip()
    assert first in form.html
    assert not Declaration.objects.exists()
