"""Faults on demand: what goes wrong, for which requests, how many times."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, fields, replace
from typing import Any

from incidentportal.sandbox.errors import ApiError, Problem, refusal
from incidentportal.sandbox.messages import Answer, Dialect, DropConnectionError

BEFORE = ("status", "rate_limit", "validation", "redirect", "drop_before", "hang", "latency")
AFTER = ("status_after", "drop_after", "hang_after", "malformed", "truncated", "huge")
STYLES = ("retry_after", "ratelimit", "x_ratelimit", "none")
HUGE = 9 * 1024 * 1024


@dataclass
class Fault:
    """One fault. `times` None is for ever; `skip` lets that many matching requests pass first.

    `method` and `path` (a regular expression, searched in the whole path) choose the requests.
    `status`, `body` (text, or JSON), `content_type` and `headers` are for `status`,
    `status_after` and `redirect`; `seconds` for `hang`, `hang_after`, `latency`, `rate_limit`;
    `style` (`retry_after`, `ratelimit`, `x_ratelimit`, `none`) for `rate_limit`; `errors`
    (attribute to messages) and `shape` for `validation`; `reset` has a dropped
    connection reset.
    """

    kind: str
    method: str | None = None
    path: str = ""
    times: int | None = 1
    skip: int = 0
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = ""
    content_type: str = "application/json"
    seconds: float = 1.0
    style: str = "retry_after"
    errors: dict[str, list[str]] = field(default_factory=dict)
    shape: str = "auto"
    reset: bool = False

    @classmethod
    def read(cls, given: object) -> Fault:
        """A fault from JSON. Raises ValueError naming what is wrong."""
        if not isinstance(given, dict):
            raise ValueError("a fault is an object")  # noqa: TRY004 - all that is wrong is a 400
        unknown = set(given) - {each.name for each in fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        if given.get("kind") not in BEFORE + AFTER:
            raise ValueError(f"kind is one of {', '.join(BEFORE + AFTER)}")
        fault = cls(**given)
        if fault.style not in STYLES:
            raise ValueError(f"style is one of {', '.join(STYLES)}")
        for each in fields(cls):
            if each.name not in {"body", "times", "method"}:
                _expect(each.name, getattr(fault, each.name), each.type)
        try:
            re.compile(fault.path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        return fault

    def takes(self, method: str, path: str) -> bool:
        """Whether a request is one of its own."""
        return self.method in {None, method} and re.search(self.path, path) is not None

    def answer(self, dialect: Dialect, now: float) -> Answer | None:
        """What it answers before any work; None lets the work begin. May drop the connection."""
        if self.kind == "drop_before":
            raise DropConnectionError(reset=self.reset)
        if self.kind == "status":
            return self._stated()
        if self.kind == "redirect":
            status = self.status if 300 <= self.status < 400 else 302
            return Answer(status, headers={"Location": "/elsewhere", **self.headers})
        if self.kind == "rate_limit":
            return self._limited(now)
        if self.kind == "validation":
            problems = [Problem(name, each) for name, all_ in self.errors.items() for each in all_]
            return refusal(ApiError(422, problems), dialect, self.shape)
        return None

    def spoil(self, answer: Answer) -> Answer:
        """What becomes of the answer once the work is done. May drop the connection."""
        if self.kind == "drop_after":
            raise DropConnectionError(reset=self.reset)
        if self.kind == "status_after":
            return self._stated()
        if self.kind == "malformed":
            return replace(answer, body=answer.body[: len(answer.body) // 2] + b"<oops>")
        if self.kind == "truncated":
            return replace(answer, cut=len(answer.body) // 2)
        if self.kind == "huge":
            return replace(answer, body=answer.body + b" " * HUGE)
        return answer

    def _stated(self) -> Answer:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return Answer(self.status, text.encode(), self.content_type, self.headers)

    def _limited(self, now: float) -> Answer:
        seconds = str(round(self.seconds))
        styles = {
            "retry_after": {"Retry-After": seconds},
            "ratelimit": {
                "RateLimit-Limit": "3000",
                "RateLimit-Remaining": "0",
                "RateLimit-Reset": seconds,
            },
            "x_ratelimit": {
                "X-RateLimit-Limit": "3000",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(round(now + self.seconds)),
            },
            "none": {},
        }
        body = b'{"error":"Too many requests. Please retry later."}'
        return Answer(429, body, headers={**styles[self.style], **self.headers})


def _expect(name: str, value: object, kind: object) -> None:
    kinds = {"str": str, "int": int, "float": int | float, "bool": bool}
    if not isinstance(value, kinds.get(str(kind), dict)):
        raise ValueError(f"{name} is a {kind}")  # noqa: TRY004 - all that is wrong is a 400


class Faults:
    """The faults that are waiting. Not locked: the state's lock is held around it."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults that a request meets, each counted down."""
        met = []
        for fault in list(self.waiting):
            if not fault.takes(method, path):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
            met.append(fault)
            if fault.kind != "latency":
                break
        return met


def clock(offset: float) -> float:
    """The server's own time, in epoch seconds."""
    return time.time() + offset
