"""The fields that an admin may choose from, each told apart from all others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.presets.defaults import unfit

_KINDS = {
    "choice": "one choice",
    "choices": "several choices",
    "textarea": "long text",
    "rich_text": "long text",
    "checkbox": "tick",
    "datetime": "date and time",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """A field, and what it is called among the others."""

    name: str
    label: str


def offered(forms: Forms, *, all_of_them: bool = False) -> list[Offered]:
    """Every field of any form set that can have a default, or all of them, in Rootly's order."""
    fields = [field for field in forms.by_name.values() if all_of_them or not unfit(field)]
    labels = Counter(field.label for field in fields)
    about = {field.name: _about(forms, field) for field in fields}
    pairs = Counter((field.label, about[field.name]) for field in fields)
    found = []
    for field in fields:
        label = field.label
        if labels[field.label] > 1:
            same = pairs[field.label, about[field.name]] > 1
            label = f"{label} ({about[field.name]}{f'; {field.id}' if same else ''})"
        found.append(Offered(field.name, label))
    return found


def _about(forms: Forms, field: Field) -> str:
    """The field's kind, and the sets that have it where not all do."""
    kind = _KINDS.get(field.control, field.control)
    owner = "custom field" if field.is_custom else "Rootly's own"
    sets = [one.name for one in forms.definitions if field.name in one.by_name]
    within = f"; in {', '.join(sets)}" if len(sets) < len(forms.definitions) else ""
    return f"{owner}, {kind}{within}"
