"""The fault matrix as data: what each fault does to a first attempt, and how it ends."""

from __future__ import annotations

from typing import Any

from incidentportal.declarations.states import State
from tests.support.matrix import FORBIDDEN, SETUP, SLOW, TOKEN, UNCLEAR, UNREACHED, Case

LONG = 60.0
"""Seconds: longer than anybody waits."""


def unanswered(name: str, kind: str, status: int | None = None, /, **fault: Any) -> Case:
    """Rootly made the incident, and its answer was lost: the look finds it, nothing is sent."""
    return Case(
        f"made-{name}", {"kind": kind, **fault}, "OutcomeUnknown", status,
        is_open=True, next="look", says=UNCLEAR, upstream=1, keys=("",),
    )  # fmt: skip


def unreadable(name: str, kind: str, status: int | None, /, **fault: Any) -> Case:
    """Rootly made the incident, and its answer can't be read."""
    return Case(
        f"made-{name}", {"kind": kind, **fault}, "Unreadable", status,
        is_open=True, next="look", says=UNCLEAR, upstream=1, keys=("",),
    )  # fmt: skip


def unmade(name: str, kind: str, status: int | None = None, /, **fault: Any) -> Case:
    """Rootly made nothing, and nobody knows: sent again after two looks, with the same key."""
    return Case(
        f"not-made-{name}", {"kind": kind, **fault}, "OutcomeUnknown", status,
        is_open=True, next="look", says=UNCLEAR, upstream=0, keys=("", ""),
    )  # fmt: skip


def pretended(name: str, status: int, **fault: Any) -> Case:
    """Somebody answered with success in Rootly's place."""
    return Case(
        f"not-made-{name}", {"kind": "status", "status": status, **fault}, "Unreadable", status,
        is_open=True, next="look", says=UNCLEAR, upstream=0, keys=("", ""),
    )  # fmt: skip


def slowed(style: str) -> Case:
    """Too many calls: sent again when Rootly allows it."""
    fault = {"kind": "rate_limit", "style": style, "seconds": 7}
    return Case(
        f"429-{style}", fault, "RateLimited", 429,
        is_open=False, next="wait", says=SLOW, upstream=0, keys=("", ""),
    )  # fmt: skip


def holding(name: str, status: int, says: str, kind: str = "status") -> Case:
    """The connection is not set up right: the queue is held, and goes on once it is mended."""
    return Case(
        f"held-{name}", {"kind": kind, "status": status}, "Misconfigured", status,
        is_open=False, next="hold", says=says, upstream=0, keys=("", ""), held=True,
    )  # fmt: skip


def refused(name: str, status: int, says: str, /, **fault: Any) -> Case:
    """Rootly refuses what was sent: back to its author, word for word; a correction is new."""
    return Case(
        f"refused-{name}", {"kind": "status", "status": status, **fault}, "Rejected", status,
        is_open=False, next="return", says=says, upstream=0, keys=("",),
        finally_=State.REJECTED, incidents=0,
    )  # fmt: skip


HTML = {"content_type": "text/html", "body": "<h1>Please sign in</h1>"}
NO_ID = {"body": {"data": {"type": "incidents", "attributes": {"title": "Checkout is slow"}}}}
VAGUE = {"kind": "validation", "errors": {"title": ["is too vague"]}}
TITLE = {"errors": [{"title": "Incident type is not for you", "status": "400"}]}

NOT_SENT = [
    Case(
        "refused-connection", {"kind": "down"}, "NotSent", None,
        is_open=False, next="retry", says=UNREACHED, upstream=0, keys=("",),
    ),
    Case(
        "connect-timeout", {"kind": "down", "silent": True}, "NotSent", None,
        is_open=False, next="retry", says=UNREACHED, upstream=0, keys=("",),
    ),
]  # fmt: skip

