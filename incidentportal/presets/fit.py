"""How presets and defaults fit Rootly's forms of now: what no longer does, in words. Pure.

What is found broken the form leaves to whoever declares (`prepared.py`); here it is told to admins,
as data, each thing under an id that stays the same for as long as it is so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from incidentportal.formengine.cleaning import TICKED
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.strength import Values
from incidentportal.formengine.titles import TitlePattern
from incidentportal.presets.content import TEST, Content, Setting
from incidentportal.presets.defaults import Chosen, Judged, judge
from incidentportal.presets.models import Default

PRESET, SITE_DEFAULT, GROUP_DEFAULT = "preset", "site_default", "group_default"
LEFT = "The field is left to whoever declares."
RENAMES = frozenset({"field_renamed", "option_renamed"})
"""Kinds that change nothing: ids count, not names."""

REMEDIES: Mapping[str, str] = {
    "option_gone": "Choose another value, or take this one out.",
    "field_gone": "Take the field out (“As in Rootly again”, or delete the default).",
    "kind_changed": "Set its value anew.",
    "read_only": "Take the value out: Rootly sets it.",
    "value_refused": "Set another value.",
    "unfit": "Take the value out, or let Rootly's field have something to choose from.",
    "hidden_required": "Give it a value, or let it show.",
    "title_pattern": "Mend the title pattern: its words in braces name fields of the form.",
    "private_impossible": (
        "In Rootly, let “Private” be edited on the form; or switch the preset off."
    ),
    "test_impossible": "In Rootly, let the mark be edited on the form; or switch the preset off.",
    "group_gone": "Choose for whom it is; or make the group again, with the same name.",
    "unreadable": "Delete it, and make it anew; or restore it from its history.",
    "parent_closed": "Choose another parent incident, or take it out.",
    "field_renamed": "Nothing needs to be done. Saving it once takes the new name.",
    "option_renamed": "Nothing needs to be done. Saving it once takes the new name.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What of a preset or default no longer fits, or changed.

    `what` is `preset`, `site_default` or `group_default`, `key` its slug, or a default's
    `<group>/<field>`, `name` what people call it. `field` is a control's name; blank where it is
    about all of it. `kind` is one of `REMEDIES`. `sentence` says which and how, `remedy` what to
    do, and `since` when the portal first saw it so, where that is known (`drift.py`).
    """

    what: str
    key: str
    name: str
    kind: str
    sentence: str
    field: str = ""
    since: date | None = None

    @property
    def id(self) -> str:
        """The same for as long as it is so: what alerts tell one event from another by."""
        return f"{self.what}:{self.key}:{self.field}:{self.kind}"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.kind]

    @property
    def is_harmless(self) -> bool:
        """Whether all works as before."""
        return self.kind in RENAMES

    @property
    def told(self) -> str:
        """The sentence, with the day where it is known."""
        if self.since is None:
            return self.sentence
        return f"{self.sentence} So in Rootly since {self.since.day} {self.since:%B %Y}."


def of_preset(content: Content, forms: Forms, judged: Mapping[str, Judged]) -> list[Finding]:
    """What there is to say of a preset. `forms` are Rootly's own, `judged` the values of each of
    its fields against them.
    """
    found = []
    for name, setting in content.fields.items():
        field = forms.by_name.get(name)
        label = field.label if field else setting.was or name
        found += [
            Finding(
                what=PRESET, key=content.slug, name=content.name, field=name, kind=kind,
                sentence=f"The preset “{content.name}”, “{label}”: {said}",
            )
            for kind, said in _of_field(content, field, setting, judged.get(name, Judged()))
        ]  # fmt: skip
    for kind, said in _of_whole(content, forms):
        sentence = f"The preset “{content.name}”: {said}"
        found.append(
            Finding(what=PRESET, key=content.slug, name=content.name, kind=kind, sentence=sentence)
        )
    return found


def _of_field(
    content: Content, field: Field | None, setting: Setting, judged: Judged
) -> Iterator[tuple[str, str]]:
    if judged.wrong:
        is_left = field is not None and not field.read_only
        yield judged.kind, f"{judged.wrong} {LEFT}" if is_left else judged.wrong
    if field is None:
        return
    if setting.hidden and not setting.values and _must_show(content, field):
        said = "it is hidden here, but Rootly requires it and it has no value, so that it shows."
        yield "hidden_required", said
    yield from _renames(field, setting.was, setting)


