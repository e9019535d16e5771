"""What Rootly says about a refusal, in any of its shapes, as plain data.

Seen shapes: (A) `{"errors": [{"title": …, "status": "422"}]}`, without a pointer; (B)
`{"name": ["can't be blank"]}`; (C) `{"error": …, "message": …, "details": {…}}` (Rootly's guide,
Validation & Error Handling). JSON:API's `source.pointer` and nested keys are understood too.
A title that begins with an attribute's human name stays a message: only the form knows names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from incidentportal.rootly import values
from incidentportal.rootly.errors import FieldError

MOST = 100
LONGEST_MESSAGE = 1000
LONGEST_PATH = 200
DEEPEST = 8

ENVELOPE = re.compile(r"^(data\.)?(attributes|relationships)\.|^data$")
NO_FIELD = frozenset({"", "base", "non_field_errors"})
TEXTS = ("message", "messages", "detail", "error", "description", "reason")
PLACES = ("pointer", "parameter", "field", "attribute", "param")
SPOKEN = frozenset({*TEXTS, "title", "error_description"})
SILENT = frozenset(
    {"status", "code", "id", "type", "instance", "path", "timestamp", "success", "request_id",
     "trace_id", "documentation_url", "links", "meta", "jsonapi", "statusCode"}
)  # fmt: skip
GENERIC = re.compile(
    r"(validations? (failed|errors?)|unprocessable (entity|content)|bad request"
    r"|invalid (attribute|parameter|request))\W*",
    re.IGNORECASE,
)
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")

Entry = tuple[str, str]
"""An attribute's path, empty where the message names none; and the message."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rootly's words, sorted. `headline` is a phrase ("Validation failed.") that was left out of
    the messages because others say more.
    """

    field_errors: tuple[FieldError, ...] = ()
    messages: tuple[str, ...] = ()
    headline: str = ""

    def __bool__(self) -> bool:
        return bool(self.field_errors or self.messages)


def read(document: Any) -> Refusal:
    """Sort what a refusal's body says; empty where it says nothing that can be read."""
    cleaned = ((_path(path), _clean(text)) for path, text in _whole(document))
    entries = [entry for entry in dict.fromkeys(cleaned) if entry[1]]
    telling = [entry for entry in entries if entry[0] or not _empty_phrase(entry[1])]
    kept = telling or entries
    phrases = [text for _, text in entries if telling and GENERIC.fullmatch(text)]
    fields = tuple(FieldError(path, text) for path, text in kept[:MOST] if path)
    messages = [text for path, text in kept[:MOST] if not path]
    if len(kept) > MOST:
        messages.append(f"… and {len(kept) - MOST} more.")
    return Refusal(fields, tuple(messages), phrases[0] if phrases else "")


def _empty_phrase(text: str) -> bool:
    return bool(GENERIC.fullmatch(text) or CODE.fullmatch(text))


def _whole(document: Any) -> Iterator[Entry]:
    """The entries of a whole body."""
    if not isinstance(document, dict):
        yield from _container(document)
    elif any(key in document for key in ("source", *PLACES[2:])) and _texts(document):
        yield from _error_object(document)
    else:
        for key, value in document.items():
            yield from _member(str(key), value, enveloped=not SPOKEN.isdisjoint(document))


def _member(key: str, value: Any, *, enveloped: bool) -> Iterator[Entry]:
    """One member of a body. In an envelope (`error`, `message` beside it) a lone text under an
    unknown name is no attribute's error.
    """
    nested = isinstance(value, dict | list)
    if key in ("errors", "details", "error", "message", "messages"):
        yield from _container(value)
    elif nested and (key not in SILENT or key == "status"):  # an incident has a status too
        yield from _flat(value, key)
    elif key in SPOKEN:
        yield "", _text(value)
    elif not enveloped and not nested and key not in SILENT:
        yield key, _text(value)


def _container(value: Any) -> Iterator[Entry]:
    """What stands under `errors` or `details`: a text, a list of texts or objects, an object."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from _error_object(item)
            else:
                yield from _flat(item, "")
    elif isinstance(value, dict):
        yield from _error_object(value) if "source" in value else _flat(value, "")
    else:
        yield "", _text(value)


def _error_object(item: dict[str, Any]) -> Iterator[Entry]:
    """JSON:API's error object, or one like it; else attributes with their messages (B)."""
    texts = _texts(item)
    if not texts:
        yield from _flat({key: item[key] for key in item if key not in SILENT}, "")
        return
    source = item.get("source")
    places = {**item, **source} if isinstance(source, dict) else item
    place = next((places[key] for key in PLACES if places.get(key)), "")
    path = ".".join(map(str, place)) if isinstance(place, list) else _text(place)
    if len(texts) > 1 and GENERIC.fullmatch(texts[0]):
        texts = texts[1:]
    if isinstance(item.get("messages"), list):
        yield from ((path, text) for text in texts)
    else:
        yield path, ": ".join(texts)


def _texts(item: dict[str, Any]) -> list[str]:
    """An error object's words: the title first, for it begins with the attribute's name."""
    found: list[str] = []
    for key in ("title", *TEXTS):
        value = item.get(key)
        if key == "messages" and isinstance(value, list):
            found += [_text(text) for text in value]
        elif isinstance(value, str) and value.strip():
            found.append(value)
    return list(dict.fromkeys(found))


def _flat(value: Any, path: str, depth: int = 0) -> Iterator[Entry]:
    """Every text in nested objects and lists, with its dotted path."""
    if depth > DEEPEST:
        yield path, str(value)
    elif isinstance(value, dict):
        if path and (texts := _texts(value)) and "title" not in value:
            yield path, ": ".join(texts)
            return
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            numbered = isinstance(inner, dict | list) and not _is_message(inner)
            yield from _flat(inner, f"{path}.{number}" if numbered else path, depth + 1)
    else:
        yield path, _text(value)


def _is_message(value: Any) -> bool:
    """Whether an object in a list is a message (`{"error": "blank"}`), not a nested record."""
    return isinstance(value, dict) and "title" not in value and bool(_texts(value))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _path(raw: str) -> str:
    """A pointer, a bracketed or a dotted name as one dotted path below the attributes."""
    parts = re.split(r"[./\[\]]+", raw.replace("~1", "/").replace("~0", "~").strip("./[] "))
    path = ENVELOPE.sub("", ".".join(part for part in parts if part))
    path = "".join(character for character in path if character.isprintable())[:LONGEST_PATH]
    return "" if path in NO_FIELD else path


def _clean(text: str) -> str:
    """One bounded line of legible text."""
    line = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character
        for character in text[: 2 * LONGEST_MESSAGE]
    )
    line = values.legible(" ".join(line.split()))
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}…"