MADE = [
    unanswered("dropped", "drop_after"),
    unanswered("reset", "drop_after", reset=True),
    unanswered("hangs", "hang_after", seconds=LONG),
    unanswered("truncated", "truncated", 201),
    unreadable("malformed", "malformed", 201),
    unreadable("huge", "huge", 201),
    unreadable("201-empty", "status_after", 201, status=201),
    unreadable("201-null", "status_after", 201, status=201, body="null"),
    unreadable("201-list", "status_after", 201, status=201, body=[]),
    unreadable("201-no-id", "status_after", 201, status=201, **NO_ID),
    unreadable("201-html", "status_after", 201, status=201, **HTML),
    unreadable("202-empty", "status_after", 202, status=202),
    unanswered("500", "status_after", 500, status=500, body={"error": "x"}),
    unanswered("500-html", "status_after", 500, status=500, **HTML),
    unanswered("502", "status_after", 502, status=502),
    unanswered("503", "status_after", 503, status=503),
    unanswered("504", "status_after", 504, status=504),
    unanswered("520", "status_after", 520, status=520),
    unanswered("408", "status_after", 408, status=408),
    unanswered("409", "status_after", 409, status=409),
]

UNMADE = [
    unmade("dropped", "drop_before"),
    unmade("reset", "drop_before", reset=True),
    unmade("hangs", "hang", seconds=LONG),
    unmade("500", "status", 500, status=500),
    unmade("501", "status", 501, status=501),
    unmade("502", "status", 502, status=502, **HTML),
    unmade("503", "status", 503, status=503, headers={"Retry-After": "3"}),
    unmade("504", "status", 504, status=504),
    unmade("408", "status", 408, status=408),
    unmade("409", "status", 409, status=409),
    pretended("200-html", 200, **HTML),
    pretended("201-no-id", 201, **NO_ID),
    pretended("201-empty", 201),
]

WAITING = [slowed(style) for style in ("retry_after", "ratelimit", "x_ratelimit", "none")]

HELD = [
    holding("401", 401, TOKEN),
    holding("404", 404, SETUP),
    holding("405", 405, SETUP),
    holding("406", 406, SETUP),
    holding("415", 415, SETUP),
    holding("301", 301, SETUP, "redirect"),
    holding("302", 302, SETUP, "redirect"),
    holding("307", 307, SETUP, "redirect"),
    Case(
        "held-token-revoked", {}, "Misconfigured", 401,
        is_open=False, next="hold", says=TOKEN, upstream=0, keys=("", ""), held=True,
        switches={"token": "another"},
    ),
]  # fmt: skip

FORBIDDEN_ONCE = [
    Case(
        "403", {"kind": "status", "status": 403}, "Misconfigured", 403,
        is_open=False, next="forbidden", says=FORBIDDEN, upstream=0, keys=("", ""),
    ),
    Case(
        "403-read-only-token", {}, "Misconfigured", 403,
        is_open=False, next="forbidden", says=FORBIDDEN, upstream=0, keys=("", ""),
        switches={"read_only_token": True},
    ),
]  # fmt: skip

REFUSED = [
    refused("422-A", 422, "is too vague", shape="A", **VAGUE),
    refused("422-B", 422, "is too vague", shape="B", **VAGUE),
    refused("422-C", 422, "is too vague", shape="C", **VAGUE),
    refused("422-pointer", 422, "is too vague", shape="pointer", **VAGUE),
    refused("422-empty", 422, "without saying why"),
    refused("422-html", 422, "without saying why", **HTML),
    refused("400", 400, "Incident type is not for you", body=TITLE),
    refused("410", 410, "without saying why"),
    refused("413", 413, "Too much", body="Too much", content_type="text/plain"),
    refused("418", 418, "a teapot", body={"error": "I am a teapot"}),
]

CASES = [*NOT_SENT, *MADE, *UNMADE, *WAITING, *HELD, *FORBIDDEN_ONCE, *REFUSED]
