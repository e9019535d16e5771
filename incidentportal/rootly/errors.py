"""What can go wrong with a call to Rootly, sorted by what to do next, not by status.

| class | may the incident exist? | next |
|---|---|---|
| `NotSent` | no | retry with backoff |
| `OutcomeUnknown` | perhaps | look there first, then send again with the same key |
| `RateLimited` | no | wait as told |
| `Misconfigured` | no | hold everything, tell the admins |
| `Rejected` | no | show it word for word, let the person correct it |

`str(error)` is a plain sentence for people. No error carries the token, and none keeps the
underlying exception: its frames hold the request's headers.

The names have no "Error" behind them: they say what happened (hence the five noqa marks below).
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """Rootly's words about one attribute; `path` is dotted (`form_field_selections.0.value`)."""

    path: str
    message: str


class RootlyError(Exception):
    """A call that didn't bring what was asked for.

    `status` is the HTTP status where an answer came; `server_date` is Rootly's clock, from the
    answer's `Date` header.
    """

    def __init__(
        self, sentence: str, *, status: int | None = None, server_date: datetime | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.server_date = server_date


class NotSent(RootlyError):  # noqa: N818 (see above)
    """Nothing reached Rootly: no connection, no place in the pool, a proxy that refused."""


class OutcomeUnknown(RootlyError):  # noqa: N818 (see above)
    """The request may have been carried out, and no answer says so.

    `complete` is true where a complete HTTP answer arrived. After a complete 500 or 503 Rootly is
    done with the request, and it is enough to wait a little before looking; a 502 or 504 speaks
    for a proxy only, and a 408 or 409 for work that may still be under way.
    """

    def __init__(
        self,
        sentence: str,
        *,
        complete: bool = False,
        status: int | None = None,
        server_date: datetime | None = None,
    ) -> None:
        super().__init__(sentence, status=status, server_date=server_date)
        self.complete = complete


class Unreadable(OutcomeUnknown):
    """An answer of success that can't be read: not what was promised, cut short, or too large."""


class RateLimited(RootlyError):  # noqa: N818 (see above)
    """429. `retry_after` is how many seconds to wait, as far as Rootly said."""

    def __init__(
        self,
        sentence: str,
        *,
        retry_after: float | None = None,
        status: int | None = 429,
        server_date: datetime | None = None,
    ) -> None:
        super().__init__(sentence, status=status, server_date=server_date)
        self.retry_after = retry_after


class Misconfigured(RootlyError):  # noqa: N818 (see above)
    """The token, its rights or the address are wrong; `messages` are Rootly's words about it."""

    def __init__(
        self,
        sentence: str,
        *,
        messages: tuple[str, ...] = (),
        status: int | None = None,
        server_date: datetime | None = None,
    ) -> None:
        super().__init__(sentence, status=status, server_date=server_date)
        self.messages = messages


class Rejected(RootlyError):  # noqa: N818 (see above)
    """Rootly refused what was sent.

    `field_errors` are what it said about attributes, `messages` what it said without naming one.
    At least one of the two is not empty.
    """

    def __init__(
        self,
        sentence: str,
        *,
        field_errors: tuple[FieldError, ...] = (),
        messages: tuple[str, ...] = (),
        status: int | None = None,
        server_date: datetime | None = None,
    ) -> None:
        super().__init__(sentence, status=status, server_date=server_date)
        self.field_errors = field_errors
        self.messages = messages or (() if field_errors else (sentence,))
