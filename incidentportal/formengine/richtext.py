"""Rich text: Markdown as it is typed, HTML as Rootly stores it, and back.

Rootly keeps a rich text field as HTML. Whatever is made here is safe to show: built from Markdown
with raw HTML off, then held against an allow-list. What is not allowed stays as text.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "li", "ol", "p", "pre", "s", "strong", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
_TAG = re.compile(
    r"</?(p|br|div|span|h[1-6]|ul|ol|li|strong|em|b|i|u|a|code|pre|blockquote)\b[^<>]*>",
    re.IGNORECASE,
)


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  # markdown-it's own name
        """Only what leads to a page or a mailbox; anything else stays as typed."""
        return _LINK.match(url) is not None


def _parser(*without: str) -> MarkdownIt:
    options = {"html": False, "breaks": True, "linkify": False, "maxNesting": _DEEPEST}
    return _Markdown("commonmark", options).disable([*without])


_DEEPEST = 100
_MOST_LOOKS = 500_000
# No images: whoever opened the incident would be seen by the image's server; a link stays instead.
# No reference definitions: they vanish from the text. A line end stays one, as people type them.
_markdown = _parser("image", "reference")
# Each bracket costs a look at all that follows it.
_without_links = _parser("image", "reference", "link")


def to_html(markdown: str, *, new_tab: bool = False) -> str:
    """The text as safe HTML; `new_tab`: its links open in a tab of their own.

    Headings begin at the third level: the text stands within a page that has its own.
    """
    looks = markdown.count("[") * len(markdown)
    parser = _markdown if looks <= _MOST_LOOKS else _without_links
    tokens = parser.parse(markdown)
    for token in tokens:
        if token.level >= _DEEPEST - 1:  # what lies deeper was left out: rather no markup at all
            return sanitise(escape(markdown).replace("\n", "<br>"), new_tab=new_tab)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + 2, 6)}"
    return sanitise(parser.renderer.render(tokens, parser.options, {}), new_tab=new_tab)


def sanitise(html: str, *, new_tab: bool = False) -> str:
    """Any HTML with nothing left but text, its structure, and links to pages and mailboxes."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        set_tag_attribute_values={"a": {"target": "_blank"}} if new_tab else None,
    ).strip()


def from_html(text: str) -> str:
    """Stored HTML as Markdown with the same content; text without tags is given back as it is."""
    if not _TAG.search(text):
        return text
    reader = _Reader()
    reader.feed(sanitise(text))
    reader.close()
    written = re.sub(r"[ \t]+\n", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", written).strip()


_HEADINGS = {f"h{level}": "\n\n" + "#" * max(level - 2, 1) + " " for level in range(1, 7)}
_BLOCKS = dict.fromkeys(("p", "div", "blockquote"), "\n\n")
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}
_BEFORE = {**_BLOCKS, **_HEADINGS, **_MARKS, "br": "\n", "hr": "\n\n---\n\n", "a": "["}
_AFTER = {**_BLOCKS, **dict.fromkeys(_HEADINGS, "\n\n"), **_MARKS}


class _Reader(HTMLParser):
    """Writes the Markdown of sanitised HTML into `parts`."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._links: list[str] = []
        self._lists: list[str] = []
        self._verbatim = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._links.append(dict(attrs).get("href") or "")
        elif tag in {"ul", "ol"}:
            self._lists.append("- " if tag == "ul" else "1. ")
        if tag == "li" and self._lists:
            depth = sum(len(mark) for mark in self._lists[:-1])
            self.parts.append("\n" + " " * depth + self._lists[-1])
        if tag == "pre":
            self._verbatim = True
            self.parts.append("\n\n```\n")
        elif not self._verbatim:
            self.parts.append(_BEFORE.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.parts.append(f"]({self._links.pop()})" if self._links else "")
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self.parts.append("" if self._lists else "\n\n")
        elif tag == "pre":
            self._verbatim = False
            self.parts.append("\n```\n\n")
        elif not self._verbatim:
            self.parts.append(_AFTER.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if self._verbatim:
            self.parts.append(data.strip("\n"))
            return
        text = re.sub(r"\s+", " ", data)
        if not self.parts or self.parts[-1].endswith("\n"):
            text = text.lstrip()
        self.parts.append(re.sub(r"([\\*`])", r"\\\1", text))
