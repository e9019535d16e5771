"""Reads: retried, gone through to their last page, and decoded record by record."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
import stamina

from incidentportal.rootly import paging, records
from incidentportal.rootly.answers import Answer, server_date
from incidentportal.rootly.calls import Call, Caller
from incidentportal.rootly.errors import (
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RootlyError,
    Unreadable,
)
from incidentportal.rootly.listing import Listing, Peek, Skipped
from incidentportal.rootly.lists import ListOf
from incidentportal.rootly.shapes import Included, NotAListError, Row, items_of, record_of

R = TypeVar("R", bound=records.Record)

ATTEMPTS = 4
RETRY_SECONDS = 60.0
LONGEST_WAIT = 30.0
"""Seconds that a read waits after a 429. Whoever is told to wait longer decides for itself."""
PAST_THE_END = frozenset({400, 404, 416, 422})
"""How a server that says nothing of pages may answer for one that it doesn't have."""


class Reader:
    """Reads with a caller, each call at most `seconds` long."""

    def __init__(self, caller: Caller, seconds: float) -> None:
        self._caller = caller
        self._seconds = seconds
        self._retrying = stamina.RetryingCaller(
            attempts=ATTEMPTS, timeout=RETRY_SECONDS,
            wait_initial=0.2, wait_max=5.0, wait_jitter=0.5,
        ).on(_worth_another_try)  # fmt: skip

    def get(self, path: str, params: paging.Params = (), seconds: float | None = None) -> Answer:
        """One answer of success, with retries where another try may bring it; with `seconds` one
        try, in that time: somebody waits.
        """
        if seconds is not None:
            return self._once(path, params, seconds)
        # without arguments, since these are logged with each retry and may hold an address
        return self._retrying(lambda: self._once(path, params))

    def _once(self, path: str, params: paging.Params, seconds: float | None = None) -> Answer:
        limit = self._seconds if seconds is None else min(seconds, self._seconds)
        answer = self._caller.send(Call("GET", path, params), limit)
        error = answer.error()
        if error is not None:
            raise error
        return answer

    def all(self, kind: ListOf[R], path: str, owner: str, own: paging.Params) -> Listing[R]:
        """Every record of a list; raises Unreadable for one without an end."""
        walk = _Walk(kind, path, owner, own)
        step = paging.first(own)
        for number in range(1, paging.MOST_PAGES + 1):
            try:
                answer = self.get(path, step.params)
            except RootlyError as error:
                if step.blind and error.status in PAST_THE_END:
                    return walk.listing()
                raise
            following = walk.take(answer, step, number)
            if following is None:
                return walk.listing()
            step = following
        raise walk.broken(f"does not end after {paging.MOST_PAGES} pages")

    def newest(self, kind: ListOf[R], own: paging.Params, most: int, seconds: float) -> Listing[R]:
        """A list's first `most` records, as far as they come within `seconds` in all.

        Nothing is tried twice: somebody waits, or asks again soon. Raises where not even the
        first page came.
        """
        ends = time.monotonic() + seconds
        walk = _Walk(kind, kind.path, "", own)
        step = paging.first(own)
        for number in range(1, paging.MOST_PAGES + 1):
            try:
                answer = self._once(kind.path, step.params, max(ends - time.monotonic(), 0.001))
            except RootlyError as error:
                if step.blind and error.status in PAST_THE_END:
                    break
                if number > 1 and time.monotonic() >= ends:
                    return walk.listing(most, is_cut=True)
                raise
            following = walk.take(answer, step, number)
            if following is None:
                break
            if len(walk) >= most:
                return walk.listing(most, is_cut=True)
            step = following
        return walk.listing(most)

    def peek(
        self, kind: ListOf[R], path: str, owner: str, own: paging.Params, seconds: float
    ) -> Peek[R]:
        """A list's first page, asked for once, in that time."""
        walk = _Walk(kind, path, owner, own)
        step = paging.first(own)
        answer = self._once(path, step.params, seconds)
        is_more = walk.take(answer, step, 1) is not None
        return Peek(walk.listing(is_cut=is_more), _dialect(answer))


def _dialect(answer: Answer) -> str:
    """Which dialect an answer with a list is written in, as far as it tells."""
    if "application/vnd.api+json" in answer.headers.get("Content-Type", "").lower():
        return "jsonapi"
    document = answer.document()
    if not isinstance(document, dict) or "data" not in document:
        return "plain"
    entries = document["data"] if isinstance(document["data"], list) else []
    whole = [entry for entry in entries if isinstance(entry, dict)]
    if not whole:
        return ""
    return "jsonapi" if "attributes" in whole[0] else "plain"


