"""Changing presets and defaults: the row, and what it was before, in one transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from incidentportal.accounts.models import User
from incidentportal.presets.content import ContentError, plain
from incidentportal.presets.models import Change, GroupDefault, Preset, SiteDefault

Row = Preset | SiteDefault | GroupDefault
PAGE = "page"


def save(row: Row, by: User | None, through: str = PAGE) -> None:
    """Save a new or changed row, and keep what it was. Saving it as it is writes nothing.

    `by` is whoever did it; None: nobody who is signed in (a command). Raises IntegrityError where
    another row has its slug, or its field.
    """
    with transaction.atomic():
        before = _stored(row)
        after = plain(row.content)
        if before == after:
            return
        row.set_by = by
        row.save()
        _keep(row, before, after, by, through)


def delete(row: Row, by: User | None, through: str = PAGE) -> None:
    """Delete a row, and keep what it was."""
    with transaction.atomic():
        before = _stored(row)
        _keep(row, before, None, by, through)
        row.delete()


def _told(row: Row) -> dict[str, Any]:
    """Its content; where that can't be read, what there is of it."""
    try:
        return plain(row.content)
    except ContentError:
        return {name: getattr(row, name) for name in ("slug", "name", "fields", "wording")}


def _stored(row: Row) -> dict[str, Any] | None:
    """What the database has of it now; locked, so that two changes come one after the other."""
    known = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    return _told(known) if known else None


def _keep(
    row: Row,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    by: User | None,
    through: str,
) -> None:
    what = Change.What.PRESET if isinstance(row, Preset) else Change.What.DEFAULT
    Change.objects.create(
        upstream=row.upstream, what=what, key=row.key, before=before, after=after, by=by,
        by_name=by.display_name if by else "", through=through,
    )  # fmt: skip
