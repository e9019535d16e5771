"""The history of presets and defaults, read: what was changed, and what an earlier state is of.

A preset is followed through its renames; what was deleted keeps its history.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from incidentportal.accounts.models import User
from incidentportal.presets import history
from incidentportal.presets.content import content_of, default_of
from incidentportal.presets.models import Change, GroupDefault, Preset, SiteDefault

RESTORE = "restore"
"""How the history calls it."""
Model = type[Preset] | type[SiteDefault] | type[GroupDefault]
_MOST_RENAMES = 50


def changes_of(model: Model, upstream: str) -> QuerySet[Change]:
    """All changes of one sort, also of what is deleted, newest first."""
    found = Change.objects.filter(upstream=upstream).select_related("by")
    if model is Preset:
        return found.filter(what=Change.What.PRESET)
    found = found.filter(what=Change.What.DEFAULT)
    of_group = Q(before__has_key="group") | Q(after__has_key="group")
    return found.filter(of_group) if model is GroupDefault else found.exclude(of_group)


def changes_of_row(row: history.Row) -> QuerySet[Change]:
    """The changes of one row, newest first; a preset's from before it was renamed, too."""
    found = changes_of(type(row), row.upstream)
    if not isinstance(row, Preset):
        return found.filter(key=row.key)
    key, before, wanted = row.key, Q(), Q()
    for _ in range(_MOST_RENAMES):
        renamed = (
            found.filter(before, key=key, before__isnull=False)
            .exclude(before__slug=key)
            .order_by("-id")
            .first()
        )
        if renamed is None:
            return found.filter(wanted | (before & Q(key=key)))
        wanted |= before & Q(key=key, id__gte=renamed.pk)
        key, before = str((renamed.before or {}).get("slug", "")), Q(id__lt=renamed.pk)
    return found.filter(wanted)


def row_of(change: Change) -> history.Row:
    """The row that the change's earlier state is put back to: the one of now, else a new one.

    Raises ContentError where that state can't be read.
    """
    stored = change.before or {}
    if change.what == Change.What.PRESET:
        content = content_of(stored)
        known = Preset.objects.filter(upstream=change.upstream, slug=_slug_now(change)).first()
        preset = known or Preset(upstream=change.upstream)
        preset.take(content)
        return preset
    default = default_of(stored)
    row = _default(change.upstream, default.group, default.field)
    row.take(default)
    return row


def restore(change: Change, by: User) -> history.Row:
    """Put back what was there before this change, as a new change.

    Raises ContentError where it can't be read, and IntegrityError where another preset has its
    name in addresses.
    """
    with transaction.atomic():
        row = row_of(change)
        history.save(row, by, RESTORE)
    return row


def _default(upstream: str, group: str, field: str) -> SiteDefault | GroupDefault:
    if group:
        known = {"upstream": upstream, "group": group, "field": field}
        return GroupDefault.objects.filter(**known).first() or GroupDefault(**known)
    site = {"upstream": upstream, "field": field}
    return SiteDefault.objects.filter(**site).first() or SiteDefault(**site)


def _slug_now(change: Change) -> str:
    """What the preset is called in addresses since: later renames followed."""
    key, since = change.key, change.pk
    later = changes_of(Preset, change.upstream).order_by("id")
    for _ in range(_MOST_RENAMES):
        renamed = later.filter(id__gt=since, before__slug=key, after__isnull=False)
        found = renamed.exclude(key=key).first()
        if found is None:
            break
        key, since = found.key, found.pk
    return key
