"""What a browser without JavaScript would post of a page's form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element

import html5lib

_NEVER = {"submit", "button", "reset", "image", "file"}


@lru_cache(maxsize=2)
def page_of(html: str) -> Element:
    """The page as a tree, without namespaces; not to be changed."""
    root: Element = html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)
    return root


def controls(root: Element, holding: str) -> dict[str, list[str]]:
    """The successful controls of the form that has a control called `holding`, by name, with
    their values; no button among them.
    """
    for form in root.iter("form"):
        found: defaultdict[str, list[str]] = defaultdict(list)
        for item in form.iter():
            name = item.get("name")
            if name and item.get("disabled") is None:
                found[name] += _values(item)
        if holding in found:
            return {name: values for name, values in found.items() if values}
    raise AssertionError(f"no form has a control {holding!r}")


def _values(item: Element) -> Iterator[str]:
    if item.tag == "textarea":
        yield (item.text or "").replace("\r\n", "\n").replace("\n", "\r\n")
    elif item.tag == "select":
        options = list(item.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        if item.get("multiple") is None:
            chosen = (chosen or options)[:1]
        for option in chosen:
            yield option.get("value", "".join(option.itertext()))
    elif item.tag == "input":
        kind = item.get("type", "text")
        if kind in {"checkbox", "radio"}:
            if item.get("checked") is not None:
                yield item.get("value", "on")
        elif kind not in _NEVER:
            yield item.get("value", "")
