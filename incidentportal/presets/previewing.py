"""A preset as any audience would have it, for admins: also one that is switched off."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib.auth.models import Group

from incidentportal.accounts.groups import REPORTER
from incidentportal.accounts.roles import Ability, group_may
from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog
from incidentportal.formengine.showable import showable
from incidentportal.presets import starting
from incidentportal.presets.content import Content, ContentError
from incidentportal.presets.current import prepared
from incidentportal.presets.models import Preset
from incidentportal.presets.prepared import Prepared
from incidentportal.presets.starting import Start

FULL_FORM = "The full form"


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from, and whether it is chosen."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True)
class Audience:
    """The form of a preset for the people of one group; without a preset the full form.

    `is_for_them`: the preset is among those that they see, or would be once it is switched on.
    """

    group: str
    content: Content | None = None

    @classmethod
    def of(cls, slug: str, group: str) -> Audience:
        """Of the preset with this name, and this group; without a group one that it is for.

        Raises LookupError where there is no such preset, or no such group.
        """
        content = _content(slug) if slug else None
        groups = groups_in_use()
        first = content.audience[0] if content is not None and content.audience else REPORTER
        chosen = group or (first if first in groups else REPORTER)
        if chosen not in groups:
            raise LookupError(chosen)
        return cls(chosen, content)

    @property
    def slug(self) -> str:
        """The preset's name in addresses."""
        return self.content.slug if self.content is not None else ""

    @property
    def is_for_them(self) -> bool:
        """As above."""
        audience = self.content.audience if self.content is not None else ()
        return not audience or self.group in audience

    def start(
        self,
        catalog: Catalog,
        languages: tuple[str, ...],
        *,
        is_asked_for: bool = False,
        with_privacy: bool = False,
    ) -> Start:
        """Their form's start, read in these languages. `is_asked_for`: they came by the preset's
        address, and are told where it isn't theirs. `with_privacy`: as `starting.begin` has it.
        """
        private = with_privacy or group_may(self.group, Ability.DECLARE_PRIVATE)
        preset = None
        if self.content is not None and self.is_for_them:
            preset = prepared(catalog, self.content, languages, may_be_private=private)
        begun = starting.preview(catalog, preset, (self.group,), may_be_private=private)
        return replace(begun, is_gone=is_asked_for and preset is None)


def groups_in_use() -> list[str]:
    """The names of all groups; reporters are always among them."""
    names = Group.objects.order_by("name").values_list("name", flat=True)
    return sorted({REPORTER, *names})


def presets_in_use(chosen: str) -> list[Choice]:
    """The full form, then all presets that can be read, in their order."""
    found = [Choice("", FULL_FORM, not chosen)]
    for row in Preset.objects.filter(upstream=connection.upstream()):
        try:
            content = row.content
        except ContentError:
            continue
        label = content.name if content.enabled else f"{content.name} (switched off)"
        found.append(Choice(content.slug, label, content.slug == chosen))
    return found


def anyones(catalog: Catalog, slug: str, languages: tuple[str, ...]) -> Start:
    """The start of a form for whoever may open it, without any group's defaults.

    Raises LookupError where there is no such preset.
    """
    preset: Prepared | None = None
    if slug:
        preset = prepared(catalog, _content(slug), languages, may_be_private=True)
    return starting.preview(catalog, preset, (), may_be_private=True)


def _content(slug: str) -> Content:
    known = Preset.objects.filter(upstream=connection.upstream(), slug=showable(slug))
    row = known.first()
    if row is None:
        raise LookupError(slug)
    try:
        return row.content
    except ContentError as error:
        raise LookupError(slug) from error
