"""What travels: a request as it was read from the socket, an answer before it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Dialect = Literal["jsonapi", "plain"]

JSONAPI_TYPE = "application/vnd.api+json"
PREFIXES: dict[str, Dialect] = {"/v1/": "jsonapi", "/api/v1/": "plain"}
MEDIA_TYPES: dict[Dialect, str] = {"jsonapi": JSONAPI_TYPE, "plain": "application/json"}


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case; the query's values are decoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes = b""

    def argument(self, name: str) -> str | None:
        """The query's last value of that name."""
        return dict(self.query).get(name)

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """One answer. `cut` sends that many bytes of the body only, then closes the connection."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        """The same answer with further headers; its own win."""
        return replace(self, headers={**headers, **self.headers})


def json_answer(
    status: int,
    content: Any,
    dialect: Dialect = "plain",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An answer in a dialect's media type."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, f"{MEDIA_TYPES[dialect]}; charset=utf-8", headers or {})


class DropConnectionError(Exception):
    """Close the connection without an answer; `reset` with RST instead of FIN."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("connection dropped on demand")
        self.reset = reset
