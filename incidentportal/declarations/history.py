"""The attempts to deliver a declaration, in words: what came of each, and what was to come next;
and what people decided about it.
"""

from __future__ import annotations

from dataclasses import dataclass

from incidentportal.accounts.models import User
from incidentportal.declarations.decisions import Action
from incidentportal.declarations.models import Attempt, Decision, Declaration
from incidentportal.declarations.moments import Moment, moment
from incidentportal.declarations.outcomes import Next
from incidentportal.rootly.values import legible

THEN = {
    Next.RETRY: "Next try",
    Next.LOOK: "Next: we look for it in Rootly",
    Next.WAIT: "Next try, as Rootly asked,",
    Next.HOLD: "Next try",
    Next.FORBIDDEN: "Next try",
    Next.RETURN: "Next: its author corrects it",
}
DID = {
    Action.WITHDRAW: "took it back",
    Action.SEND_AGAIN: "had it sent again",
    Action.GIVE_UP: "gave it up",
    Action.THIS_ONE: "said which incident it is",
    Action.NOT_THERE: "said that it isn’t in Rootly, and had it sent again",
    Action.RETRY_STEP: "had a part of it tried again",
    Action.STEP_DONE: "said that a part of it is done",
}


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """An attempt in words. `then` is what came next (blank: nothing), `then_at` when (None: at
    once, or whenever a person does it).
    """

    id: int
    words: str
    started_at: Moment
    took: str
    then: str
    then_at: Moment | None


def line(attempt: Attempt, *, is_under_way: bool) -> AttemptLine:
    """`is_under_way`: its declaration is being delivered at the moment."""
    at = attempt.next_at
    return AttemptLine(
        id=attempt.pk,
        words=_words(attempt, is_under_way=is_under_way),
        started_at=moment(attempt.started_at),
        took=_took(attempt.milliseconds),
        then=THEN[Next(attempt.next)] if attempt.next in set(Next) else "",
        then_at=moment(at) if at is not None else None,
    )


def _words(attempt: Attempt, *, is_under_way: bool) -> str:
    if attempt.finished_at is None:
        return "Sent; no answer so far." if is_under_way else "Sent, and no answer came."
    words = attempt.sentence or "Rootly made the incident."
    if attempt.status and attempt.outcome != "Delivered":
        words += f" (Rootly answered {attempt.status}.)"
    return words


def _took(milliseconds: int | None) -> str:
    """How long it took: `120 ms`, `3.4 s`."""
    if milliseconds is None:
        return ""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """What a person decided, in words that begin with who; `action` is its `data-action`."""

    action: str
    words: str
    at: Moment


def decisions(declaration: Declaration, reader: User) -> tuple[DecisionLine, ...]:
    """In their order, for a reader who sees the declaration. One query."""
    made = declaration.decisions.select_related("person")
    return tuple(_decision(each, declaration, reader) for each in made)


def _decision(decision: Decision, declaration: Declaration, reader: User) -> DecisionLine:
    is_own = decision.person_id == reader.pk
    who = "You" if is_own else decision.person.display_name
    did = DID[Action(decision.action)] if decision.action in set(Action) else "changed something"
    about = _about(decision, declaration)
    words = f"{who} {did}: {about}" if about else f"{who} {did}"
    return DecisionLine(decision.action, words, moment(decision.at))


def _about(decision: Decision, declaration: Declaration) -> str:
    """Why it was given up, or what a part of it is called; blank where that isn't known."""
    if decision.action == Action.GIVE_UP:
        return legible(decision.reason)
    names = {item["name"]: item["label"] for item in declaration.labels}
    names |= {step["key"]: step["name"] for step in declaration.open_steps}
    return str(names.get(decision.reason, ""))
