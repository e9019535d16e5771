"""`/operations/doctor/`: what `manage.py doctor` says, for admins and from here."""

from __future__ import annotations

import threading
from typing import TypedDict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidentportal.portal.doctor.examination import examine
from incidentportal.portal.doctor.findings import Finding, Status
from incidentportal.portal.doctor.report import MARKS, grouped, summary
from incidentportal.portal.operations import admins_only

_at_it = threading.Lock()
"""One at a time in a process: each asks Rootly two dozen things and holds a thread meanwhile."""

_WORST = (Status.ERROR, Status.WARNING)


class Line(TypedDict):
    """A finding as the page shows it: `symbol` and `word` say its status."""

    finding: Finding
    symbol: str
    word: str


class Page(TypedDict):
    """`is_done`: it was checked just now. `is_busy`: somebody else is having it checked."""

    groups: list[tuple[str, list[Line]]]
    summary: str
    is_done: bool
    is_busy: bool


@never_cache
@admins_only
@require_http_methods(["GET", "HEAD", "POST"])
def doctor(request: HttpRequest) -> HttpResponse:
    """Offers the check; a POST has it done, which reads from Rootly and writes nothing there."""
    shown: Page = {"groups": [], "summary": "", "is_done": False, "is_busy": False}
    if request.method == "POST":
        if _at_it.acquire(blocking=False):
            try:
                shown = _shown(examine())
            finally:
                _at_it.release()
        else:
            shown["is_busy"] = True
    return render(request, "portal/doctor.html", dict(shown))


def _shown(findings: list[Finding]) -> Page:
    """What is to be mended stands above: the worst first, of subjects and within each."""
    by_subject = [(title, sorted(rows, key=_rank)) for title, rows in grouped(findings)]
    by_subject.sort(key=lambda group: _rank(group[1][0]))
    groups = [(title, [_line(each) for each in rows]) for title, rows in by_subject]
    return {"groups": groups, "summary": summary(findings), "is_done": True, "is_busy": False}


def _rank(finding: Finding) -> int:
    return _WORST.index(finding.status) if finding.status in _WORST else len(_WORST)


def _line(finding: Finding) -> Line:
    symbol, word = MARKS[finding.status]
    return {"finding": finding, "symbol": symbol, "word": word}
