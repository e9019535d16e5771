"""Whether pages will find their style sheets and scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from incidentportal.portal.doctor.findings import Finding, error, ok

MANIFEST = "staticfiles.json"
REMEDY = "Run: manage.py collectstatic --noinput (make setup does so too)"


def collected() -> Iterator[Finding]:
    """Whether everything under `static/` was collected."""
    try:
        text = (Path(settings.STATIC_ROOT) / MANIFEST).read_text(encoding="utf-8")
        known = set(json.loads(text)["paths"])
    except (OSError, ValueError, KeyError, TypeError):
        said = "Static files are not collected: no page can be shown."
        yield error("static.collected", said, REMEDY)
        return
    missing = sorted(_own() - known)
    if missing:
        said = f"Static files were collected before this version; {missing[0]} is not among them."
        yield error("static.collected", said, REMEDY)
    else:
        yield ok("static.collected", "Static files are collected.")


def _own() -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for folder in map(Path, settings.STATICFILES_DIRS)
        for path in folder.rglob("*")
        if path.is_file()
    }
