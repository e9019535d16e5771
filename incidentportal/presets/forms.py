"""The forms of a catalog, made once."""

from __future__ import annotations

from django.conf import settings

from incidentportal.catalog.current import Catalog
from incidentportal.formengine import building
from incidentportal.formengine.definition import Forms


def forms_of(catalog: Catalog) -> Forms:
    """Every form set's form (`ROOTLY_FORM`), shared by all requests."""
    name = settings.ROOTLY_FORM
    return catalog.cached(("forms", name), lambda fresh: building.build(fresh.picture, fresh, name))
