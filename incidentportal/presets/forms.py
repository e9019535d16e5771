"""The forms of a catalog, made once."""

from __future__ import annotations

from django.conf import settings

from incidentportal.catalog.current import Catalog
from incidentportal.formengine import building
from incidentportal.formengine.definition import Forms


def forms_of(catalog: Catalog, *, may_be_private: bool = True) -> Forms:
    """Every form set's form (`ROOTLY_FORM`), shared by all who may do the same; for most people
    without the choice of privacy.
    """
    name = settings.ROOTLY_FORM
    return catalog.cached(
        ("forms", name, may_be_private),
        lambda fresh: building.build(
            fresh.picture, fresh, name, extras=building.OURS, may_be_private=may_be_private
        ),
    )
