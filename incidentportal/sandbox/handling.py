"""From a request to an answer: faults, limits, the API, the control address, the pages."""

from __future__ import annotations

import time
from contextlib import contextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import control, pages, routes
from incidentportal.sandbox.faults import AFTER, clock
from incidentportal.sandbox.messages import (
    PREFIXES,
    Answer,
    Dialect,
    DropConnectionError,
    Request,
)
from incidentportal.sandbox.state import Context, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incidentportal.sandbox.faults import Fault


def handle(state: State, request: Request) -> Answer:
    """Answer a request. Raises DropConnectionError where no answer is to be sent."""
    for prefix, dialect in PREFIXES.items():
        if request.path.startswith(prefix):
            return _api(state, request, prefix, dialect)
    if request.path.startswith("/_control/"):
        return control.answer(state, request)
    return pages.answer(state, request)


@contextmanager
def _recorded(state: State, request: Request) -> Iterator[dict[str, Any]]:
    """Keep a request, with its status once there is one, and how many were under way with it."""
    entry = {
        "method": request.method,
        "path": request.path,
        "query": list(request.query),
        "headers": dict(request.headers),
        "body": request.body.decode("utf-8", "replace"),
        "status": None,
        "at": time.time(),
    }
    with state.lock:
        state.busy += 1
        entry["under_way"] = state.busy
        state.requests.append(entry)
    try:
        yield entry
    finally:
        with state.lock:
            state.busy -= 1


def _api(state: State, request: Request, prefix: str, dialect: Dialect) -> Answer:
    with _recorded(state, request) as entry:
        with state.lock:
            faults = state.faults.take(request.method, request.path)
        _wait(state, state.switches.latency_ms / 1000)
        answer = _early(state, request, faults, dialect)
        if answer is None:
            context = Context(state, dialect)
            answer = routes.answer(context, request, request.path.removeprefix(prefix))
            for fault in faults:
                if fault.kind in AFTER:
                    _wait(state, fault.seconds if fault.kind == "hang_after" else 0)
                    answer = fault.spoil(answer)
        entry["status"] = answer.status
        return answer.with_headers(
            {"Date": formatdate(_now(state), usegmt=True), **rate_headers(state)}
        )


def _early(state: State, request: Request, faults: list[Fault], dialect: Dialect) -> Answer | None:
    """What is answered before any work: a fault, or the rate limit. None lets the work begin."""
    left = state.remaining(request.method)
    for fault in faults:
        if fault.kind in {"hang", "latency"}:
            _wait(state, fault.seconds)
        answer = fault.answer(dialect, _now(state))
        if answer is not None:
            return answer
    if state.switches.enforce_rate_limit and left < 0:
        return Answer(429, b'{"error":"Too many requests"}', headers={"Retry-After": "1"})
    return None


def rate_headers(state: State) -> dict[str, str]:
    """The headers that say how much of the minute's allowance is left."""
    most = int(state.switches.rate_limit)
    used = max(len(each) for each in state.recent.values())
    return {
        "X-RateLimit-Limit": str(most),
        "X-RateLimit-Remaining": str(max(0, most - used)),
        "X-RateLimit-Reset": str(round(_now(state)) + 60),
    }


def _now(state: State) -> float:
    return clock(state.switches.clock_offset_s)


def _wait(state: State, seconds: float) -> None:
    """Wait; whoever waits while the sandbox is reset does no work in the time after."""
    if seconds and not state.pause(seconds):
        raise DropConnectionError
