"""What must hold for every page that any test fetches."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element

import html5lib


def check_page(html: str, *, fragment: bool = False) -> None:
    """Assert: parses as HTML5, one h1, no id twice, every reference leads somewhere, no inline
    script or style, every control has a label, every POST form its token.
    """
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    if fragment:
        root = Element("div")
        root.extend(list(parser.parseFragment(html)))
    else:
        assert html.lstrip().lower().startswith("<!doctype html>")
        root = parser.parse(html)
        assert len(root.findall(".//h1")) == 1, "a page has one h1"
    errors = [error for _, error, _ in parser.errors if error != "expected-doctype-but-got-chars"]
    assert not errors, errors
    ids = Counter(item.get("id") for item in root.iter() if item.get("id"))
    twice = [name for name, count in ids.items() if count > 1]
    assert not twice, f"ids that stand twice: {twice}"
    for item in root.iter():
        assert "style" not in item.attrib, item.attrib
        assert not any(name.startswith("on") for name in item.attrib), item.attrib
        for name in ("aria-describedby", "aria-labelledby", "aria-controls", "for"):
            missing = [part for part in item.get(name, "").split() if part not in ids]
            assert fragment or not missing, f"{name} leads nowhere: {missing}"
    assert not list(root.iter("style"))
    assert all(item.get("src") for item in root.iter("script"))
    _check_forms(root)


def _check_forms(root: Element) -> None:
    labelled = {item.get("for") for item in root.iter("label")}
    within = {id(child) for label in root.iter("label") for child in label.iter()}
    for form in root.iter("form"):
        if form.get("method") == "post":
            names = {item.get("name") for item in form.iter("input")}
            assert "csrfmiddlewaretoken" in names, "a form that posts has its token"
            assert form.get("action"), "a form says where it goes"
    for tag in ("input", "select", "textarea"):
        for control in root.iter(tag):
            if control.get("type") in {"hidden", "submit"}:
                continue
            named = control.get("id") in labelled or id(control) in within
            assert named or control.get("aria-label"), f"no label: {control.attrib}"
