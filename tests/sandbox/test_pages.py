from __future__ import annotations

from typing import TYPE_CHECKING

import html5lib

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api


def test_the_front_page_shows_all_that_arrived_and_runs_none_of_it(api: Api) -> None:
    field = api.sandbox.record("form_fields", "Ticket")["id"]
    api.jsonapi(
        title="<script>alert(1)</script>",
        labels={"<b>": "</pre><script>"},
        form_field_selections_attributes=[{"form_field_id": field, "value": "<i>T-1</i>"}],
        key="'><script>",
    )
    page = api.http.get("/")
    assert page.status_code == 200
    tree = html5lib.parse(page.text, namespaceHTMLElements=False)
    assert tree.findall(".//script") == []
    text = "".join(tree.itertext())
    assert "<script>alert(1)</script>" in text
    assert "<i>T-1</i>" in text
    assert "form_field_selections_attributes" in text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_page_parses_without_errors_and_has_one_heading(api: Api) -> None:
    api.plain(title="One", private=True, service_ids=[6], alert_ids=[1])
    for path in ("/", "/incidents/15"):
        text = api.http.get(path).text
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
        assert len(tree.findall(".//h1")) == 1
        assert "Checkout" in text


def test_there_is_no_page_for_what_is_not_there(api: Api) -> None:
    for path in ("/incidents/99", "/incidents/x", "/elsewhere", "/incidents/" + "9" * 5000):
        assert api.http.get(path).status_code == 404
