"""What a person who decides about an unconfirmed declaration is shown: which incidents of that
time look like it, read from Rootly while they wait; and what they say it is, looked up there.

Nothing of it is kept. Of private incidents it tells nothing, but of those that bear its label.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import queue
from incidentportal.declarations.access import may_see_others
from incidentportal.declarations.decisions import AnswerError
from incidentportal.declarations.labels import LABEL, bears
from incidentportal.declarations.links import safe_link
from incidentportal.declarations.look import (
    MARGIN,
    alike,
    first_sent,
    is_private,
    may_be_it,
    moment,
)
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.moments import Moment, in_full
from incidentportal.rootly.client import Client, Listing
from incidentportal.rootly.config import ConfigError
from incidentportal.rootly.errors import Misconfigured, Rejected, RootlyError
from incidentportal.rootly.records import Incident
from incidentportal.rootly.values import legible

SECONDS = 3.0
"""How long somebody waits for Rootly, at most."""
MOST_READ = 500
MOST_SHOWN = 10
AT_ONCE = 2
"""Beyond it nobody waits: pages must not starve while Rootly is slow."""
LATE = timedelta(hours=1)
"""How long after the last attempt what it made may have appeared."""

NOT_NOW = "Rootly doesn't answer at the moment, so it can't be looked up there."
MAY_NOT = "Rootly does not let the portal look which incidents there are."
ELSEWHERE = "It was meant for another Rootly than the one that the portal speaks with now."
CUT = "There were more incidents at that time than could be read now."
UNCHECKED = "The portal may not see it in Rootly, so nobody could check that it exists there."
_ID = re.compile(r"[\w-]{1,255}", re.ASCII)
_NUMBER = re.compile(r"#?([0-9]{1,9})(?:-[\w-]*)?", re.ASCII)
"""An incident's number, as people write it, or as it begins an address."""

_NO_SUCH = {400, 403, 404, 422}

_places = threading.BoundedSemaphore(AT_ONCE)


class NotNowError(Exception):
    """Rootly could not be asked; the text says so."""


class MayNotError(NotNowError):
    """This token may not ask for that (403)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt whose outcome is unknown: when, and what Rootly answered, in words."""

    at: Moment
    words: str


