"""What doctor finds: plain data, in plain words. Needs neither Django nor a setting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a finding stands. Only an error makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    NOT_TESTED = "not_tested"
    """Nobody knows yet: it would have to be tried, or happens with the first declarations."""
    SKIPPED = "skipped"
    """Something that it needs is amiss, or it doesn't apply here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`id` is stable, `subject.detail`; `remedy` is the step that mends it, blank where there is
    nothing to mend.
    """

    id: str
    status: Status
    message: str
    remedy: str = ""

    @property
    def subject(self) -> str:
        """What it is about: the id's first part."""
        return self.id.partition(".")[0]


def ok(id_: str, message: str) -> Finding:
    """All is well."""
    return Finding(id_, Status.OK, message)


def warning(id_: str, message: str, remedy: str) -> Finding:
    """The portal works, but less well or less safely than it could."""
    return Finding(id_, Status.WARNING, message, remedy)


def error(id_: str, message: str, remedy: str) -> Finding:
    """Something doesn't work."""
    return Finding(id_, Status.ERROR, message, remedy)


def not_tested(id_: str, message: str, remedy: str = "") -> Finding:
    """Not known."""
    return Finding(id_, Status.NOT_TESTED, message, remedy)


def skipped(id_: str, message: str, remedy: str = "") -> Finding:
    """Not looked at."""
    return Finding(id_, Status.SKIPPED, message, remedy)


def has_failed(findings: Iterable[Finding]) -> bool:
    """Whether any is an error."""
    return any(each.status is Status.ERROR for each in findings)
