"""What the catalog keeps: pictures of Rootly's configuration, and how the last sync went.

Rows belong to one upstream (its canonical URL), and are never used for another.
"""

from __future__ import annotations

from django.db import models


class Snapshot(models.Model):
    """One picture of an upstream's configuration, as `stored.encode` wrote it. Never changed.

    Declarations name theirs by its id, a plain integer: they outlive it.
    """

    upstream = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = (
            # An upstream's newest snapshots: to fall back on (`current.py`), to prune (`sync.py`).
            models.Index(fields=["upstream", "-id"], name="catalog_snapshot_newest"),
        )

    def __str__(self) -> str:
        return f"Snapshot {self.pk} of {self.upstream}"


class SyncState(models.Model):
    """How syncing with one upstream stands. One row per upstream, found by its URL."""

    upstream = models.CharField(max_length=500, unique=True)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="+")
    """The last good picture; null until there is one."""
    form = models.CharField(max_length=200, blank=True)
    """The form whose conditions that picture holds (`ROOTLY_FORM` then)."""
    tried_at = models.DateTimeField(null=True)
    good_at = models.DateTimeField(null=True)
    """When the last good sync ended: the picture's age counts from here."""
    failures = models.PositiveIntegerField(default=0)
    """Failed syncs since the last good one."""
    error_kind = models.CharField(max_length=20, blank=True)
    """Empty after a good sync, else one of `sync.py`'s kinds; `misconfigured` needs an admin."""
    error = models.TextField(blank=True)
    problems = models.JSONField(default=list)
    """What the last good sync found amiss: objects with `kind`, `subject`, `sentence`."""
    wanted = models.BooleanField(default=False)
    """Somebody asked for a sync at once; cleared when one begins."""
    claim = models.PositiveBigIntegerField(default=0)
    """Grows with each sync begun; one that finds another number here has lost its claim."""
    claimed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Sync with {self.upstream}"