def _must_show(content: Content, field: Field) -> bool:
    has_title = field.kind == "title" and content.title_pattern.strip()
    return field.required and not field.read_only and not field.defaults and not has_title


def _of_whole(content: Content, forms: Forms) -> Iterator[tuple[str, str]]:
    for word in TitlePattern(content.title_pattern).unknown(forms.by_name.values()):
        said = f"its title pattern names “{word}”, which is no field of the form; it is left out of"
        yield "title_pattern", f"{said} the titles."
    if content.private and _is_never(forms.by_name.get("private")):
        said = "it is always private, but Rootly's form doesn't allow that; nothing is sent."
        yield "private_impossible", said
    if content.kind == TEST and _is_never(forms.by_name.get("mark_as_test")):
        said = "it declares tests, but Rootly's form doesn't allow that."
        yield "test_impossible", said


def _is_never(field: Field | None) -> bool:
    """Whether a tick is fixed to no."""
    fixed = field.fixed if field else None
    return fixed is not None and not any(one.strip().lower() in TICKED for one in fixed[1])


def of_defaults(
    forms: Forms, rows: Iterable[Default]
) -> tuple[dict[str, Values], tuple[Finding, ...]]:
    """What fields begin with, by control name, and what there is to say of these defaults.

    A value that these forms don't have, or that the field refuses, is left out; all else counts.
    """
    values: dict[str, Values] = {}
    found: list[Finding] = []
    for row in rows:
        judged = judge(forms, row)
        if judged.values:
            values[row.field] = judged.values
        found += _of_default(row, forms.by_name.get(row.field), judged)
    return values, tuple(found)


def _of_default(row: Default, field: Field | None, judged: Judged) -> list[Finding]:
    whose = f"default of the group “{row.of_group}”" if row.of_group else "site-wide default"
    told = []
    if judged.wrong:
        fate = "is used in part" if judged.values else "is not used"
        told.append((judged.kind, f"The {whose} of “{row.label}” {fate}. {judged.wrong}"))
    if field is not None:
        told += [
            (kind, f"The {whose} of “{row.label}”: {said}")
            for kind, said in _renames(field, row.label, row)
        ]
    return [_about(row, kind, sentence) for kind, sentence in told]


def _about(row: Default, kind: str, sentence: str) -> Finding:
    what = GROUP_DEFAULT if row.of_group else SITE_DEFAULT
    return Finding(
        what=what, key=row.key, name=row.label, field=row.field, kind=kind, sentence=sentence
    )


def _renames(field: Field, was: str, chosen: Chosen) -> Iterator[tuple[str, str]]:
    if was and was != field.label:
        yield "field_renamed", f"“{was}” is called “{field.label}” in Rootly now."
    if field.options is None or is_open(field.options):
        return
    new = [
        f"“{word}” is called “{option.label}” in Rootly now"
        for value, word in zip_longest(chosen.values, chosen.words, fillvalue="")
        if word and (option := field.options.get(value)) is not None and option.label != word
    ]
    if new:
        yield "option_renamed", f"{', '.join(new)}."


def unreadable(slug: str, name: str, why: str) -> Finding:
    """That a preset can't be read, and is not used."""
    sentence = f"The preset “{name}” can't be read, and is not used: {why}."
    return Finding(what=PRESET, key=slug, name=name, kind="unreadable", sentence=sentence)


def of_groups(
    contents: Iterable[Content], rows: Iterable[Default], groups: Collection[str]
) -> list[Finding]:
    """What is for groups that aren't there any more. `groups` are those that there are."""
    found = []
    for content in contents:
        gone = [name for name in content.audience if name not in groups]
        if gone:
            listed = ", ".join(f"“{name}”" for name in gone)
            fate = "others see it still" if len(gone) < len(content.audience) else "nobody sees it"
            sentence = (
                f"The preset “{content.name}” is for a group that isn't there: {listed}; {fate}."
            )
            found.append(
                Finding(
                    what=PRESET, key=content.slug, name=content.name, kind="group_gone",
                    sentence=sentence,
                )
            )  # fmt: skip
    for row in rows:
        if row.of_group and row.of_group not in groups:
            sentence = (
                f"The default of “{row.label}” is for the group “{row.of_group}”, which isn't"
                " there: it is not used."
            )
            found.append(_about(row, "group_gone", sentence))
    return found
