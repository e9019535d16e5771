"""What an attempt's end means for its declaration. Pure: no Django, no HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from incidentportal.rootly import errors


class Next(StrEnum):
    """What is to be done after an attempt."""

    RETRY = "retry"
    """It did not reach Rootly: send it again after a while."""
    LOOK = "look"
    """It may have: look there before anything is sent again."""
    WAIT = "wait"
    """Rootly wants the whole token to wait."""
    HOLD = "hold"
    """Nothing can be delivered until an admin mends the connection."""
    FORBIDDEN = "forbidden"
    """403: about this declaration, or about the token; the next one will tell."""
    RETURN = "return"
    """Rootly refused what was sent: its author has to know."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt. `patience` says which of DELIVERY_LOOK's times applies (0 or 1)."""

    next: Next
    name: str
    sentence: str
    status: int | None = None
    retry_after: float | None = None
    patience: int = 0
    field_errors: tuple[tuple[str, str], ...] = field(default=())
    messages: tuple[str, ...] = field(default=())

    @property
    def may_exist(self) -> bool:
        """Whether the incident may have been made."""
        return self.next is Next.LOOK


def judge(error: errors.RootlyError) -> Outcome:
    """Sort an error of the client by what to do next."""
    name = type(error).__name__
    match error:
        case errors.NotSent():
            sentence = "Rootly could not be reached. We keep trying."
            return Outcome(Next.RETRY, name, sentence)
        case errors.RateLimited():
            sentence = "Rootly asked us to slow down. We send it as soon as we may."
            return Outcome(Next.WAIT, name, sentence, 429, retry_after=error.retry_after)
        case errors.Misconfigured():
            return _judge_misconfigured(error, name)
        case errors.Rejected():
            return Outcome(
                Next.RETURN, name, "Rootly did not accept it.", error.status,
                field_errors=tuple((item.path, item.message) for item in error.field_errors),
                messages=error.messages,
            )  # fmt: skip
        case _:
            complete = error.status in {500, 503} and getattr(error, "complete", False)
            sentence = "It was sent, but Rootly gave no clear answer. We look for it there first."
            return Outcome(Next.LOOK, name, sentence, error.status, patience=1 if complete else 0)


def words(error: errors.Misconfigured | errors.Rejected) -> str:
    """Rootly's own words about a refusal, else ours."""
    said = list(error.messages)
    if isinstance(error, errors.Rejected):
        said = [item.message for item in error.field_errors] + said
    return " ".join(said) or str(error)


def _judge_misconfigured(error: errors.Misconfigured, name: str) -> Outcome:
    if error.status == 403:
        sentence = "Rootly does not let the portal create this incident. Your admins are told."
        return Outcome(Next.FORBIDDEN, name, sentence, 403, messages=error.messages)
    if error.status == 401:
        sentence = "Rootly no longer accepts the portal's token. Your admins are told."
    else:
        sentence = "The portal's connection to Rootly is not set up right. Your admins are told."
    return Outcome(Next.HOLD, name, sentence, error.status)
