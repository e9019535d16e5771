"""What admins set, as it is stored.

Rows belong to one upstream (its canonical URL), and are never used for another. Each change of one
is kept whole (`history.py` writes both in one transaction).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from incidentportal.presets import content as contents
from incidentportal.presets.content import Content, DefaultContent

LONGEST_NAME = 255


def _who() -> models.ForeignKey:  # type: ignore[type-arg]  # a parameter only in the stubs
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip


class Default(models.Model):
    """What a field begins with.

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
    set_by = _who()
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def of_group(self) -> str:
        """The group whose form begins with it; blank: everybody's."""
        return ""

    @property
    def content(self) -> DefaultContent:
        """All of it, as plain data."""
        return DefaultContent(
            group=self.of_group, field=self.field, was=self.label, source=self.source,
            values=tuple(self.values), words=tuple(self.words),
        )  # fmt: skip

    def take(self, content: DefaultContent) -> None:
        """Become this content, its group left aside; nothing is saved."""
        self.field, self.label, self.source = content.field, content.was, content.source
        self.values, self.words = list(content.values), list(content.words)

    @property
    def key(self) -> str:
        """What it is known by in the history."""
        return f"{self.of_group}/{self.field}"


class SiteDefault(Default):
    """What a field of everybody's form begins with."""

    class Meta:
        verbose_name = "site-wide default"
        ordering = ("label", "field")
        constraints = (
            models.UniqueConstraint(fields=["upstream", "field"], name="presets_one_default"),
        )


class GroupDefault(Default):
    """What a field of one group's form begins with; stronger than the whole site's.

    The group is kept by name, as presets name their audience: files and history say it so too.
    """

    group = models.CharField(max_length=150)

    class Meta:
        verbose_name = "default of a group"
        verbose_name_plural = "defaults of groups"
        ordering = ("group", "label", "field")
        constraints = (
            models.UniqueConstraint(
                fields=["upstream", "group", "field"], name="presets_one_group_default"
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} ({self.group})"

    @property
    def of_group(self) -> str:
        """The group whose form begins with it."""
        return self.group


class Preset(models.Model):
    """A named starting point: what it is called, for whom, and what it makes of the form.

    `content.py` says what the JSON columns hold, and what each part means.
    """

    upstream = models.CharField(max_length=500)
    slug = models.SlugField(max_length=100)
    name = models.CharField(max_length=120)
    icon = models.CharField(max_length=20, blank=True)
    description = models.TextField(blank=True, max_length=500)
    audience = models.JSONField(default=list, blank=True)
    """Names of groups; empty: everyone."""
    position = models.IntegerField(default=0)
    """Where it stands on the home page; the lowest first."""
    enabled = models.BooleanField(default=True)
    private = models.BooleanField(default=False)
    """What is declared with it is private, whoever declares it."""
    kind = models.CharField(max_length=20, default=contents.NORMAL)
    title_pattern = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=dict, blank=True)
    wording = models.JSONField(default=dict, blank=True)
    set_by = _who()
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("position", "name", "slug")
        constraints = (
            models.UniqueConstraint(fields=["upstream", "slug"], name="presets_one_slug"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What it is known by in the history."""
        return self.slug

    @property
    def content(self) -> Content:
        """All of it, as plain data. Raises ContentError where a column can't be read."""
        return Content(
            slug=self.slug, name=self.name, icon=self.icon, description=self.description,
            audience=tuple(self.audience), position=self.position, enabled=self.enabled,
            private=self.private, kind=self.kind, title_pattern=self.title_pattern,
            fields=contents.settings_of(self.fields), wording=contents.wording_of(self.wording),
        )  # fmt: skip

    def take(self, content: Content) -> None:
        """Become this content; nothing is saved."""
        said = contents.plain(content)
        self.slug, self.name = content.slug, content.name
        self.icon, self.description = content.icon, content.description
        self.audience, self.position = list(content.audience), content.position
        self.enabled, self.private = content.enabled, content.private
        self.kind, self.title_pattern = content.kind, content.title_pattern
        self.fields, self.wording = said.get("fields", {}), said.get("wording", {})


class Change(models.Model):
    """That a preset or default was made, changed or deleted: what it was, and what it is since.

    `before` and `after` are its whole content (`content.plain`); empty: it didn't exist.
    """

    class What(models.TextChoices):
        """What was changed."""

        PRESET = "preset"
        DEFAULT = "default"

    upstream = models.CharField(max_length=500)
    what = models.CharField(max_length=20, choices=What.choices)
    key = models.CharField(max_length=500)
    """A preset's slug; a default's `<group>/<field>`, the group blank for the whole site's."""
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    through = models.CharField(max_length=20, default="page")
    """How: `page`, or whatever else changes presets (a file, a restore)."""
    by = _who()
    by_name = models.CharField(max_length=300, blank=True)
    """Whoever did it, as they were called then."""
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["upstream", "what", "key", "-id"], name="presets_change_key"),
        )

    def __str__(self) -> str:
        return f"{self.what} {self.key}"
