"""What a declaration's page receives: documented dataclasses, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from incidentportal.accounts.models import User
from incidentportal.catalog.current import Catalog
from incidentportal.declarations import emergency, history
from incidentportal.declarations.discrepancies import Discrepancies, discrepancies
from incidentportal.declarations.emergency import Part
from incidentportal.declarations.history import AttemptLine, DecisionLine
from incidentportal.declarations.links import safe_link
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.moments import Moment, in_full, moment
from incidentportal.declarations.pace import look_again
from incidentportal.declarations.pages import STATE_WORDS, author
from incidentportal.declarations.states import State
from incidentportal.declarations.steps import Stand
from incidentportal.declarations.waiting import NOTHING, SOON, Waiting, waiting
from incidentportal.rootly.values import legible

HEADINGS = {
    State.QUEUED: "Your declaration is saved",
    State.DELIVERING: "Your declaration is saved",
    State.DELIVERED: "Incident declared",
    State.UNCONFIRMED: "We can't tell whether Rootly has it",
    State.FAILED: "This declaration was given up",
    State.WITHDRAWN: "You took this back",
}
SAVED = "Saved, and not in Rootly yet."
ON_HOLD = "Nothing is sent at the moment."
KEEPS_TRYING = "Nobody knows yet whether it is there. We keep trying."
SLACK_HOSTS = ("slack.com",)
STEP_WORDS = {
    Stand.OPEN: "Not in Rootly yet. We keep trying.",
    Stand.BEGUN: "Sent, but Rootly gave no clear answer so far. We look for it there first.",
    Stand.DONE: "In Rootly.",
    Stand.REFUSED: "Rootly refused it:",
    Stand.UNCLEAR: "Unclear.",
}


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """A field's label as it was shown, and what was chosen or typed, as text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """Something done once the incident exists: what, how it stands, and in words."""

    key: str
    name: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """The incident as Rootly last showed it. `url` and `slack_url` are blank unless their hosts
    may be linked to; `slack_words` stand in for a channel.
    """

    number: int | None
    title: str
    severity: str
    status: str
    url: str
    slack_name: str
    slack_url: str
    slack_words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A declaration's page. `by` is who declared it, blank for the reader's own. `then_at` says
    when `waiting.then` happens, and `contact` whom to call meanwhile. `look_again` is in how many
    seconds the page asks again; 0: nothing will change by itself.
    """

    id: UUID
    by: str
    private: bool
    state: str
    state_words: str
    heading: str
    waiting: Waiting
    then_at: Moment | None
    contact: tuple[Part, ...]
    sentence: str
    submitted_at: Moment
    zone: str
    incident: IncidentFacts | None
    wrong: Discrepancies
    steps: tuple[StepLine, ...]
    open_values: tuple[str, ...]
    answers: tuple[AnswerLine, ...]
    attempts: tuple[AttemptLine, ...]
    decisions: tuple[DecisionLine, ...]
    look_again: int

    @property
    def tab(self) -> str:
        """What the browser's tab says: nothing that was typed."""
        number = self.incident.number if self.incident else None
        return self.state_words if number is None else f"{self.state_words}: #{number}"

    @property
    def announced(self) -> str:
        """What a screen reader is told when it changes. Each try passes by unsaid: on and off for
        hours it would be noise.
        """
        if self.state in {State.QUEUED, State.DELIVERING}:
            return f"{SAVED} {ON_HOLD}" if self.waiting.held else SAVED
        number = self.incident.number if self.incident else None
        return f"{self.state_words}." if number is None else f"In Rootly as incident {number}."


def shown(declaration: Declaration, reader: User, catalog: Catalog | None) -> Shown:
    """A declaration as its page shows it. Queries: its attempts; what was decided; how its upstream
    stands, while it waits.
    """
    state, by = State(declaration.state), author(declaration, reader)
    attempts = list(declaration.attempts.all())
    waits = NOTHING
    if state in {State.QUEUED, State.DELIVERING}:
        waits = waiting(declaration, attempts)
    is_there = state is State.DELIVERED
    needs_call = waits.is_trouble or state in {State.UNCONFIRMED, State.FAILED}
    return Shown(
        id=declaration.pk,
        by=by,
        private=declaration.private,
        state=state,
        state_words=STATE_WORDS[state],
        heading=STATE_WORDS[state] if by else HEADINGS.get(state, STATE_WORDS[state]),
        waiting=waits,
        then_at=moment(waits.at) if waits.at else None,
        contact=emergency.contact() if needs_call else (),
        sentence="" if is_there or waits.sentences else declaration.sentence,
        submitted_at=in_full(declaration.submitted_at),
        zone=timezone.get_current_timezone_name(),
        incident=_incident(declaration, catalog) if is_there else None,
        wrong=discrepancies(declaration) if is_there else Discrepancies(),
        steps=tuple(_step_line(step) for step in declaration.open_steps),
        open_values=_open_values(declaration),
        answers=tuple(
            AnswerLine(item["label"], legible(item["text"])) for item in declaration.labels
        ),
        attempts=_attempts(attempts, state),
        decisions=history.decisions(declaration, reader),
        look_again=look_again(declaration),
    )


def soon(page: Shown) -> str:
    """When `waiting.then` happens, in words."""
    return f"at {page.then_at.words}" if page.then_at else SOON


def _attempts(attempts: Sequence[Attempt], state: State) -> tuple[AttemptLine, ...]:
    is_under_way = state is State.DELIVERING
    return tuple(history.line(each, is_under_way=is_under_way) for each in attempts)


def _incident(declaration: Declaration, catalog: Catalog | None) -> IncidentFacts:
    said: dict[str, Any] = declaration.incident
    unfinished = declaration.due_at is not None
    return IncidentFacts(
        number=said.get("number"),
        title=legible(said.get("title") or declaration.title),
        severity=_severity(declaration, catalog),
        status=str(said.get("status") or "").replace("_", " "),
        url=safe_link(said.get("url") or ""),
        slack_name=said.get("slack_name") or "",
        slack_url=safe_link(said.get("slack_url") or "", hosts=SLACK_HOSTS),
        slack_words="Being made, if your company uses one" if unfinished else "None",
    )


def _severity(declaration: Declaration, catalog: Catalog | None) -> str:
    """As the incident says, else as it was declared; blank where the one it has is unknown here."""
    found = declaration.incident.get("severity_id")
    option = catalog.options("severities").get(found) if catalog and found else None
    if option is not None:
        return option.label
    if found and found != str(declaration.payload.get("severity_id")):
        return ""
    labels = (item["text"] for item in declaration.labels if item["name"] == "severity_id")
    return legible(next(labels, ""))


def _step_line(step: Mapping[str, Any]) -> StepLine:
    state = Stand(step["state"])
    words = f"{STEP_WORDS[state]} {step.get('sentence') or ''}".strip()
    return StepLine(step["key"], step["name"], state, words)


def _open_values(declaration: Declaration) -> tuple[str, ...]:
    """Custom values that Rootly refused, with its words, and where the incident could not be
    followed up those answers that it isn't known to have; labels as they were shown.
    """
    labels = {item["name"]: item["label"] for item in declaration.labels}
    named = [(f"form_field_{each['form_field_id']}", each) for each in declaration.open_values]
    refused = [
        f"{labels.get(name, 'A field')}: {each['refused']}"
        for name, each in named
        if "refused" in each
    ]
    waiting = [name for name, each in named if "refused" not in each and name in labels]
    if not declaration.failures:
        return tuple(refused)
    return (*refused, *(f"{labels[name]}: {KEEPS_TRYING}" for name in waiting))
