"""What the pages about declarations receive: documented dataclasses, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.accounts.sealed import SealableQuerySet
from incidentportal.catalog import connection
from incidentportal.declarations import queue
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.steps import Stand
from incidentportal.rootly.values import legible

LOOPBACK = {"localhost", "127.0.0.1", "::1"}

STATE_WORDS = {
    State.QUEUED: "Saved, waiting to be sent",
    State.DELIVERING: "Saved, still sending",
    State.DELIVERED: "In Rootly",
    State.REJECTED: "Needs a correction",
    State.UNCONFIRMED: "Unclear: may be in Rootly",
    State.FAILED: "Given up by an admin",
    State.WITHDRAWN: "Withdrawn",
}
HEADINGS = {
    State.QUEUED: "Your declaration is saved",
    State.DELIVERING: "Your declaration is saved",
    State.DELIVERED: "Incident declared",
    State.UNCONFIRMED: "We can't tell whether Rootly has it",
    State.FAILED: "This declaration was given up",
    State.WITHDRAWN: "You took this back",
}
SLACK_HOSTS = ("slack.com",)
UNREADABLE = "(can't be read at the moment)"
PRIVATE = "Private declaration"
"""Instead of the title of another's, in lists: they are read one by one, and each is recorded."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line in a list of declarations. `by` is who declared it, blank for the reader's own."""

    id: UUID
    title: str
    state: str
    state_words: str
    submitted_at: datetime
    number: int | None
    by: str


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
    submitted_at = declaration.submitted_at
    return Row(declaration.pk, title, state, STATE_WORDS[state], submitted_at, number, by)


def author(declaration: Declaration, reader: User) -> str:
    """Who declared it, by name; blank where that is the reader."""
    is_own = declaration.author_id == reader.pk
    return "" if is_own else declaration.author.display_name


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """A field's label as it was shown, and what was chosen or typed, as text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """An attempt in words."""

    words: str
    started_at: datetime
    milliseconds: int | None


@dataclass(frozen=True, slots=True)
class StepLine:
    """Something done once the incident exists: what, how it stands, and in words."""

    key: str
    name: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A declaration's page. `poll_seconds` is 0 once nothing will change by itself. `by` is who
    declared it, blank for the reader's own.

    `url` and `slack_url` are blank unless their hosts may be linked to.
    """

    id: UUID
    by: str
    state: str
    state_words: str
    heading: str
    sentences: tuple[str, ...]
    held: str
    submitted_at: datetime
    is_incident: bool
    number: int | None
    incident_title: str
    status: str
    url: str
    slack_name: str
    slack_url: str
    slack_words: str
    warnings: tuple[str, ...]
    steps: tuple[StepLine, ...]
    open_values: tuple[str, ...]
    answers: tuple[AnswerLine, ...]
    attempts: tuple[AttemptLine, ...]
    poll_seconds: int


def shown(declaration: Declaration, reader: User) -> Shown:
    """A declaration as its page shows it. Queries: its attempts, and whether the queue is held."""
    state, by = State(declaration.state), author(declaration, reader)
    waits = state in {State.QUEUED, State.DELIVERING}
    held = queue.is_held(declaration.upstream) if waits else ""
    incident: dict[str, Any] = declaration.incident
    unfinished = state is State.DELIVERED and declaration.due_at is not None
    return Shown(
        id=declaration.pk,
        by=by,
        state=state,
        state_words=STATE_WORDS[state],
        heading=STATE_WORDS[state] if by else HEADINGS.get(state, STATE_WORDS[state]),
        sentences=_sentences(declaration, state, held),
        held=held,
        submitted_at=declaration.submitted_at,
        is_incident=state is State.DELIVERED,
        number=incident.get("number"),
        incident_title=legible(incident.get("title") or declaration.title),
        status=str(incident.get("status") or "").replace("_", " "),
        url=safe_link(incident.get("url") or ""),
        slack_name=incident.get("slack_name") or "",
        slack_url=safe_link(incident.get("slack_url") or "", hosts=SLACK_HOSTS),
        slack_words="Being made, if your company uses one" if unfinished else "None",
        warnings=_warnings(declaration) if state is State.DELIVERED else (),
        steps=tuple(_step_line(step) for step in declaration.open_steps),
        open_values=_open_values(declaration),
        answers=tuple(
            AnswerLine(item["label"], legible(item["text"])) for item in declaration.labels
        ),
        attempts=tuple(_attempt_line(item) for item in declaration.attempts.all()),
        poll_seconds=2 if waits or unfinished else 0,
    )


def _sentences(declaration: Declaration, state: State, held: str) -> tuple[str, ...]:
    if state in {State.QUEUED, State.DELIVERING}:
        said = "It can't get lost any more: the portal keeps it until Rootly has it."
        own = declaration.sentence or "It is being sent to Rootly."
        if declaration.upstream != connection.upstream():
            own = (
                f"It was meant for {declaration.upstream}, and the portal now speaks with another "
                "Rootly. It waits until that changes, or until an admin gives it up."
            )
        return (said, own) if not held or held == own else (said, own, held)
    if state is State.DELIVERED:
        return ()
    return (declaration.sentence,) if declaration.sentence else ()


def _warnings(declaration: Declaration) -> tuple[str, ...]:
    """What the incident doesn't show as asked."""
    if not declaration.is_exposed:
        return ()
    if declaration.incident.get("private") is False:
        said = "This incident is NOT private in Rootly, although that was asked for."
    else:
        said = "Rootly does not say whether this incident is private, as was asked for."
    return (f"{said} Look at it there now. The admins are told.",)