@dataclass(frozen=True, slots=True)
class Alike:
    """An incident that it could be. `title` is blank for whoever may not see others' declarations;
    `url` unless its host may be linked to. `is_labelled`: it bears this declaration's label.
    """

    id: str
    number: int | None
    title: str
    made_at: Moment | None
    url: str
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known. `trouble` says why Rootly could not be asked; `left_out` how much is missing,
    as a sentence. Both are blank otherwise.
    """

    sent: tuple[Sent, ...]
    alike: tuple[Alike, ...] = ()
    trouble: str = ""
    left_out: str = ""


def gather(declaration: Declaration, reader: User, *, ask: bool = True) -> Facts:
    """For somebody who may decide about it. One list is read from Rootly, SECONDS at most; not
    where it is known not to answer (`ask`).
    """
    sent = tuple(
        Sent(in_full(each.started_at), _words(each))
        for each in declaration.attempts.all()
        if each.is_open
    )
    if not ask:
        return Facts(sent, trouble=NOT_NOW)
    try:
        found, is_cut = _listed(declaration)
    except NotNowError as error:
        return Facts(sent, trouble=str(error))
    told = may_see_others(reader)
    shown = tuple(_alike(incident, declaration, told=told) for incident in found[:MOST_SHOWN])
    return Facts(sent, shown, left_out=CUT if is_cut or len(found) > MOST_SHOWN else "")


def identify(declaration: Declaration, typed: str) -> tuple[Incident, str]:
    """The incident that somebody says it is, by id, number or address; and why it could not be
    checked, blank where it was.

    Raises AnswerError (`incident_id`) where it can't be that one, NotNowError where Rootly can't
    be asked: then nothing is known.
    """
    text = _last_part(typed.strip())
    if not text:
        raise AnswerError("incident_id", "Say which incident it is: its number, or its address.")
    is_id = bool(_ID.fullmatch(text))
    incident = _by_id(declaration, text) if is_id else None
    is_hidden = _is_hidden(declaration)
    if incident is None:
        try:
            incident = _by_number(declaration, text)
        except MayNotError:
            is_hidden = True
    if incident is None and is_hidden and is_id:
        return Incident(id=text), UNCHECKED
    if incident is None or not may_be_it(incident, declaration):
        raise AnswerError(
            "incident_id", f"The portal sees no incident “{legible(text)}” in Rootly."
        )
    if LABEL in (incident.labels or {}) and not bears(incident.labels, declaration.pk):
        raise AnswerError("incident_id", "That incident was made of another declaration.")
    return incident, ""


def _last_part(text: str) -> str:
    """Of an address its last part, else the text."""
    if "://" not in text:
        return text
    try:
        return urlsplit(text).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return text


def _by_id(declaration: Declaration, text: str) -> Incident | None:
    with _asking(declaration) as client:
        try:
            return client.incident(text, SECONDS)
        except (Misconfigured, Rejected) as error:
            if error.status in _NO_SUCH:
                return None
            raise


def _by_number(declaration: Declaration, text: str) -> Incident | None:
    """Among the incidents of that time."""
    number = _NUMBER.fullmatch(text)
    began, _ = _time(declaration)
    for incident in _read(declaration, began):
        if text == incident.slug or (number and incident.sequential_id == int(number[1])):
            return incident
    return None


def _is_hidden(declaration: Declaration) -> bool:
    """Whether this token may be unable to see it because it is private."""
    upstream = queue.known(declaration.upstream)
    return is_private(declaration) and upstream.sees_private is not True


def _listed(declaration: Declaration) -> tuple[list[Incident], bool]:
    """The incidents of that time that it could be, likeliest first; whether some are missing."""
    began, until = _time(declaration)
    listing = _read(declaration, began)
    own = [each for each in listing if bears(each.labels, declaration.pk)]
    # Where Rootly doesn't say whether one is private, it may be.
    public = [each for each in listing if each.private is False]
    could_be = [
        each
        for each in alike(public, declaration, began - MARGIN)
        if moment(each.created_at, began) <= until
    ]
    could_be.sort(key=lambda each: abs(moment(each.created_at, began) - began))
    return [*own, *could_be], listing.is_cut


def _time(declaration: Declaration) -> tuple[datetime, datetime]:
    """From when to when it can have been made, by Rootly's clock."""
    upstream = queue.known(declaration.upstream)
    began = first_sent(declaration, upstream)
    last = declaration.attempts.values_list("started_at", flat=True).last()
    offset = timedelta(seconds=upstream.clock_offset)
    return began, (last or declaration.submitted_at) + offset + LATE


def _read(declaration: Declaration, began: datetime) -> Listing[Incident]:
    with _asking(declaration) as client:
        return client.incidents_soon(began - MARGIN, MOST_READ, SECONDS)


@contextmanager
def _asking(declaration: Declaration) -> Iterator[Client]:
    """This process's client, for one call in a person's time. Raises NotNowError, also where the
    call fails.
    """
    if declaration.upstream != connection.upstream():
        raise NotNowError(ELSEWHERE)
    if not _places.acquire(blocking=False):
        raise NotNowError(NOT_NOW)
    try:
        yield connection.client()
    except (RootlyError, ConfigError) as error:
        if isinstance(error, Misconfigured) and error.status == 403:
            raise MayNotError(MAY_NOT) from None
        raise NotNowError(NOT_NOW) from None
    finally:
        _places.release()


def _alike(incident: Incident, declaration: Declaration, *, told: bool) -> Alike:
    never = datetime.min.replace(tzinfo=UTC)
    made_at = moment(incident.created_at, never)
    return Alike(
        id=incident.id,
        number=incident.sequential_id,
        title=legible(incident.title) if told else "",
        made_at=None if made_at is never else in_full(made_at),
        url=safe_link(incident.url or incident.short_url),
        is_labelled=bears(incident.labels, declaration.pk),
    )


def _words(attempt: Attempt) -> str:
    if attempt.status:
        return f"Rootly answered {attempt.status}, which says neither yes nor no."
    if attempt.finished_at is None:
        return "No answer came, or the portal was stopped before it could be kept."
    return "No clear answer came."
