"""Single values, read as what was promised whatever came instead."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

TRUE = frozenset({"true", "1", "yes", "on", "t"})
FALSE = frozenset({"false", "0", "no", "off", "f", ""})

# Control characters, and noncharacters, which no HTML document may hold; and the controls that
# turn the direction of writing: an unclosed one turns round what stands beside the text, too.
_ILLEGIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\u202a-\u202e\u2066-\u2069"
    + "".join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    + "]"
)


def clean(text: str) -> str:
    """A text that every store can hold: without NUL, and without lone surrogates."""
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def legible(text: str) -> str:
    """A name, or another text to be read, that can stand beside others and leaves them as they
    are: without control characters, and without the controls that turn the direction of writing
    (U+202A–U+202E, U+2066–U+2069). Marks and letters that are written from right to left stay.
    """
    return _ILLEGIBLE.sub("", text)


def text(value: Any, default: str = "") -> str:
    """A text; numbers become one, null and what is no single value become the default."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return default


def number_text(value: float) -> str:
    """A number as people write it: 12.0 is 12."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)


def id_text(value: Any) -> str | None:
    """An id as text. 0 is one; true, null, blanks and what is no single value aren't. Nor is what
    no page can carry and send back as it was, such as control characters.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = text(value).strip()
    return found if found and found.isprintable() else None


def flag(value: Any, default: Any) -> Any:
    """True or false, also as number or word; else the default."""
    if isinstance(value, bool):
        return value
    word = text(value, "?").strip().lower()
    return True if word in TRUE else False if word in FALSE else default


def integer(value: Any) -> int | None:
    """A whole number, also as text."""
    try:
        return (
            None if isinstance(value, bool) else int(float(value) if "." in str(value) else value)
        )
    except (TypeError, ValueError, OverflowError):
        return None


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts; one alone counts as a list of one. Of an object its id, else its value."""
    items = value if isinstance(value, list) else [value]
    found: list[str] = []
    for item in items:
        inner = item
        if isinstance(item, dict):
            inner = next((item[key] for key in ("id", "value", "name") if key in item), None)
        if isinstance(inner, str | int | float):
            found.append(text(inner))
    return tuple(found)


def stored(value: Any) -> str | None:
    """A custom field's value as Rootly stores it: a box is `1` or `0`, tags are JSON."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    return None if value is None else text(value)
