"""Whom to call meanwhile: what becomes a link, and what stays text."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from incidentportal.declarations.emergency import contact


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", []),
        ("112", ["tel:112"]),
        ("(030) 90-18", ["tel:0309018"]),
        ("+49 30 901820", ["tel:+4930901820"]),
        ("Desk: +49 (30) 90-1820, or Ada +1 555 0100.", ["tel:+4930901820", "tel:+15550100"]),
        ("see https://wiki.example.com/call?x=1, then wait", ["https://wiki.example.com/call?x=1"]),
        ("https://user@evil.example/ https://a\\b.example/", []),
        ("javascript:alert(1) http://example.com data:text/html,x", []),
        ("room 4711, 2nd floor", []),
        ("<b>+1</b>", []),
        ("()-()", []),
    ],
)
def test_numbers_and_safe_addresses_are_links_and_no_text_is_lost(
    settings: Settings, text: str, links: list[str]
) -> None:
    settings.EMERGENCY_CONTACT = text

    parts = contact()

    assert [part.url for part in parts if part.url] == links
    assert "".join(part.text for part in parts) == text
