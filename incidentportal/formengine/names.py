"""The names that Rootly's messages and paths use for a form's fields, the longest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from incidentportal.catalog.options import fold
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import BUILT_INS, BuiltIn
from incidentportal.formengine.resolve import ResolvedForm

_QUOTES = "'\"`“‘«("
_BEFORE_A_NAME = re.compile(r"(the )?(custom field |form field |field |attribute )?['\"`“‘«(]*")
_AFTER_A_LABEL = " :*?!."

_STANDS_IN: Mapping[str, tuple[str, ...]] = {
    "manual_starting_datetime_field": ("started at", "started time"),
    "mark_as_in_triage": ("status", "in triage at", "in triage time"),
    "mark_as_test": ("kind", "create test incident"),
    "mark_as_backfilled": ("kind",),
}
"""Fields by kind, and what they set although it bears another field's name, or no field's: Rootly
speaks of `kind`, the person ticked a mark."""


@dataclass(frozen=True, eq=False)
class Names:
    """Every known name, folded, and the field it means; None for a field not on this form.

    `sent` are the neutral attributes that Rootly speaks of.
    """

    form: ResolvedForm
    sent: Mapping[str, Any]

    @cached_property
    def known(self) -> dict[str, Field | None]:
        """Fields on the page win over hidden ones, both over all others; labels win over what
        else a field is called.
        """
        known: dict[str, Field | None] = {}
        shown = [state.field for state in self.form.states if state.shown]
        hidden = [state.field for state in self.form.states if not state.shown]
        for fields in (shown, hidden):
            for field, name in self._names(fields):
                known.setdefault(plain(name), field)
        for name in self.form.definition.elsewhere:
            known.setdefault(plain(name), None)
        for kind, built_in in BUILT_INS.items():
            for name in _built_in_names(kind, built_in):
                known.setdefault(plain(name), None)
        known.pop("", None)
        return known

    def _names(self, fields: Iterable[Field]) -> Iterator[tuple[Field, str]]:
        fields = list(fields)
        for field in fields:
            yield field, field.label_in_rootly or field.label
        for field in fields:
            for name in _other_names(field):
                yield field, name
        mark = f"mark_as_{self.sent.get('kind')}"
        for field in sorted(fields, key=lambda one: one.kind != mark):
            for name in _STANDS_IN.get(field.kind, ()):
                yield field, name

    @cached_property
    def _longest_first(self) -> list[str]:
        return sorted(self.known, key=len, reverse=True)

    def at_start(self, sentence: str) -> str | None:
        """The longest known name that `sentence` begins with, or one of its parts after a colon."""
        for part in _starts(sentence):
            begins = list(_bare(plain(part)))
            for name in self._longest_first:
                if any(_begins(begin, name) for begin in begins):
                    return name
        return None


def plain(name: str) -> str:
    """A name as it is compared: folded, words one space apart, without quotes before it."""
    straight = fold(name).replace("_", " ").replace("’", "'")
    return " ".join(straight.split()).lstrip(_QUOTES)


def _starts(sentence: str) -> Iterator[str]:
    yield sentence
    _, colon, rest = sentence.partition(": ")
    if colon:
        yield from _starts(rest)


def _bare(sentence: str) -> Iterator[str]:
    """The sentence, and without what may stand before a name (“The severity …”)."""
    yield sentence
    before = _BEFORE_A_NAME.match(sentence)
    if before and before[0]:
        yield sentence.removeprefix("the ")
        yield sentence[before.end() :]


def _begins(sentence: str, name: str) -> bool:
    """Whether the sentence begins with the name: in whole words, those with hyphens too."""
    after = sentence[len(name) : len(name) + 2]
    is_whole = not after[:1].isalnum() and not (after[:1] == "-" and after[1:].isalnum())
    return is_whole and sentence.startswith(name)


def _other_names(field: Field) -> Iterator[str]:
    own = field.label_in_rootly or field.label
    yield own.rstrip(_AFTER_A_LABEL)
    yield field.name
    if field.slug:
        yield field.slug
    if field.kind in BUILT_INS:
        yield from _built_in_names(field.kind, BUILT_INS[field.kind])
    if field.label_in_rootly:
        yield field.label


def _built_in_names(kind: str, built_in: BuiltIn) -> Iterator[str]:
    yield from (built_in.label, kind, *built_in.aliases)
    # `manual_starting_datetime_field` shares its attribute with `started_at`, which owns the name.
    if built_in.control_name == built_in.attribute:
        yield built_in.attribute
