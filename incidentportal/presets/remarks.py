"""What admins should know of Rootly's configuration as the portal reads it."""

from __future__ import annotations

from django.conf import settings

from incidentportal.catalog.current import Catalog, current
from incidentportal.formengine.lint import Flaw, flaws, lint
from incidentportal.presets.forms import forms_of


def remarks() -> tuple[Flaw, ...]:
    """What could not be fetched, what the form shows otherwise than Rootly says, and what can't
    work as it was meant, each with where to mend it: lists that were refused, unknown kinds, rules
    that nobody can judge or meet. Empty where all is well, and while there is no picture yet.
    """
    catalog = current()
    if catalog is None:
        return ()
    return catalog.cached(("lint", settings.ROOTLY_FORM), _lint)


def _lint(catalog: Catalog) -> tuple[Flaw, ...]:
    return (*flaws(catalog.problems), *lint(catalog.picture, forms_of(catalog)))
