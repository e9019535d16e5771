"""A refusal in any shape becomes one list of paths with messages, plus what named no field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.rootly import refusals
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import FieldError, Rejected
from tests.rootly.upstream import Upstream, answer

BLANK = "can't be blank"
INLINE = "form_field_selections_attributes"


def case(name: str, document: Any, *expected: tuple[str, str]) -> Any:
    return pytest.param(document, expected, id=name)


CASES = [
    case("A", {"errors": [{"title": "Title is too long", "status": "422"}]},
         ("", "Title is too long")),
    case("A, detail only", {"errors": [{"detail": "Severity must exist", "status": "422"}]},
         ("", "Severity must exist")),
    case("A, title and detail", {"errors": [{"title": "Severity is wrong", "detail": "Pick one"}]},
         ("", "Severity is wrong: Pick one")),
    case("A, a title that says nothing",
         {"errors": [{"title": "Invalid attribute", "detail": "Severity must exist"}]},
         ("", "Severity must exist")),
    case("A, pointer",
         {"errors": [{"title": BLANK, "source": {"pointer": "/data/attributes/severity_id"}}]},
         ("severity_id", BLANK)),
    case("A, nested pointer",
         {"errors": [{"title": BLANK, "source": {"pointer": f"/data/attributes/{INLINE}/0/x"}}]},
         (f"{INLINE}.0.x", BLANK)),
    case("A, relationship pointer",
         {"errors": [{"title": BLANK, "source": {"pointer": "/data/relationships/severity"}}]},
         ("severity", BLANK)),
    case("A, pointer to all", {"errors": [{"title": "No", "source": {"pointer": "/data"}}]},
         ("", "No")),
    case("A, parameter", {"errors": [{"detail": "No", "source": {"parameter": "title"}}]},
         ("title", "No")),
    case("A, null source", {"errors": [{"title": "No", "source": None, "detail": None}]},
         ("", "No")),
    case("texts", {"errors": ["One", "Two", "One"]}, ("", "One"), ("", "Two")),
    case("a bare list", ["One", {"title": "Two"}], ("", "One"), ("", "Two")),
    case("a bare text", "One", ("", "One")),
    case("B", {"name": [BLANK], "title": ["too long", "too loud"]},
         ("name", BLANK), ("title", "too long"), ("title", "too loud")),
    case("B under errors", {"errors": {"title": [BLANK], "base": ["No more"]}},
         ("title", BLANK), ("", "No more")),
    case("B with texts", {"severity_id": BLANK}, ("severity_id", BLANK)),
    case("B in a list", {"errors": [{"title": [BLANK], "status": "422"}]}, ("title", BLANK)),
    case("field and message", {"errors": [{"field": "title", "message": BLANK}]},
         ("title", BLANK)),
    case("a lone field and message", {"field": "title", "message": BLANK}, ("title", BLANK)),
    case("C", {"error": "unprocessable_entity", "message": "Validation failed.",
               "details": {"severity_id": [BLANK], "title": [BLANK]}},
         ("severity_id", BLANK), ("title", BLANK)),
    case("C without details", {"error": "unprocessable_entity", "message": "Validation failed."},
         ("", "unprocessable_entity"), ("", "Validation failed.")),
    case("C with a message that tells", {"error": "bad", "message": "Parent is closed.",
                                         "details": {"title": [BLANK]}},
         ("title", BLANK), ("", "Parent is closed.")),
    case("C, dotted", {"details": {"form_field_selections.value": [BLANK]}},
         ("form_field_selections.value", BLANK)),
    case("C, bracketed", {"details": {f"{INLINE}[0].value": [BLANK]}},
         (f"{INLINE}.0.value", BLANK)),
    case("C, nested", {"details": {"form_field_selections": [{"value": [BLANK]}, {}]}},
         ("form_field_selections.0.value", BLANK)),
    case("C, deep", {"details": {"a": {"b": {"c": BLANK}}}}, ("a.b.c", BLANK)),
    case("C, list of texts", {"details": ["One"]}, ("", "One")),
    case("C, objects as messages", {"details": {"title": [{"error": "blank", "count": 1}]}},
         ("title", "blank")),
    case("an error in an error", {"error": {"message": "No", "source": {"pointer": "/title"}}},
         ("title", "No")),
    case("only a code", {"error": "forbidden"}, ("", "forbidden")),
    case("numbers as messages", {"details": {"title": [7]}}, ("title", "7")),
    case("control characters", {"errors": ["a\x00b\x1b[31m\n\tc\u2028d\ud800"]},
         ("", "a b [31m c d")),
    case("null", None),
    case("nothing", {}),
    case("empty errors", {"errors": [], "details": {}, "message": None}),
]  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), CASES)
def test_every_shape_is_read(document: Any, expected: tuple[tuple[str, str], ...]) -> None:
    said = refusals.read(document)
    assert said.field_errors == tuple(FieldError(*pair) for pair in expected if pair[0])
    assert said.messages == tuple(message for path, message in expected if not path)


def test_a_phrase_that_says_nothing_stays_in_the_sentence(
    upstream: Upstream, client: Client
) -> None:
    upstream.will(answer({"message": "Validation failed.", "details": {"title": [BLANK]}}, 422))
    error = _refused(client)
    assert str(error) == "Rootly answered 422. Validation failed."
    assert error.messages == ()


@pytest.mark.parametrize("body", [b"", b"<html><h1>No</h1></html>", b"{", b"null", b"{}"])
def test_a_body_that_says_nothing_becomes_a_plain_sentence(
    upstream: Upstream, client: Client, body: bytes
) -> None:
    upstream.will(answer(body, 422, {"Content-Type": "text/html"}))
    error = _refused(client)
    assert error.messages == ("Rootly refused this (422) without saying why.",)


def test_a_plain_text_is_shown_as_it_is(upstream: Upstream, client: Client) -> None:
    upstream.will(answer(b"Not today", 400, {"Content-Type": "text/plain; charset=utf-8"}))
    assert _refused(client).messages == ("Not today",)


def _refused(client: Client) -> Rejected:
    with pytest.raises(Rejected) as caught:
        client.create_incident({}, idempotency_key="k")
    return caught.value


def test_number_and_length_are_bounded_and_the_cut_is_said() -> None:
    said = refusals.read({"errors": [f"{number} " + "x" * 5000 for number in range(250)]})
    assert len(said.messages) == 101
    assert max(map(len, said.messages)) == 1001
    assert said.messages[-1] == "… and 150 more."


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["errors", "details", "error", "message", "source", "title", "x.y"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_breaks_the_reader(document: Any) -> None:
    said = refusals.read(document)
    assert all(error.path and error.message for error in said.field_errors)
    assert all(said.messages)


@given(st.lists(st.text("abc ", min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_no_message_is_lost(texts: list[str]) -> None:
    document = {"errors": [{"title": f"{text.strip()} is wrong"} for text in texts]}
    expected = {" ".join(f"{text} is wrong".split()) for text in texts}
    assert set(refusals.read(document).messages) == expected
