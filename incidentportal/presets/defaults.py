"""What admins chose, against the forms of now: what can be used of them, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import zip_longest
from typing import Protocol

from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.strength import Values
from incidentportal.formengine.validation import clean
from incidentportal.presets.alone import alone
from incidentportal.presets.models import LONGEST_NAME, Default

LIVE = frozenset({"parent_incident_id"})
"""Fields with a list of this minute that can have a value all the same: Rootly judges it."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """`values` are what the form may begin with. `wrong` is a sentence; blank where all is well.
    `kind` is what is wrong as one word (`fit.REMEDIES`).
    """

    values: Values = ()
    wrong: str = ""
    kind: str = ""


GONE = Judged(wrong="Rootly's form no longer has this field.", kind="field_gone")


def unfit(field: Field) -> str:
    """Why this field can't have a value of the admins', as a sentence; blank where it can."""
    if field.read_only:
        return "Rootly made it read-only: it always has Rootly's own default."
    if field.options is not None and is_open(field.options) and field.name not in LIVE:
        return "What can be chosen there comes and goes."
    if field.options is not None and not len(field.options) and not is_open(field.options):
        return "Rootly has nothing to choose from for it."
    if len(field.name) > LONGEST_NAME:
        return "Its id is too long to be kept."
    return ""


def source_of(field: Field) -> str:
    """What the field's values are ids of: an attribute or a selection's key; blank for text."""
    return (field.selected or field.attribute or field.kind) if field.options is not None else ""


class Chosen(Protocol):
    """Values as an admin chose them: of a default, or of a preset's field."""

    @property
    def source(self) -> str:
        """What they are ids of; blank where they are text."""

    @property
    def values(self) -> Sequence[str]:
        """Ids, or text."""

    @property
    def words(self) -> Sequence[str]:
        """The names of the chosen options then."""


def judge(forms: Forms, row: Default) -> Judged:
    """What these forms can use of a default."""
    return judge_values(forms.by_name.get(row.field), row)


def judge_values(field: Field | None, chosen: Chosen, *, required: bool = True) -> Judged:
    """What the field of now can use of these values; None: the form doesn't have it any more.

    Not `required`: an unticked box is a value too.
    """
    if field is None:
        return GONE
    if wrong := unfit(field):
        return Judged(wrong=wrong, kind="read_only" if field.read_only else "unfit")
    if source_of(field) != chosen.source:
        said = "It is another kind of field in Rootly now; set it anew."
        return Judged(wrong=said, kind="kind_changed")
    values, gone = _split(field, chosen)
    if not values:
        return Judged(wrong=gone or "It has no value.", kind="option_gone")
    cleaned = clean(alone(field, required=required), {field.name: values}, UTC)
    if cleaned.errors:
        told = (message.rstrip(".") for found in cleaned.errors.values() for message in found)
        said = " ".join(f"{message}." for message in told)
        return Judged(wrong=said, kind="value_refused")
    return Judged(tuple(values), gone, "option_gone" if gone else "")


def _split(field: Field, chosen: Chosen) -> tuple[list[str], str]:
    """The values that the field still has, and a sentence about the others."""
    if field.options is None or is_open(field.options):
        return list(chosen.values), ""
    kept = [value for value in chosen.values if value in field.options]
    gone = [
        f"“{word}”"
        for value, word in zip_longest(chosen.values, chosen.words, fillvalue="")
        if value and value not in field.options
    ]
    return kept, f"Rootly no longer has {', '.join(gone)}." if gone else ""


def in_words(field: Field | None, values: Sequence[str], words: Sequence[str]) -> str:
    """A default as people read it: the options' names of now, or of when it was set."""
    if field is not None and field.control == "checkbox" and not words:
        return "Ticked"
    shown = list(values)
    if words:
        options = field.options if field is not None else None
        found = (options.get(value) if options is not None else None for value in values)
        shown = [one.label if one else word for one, word in zip(found, words, strict=False)]
    text = ", ".join(shown)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
