"""Where the portal can't even begin: its settings don't load, or a library is missing.

`manage.py` asks here before Django has its say, so that `doctor` answers then too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from incidentportal.portal.doctor.findings import Finding, error
from incidentportal.portal.doctor.report import as_json, as_text

ID = "settings.start"


def trouble() -> Finding | None:
    """What keeps the portal from loading; None: it loads."""
    try:
        import django  # noqa: PLC0415  # it may be what is missing

        django.setup()
    except Exception as failure:  # noqa: BLE001  # whatever it is, doctor says so
        return _said(failure)
    return None


def tell(found: Finding, arguments: Sequence[str]) -> int:
    """Print it as `doctor` with these arguments would; its exit status."""
    text = as_json([found]) if "--json" in arguments else as_text([found], sys.stdout.encoding)
    sys.stdout.write(text + "\n")
    return 1


def _said(failure: Exception) -> Finding:
    """In words that hold nothing of a setting's value."""
    if isinstance(failure, ImportError):
        name = failure.name or "a library"
        return error(ID, f"The portal does not load: {name} is missing.", "Run: make setup")
    if isinstance(failure, OSError) and failure.filename:
        why = f"{failure.filename} can't be read ({failure.strerror})"
        return error(ID, f"The portal does not load: {why}.", "Let its user read that file.")
    if isinstance(failure, UnicodeDecodeError):
        why = "a file of settings, such as .env, is not UTF-8 text"
        return error(ID, f"The portal does not load: {why}.", "Save .env as UTF-8 text.")
    return error(
        ID,
        f"The portal does not load ({type(failure).__name__}).",
        "Correct the environment or .env; manage.py check shows the whole error.",
    )
