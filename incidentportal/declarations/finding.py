"""Declarations found by words: each stands somewhere in the title, in an answer or its label, or in
the incident's number. Case and accents don't count.

The database looks through the public rows. Private ones lie sealed there: one's own are opened and
looked through here, and others' never, since each look at one of them is to be recorded.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import ExpressionWrapper, F, Q, TextField

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.declarations.matching import Says, haystack, needles
from incidentportal.declarations.models import Declaration, DeclarationQuerySet

MOST_PUBLIC = 5_000
MOST_PRIVATE = 500
"""How many rows one search looks through, the newest: about a second's work, if need be."""
MOST_HITS = 1000
_ID = re.compile(r"[0-9a-f]{8,32}")
_RAW = {
    f"raw_{name}": ExpressionWrapper(F(name), output_field=TextField())
    for name in ("title", "labels", "incident")
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A declaration that was found."""

    id: uuid.UUID
    state: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, newest first, and in plain words what was not looked through."""

    hits: tuple[Hit, ...]
    remarks: tuple[str, ...]


def find(rows: DeclarationQuerySet, reader: User, query: str) -> Found:
    """Of these rows, which this person may see, those with every word of the query, or with this
    declaration's or incident's id. Four queries.
    """
    words = needles(query)
    hits, more = _in_public(rows, words)
    own, remarks = _in_private(rows.own(reader), words)
    found = {hit.id: hit for hit in [*hits, *own, *_by_id(rows, reader, query)]}
    newest = sorted(found.values(), key=lambda hit: (hit.submitted_at, hit.id), reverse=True)
    return Found(tuple(newest[:MOST_HITS]), (*more, *remarks))


def _hits(rows: DeclarationQuerySet) -> list[Hit]:
    return [Hit(*values) for values in rows.values_list("pk", "state", "submitted_at")]


def _in_public(rows: DeclarationQuerySet, words: Sequence[str]) -> tuple[list[Hit], list[str]]:
    newest = rows.filter(private=False).order_by("-submitted_at")
    last = newest.values_list("submitted_at", flat=True)[MOST_PUBLIC - 1 : MOST_PUBLIC].first()
    remarks = []
    if last is not None:
        newest = newest.filter(submitted_at__gte=last)
        remarks.append(f"Only the newest {MOST_PUBLIC:,} declarations were searched.")
    hits = _hits(newest.filter(Says(words))[: MOST_HITS + 1])
    if len(hits) > MOST_HITS:
        remarks.append(f"Only the newest {MOST_HITS:,} that were found are listed: add a word.")
    return hits, remarks


def _in_private(own: DeclarationQuerySet, words: Sequence[str]) -> tuple[list[Hit], list[str]]:
    newest = own.filter(private=True).order_by("-submitted_at").annotate(**_RAW)
    read = list(newest.values_list("pk", "state", "submitted_at", *_RAW)[: MOST_PRIVATE + 1])
    hits, unread = [], 0
    for pk, state, submitted_at, *sealed in read[:MOST_PRIVATE]:
        try:
            title, labels, incident = map(_unsealed, ("title", "labels", "incident"), sealed)
        except UnreadableError:
            unread += 1
            continue
        text = haystack(title, labels, incident.get("number"))
        if all(word in text for word in words):
            hits.append(Hit(pk, state, submitted_at))
    return hits, _remarks(len(read) > MOST_PRIVATE, unread)


def _unsealed(name: str, stored: str) -> Any:
    """Row by row, since one that can't be read must not hide the rest. Raises UnreadableError."""
    field: Any = Declaration._meta.get_field(name)
    return field.from_db_value(stored)


def _remarks(are_more: bool, unread: int) -> list[str]:
    said = []
    if are_more:
        newest = f"only the newest {MOST_PRIVATE} were searched"
        said.append(f"Of your private declarations {newest}.")
    if unread:
        those = "One" if unread == 1 else f"{unread}"
        said.append(f"{those} of your private declarations can't be read at the moment.")
    return said


def _by_id(rows: DeclarationQuerySet, reader: User, query: str) -> list[Hit]:
    """By the beginning of a declaration's id, or by the incident's whole id in Rootly."""
    word = query.strip()
    wanted = Q(incident_id=word) & (Q(private=False) | Q(author=reader))
    digits = word.lower().replace("-", "")
    if _ID.fullmatch(digits):
        first, last = uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
        wanted |= Q(pk__range=(first, last))
    return _hits(rows.filter(wanted).order_by("-submitted_at")[:MOST_HITS])
