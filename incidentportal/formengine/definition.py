"""The forms that Rootly's configuration describes, as plain data: made once per snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from incidentportal.catalog.picture import Problem
from incidentportal.formengine.autofill import Autofill
from incidentportal.formengine.conditions import Condition
from incidentportal.formengine.fields import Field
from incidentportal.formengine.rules import Clause, FieldRules
from incidentportal.formengine.suggestions import suggesting
from incidentportal.formengine.titles import TitlePattern
from incidentportal.rootly.records import Service

DEFAULT_FORM = "web_new_incident_form"


@dataclass(frozen=True, eq=False)
class FormDefinition:
    """A form set's fields on one form, in order, and each one's rules. `form_set_id` is blank
    where there are no sets.

    `elsewhere` are the labels of Rootly's fields that this form doesn't have: an error about one
    of them must not be taken for one about a field with a shorter name.

    `page` are the fields' places in the order in which they stand on the page, where a preset gave
    another than Rootly's; rules are judged, and answers sent, in Rootly's all the same.
    """

    form_set_id: str
    name: str
    fields: tuple[Field, ...]
    rules: tuple[FieldRules, ...]
    is_default: bool = False
    includes_form: bool = True
    elsewhere: tuple[str, ...] = ()
    page: tuple[int, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by control name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def conditional(self) -> tuple[tuple[int, Clause], ...]:
        """The places of the fields that aren't always shown, and when they are."""
        return tuple(
            (place, rules.shown) for place, rules in enumerate(self.rules) if rules.shown.conditions
        )

    @cached_property
    def looks_below(self) -> bool:
        """Whether any of these looks at itself or at a field below: then one round isn't enough."""
        return any(
            seen >= place for place, clause in self.conditional for seen, _ in clause.conditions
        )


@dataclass(frozen=True, eq=False)
class Forms:
    """Every form set's form, in the API's order, and what admins should know of them.

    `set_conditions` are those of each definition's set; `autofills` hold for all of them.
    `services` are Rootly's, by id. `title` is the pattern by which a preset names incidents.
    """

    form_name: str
    definitions: tuple[FormDefinition, ...]
    problems: tuple[Problem, ...] = ()
    set_conditions: tuple[tuple[Condition, ...], ...] = ()
    autofills: tuple[Autofill, ...] = ()
    services: Mapping[str, Service] = field(default_factory=dict)
    title: TitlePattern | None = None

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Every field of any set by control name (`every_field`)."""
        return {one.name: one for one in every_field(self.definitions)}

    @cached_property
    def fixed_somewhere(self) -> frozenset[str]:
        """The names of the fields that are read-only in some set."""
        every = (one for definition in self.definitions for one in definition.fields)
        return frozenset(one.name for one in every if one.read_only)

    @cached_property
    def depended_on(self) -> frozenset[str]:
        """The names of the fields whose answers change the form: what else is shown, required,
        filled in or suggested.
        """
        conditions = [
            condition
            for definition in self.definitions
            for rules in definition.rules
            for clause in (rules.shown, rules.required)
            for _, condition in clause.conditions
        ]
        conditions += [condition for each in self.set_conditions for condition in each]
        names = {one.field.name for one in conditions if one.field is not None}
        names |= {autofill.source for autofill in self.autofills}
        if self.title is not None:
            names |= self.title.sources(self.by_name.values())
        return frozenset(names | suggesting(self.by_name))


def every_field(definitions: Iterable[FormDefinition]) -> Iterable[Field]:
    """Each field of any set once. Of one that several sets have it is the first that can be
    edited: what a person may answer somewhere counts, though another set makes it read-only.
    """
    known: dict[str, Field] = {}
    for definition in definitions:
        for one in definition.fields:
            if one.name not in known or (known[one.name].read_only and not one.read_only):
                known[one.name] = one
    return known.values()
