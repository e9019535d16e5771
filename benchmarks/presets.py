"""What 50 presets, each with wording of its own, add to the form page.

Runs in a fresh process (`inside.alone`), since Django is set up once in one.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import Any

import django

from benchmarks.browser import FORM
from benchmarks.timing import medians

PRESETS = 50
LANGUAGES = ("fr", "de", "es")


def costs(environment: dict[str, str], times: int) -> dict[str, float]:
    """Milliseconds of a processor for the form page, view and template: without presets (`none`),
    with 50 of them (`full`), and opened from one of these (`preset`); and for a `look` at the
    database for whether any is newer, which each process takes every 2 seconds.

    Each page asks for the person's groups and permissions anew, as a request does.
    """
    os.environ |= environment
    django.setup()
    # Models can be imported once Django is set up, not before.
    from django.test import RequestFactory  # noqa: PLC0415  # as above

    from incidentportal.accounts.models import User  # noqa: PLC0415  # as above
    from incidentportal.catalog import connection  # noqa: PLC0415  # as above
    from incidentportal.declarations.views import new  # noqa: PLC0415  # as above
    from incidentportal.presets import current  # noqa: PLC0415  # as above

    person = User.objects.get()
    requests, upstream = RequestFactory(SERVER_NAME="127.0.0.1"), connection.upstream()

    def page(keeper: Any, address: str) -> None:
        current._keeper = keeper
        person.__dict__.pop("_portal_knows", None)
        request = requests.get(address)
        request.user = person
        assert new(request).status_code == 200

    nobody = _kept(upstream)
    _make(upstream)
    fifty = _kept(upstream)
    assert len(fifty.rows(upstream).presets) == PRESETS
    none, full, preset, looked = medians(
        times,
        lambda: page(nobody, FORM),
        lambda: page(fifty, FORM),
        lambda: page(fifty, f"{FORM}?preset=preset-7"),
        _looking(upstream),
        clock=time.thread_time,
    )
    return {"none": none, "full": full, "preset": preset, "look": looked}


def _looking(upstream: str) -> Callable[[], None]:
    """A look that finds nothing new."""
    from incidentportal.presets import current  # noqa: PLC0415  # Django is set up by now

    keeper = current._Keeper()
    keeper.rows(upstream)

    def look() -> None:
        keeper.look_at_once()
        keeper.rows(upstream)

    return look


def _kept(upstream: str) -> Any:
    """What the process keeps of the presets of now, never to be looked for again."""
    from incidentportal.presets import current  # noqa: PLC0415  # Django is set up by now

    current.forget()
    keeper = current._keeper
    keeper.rows(upstream)
    keeper._look_at = math.inf
    return keeper


def _make(upstream: str) -> None:
    from incidentportal.catalog.current import current  # noqa: PLC0415  # Django is set up by now
    from incidentportal.presets import history  # noqa: PLC0415  # as above
    from incidentportal.presets.content import (  # noqa: PLC0415  # as above
        Content,
        FieldWording,
        Setting,
        Wording,
    )
    from incidentportal.presets.forms import forms_of  # noqa: PLC0415  # as above
    from incidentportal.presets.models import Preset  # noqa: PLC0415  # as above

    catalog = current()
    assert catalog is not None
    fields = list(forms_of(catalog).by_name.values())
    for number in range(PRESETS):
        settings = {
            field.name: Setting(
                was=field.label, label=f"{field.label} {number}", help=f"Help of {number}",
                order=place if place < 5 else None, folded=place > 40,
                wording={code: FieldWording(f"{field.label} {code}") for code in LANGUAGES},
            )
            for place, field in enumerate(fields)
        }  # fmt: skip
        row = Preset(upstream=upstream)
        row.take(
            Content(
                slug=f"preset-{number}", name=f"Preset {number}", description="When it is slow",
                audience=("reporter",) if number % 2 else (), position=number, fields=settings,
                wording={code: Wording(f"{code} {number}", "…") for code in LANGUAGES},
            )
        )  # fmt: skip
        history.save(row, None)
