"""Where a person's form starts: Rootly's forms, as a preset has them; what fields begin with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import may_declare_private
from incidentportal.catalog.current import Catalog
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.strength import Origin, Values
from incidentportal.presets import current
from incidentportal.presets.content import lifting
from incidentportal.presets.forms import forms_of
from incidentportal.presets.prepared import Prepared

CONTROL = "preset"
"""The control, and the query parameter, that names a preset by its slug."""


def slugs_in(said: Sequence[str]) -> tuple[str, ...]:
    """The presets that a link or a form names, each once."""
    return tuple(dict.fromkeys(filter(None, map(str.strip, said))))


@dataclass(frozen=True)
class Start:
    """`given` are values by where they come from (`strength.py`), for `filling.start`.

    `is_gone`: a preset was asked for that this person can't use, or that there isn't (any more);
    the forms are Rootly's own then.
    """

    forms: Forms
    given: Mapping[Origin, Mapping[str, Values]]
    preset: Prepared | None = None
    is_gone: bool = False


def begin(
    catalog: Catalog,
    person: User,
    slug: str = "",
    *,
    barred: bool = False,
    lifted: Collection[str] = (),
) -> Start:
    """The start of a form for this person, with the preset of this name.

    `barred`: they asked for privacy that they may not choose; then the choice is shown. `lifted`
    are names of fields that the preset fixes, and this once leaves to them.
    """
    private = barred or may_declare_private(person)
    preset = current.usable(catalog, person, slug, may_be_private=private) if slug else None
    given: dict[Origin, Mapping[str, Values]] = {
        "group": current.values_for(catalog, person),
        "site": current.site_values(catalog),
    }
    if preset is not None and lifted:
        content = lifting(preset.content, lifted)
        preset = current.prepared(catalog, content, person.languages, may_be_private=private)
    if preset is None:
        forms = forms_of(catalog, may_be_private=private)
        return Start(forms, given, is_gone=bool(slug))
    return Start(preset.forms, {"preset": preset.values, **given}, preset)


def preview(
    catalog: Catalog, preset: Prepared | None, groups: tuple[str, ...], *, may_be_private: bool
) -> Start:
    """The start of a form as people of these groups would have it, whoever asks."""
    given: dict[Origin, Mapping[str, Values]] = {
        "group": current.group_values(catalog, groups),
        "site": current.site_values(catalog),
    }
    if preset is None:
        return Start(forms_of(catalog, may_be_private=may_be_private), given)
    return Start(preset.forms, {"preset": preset.values, **given}, preset)
