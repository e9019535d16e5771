"""`/operations/configuration/`: what is amiss in Rootly's configuration, and what of the presets no
longer fits it, each with where to mend it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidentportal.catalog import connection
from incidentportal.catalog.current import current
from incidentportal.portal.operations import admins_only
from incidentportal.presets.drift import current_findings
from incidentportal.presets.fit import GROUP_DEFAULT, PRESET, SITE_DEFAULT, Finding
from incidentportal.presets.models import GroupDefault, Preset, SiteDefault
from incidentportal.presets.remarks import remarks


@dataclass(frozen=True, slots=True)
class Line:
    """One thing. `address` is the page in the admin site where it is mended; blank: in Rootly."""

    kind: str
    sentence: str
    remedy: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with what stands under it; `none` where there is nothing."""

    slug: str
    title: str
    lines: tuple[Line, ...]
    none: str


def count() -> int:
    """How many things there are to say."""
    return len(remarks()) + len(current_findings())


@never_cache
@admins_only
@require_safe
def configuration(request: HttpRequest) -> HttpResponse:
    """All of it, on one page."""
    catalog = current()
    context = {
        "parts": parts(),
        "is_fetched": catalog is not None,
        "fetched_at": catalog.fetched_at if catalog else None,
    }
    return render(request, "portal/configuration.html", context)


def parts() -> tuple[Part, ...]:
    """What is broken first; names that changed last."""
    found = current_findings()
    addresses = _addresses(found)
    broken = _lines((one for one in found if not one.is_harmless), addresses)
    renamed = _lines((one for one in found if one.is_harmless), addresses)
    flaws = tuple(Line(one.kind, one.sentence, one.remedy) for one in remarks())
    shown = [
        Part("presets", "Presets and defaults", broken, "All of them fit Rootly’s forms."),
        Part("rootly", "In Rootly", flaws, "Nothing is amiss."),
    ]
    if renamed:
        shown.append(Part("renamed", "Called otherwise now", renamed, ""))
    return tuple(shown)


def _lines(found: Iterable[Finding], addresses: dict[tuple[str, str], str]) -> tuple[Line, ...]:
    return tuple(
        Line(one.kind, one.told, one.remedy, addresses.get((one.what, one.key), ""))
        for one in found
    )


def _addresses(found: Iterable[Finding]) -> dict[tuple[str, str], str]:
    """Where each preset or default is edited, by what it is and its key."""
    wanted = {one.what for one in found}
    addresses = {}
    for what, model in (
        (PRESET, Preset), (SITE_DEFAULT, SiteDefault), (GROUP_DEFAULT, GroupDefault)
    ):  # fmt: skip
        if what in wanted:
            for row in model._default_manager.filter(upstream=connection.upstream()):
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
                addresses[what, row.key] = reverse(name, args=[row.pk])
    return addresses
