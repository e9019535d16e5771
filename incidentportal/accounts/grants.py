"""Giving groups their permissions, in migrations. Frozen: migrations that have run called it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps.registry import Apps


def grant(apps: Apps, database: str, model: str, given: Mapping[str, tuple[str, ...]]) -> None:
    """Give groups permissions on a model (`app.model`): the permission's codename and name, each
    with the groups' names. Django itself makes permissions only after all migrations, so what
    isn't there is made here.
    """
    label, _, name = model.partition(".")
    kind = _objects(apps, "contenttypes.ContentType", database)
    content_type, _ = kind.get_or_create(app_label=label, model=name)
    for permission, groups in given.items():
        codename, _, words = permission.partition(": ")
        row, _ = _objects(apps, "auth.Permission", database).get_or_create(
            content_type=content_type, codename=codename, defaults={"name": words}
        )
        for group in _objects(apps, "auth.Group", database).filter(name__in=groups):
            group.permissions.add(row)


def _objects(apps: Apps, model: str, database: str) -> Any:
    return apps.get_model(model).objects.using(database)
