"""A title made from the other answers, by a preset's pattern: `Payments: {summary}`.

It stands in the title's field as long as nobody wrote another, and follows the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from incidentportal.catalog.options import fold
from incidentportal.formengine.cleaning import TICKED
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import BUILT_INS, CONTROLS

TITLE = "title"
LONGEST = 89
"""Titles stay under 90 characters by convention: they name the Slack channel."""
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]|“\s*”|\"\s*\"")
_LOOSE = " \t:;,–—-/|·"


@dataclass(frozen=True, eq=False)
class TitlePattern:
    """A pattern; what stands in braces means a field, by its control's name, its kind, Rootly's
    name of it, or a custom field's slug or label.
    """

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What stands in braces."""
        return tuple(_PLACEHOLDER.findall(self.text))

    def unknown(self, fields: Iterable[Field]) -> tuple[str, ...]:
        """What stands in braces and means no field: it is left out of every title."""
        meant = _meant(fields)
        return tuple(word for word in self.words if _key(word) not in meant)

    def sources(self, fields: Iterable[Field]) -> set[str]:
        """The names of the fields that the title follows."""
        meant = _meant(fields)
        return {meant[_key(word)].name for word in self.words if _key(word) in meant}

    def build(self, shown: Iterable[Field], answers: Mapping[str, Sequence[str]]) -> str:
        """The title for the answers to the shown fields, cut at a word; blank: nothing to say."""
        meant = _meant(shown)

        def text(found: re.Match[str]) -> str:
            field = meant.get(_key(found[1]))
            return _text(field, answers.get(field.name, ())) if field is not None else ""

        filled = _EMPTY_BRACKETS.sub("", _PLACEHOLDER.sub(text, self.text))
        return _cut(" ".join(filled.split()).strip(_LOOSE))


def _key(word: str) -> str:
    return " ".join(fold(word).replace("_", " ").split())


def _meant(fields: Iterable[Field]) -> dict[str, Field]:
    known: dict[str, Field] = {}
    usable = [one for one in fields if one.name != TITLE and not CONTROLS[one.control].informs]
    for names in (_exact, _called):
        for field in usable:
            for name in names(field):
                known.setdefault(_key(name), field)
    known.pop("", None)
    return known


def _exact(field: Field) -> Iterator[str]:
    yield field.name
    yield field.slug if field.is_custom else field.kind


def _called(field: Field) -> Iterator[str]:
    built_in = BUILT_INS.get(field.kind)
    if built_in is not None and not field.is_custom:
        yield from (built_in.label, *built_in.aliases)
    yield field.label_in_rootly or field.label


def _text(field: Field, values: Sequence[str]) -> str:
    if field.control == "checkbox":
        return field.label if any(one.strip().lower() in TICKED for one in values) else ""
    if field.options is None:
        return " ".join(" ".join(values).split())
    found = (field.options.get(one) for one in values)
    return ", ".join(option.label for option in found if option is not None)


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    head = text[: LONGEST - 1]
    whole, _, _ = head.rpartition(" ")
    return (whole if len(whole) > LONGEST // 2 else head).rstrip(_LOOSE) + "…"
