"""What admins set, whole, as plain data: what a row holds, a version keeps and a file says.

A row of `models.py` is turned into it and back; everything that reads presets (the form, the lint,
the history, files) works on it alone. Values are kept with the words that they stood for when they
were chosen, so that they can be read, and judged, when Rootly no longer has them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import msgspec

Read = TypeVar("Read")

NORMAL, TEST = "normal", "test"
KINDS = (NORMAL, TEST)
ICONS = (
    "bolt", "bug", "card", "cart", "chat", "clock", "cloud", "database", "globe", "key", "lock",
    "mail", "people", "phone", "shield", "test",
)  # fmt: skip
"""The pictures that a preset may have: symbols of `static/portal/icons.svg`."""


class ContentError(ValueError):
    """Stored or given data that isn't of this shape; the message says where."""


class Wording(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A preset's words in one language; a blank one falls back on the preset's own."""

    name: str = ""
    description: str = ""


class FieldWording(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A field's words in one language; a blank one falls back on the preset's own."""

    label: str = ""
    help: str = ""


class Setting(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What a preset makes of one field.

    `was` is the field's label in Rootly, `source` what its values are ids of
    (`defaults.source_of`; blank: they are text), `words` the names of the chosen options, one for
    each value: all as they were when it was set. `locked`: the values are fixed. `hidden`: it
    stands on the page only while it must. `folded`: it stands under “More”. `required`: although
    optional in Rootly. Fields with an `order` come first, the lowest first. Blank texts are
    Rootly's.
    """

    was: str = ""
    source: str = ""
    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    locked: bool = False
    hidden: bool = False
    folded: bool = False
    required: bool = False
    order: int | None = None
    label: str = ""
    help: str = ""
    wording: dict[str, FieldWording] = {}

    @property
    def says_nothing(self) -> bool:
        """Whether the field is as it would be without it."""
        bare = msgspec.structs.replace(self, was="", source="", words=())
        return bare == Setting()


class Content(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A preset.

    `audience` are names of groups; none: everyone. `fields` are by control name (`severity_id`,
    `form_field_<id>`), the parent incident among them (`parent_incident_id`). `wording` and that of
    the fields are by language (`fr`, `pt-br`).
    """

    slug: str
    name: str
    icon: str = ""
    description: str = ""
    audience: tuple[str, ...] = ()
    position: int = 0
    enabled: bool = True
    private: bool = False
    kind: str = NORMAL
    title_pattern: str = ""
    fields: dict[str, Setting] = {}
    wording: dict[str, Wording] = {}


class DefaultContent(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A default of a group, or with a blank `group` of the whole site."""

    group: str = ""
    field: str
    was: str = ""
    source: str = ""
    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


NEVER_LIFTED = frozenset({"private", "mark_as_test"})
"""Fields that stay fixed whatever Rootly says: what is declared would be another thing."""


def fixed_by(content: Content) -> frozenset[str]:
    """The names of the fields whose values it fixes, and that may be left to a person where Rootly
    refuses the value. What makes it private, or a test, never is.
    """
    locked = {name for name, setting in content.fields.items() if setting.locked}
    return frozenset(locked - NEVER_LIFTED)


def lifting(content: Content, names: Collection[str]) -> Content:
    """The same, with these fields not fixed; the very same where it fixes none of them."""
    lifted = fixed_by(content).intersection(names)
    if not lifted:
        return content
    fields = {
        name: msgspec.structs.replace(one, locked=one.locked and name not in lifted)
        for name, one in content.fields.items()
    }
    return msgspec.structs.replace(content, fields=fields)


def plain(content: msgspec.Struct) -> dict[str, Any]:
    """As JSON can hold it."""
    found: dict[str, Any] = msgspec.to_builtins(content)
    return found


def settings_of(stored: Any) -> dict[str, Setting]:
    """A preset's fields as they are stored. Raises ContentError."""
    return _read(stored, dict[str, Setting])


def wording_of(stored: Any) -> dict[str, Wording]:
    """A preset's other languages as they are stored. Raises ContentError."""
    return _read(stored, dict[str, Wording])


def content_of(stored: Mapping[str, Any]) -> Content:
    """A preset as `plain` wrote it. Raises ContentError."""
    return _read(stored, Content)


def default_of(stored: Mapping[str, Any]) -> DefaultContent:
    """A default as `plain` wrote it. Raises ContentError."""
    return _read(stored, DefaultContent)


def _read(stored: Any, shape: type[Read]) -> Read:
    try:
        return msgspec.convert(stored, shape)
    except msgspec.ValidationError as error:
        raise ContentError(str(error)) from error
