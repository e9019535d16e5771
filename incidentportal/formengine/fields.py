"""What a form's field is, as plain data: made once per snapshot, shared by all requests."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from incidentportal.catalog.options import OptionList
from incidentportal.formengine.strength import Origin, Values, strongest
from incidentportal.rootly.records import PlacementCondition

_SPACE = re.compile(r"\s")

Answers = Mapping[str, Sequence[str]]
"""Raw text as it was posted, by control name."""

Value = str | bool | tuple[str, ...] | Mapping[str, str]
"""A cleaned answer: text, a tick, chosen ids or listed texts, labels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Field:
    """One field of a form.

    `control` is a key of `kinds.CONTROLS`. `attribute` is the incident attribute it is sent as;
    a custom field has none and is sent as a selection, its chosen ids as `selected`. `noun`
    ("a severity") is set while the label is Rootly's own. `conditions` are its placement's.
    `slugs` are the other names by which its options are known (a service's slug, a person's e-mail
    address), folded, and the ids they mean. `auto_set` is the catalog property that it follows.

    What a preset adds (`shaping.py`): `locked` is the value that it fixes, `asked` says that it
    requires the field, `tucked` where it puts it, `label_in_rootly` is Rootly's label where the
    preset has another (else blank).
    """

    id: str
    kind: str
    name: str
    label: str
    control: str
    slug: str = ""
    help: str = ""
    noun: str = ""
    attribute: str = ""
    is_custom: bool = False
    selected: str = ""
    options: OptionList | None = None
    limit: int = 0
    required: bool = False
    non_editable: bool = False
    defaults: tuple[str, ...] = ()
    slugs: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    auto_set: str = ""
    conditions: tuple[PlacementCondition, ...] = ()
    placement_operator: str = ""
    required_operator: str = ""
    locked: Values = ()
    asked: bool = False
    tucked: Literal["", "hidden", "folded"] = ""
    label_in_rootly: str = ""

    @property
    def fixed(self) -> tuple[Origin, Values] | None:
        """What it always submits, and whose word that is: Rootly's own default where the field is
        read-only there, else what a preset locked. Without a value to submit it stays editable.
        """
        if not self.non_editable and not self.locked:
            return None
        rootlys = self.defaults if self.non_editable else ()
        return strongest({"read_only": rootlys, "locked": self.locked})

    @property
    def read_only(self) -> bool:
        """Whether it always submits the same, whatever a request says."""
        return self.fixed is not None


def given(field: Field, answers: Answers) -> Sequence[str]:
    """The field's raw answer. A read-only one's is what it is fixed to."""
    fixed = field.fixed
    return answers.get(field.name, ()) if fixed is None else fixed[1]


def control_name(form_field_id: str) -> str:
    """The control name of a custom field.

    Ids are remote text: characters that a posted form would not give back unchanged (line ends,
    other control characters, lone surrogates) are written as `%` and their code point.
    """
    return "form_field_" + "".join(
        char if char.isprintable() else f"%{ord(char):X}" for char in form_field_id
    )


def dom_id(name: str) -> str:
    """The element id of the control called `name`: without spaces, which would end an id."""
    return "id_" + _SPACE.sub(lambda found: f"%{ord(found[0]):X}", name)