def _worth_another_try(error: Exception) -> bool | float:
    """stamina's hook: whether to try again, or after how many seconds."""
    if isinstance(error, RateLimited):
        if error.retry_after is None:
            return True
        if error.retry_after > LONGEST_WAIT:
            return False
        # readers that were told the same should not come back in the same instant
        return error.retry_after + random.uniform(0.1, 0.6)  # noqa: S311 (no secret)
    if isinstance(error, OutcomeUnknown):
        return not isinstance(error, Unreadable) and error.status != 409
    return isinstance(error, NotSent)


class _Walk(Generic[R]):
    """The way through one list's pages: what was gathered, and what was asked for already."""

    def __init__(self, kind: ListOf[R], path: str, owner: str, own: paging.Params) -> None:
        self._kind, self._own, self._owner = kind, own, owner
        self._name = path.strip("/")
        self._records: dict[str, R] = {}
        self._skipped: list[Skipped] = []
        self._asked: set[paging.Params] = set()
        self._first_size = 0
        self._answer: Answer | None = None

    def __len__(self) -> int:
        return len(self._records)

    def listing(self, most: int | None = None, *, is_cut: bool = False) -> Listing[R]:
        """What was gathered, at most `most` of it."""
        date = server_date(self._answer.headers) if self._answer else None
        found = tuple(self._records.values())
        is_cut = is_cut or (most is not None and len(found) > most)
        return Listing(found[:most], tuple(self._skipped), date, is_cut)

    def broken(self, how: str) -> Unreadable:
        """An error that names the list."""
        answer = self._answer
        return Unreadable(
            f"Rootly's list {self._name} {how}.",
            complete=True,
            status=answer.status if answer else None,
            server_date=server_date(answer.headers) if answer else None,
        )

    def take(self, answer: Answer, step: paging.Step, number: int) -> paging.Step | None:
        """Gather a page and say what to ask for next; None at the list's end."""
        self._answer = answer
        self._asked.add(step.params)
        document = answer.document()
        try:
            items = items_of(document, self._kind.path.rpartition("/")[2])
        except NotAListError:
            raise self.broken("is not a list") from None
        self._first_size = self._first_size or len(items)
        news = self._gather(items, document)
        if step.blind and (not news or len(items) < self._first_size):
            return None
        if items and not news:
            raise self.broken("repeats a page")
        return self._following(answer, document, number, items)

    def _following(
        self, answer: Answer, document: Any, number: int, items: list[Any]
    ) -> paging.Step | None:
        try:
            following = paging.following(document, answer.next_link, self._own, number)
        except ValueError:
            raise self.broken("has a link to its next page that is none") from None
        if following is None or (following.blind and not items):
            return None
        if following.params in self._asked:
            raise self.broken("repeats a page")
        return following

    def _gather(self, items: list[Any], document: Any) -> bool:
        """Keep the records that are new; whether anything was, a record that can't be read too."""
        included = Included(document)
        before = len(self._records) + len(self._skipped)
        for place, item in enumerate(items, 1):
            row = Row.of(item, included)
            record_id = (row.id or "") if row else ""
            if record_id in self._records:
                continue
            try:
                self._keep(row)
            except ValueError as error:
                which = "" if record_id else f" (entry {place} of its page)"
                skipped = Skipped(self._name, record_id, f"{error}{which}")
                if skipped not in self._skipped:
                    self._skipped.append(skipped)
        return len(self._records) + len(self._skipped) > before

    def _keep(self, row: Row | None) -> None:
        if row is None:
            raise ValueError("it is not an object")
        record = self._kind.read(row)
        owner = self._kind.owner
        if owner and not getattr(record, owner):
            record = msgspec.structs.replace(record, **{owner: self._owner})
        self._records[record.id] = record


def record(answer: Answer, read: Callable[[Row], R]) -> R:
    """The one record of an answer; raises Unreadable where there is none."""
    try:
        row = record_of(answer.document()) if answer.body else None
        if row is not None:
            return read(row)
    except ValueError:
        pass
    raise Unreadable(
        f"Rootly answered {answer.status}, but without a record that can be read.",
        complete=True,
        status=answer.status,
        server_date=server_date(answer.headers),
    )
