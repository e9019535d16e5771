"""Signed links to the form: what they say can't be changed unnoticed, some of it is fixed, and they
may expire.

The parameters stay readable; the signature is one more. It covers all that the link fills in, which
fields it fixes, until when it may be opened, and which Rootly it was made for. Whether it is too
old is judged when it is opened: a form that was opened in time may be sent later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlencode

from django.core import signing
from django.utils import timezone

from incidentportal.catalog import connection
from incidentportal.formengine.prefill import is_for_others
from incidentportal.presets.starting import CONTROL as PRESET
from incidentportal.presets.starting import slugs_in

PARAMETER = "signed"
CONTROL = "start_link"
"""The control by which a form brings its link back: the whole query, with its signature."""
LONGEST = 20_000
_MOST_PARAMETERS = 500
_SALT = "incidentportal.declarations.start_links"

Query = Mapping[str, Sequence[str]]


class BrokenLinkError(Exception):
    """It was changed, is too old, or was made for another Rootly: nothing of it counts."""


@dataclass(frozen=True)
class StartLink:
    """A link that its signature vouches for. `said` are its parameters but for the preset's,
    `slugs` name that one (and others that don't count), `locked` are the control names of the
    fields that it fixes, `text` is what a form carries of it.
    """

    said: Query
    slugs: tuple[str, ...]
    locked: frozenset[str]
    text: str


def sign(query: Query, locked: Sequence[str], until: datetime | None) -> str:
    """The link's whole query. `locked` are control names; without `until` it never expires."""
    said = _canonical(query)
    ends = int(until.timestamp()) if until else 0
    token = signing.dumps([ends, sorted(locked), _digest(said)], salt=_SALT)
    return urlencode({**dict(query), PARAMETER: [token]}, doseq=True)


def opened(query: Query) -> StartLink | None:
    """The signed link that a form is opened by; None: it isn't signed. Raises BrokenLinkError."""
    return _read(query, timezone.now()) if PARAMETER in query else None


def carried(text: str) -> StartLink | None:
    """The signed link that a posted form brings back; None: it has none. Raises BrokenLinkError;
    not for its age.
    """
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise BrokenLinkError
    try:
        query = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise BrokenLinkError from None
    return _read(query, None)


def _read(query: Query, now: datetime | None) -> StartLink:
    said = _canonical(query)
    try:
        ends, locked, digest = signing.loads("".join(query.get(PARAMETER, ())), salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        raise BrokenLinkError from None
    is_over = now is not None and ends and now.timestamp() >= ends
    if is_over or digest != _digest(said):
        raise BrokenLinkError
    slugs = slugs_in(said.pop(PRESET, []))
    text = urlencode(
        {name: list(values) for name, values in query.items() if not is_for_others(name)},
        doseq=True,
    )
    return StartLink(said, slugs, frozenset(locked), text)


def _canonical(query: Query) -> dict[str, list[str]]:
    """What is signed: without what mail programs add, in an order that doesn't depend on theirs."""
    names = (one for one in query if one != PARAMETER and not is_for_others(one))
    return {name: list(query[name]) for name in sorted(names)}


def _digest(said: Query) -> str:
    # Surrogates are written out, so that any text has its digest.
    message = json.dumps([connection.upstream(), list(said.items())])
    return hashlib.sha256(message.encode()).hexdigest()[:32]
