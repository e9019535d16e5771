"""The cache: whether it keeps what it is given, and whether it is shared where it has to be."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache

from incidentportal.declarations import beats
from incidentportal.portal.doctor.findings import Finding, error, ok, warning


def keeps() -> Iterator[Finding]:
    """Put something there and read it back."""
    name, value = f"doctor:{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(name, value, 30)
    found = cache.get(name)
    cache.delete(name)
    if found == value:
        where = "Redis" if _is_shared() else "this process's memory"
        yield ok("cache.keeps", f"The cache ({where}) keeps what it is given.")
    else:
        said = (
            "The cache does not answer: failed sign-ins and too many declarations aren't counted."
        )
        yield error("cache.keeps", said, "Start Redis, or correct its address in CACHE_URL.")


def shared() -> Iterator[Finding]:
    """Whether several processes count together."""
    if _is_shared():
        yield ok("cache.shared", "All processes share one cache.")
        return
    own = "Each process counts failed sign-ins and declarations by itself"
    remedy = "Set CACHE_URL=redis://…, so that all processes count together."
    if len(beats.alive()) > 1:
        yield warning("cache.shared", f"{own}, and several run here.", remedy)
    else:
        said = f"{own}: right for one web process. With more of them set CACHE_URL=redis://…"
        yield ok("cache.shared", said)


def _is_shared() -> bool:
    return bool(settings.CACHES["default"].get("LOCATION"))
