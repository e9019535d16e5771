"""What lists of declarations receive, and the words for their states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.accounts.sealed import SealableQuerySet
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.rootly.values import legible

STATE_WORDS = {
    State.QUEUED: "Saved, waiting to be sent",
    State.DELIVERING: "Saved, still sending",
    State.DELIVERED: "In Rootly",
    State.REJECTED: "Needs a correction",
    State.UNCONFIRMED: "Unclear: may be in Rootly",
    State.FAILED: "Given up by an admin",
    State.WITHDRAWN: "Withdrawn",
}
UNREADABLE = "(can't be read at the moment)"
PRIVATE = "Private declaration"
"""Instead of the title of another's, in lists: they are read one by one, and each is recorded."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line in a list of declarations. `by` is who declared it, blank for the reader's own;
    `waits_for` the upstream that it is still to be sent to, blank for none.
    """

    id: UUID
    title: str
    state: str
    state_words: str
    submitted_at: datetime
    number: int | None
    by: str
    waits_for: str


def rows(declarations: SealableQuerySet[Declaration], reader: User) -> list[Row]:
    """A list of declarations as lines for this reader, also where one of them can't be read."""
    return [row(declaration, reader) for declaration in declarations.tolerant()]


def row(declaration: Declaration, reader: User) -> Row:
    """A declaration as a line; one that can't be read says so, and another's private one no more
    than that it is one.
    """
    state, by = State(declaration.state), author(declaration, reader)
    try:
        title, number = legible(declaration.title), declaration.incident.get("number")
    except UnreadableError:
        title, number = UNREADABLE, None
    if by and declaration.private:
        title, number = PRIVATE, None
    waits_for = declaration.upstream if state in {State.QUEUED, State.DELIVERING} else ""
    at, words = declaration.submitted_at, STATE_WORDS[state]
    return Row(declaration.pk, title, state, words, at, number, by, waits_for)


def author(declaration: Declaration, reader: User) -> str:
    """Who declared it, by name; blank where that is the reader."""
    is_own = declaration.author_id == reader.pk
    return "" if is_own else declaration.author.display_name
