"""What the portal knows of Rootly's configuration: how old it is, and whether there is a form."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone

from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog, current, sync_state
from incidentportal.catalog.models import SyncState
from incidentportal.portal.doctor.findings import Finding, error, ok, skipped, warning
from incidentportal.presets.drift import current_findings

LATE = 3
"""Intervals without a good sync after which the picture is old."""
LEAST_LATE = 900.0
ALL_OF_IT = "/operations/configuration/ lists all of it."
SYNC = "Run: manage.py sync_catalog, which says what is wrong."


def examine() -> Iterator[Finding]:
    """The snapshot in use, the last sync, and the form."""
    if not connection.upstream():
        yield skipped("catalog.snapshot", "No Rootly is set: there is nothing to fetch.")
        return
    state, catalog = sync_state(), current()
    if catalog is None:
        said = "Rootly's configuration has not been fetched yet: there is no form to show."
        yield error("catalog.snapshot", said, SYNC)
    else:
        yield _age(state)
    if state is not None and state.error:
        said = f"Rootly's configuration could not be fetched: {state.error}"
        yield error("catalog.sync", said, SYNC)
    elif state is not None:
        yield ok("catalog.sync", "The last sync went well.")
    if catalog is not None:
        yield from _problems(catalog)
        yield from _drifted()
        yield _form(catalog, state)


def _age(state: SyncState | None) -> Finding:
    good_at = state.good_at if state else None
    if good_at is None:
        said = "It is not known when Rootly's configuration was last fetched."
        return warning("catalog.snapshot", said, SYNC)
    age = (timezone.now() - good_at).total_seconds()
    said = f"Rootly's configuration was last fetched {_span(age)} ago."
    if age > max(LATE * settings.SYNC_INTERVAL, LEAST_LATE):
        remedy = "See that a worker runs (manage.py worker), or run manage.py sync_catalog."
        return warning("catalog.snapshot", said, remedy)
    return ok("catalog.snapshot", said)


def _span(seconds: float) -> str:
    minutes = round(max(seconds, 0) / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 72 else f"{round(hours / 24)} days"


def _problems(catalog: Catalog) -> Iterator[Finding]:
    if not catalog.problems:
        return
    count = len(catalog.problems)
    more = f", and {count - 1} more" if count > 1 else ""
    first = catalog.problems[0].sentence
    said = f"Something in Rootly's configuration can't be used{more}: {first}"
    yield warning("catalog.problems", said, f"Mend it in Rootly. {ALL_OF_IT}")


def _drifted() -> Iterator[Finding]:
    """Presets and defaults that no longer fit."""
    broken = [one for one in current_findings() if not one.is_harmless]
    if broken:
        more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
        said = f"A preset or default no longer fits Rootly's forms{more}: {broken[0].told}"
        yield warning("catalog.presets", said, f"{broken[0].remedy} {ALL_OF_IT}")


def _form(catalog: Catalog, state: SyncState | None) -> Finding:
    """Whether anything stands on the form that is used."""
    form, picture = settings.ROOTLY_FORM, catalog.picture
    if state is not None and state.form not in {"", form}:
        said = f"ROOTLY_FORM is {form} now, and the conditions of {state.form} were fetched."
        return warning("catalog.form", said, "Run: manage.py sync_catalog")
    placed = {each.form_field_id for each in picture.placements if each.form == form}
    if placed:
        sets = len(picture.form_sets)
        return ok(
            "catalog.form",
            f"The form {form} has {len(placed)} fields, in {sets} form set{'s' * (sets != 1)}.",
        )
    forms = sorted({each.form for each in picture.placements if each.form})
    if forms:
        said = f"No field is placed on the form {form}; Rootly has {', '.join(forms)}."
        return error("catalog.form", said, f"Set ROOTLY_FORM, for example to {forms[0]}.")
    shown = [each for each in picture.form_fields if each.enabled and form in each.shown]
    if shown:
        said = f"Rootly places no field; {len(shown)} say themselves that they are on {form}."
        return ok("catalog.form", said)
    said = f"No form field says that it is on {form}: those that name no form are shown."
    return warning("catalog.form", said, "Place fields on the form in Rootly, or set ROOTLY_FORM.")
