"""Findings as people and programs read them. Needs neither Django nor a setting."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from incidentportal.portal.doctor.findings import Finding, Status

TITLES = {
    "settings": "Settings",
    "web": "The web",
    "static": "Static files",
    "database": "Database",
    "keys": "Keys",
    "accounts": "Accounts",
    "rootly": "Rootly",
    "catalog": "Rootly's configuration",
    "delivery": "Delivery",
    "cache": "Cache",
    "mail": "Mail",
}
"""Each subject's heading, in the order in which they stand."""

MARKS = {
    Status.OK: ("✔", "ok"),
    Status.WARNING: ("▲", "warning"),
    Status.ERROR: ("✖", "error"),
    Status.NOT_TESTED: ("?", "not tested"),
    Status.SKIPPED: ("–", "skipped"),
}
"""A symbol and a word for each status: colour says nothing by itself."""
WIDTH = 100


def grouped(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Heading and findings of each subject that has any."""
    by_subject: dict[str, list[Finding]] = {}
    for each in findings:
        by_subject.setdefault(each.subject, []).append(each)
    order = [*TITLES, *(name for name in by_subject if name not in TITLES)]
    return [(TITLES.get(name, name), by_subject[name]) for name in order if name in by_subject]


def summary(findings: Sequence[Finding]) -> str:
    """One line: how many of each status."""
    counts = Counter(each.status for each in findings)
    words = {
        Status.ERROR: "error" if counts[Status.ERROR] == 1 else "errors",
        Status.WARNING: "warning" if counts[Status.WARNING] == 1 else "warnings",
        Status.OK: "fine",
        Status.NOT_TESTED: "not tested",
        Status.SKIPPED: "skipped",
    }
    said = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    return ", ".join(said) + "."


def as_json(findings: Iterable[Finding]) -> str:
    """`{"findings": [{"id", "status", "message", "remedy"}]}`, in ASCII."""
    rows = [
        {"id": each.id, "status": each.status.value, "message": each.message, "remedy": each.remedy}
        for each in findings
    ]
    return json.dumps({"findings": rows}, indent=2)


def as_text(findings: Sequence[Finding], encoding: str | None = None) -> str:
    """For a terminal; what its encoding doesn't have is written as a question mark."""
    lines: list[str] = []
    for title, rows in grouped(findings):
        lines += [title, *(line for each in rows for line in _lines(each)), ""]
    text = "\n".join([*lines, summary(findings)])
    encoding = encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _lines(finding: Finding) -> list[str]:
    symbol, word = MARKS[finding.status]
    before = f"  {symbol} {word + ':':<12}"
    lines = textwrap.wrap(
        finding.message, WIDTH, initial_indent=before, subsequent_indent=" " * len(before),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    if finding.remedy:
        # In one piece: a command is to be copied from it.
        lines.append(f"{' ' * len(before)}→ {finding.remedy}")
    return lines
