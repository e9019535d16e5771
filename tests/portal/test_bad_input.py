"""Malformed input: a clear answer, never a 500, and nothing declared."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidentportal.declarations.models import Declaration
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "a\x00b"},
        {"title": "x" * 1_000_000},
        {"severity_id": "no-such-severity"},
        {"severity_id": ["1", "2"]},
        {"title": ["one", "two"]},
        {"service_ids": ["\x00", "../../etc/passwd", "0" * 5000]},
        {"private": "perhaps"},
        {"declaration": "not-ours"},
        {"declaration": ""},
    ],
    ids=str,
)
def test_a_malformed_field_is_an_error_beside_it(
    form: Form, connected: Sandbox, change: dict[str, Any]
) -> None:
    response = form.send(**form.filled(**change))
    assert response.status_code in {400, 422}
    assert not Declaration.objects.exists()
    assert connected.incidents() == []
    if response.status_code == 422:
        assert 'role="alert"' in form.html


@pytest.mark.parametrize(
    "body",
    [b"", b"%", b"&&&===", b"\xff\xfe=\xff", b"title=%00&title=%ED%A0%80", b"a=1&" * 6000,
     b"x" * 3_000_000, urlencode({"search": "severity_id"}).encode()],
    ids=["empty", "percent", "signs", "bytes", "codes", "many", "large", "search"],
)  # fmt: skip
def test_a_malformed_body_is_refused(form: Form, body: bytes) -> None:
    response = form.client.post(form.address, body, content_type=FORM)
    assert response.status_code in {200, 400, 413, 422}
    assert not Declaration.objects.exists()


@pytest.mark.parametrize("title", [b"%ED%A0%80", b"%FF", b"caf%E9"], ids=["half", "byte", "latin"])
def test_bytes_that_are_no_text_are_an_error_at_the_field(
    form: Form, connected: Sandbox, title: bytes
) -> None:
    rest = urlencode({**form.filled(), "declaration": form.identity, "title": "x"}).encode()
    body = rest.replace(b"title=x", b"title=" + title)
    response = form.client.post(form.address, body, content_type=FORM)
    assert response.status_code == 422
    assert b'id="id_title_error"' in response.content
    assert connected.incidents() == []


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain", ""])
def test_another_content_type_is_an_empty_form(form: Form, kind: str) -> None:
    response = form.client.generic("POST", form.address, b'{"title": 1}', content_type=kind)
    assert response.status_code in {400, 422}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    answers=st.dictionaries(
        st.sampled_from(
            [
                "title",
                "summary",
                "severity_id",
                "service_ids",
                "environment_ids",
                "declaration",
                "service_ids__q",
                "search",
                "form_field_1",
                "csrfmiddlewaretoken",
            ]
        ),
        st.one_of(st.text(max_size=50), st.lists(st.text(max_size=20), max_size=4)),
    )
)
def test_no_answer_breaks_the_form(form: Form, answers: dict[str, Any]) -> None:
    encoded = {
        name: [item.encode("utf-8", "surrogatepass") for item in values]
        if isinstance(values, list)
        else values.encode("utf-8", "surrogatepass")
        for name, values in answers.items()
    }
    response = form.client.post(form.address, urlencode(encoded, doseq=True), content_type=FORM)
    assert response.status_code in {200, 422}


@pytest.mark.parametrize(
    "address", ["/declarations/not-a-uuid/", "/nowhere/", "/declarations/\x00/"]
)
def test_an_address_that_leads_nowhere_is_a_page(form: Form, address: str) -> None:
    assert form.client.get(address).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 50, "\x00"])
def test_an_odd_page_number_shows_a_page(form: Form, page: str) -> None:
    assert form.client.get("/declarations/", {"page": page}).status_code == 200


def test_remote_text_is_never_markup(form: Form, connected: Sandbox) -> None:
    nasty = "<script>alert(1)</script>"
    connected.fault(
        "status", method="POST", path="/incidents$", status=422, times=1,
        body=json.dumps({"errors": [{"title": nasty, "status": "422"}]}),
        content_type="application/json",
    )  # fmt: skip
    assert form.send(**form.filled(title=nasty)).status_code == 422
    assert "&lt;script&gt;alert(1)" in form.html
    assert nasty not in form.html
