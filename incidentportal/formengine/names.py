"""The names that Rootly's messages and paths use for a form's fields, the longest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from incidentportal.catalog.options import fold
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import BUILT_INS, BuiltIn
from incidentportal.formengine.resolve import ResolvedForm


@dataclass(frozen=True, eq=False)
class Names:
    """Every known name, folded, and the field it means; None for a field not on this form."""

    form: ResolvedForm

    @cached_property
    def known(self) -> dict[str, Field | None]:
        """Labels win over what else a field is called, the form's fields over all others."""
        fields = [state.field for state in self.form.shown]
        known: dict[str, Field | None] = {}
        for field in fields:
            known.setdefault(plain(field.label), field)
        for field in fields:
            for name in _other_names(field):
                known.setdefault(plain(name), field)
        for name in self.form.definition.elsewhere:
            known.setdefault(plain(name), None)
        for kind, built_in in BUILT_INS.items():
            for name in _built_in_names(kind, built_in):
                known.setdefault(plain(name), None)
        known.pop("", None)
        return known

    @cached_property
    def _longest_first(self) -> list[str]:
        return sorted(self.known, key=len, reverse=True)

    def at_start(self, sentence: str) -> str | None:
        """The longest known name that `sentence` begins with, or one of its parts after a colon."""
        parts = [plain(part) for part in _starts(sentence)]
        return next(
            (name for part in parts for name in self._longest_first if _begins(part, name)), None
        )


def plain(name: str) -> str:
    """A name as it is compared: folded, words one space apart, without quotes before it."""
    return " ".join(fold(name).replace("_", " ").split()).lstrip("'\"`“‘«(")


def _starts(sentence: str) -> Iterator[str]:
    yield sentence
    _, colon, rest = sentence.partition(": ")
    if colon:
        yield from _starts(rest)


def _begins(sentence: str, name: str) -> bool:
    if sentence.startswith("the ") and not name.startswith("the "):
        sentence = sentence.removeprefix("the ")
    return sentence.startswith(name) and not sentence[len(name) : len(name) + 1].isalnum()


def _other_names(field: Field) -> Iterator[str]:
    yield field.name
    if field.slug:
        yield field.slug
    if field.kind in BUILT_INS:
        yield from _built_in_names(field.kind, BUILT_INS[field.kind])


def _built_in_names(kind: str, built_in: BuiltIn) -> Iterator[str]:
    yield from (built_in.label, kind, *built_in.aliases)
    # `manual_starting_datetime_field` shares its attribute with `started_at`, which owns the name.
    if built_in.control_name == built_in.attribute:
        yield built_in.attribute
