"""Markdown to safe HTML, and stored HTML to Markdown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.formengine.richtext import from_html, sanitise, to_html

REL = 'rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("**b** *i* `c`", "<p><strong>b</strong> <em>i</em> <code>c</code></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("# Top\n##### Deep", "<h3>Top</h3>\n<h6>Deep</h6>"),
        ("[k](https://x.org/?a=1)", f'<p><a href="https://x.org/?a=1" {REL}>k</a></p>'),
        ("<mailto:a@x.org>", f'<p><a href="mailto:a@x.org" {REL}>mailto:a@x.org</a></p>'),
        ("https://x.org", "<p>https://x.org</p>"),
        ("![look](https://x.org/p.png)", f'<p>!<a href="https://x.org/p.png" {REL}>look</a></p>'),
        ("[l](javascript:alert(1))", "<p>[l](javascript:alert(1))</p>"),
        ("[l](JaVaScRiPt:alert(1))", "<p>[l](JaVaScRiPt:alert(1))</p>"),
        ("[l](data:text/html,x)", "<p>[l](data:text/html,x)</p>"),
        ("[l](/relative)", "<p>[l](/relative)</p>"),
        ("[l](//x.org)", "<p>[l](//x.org)</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ('<b onclick="x">', '<p>&lt;b onclick="x"&gt;</p>'),
        ("[a]: https://x.org", "<p>[a]: https://x.org</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_html_and_nothing_else_does(typed: str, html: str) -> None:
    assert to_html(typed) == html


def test_links_of_a_preview_leave_the_form_open() -> None:
    assert 'target="_blank"' in to_html("[k](https://x.org)", new_tab=True)
    assert "target" not in to_html("[k](https://x.org)")


def test_text_nested_too_deep_for_markup_is_still_there() -> None:
    for mark in (">", "- "):
        for depth in (90, 99, 100, 101, 300):
            assert "deep" in to_html(mark * depth + "deep")


def test_long_text_with_more_brackets_than_anyone_types_keeps_them_as_they_are() -> None:
    link = "[x](https://x.org) "
    assert to_html(link * 100).count("<a ") == 100
    assert to_html(link + "x" * 49_000).count("<a ") == 1
    assert "<a " not in to_html(link * 2_000)
    assert _Seen(to_html(link * 2_000)).text.count("[x](https://x.org)") == 2_000


PARTS = st.sampled_from(
    ["<script>", "</script>", "<img src=x onerror=alert(1)>", "javascript:", "JAVASCRIPT&colon;",
     "[a](", ")", "![", "](", "<a href='", "'>", '"', "`", "```\n", "\n", "> ", "- ", "# ", "*",
     "<svg onload=x>", "data:text/html;base64,", "&#106;avascript:", "<!--", "-->", "<![CDATA[",
     "https://x.org", " ", "\t", "\\", "<https:", ">", "onclick=", "style=x", "[x]: ", "\x01"]
)  # fmt: skip
TYPED = st.lists(PARTS | st.text(max_size=5), max_size=25).map("".join)


class _Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.unsafe: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "svg", "style", "iframe", "form", "input", "object"}:
            self.unsafe.append(tag)
        for name, value in attrs:
            allowed = {"href", "title", "rel", "start", "target"}
            link = (value or "").lower().startswith(("http://", "https://", "mailto:"))
            if name not in allowed or (name == "href" and not link):
                self.unsafe.append(f"{name}={value}")

    def handle_comment(self, data: str) -> None:
        self.unsafe.append(data)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TYPED)
def test_whatever_is_typed_the_html_is_safe_and_stays_as_it_is_when_cleaned_again(
    typed: str,
) -> None:
    html = to_html(typed)
    assert _Seen(html).unsafe == []
    assert sanitise(html) == html
    assert _Seen(sanitise(typed)).unsafe == []
    assert _Seen(to_html(from_html(typed), new_tab=True)).unsafe == []


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_words_are_never_lost(word: str) -> None:
    assert _Seen(to_html(word)).text == word


@pytest.mark.parametrize("link", ["ftp://x.org", "javascript:alert(1)", "/here", "//x.org", "x"])
def test_html_from_elsewhere_keeps_no_link_but_to_pages_and_mailboxes(link: str) -> None:
    assert sanitise(f'<a href="{link}" onclick="x">l</a>') == f"<a {REL}>l</a>"


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("no tags, 2 < 3 & 4", "no tags, 2 < 3 & 4"),
        ("tell <what> you saw", "tell <what> you saw"),
        ("<p>one</p>\n<p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("<p><strong>b</strong> <i>i</i> <code>c</code></p>", "**b** *i* `c`"),
        ("<h3>Top</h3><p>x</p>", "# Top\n\nx"),
        ("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul><p>x</p>", "- a\n- b\n  1. c\n\nx"),
        ('<p><a href="https://x.org">l</a></p>', "[l](https://x.org)"),
        ("<p>2 * 3</p>", "2 \\* 3"),
        ("<p>a</p><script>alert(1)</script>", "a"),
    ],
)
def test_stored_html_becomes_markdown(stored: str, typed: str) -> None:
    assert from_html(stored) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "```\na  b\n\n*c*\n```",
        "one\n\ntwo\nthree",
        "**b** *i*",
        "- a\n- b\n  1. c",
        "# Top\n\nx",
        "2 \\* 3",
    ],
)  # fmt: skip
def test_what_was_typed_survives_being_stored(typed: str) -> None:
    assert from_html(to_html(typed)) == typed
