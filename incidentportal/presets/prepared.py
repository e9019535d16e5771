"""A preset against the forms of now, in one language: what the form engine receives of it.

What no longer fits is left to the reporter, who is told so, and reported to admins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings

from incidentportal.catalog.current import Catalog
from incidentportal.formengine import shaping
from incidentportal.formengine.cleaning import TICKED
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.making import extra_field
from incidentportal.formengine.shaping import FieldShape, Shape
from incidentportal.formengine.strength import Values
from incidentportal.presets.content import TEST, Content, FieldWording, Setting, Wording
from incidentportal.presets.defaults import GONE, Judged, judge_values
from incidentportal.presets.fit import Finding, of_preset
from incidentportal.presets.forms import forms_of

Told = TypeVar("Told")
PRIVATE, MARK_AS_TEST = "private", "mark_as_test"
LEFT_TO_THEM = (
    "A part of “{}” no longer fits Rootly’s form: {} is left to you. You can declare all the same."
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a preset is called in one language. `language` is blank where it is the portal's own."""

    name: str
    description: str = ""
    language: str = ""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A preset as a form is made with it.

    `forms` are Rootly's as the preset has them, `values` what their fields begin with; a locked
    field's is among them, so that it is kept should the preset go. `left` are the labels of the
    fields whose values no longer fit, `findings` what admins should know of it.
    """

    content: Content
    words: Words
    forms: Forms
    values: Mapping[str, Values] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def slug(self) -> str:
        """Its name in addresses and forms."""
        return self.content.slug

    @property
    def is_test(self) -> bool:
        """Whether what is declared with it is a test."""
        return self.content.kind == TEST

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reporter should know of its state."""
        if not self.left:
            return ()
        listed = " and ".join(f"“{label}”" for label in self.left)
        return (LEFT_TO_THEM.format(self.words.name, listed),)


def makes_private(content: Content) -> bool:
    """Whether a form with this preset is, or begins as, private: for people who may not choose it
    themselves too.
    """
    known = content.fields.get(PRIVATE)
    return content.private or (known is not None and _ticked(known.values))


def language_of(content: Content, wanted: Sequence[str]) -> str:
    """The language that a person reads this preset in; blank: its own words.

    `wanted` are languages as a browser asks for them (`pt-br`), the best first.
    """
    known = {code.lower() for code in content.wording}
    for one in content.fields.values():
        known |= {code.lower() for code in one.wording}
    own = settings.LANGUAGE_CODE.partition("-")[0].lower()
    for code in wanted if known else ():
        base = code.lower().partition("-")[0]
        found = next((one for one in (code.lower(), base) if one in known), "")
        if found or base == own:
            return found
    return ""


def words_of(content: Content, language: str) -> Words:
    """What it is called in this language."""
    told = _in(content.wording, language) or Wording()
    name, description = told.name.strip(), told.description.strip()
    if not name and not description:
        return Words(content.name, content.description)
    return Words(name or content.name, description or content.description, language)


def prepare(catalog: Catalog, content: Content, language: str, *, may_be_private: bool) -> Prepared:
    """The preset for these forms, once for each language and each sort of people."""
    private = may_be_private or makes_private(content)
    forms = forms_of(catalog, may_be_private=private)
    judged = {
        name: _judge(forms, name, setting, shown=private)
        for name, setting in content.fields.items()
    }
    shapes = {
        name: _shape(setting, judged[name], _in(setting.wording, language))
        for name, setting in content.fields.items()
    }
    values = {name: one.values for name, one in judged.items() if one.values}
    for name in _marks(content):
        shapes[name] = FieldShape(
            locked=("true",), label=shapes[name].label if name in shapes else "",
            help=shapes[name].help if name in shapes else "",
        )  # fmt: skip
        values[name] = ("true",)
    added = [extra_field(MARK_AS_TEST, catalog)] if content.kind == TEST else []
    shaped = shaping.shape(
        forms, Shape(fields=shapes, title=content.title_pattern, added=added)
    )  # fmt: skip
    left = [
        shaped.by_name[name].label
        for name, one in judged.items()
        if one.wrong and name in shaped.by_name and not shaped.by_name[name].read_only
    ]
    return Prepared(
        content=content, words=words_of(content, language), forms=shaped, values=values,
        left=tuple(left), findings=tuple(of_preset(content, forms, judged)),
    )  # fmt: skip


def _marks(content: Content) -> list[str]:
    """The names of the fields that are ticked for good."""
    marks = {PRIVATE: content.private, MARK_AS_TEST: content.kind == TEST}
    return [name for name, is_marked in marks.items() if is_marked]


def _judge(forms: Forms, name: str, setting: Setting, *, shown: bool) -> Judged:
    known = forms.by_name.get(name)
    if known is None and name == PRIVATE and not shown:
        return Judged()  # not for these people
    if known is None:
        return GONE
    return judge_values(known, setting, required=False) if setting.values else Judged()


def _shape(setting: Setting, judged: Judged, told: FieldWording | None) -> FieldShape:
    fits = not judged.wrong
    told = told or FieldWording()
    return FieldShape(
        locked=judged.values if setting.locked and fits else (),
        hidden=setting.hidden and fits,
        folded=setting.folded and fits,
        required=setting.required,
        order=setting.order,
        label=told.label or setting.label,
        help=told.help or setting.help,
    )


def _in(wording: Mapping[str, Told], language: str) -> Told | None:
    return next((one for code, one in wording.items() if code.lower() == language), None)


def _ticked(values: Sequence[str]) -> bool:
    return any(value.strip().lower() in TICKED for value in values)
