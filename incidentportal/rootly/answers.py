"""A whole answer, and what its status means."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from incidentportal.rootly import refusals
from incidentportal.rootly.errors import (
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RootlyError,
    Unreadable,
)

LONGEST_WAIT = 900.0
"""Seconds. Rootly's window is a minute; nobody's header makes the portal wait for hours."""

HINTS = {
    401: "It does not accept the token (ROOTLY_API_TOKEN).",
    403: "The token may not do this.",
    404: "There is nothing at this address, or the token may not see it (ROOTLY_API_URL).",
}
SETUP = frozenset({401, 403, 404, 405, 406, 415})
UNDECIDED = frozenset({408, 409})


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, header and whole body; `next_link` is what a `Link` header calls next.

    Its repr shows neither header nor body: a server may repeat there what it was sent.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    next_link: str = field(default="", repr=False)

    def document(self) -> Any:
        """The body's JSON; raises `Unreadable`."""
        try:
            return parsed(self.body)
        except ValueError:
            raise Unreadable(
                f"Rootly's answer ({self.status}) is not JSON.",
                complete=True,
                status=self.status,
                server_date=server_date(self.headers),
            ) from None

    def error(self, *, record_path: bool = False) -> RootlyError | None:
        """What went wrong, by the status; None for a success.

        `record_path`: the path named a record to write to, so that a 404 is about that record
        and not about the portal's set-up.
        """
        if 200 <= self.status < 300:
            return None
        date = server_date(self.headers)
        sentence = f"Rootly answered {self.status}."
        if self.status == 429:
            wait = retry_after(self.headers)
            return RateLimited(f"{sentence} Too many calls.", retry_after=wait, server_date=date)
        if 300 <= self.status < 400:
            sentence += " It redirects, which is not followed: check ROOTLY_API_URL."
            return Misconfigured(sentence, status=self.status, server_date=date)
        if self.status < 400 or self.status >= 500 or self.status in UNDECIDED:
            return OutcomeUnknown(sentence, complete=True, status=self.status, server_date=date)
        return self._refusal(sentence, date, record_path=record_path)

    def _refusal(self, sentence: str, date: datetime | None, *, record_path: bool) -> RootlyError:
        said = refusals.read(self._document_or_text())
        if self.status in SETUP and not (self.status == 404 and record_path):
            hint = HINTS.get(self.status, "It does not take calls of this kind here.")
            words = f" It says: {said.messages[0][:200]}" if said.messages else ""
            return Misconfigured(
                f"{sentence} {hint}{words}",
                messages=said.messages, status=self.status, server_date=date,
            )  # fmt: skip
        if said.headline:
            sentence = f"{sentence} {said.headline}"
        elif not said:
            sentence = f"Rootly refused this ({self.status}) without saying why."
        return Rejected(
            sentence,
            field_errors=said.field_errors, messages=said.messages,
            status=self.status, server_date=date,
        )  # fmt: skip

    def _document_or_text(self) -> Any:
        try:
            return parsed(self.body)
        except ValueError:
            plain = self.headers.get("Content-Type", "").lower().startswith("text/plain")
            return self.body.decode("utf-8", "replace") if plain else None


def parsed(body: bytes) -> Any:
    """JSON, as tolerantly as is safe; raises ValueError.

    What the fast decoder refuses (a lone surrogate, a byte order mark, bytes that are no UTF-8)
    gets a second chance, so that one odd description doesn't cost a whole list.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """Rootly's clock, from the `Date` header."""
    return _http_date(headers.get("Date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from whichever of the known headers is there; at most `LONGEST_WAIT`.

    `Retry-After` (seconds or a date) counts before `RateLimit-Reset` (seconds) and
    `X-RateLimit-Reset` (seconds since 1970; Rootly's API reference, Rate Limiting). The server's
    own clock is taken where it tells it.
    """
    date = server_date(headers)
    now = date.timestamp() if date else time.time()
    told = headers.get("Retry-After", "")
    when = _http_date(told)
    waits = [when.timestamp() - now if when else _seconds(told, now)]
    if waits == [None]:
        names = ("RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset")
        waits = [_seconds(headers.get(name, ""), now) for name in names]
        combined = re.search(r"\b(?:reset|t)=(\d+)", headers.get("RateLimit", ""))
        waits.append(_seconds(combined[1], now) if combined else None)
    known = [wait for wait in waits if wait is not None]
    return min(max(0.0, *known), LONGEST_WAIT) if known else None


def rate_limit(headers: Mapping[str, str]) -> int | None:
    """How many calls of this kind the token has in a window, from whichever of the known headers
    is there (Rootly's window is a minute; API reference, Rate Limiting).
    """
    for name in ("RateLimit-Limit", "X-RateLimit-Limit", "X-Rate-Limit-Limit"):
        found = re.match(r"\s*(\d{1,9})\b", headers.get(name, ""))
        if found:
            return int(found[1])
    return None


def _seconds(text: str, now: float) -> float | None:
    """A number of seconds, told apart by its size: a wait, a time since 1970, one in ms."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    if number > 1e11:
        number /= 1000
    return number - now if number > 1e8 else number
