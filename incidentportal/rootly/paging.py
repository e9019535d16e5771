"""Through a list to its end, and never past it in silence.

Rootly tells where the next page is by `links.next`, or by `meta` (a number, or a cursor for
`page[after]`). A server that tells nothing is asked for page after page until one brings nothing
new: a short page proves nothing there, since the server may have its own idea of a page's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from incidentportal.rootly import values

PAGE_SIZE = 100
MOST_PAGES = 1000
"""100,000 records: whatever is longer is a server going in circles."""

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What to ask for next; `blind` where nobody said that there is more."""

    params: Params
    blind: bool = False


def first(own: Params) -> Step:
    """The first page of a list with these parameters."""
    return _page(own, 1)


def following(document: Any, link: str, own: Params, number: int) -> Step | None:
    """The page after number `number`, or None where the answer says that it was the last.

    `link` is the `Link` header's next. Of any link only the query is taken, so that the token
    goes to our own host and path whatever a proxy calls them; raises ValueError for one that is
    no link.
    """
    meta = _meta(document)
    link = _next_link(document) or link
    if link:
        return Step(_merged(own, link))
    page, cursor = values.integer(meta.get("next_page")), values.text(meta.get("next_cursor"))
    if page is not None:
        return _page(own, page)
    if cursor:
        return Step((("page[after]", cursor), *_sized(own)))
    total = values.integer(meta.get("total_pages"))
    current = values.integer(meta.get("current_page")) or number
    if total is not None and current < total and "next_page" not in meta:
        return _page(own, current + 1)
    if _tells(document, meta):
        return None
    return Step(_page(own, number + 1).params, blind=True)


def _sized(own: Params) -> Params:
    return (*own, ("page[size]", str(PAGE_SIZE)))


def _page(own: Params, number: int) -> Step:
    return Step((("page[number]", str(number)), *_sized(own)))


def _merged(own: Params, link: str) -> Params:
    """The link's query, and of ours whatever it forgot (a filter, what to include)."""
    told = tuple(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    names = {name for name, _ in told}
    return (*told, *(pair for pair in _sized(own) if pair[0] not in names))


def _links(document: Any) -> Mapping[str, Any]:
    links = document.get("links") if isinstance(document, dict) else None
    return links if isinstance(links, dict) else {}


def _next_link(document: Any) -> str:
    link = _links(document).get("next")
    if isinstance(link, dict):
        link = link.get("href")
    if link is None and isinstance(document, dict):
        link = document.get("next")
    return link if isinstance(link, str) else ""


def _meta(document: Any) -> dict[str, Any]:
    """What an answer says about its pages, at its top or under a name of its own."""
    found: dict[str, Any] = {}
    for names in ((), ("pagination",), ("meta",), ("meta", "pagination")):
        place = document
        for name in names:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict):
            found.update(place)
    return found


def _tells(document: Any, meta: Mapping[str, Any]) -> bool:
    named = {"next_page", "next_cursor", "total_pages"} & set(meta)
    linked = {"next", "prev", "last"} & set(_links(document))
    return bool(named or linked) or (isinstance(document, dict) and "next" in document)
