"""The attempts to deliver a declaration, in words: what came of each, and what was to come next."""

from __future__ import annotations

from dataclasses import dataclass

from incidentportal.declarations.models import Attempt
from incidentportal.declarations.moments import Moment, moment
from incidentportal.declarations.outcomes import Next

THEN = {
    Next.RETRY: "Next try",
    Next.LOOK: "Next: we look for it in Rootly",
    Next.WAIT: "Next try, as Rootly asked,",
    Next.HOLD: "Next try",
    Next.FORBIDDEN: "Next try",
    Next.RETURN: "Next: its author corrects it",
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
