"""What the client's methods answer with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from incidentportal.rootly.records import Incident, Record

R = TypeVar("R", bound=Record)


class Skipped(msgspec.Struct, frozen=True):
    """A record of a list that could not be read; `id` is empty where it had none."""

    list: str
    id: str
    reason: str


class Listing(msgspec.Struct, Generic[R], frozen=True):
    """A list to its last page, in Rootly's order and each id once; where only the newest were
    asked for, `is_cut` says that more may be there than was read.
    """

    records: tuple[R, ...]
    skipped: tuple[Skipped, ...] = ()
    server_date: datetime | None = None
    is_cut: bool = False

    def __iter__(self) -> Iterator[R]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


class Created(msgspec.Struct, frozen=True):
    """An incident that exists now, Rootly's clock when it said so, and how many writes it allows in
    its window, where it said that.
    """

    incident: Incident
    server_date: datetime | None
    write_limit: int | None = None


class Peek(msgspec.Struct, Generic[R], frozen=True):
    """A list's first page, asked for once. `dialect` is the one that it is written in, told by its
    media type, else by its shape; blank where neither tells.
    """

    listing: Listing[R]
    dialect: str = ""
