"""What admins set, as it is stored.

Rows belong to one upstream (its canonical URL), and are never used for another.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

LONGEST_NAME = 255


class SiteDefault(models.Model):
    """What a field of everybody's form begins with.

    `label`, `source` and `words` are what they were when it was set: so that it can be read, and
    judged, when Rootly no longer has the field or the option.
    """

    upstream = models.CharField(max_length=500)
    field = models.CharField(max_length=LONGEST_NAME)
    """The control's name, such as `severity_id`."""
    label = models.TextField()
    source = models.CharField(max_length=100, blank=True)
    """What its values are ids of (`defaults.source_of`); blank where they are text."""
    values = models.JSONField(default=list)
    """A list of text, as a form would post it."""
    words = models.JSONField(default=list)
    """The names of the chosen options, one for each value; empty where the values are text."""
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "site-wide default"
        ordering = ("label", "field")
        constraints = (
            models.UniqueConstraint(fields=["upstream", "field"], name="presets_one_default"),
        )

    def __str__(self) -> str:
        return self.label