STEP_WORDS = {
    Stand.OPEN: "Not in Rootly yet. We keep trying.",
    Stand.BEGUN: "Sent, but Rootly gave no clear answer so far. We look for it there first.",
    Stand.DONE: "In Rootly.",
    Stand.REFUSED: "Rootly refused it:",
    Stand.UNCLEAR: "Unclear.",
}


def _step_line(step: Mapping[str, Any]) -> StepLine:
    state = Stand(step["state"])
    words = f"{STEP_WORDS[state]} {step.get('sentence') or ''}".strip()
    return StepLine(step["key"], step["name"], state, words)


def _open_values(declaration: Declaration) -> tuple[str, ...]:
    """Custom values that Rootly refused, with its words; labels as they were shown."""
    labels = {item["name"]: item["label"] for item in declaration.labels}
    return tuple(
        f"{labels.get('form_field_' + str(value['form_field_id']), 'A field')}: {value['refused']}"
        for value in declaration.open_values
        if "refused" in value
    )


def _attempt_line(attempt: Attempt) -> AttemptLine:
    if attempt.finished_at is None:
        words = "Sent; no answer so far."
    else:
        words = attempt.sentence or "Rootly made the incident."
        if attempt.status and attempt.outcome != "Delivered":
            words += f" (Rootly answered {attempt.status}.)"
    return AttemptLine(words, attempt.started_at, attempt.milliseconds)


_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f]*:[0-9a-f:.]*", re.ASCII)
LONGEST_LINK = 2000


def safe_link(url: str, *, hosts: tuple[str, ...] = ()) -> str:
    """The address if a link may lead there (https; http on loopback alone), else blank.

    ROOTLY_WEB_HOSTS, where set, names the hosts; `hosts` are allowed besides them. A host's
    subdomains count as the host. What browsers and Python could read differently leads nowhere:
    backslashes, control characters, encoded or international host names (`xn--…` will do).
    """
    if len(url) > LONGEST_LINK or not url.isprintable() or " " in url or "\\" in url:
        return ""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if parts.username is not None or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        return ""
    allowed = settings.ROOTLY_WEB_HOSTS
    return url if not allowed or _is_among(host, [*allowed, *hosts]) else ""


def _is_among(host: str, hosts: list[str]) -> bool:
    return any(host == item.lower() or host.endswith("." + item.lower()) for item in hosts)
