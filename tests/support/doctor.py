"""What doctor finds, for tests to look up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from incidentportal.portal.doctor.findings import Finding
from tests.support.browser import environment
from tests.support.processes import MARK

Check = Callable[[], Iterable[Finding]]


def by_id(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Findings by their ids, each of which stands once."""
    rows = list(findings)
    found = {each.id: each for each in rows}
    assert len(found) == len(rows), [each.id for each in rows]
    for each in rows:
        assert each.message, each
        assert each.remedy or each.status.value not in {"warning", "error"}, each
    return found


def one(check: Check, id_: str) -> tuple[str, str, str]:
    """Status, message and remedy of one finding of a check."""
    finding = by_id(check())[id_]
    return finding.status.value, finding.message, finding.remedy


def clean(folder: Path) -> dict[str, str]:
    """An environment in which nothing is set, not even a secret."""
    return {
        **environment(folder / "portal.sqlite3"),
        "SECRET_KEY": "",
        "HTTPS_ONLY": "",
        "DATABASE_URL": "",
        MARK: str(folder),
    }
