"""Whom to call meanwhile: `EMERGENCY_CONTACT` as a page shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings

from incidentportal.declarations.links import is_plain

_LINKS = re.compile(r"https://\S*[^\s.,;:!?)]|\+\d[\d ()./-]{4,24}\d", re.ASCII)
_NUMBER = re.compile(r"[\d ()./-]{3,24}", re.ASCII)
"""A number without its country is told from other text only where nothing stands beside it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of it; `url` is blank where it leads nowhere."""

    text: str
    url: str = ""


def contact() -> tuple[Part, ...]:
    """The setting's text in pieces: phone numbers and https addresses are links. Empty: none."""
    return _parts(settings.EMERGENCY_CONTACT)


def _parts(text: str) -> tuple[Part, ...]:
    if _NUMBER.fullmatch(text):
        return (Part(text, _url(text)),)
    parts, end = [], 0
    for found in _LINKS.finditer(text):
        parts += [Part(text[end : found.start()]), Part(found[0], _url(found[0]))]
        end = found.end()
    return tuple(part for part in (*parts, Part(text[end:])) if part.text)


def _url(text: str) -> str:
    if text.startswith("https://"):
        return text if is_plain(text) else ""
    digits = re.sub(r"[^\d+]", "", text)
    return f"tel:{digits}" if digits.strip("+") else ""
