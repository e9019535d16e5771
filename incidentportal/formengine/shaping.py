"""What a preset makes of Rootly's forms: the same forms, some of their fields changed.

Which fields there are, which are shown and what is sent stays Rootly's: a preset fixes values,
asks for more, and says how the page looks. Pure; done once per change of either, and shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as of

from incidentportal.formengine.conditions import Condition
from incidentportal.formengine.definition import FormDefinition, Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.rules import NO_RULES, Clause, FieldRules
from incidentportal.formengine.strength import Values
from incidentportal.formengine.titles import TitlePattern


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShape:
    """What becomes of one field. `locked` is the value that it is fixed to; blank texts are
    Rootly's; fields with an `order` come first, the lowest first.
    """

    locked: Values = ()
    hidden: bool = False
    folded: bool = False
    required: bool = False
    order: int | None = None
    label: str = ""
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What becomes of the form: `fields` by control name, `title` the pattern of titles.

    `added` are fields that stand at the end where Rootly's form has none of that name.
    """

    fields: Mapping[str, FieldShape] = of(default_factory=dict)
    title: str = ""
    added: Sequence[Field] = ()


def shape(forms: Forms, wanted: Shape) -> Forms:
    """The forms as the preset has them. Fields that it says nothing of are the very same."""
    swapped: dict[Field, Field] = {}
    for definition in forms.definitions:
        for field in definition.fields:
            swapped[field] = _field(field, wanted.fields.get(field.name))
    added = [_field(field, wanted.fields.get(field.name)) for field in wanted.added]
    condition = _conditions(swapped)
    definitions = tuple(
        _definition(one, swapped, added, wanted, condition) for one in forms.definitions
    )
    conditions = tuple(tuple(map(condition, each)) for each in forms.set_conditions)
    title = TitlePattern(wanted.title) if wanted.title.strip() else None
    return replace(forms, definitions=definitions, set_conditions=conditions, title=title)


def fix(forms: Forms, values: Mapping[str, Values]) -> Forms:
    """The same forms, with these fields fixed to these values, and seen: by control name."""
    swapped: dict[Field, Field] = {}
    for definition in forms.definitions:
        for field in definition.fields:
            fixed = values.get(field.name)
            swapped[field] = field if fixed is None else _fixed(field, fixed)
    condition = _conditions(swapped)
    definitions = tuple(
        replace(
            one,
            fields=tuple(swapped[field] for field in one.fields),
            rules=tuple(_rules(rules, condition) for rules in one.rules),
        )
        for one in forms.definitions
    )
    conditions = tuple(tuple(map(condition, each)) for each in forms.set_conditions)
    return replace(forms, definitions=definitions, set_conditions=conditions)


def _fixed(field: Field, values: Values) -> Field:
    tucked = "" if field.tucked == "hidden" else field.tucked
    return replace(field, locked=values, tucked=tucked)


def _field(field: Field, wanted: FieldShape | None) -> Field:
    if wanted is None:
        return field
    label = wanted.label.strip() or field.label
    return replace(
        field,
        label=label,
        label_in_rootly=field.label if label != field.label else "",
        noun=field.noun if label == field.label else "",
        help=wanted.help.strip() or field.help,
        locked=wanted.locked,
        asked=wanted.required,
        tucked="hidden" if wanted.hidden else "folded" if wanted.folded else "",
    )


def _definition(
    definition: FormDefinition,
    swapped: Mapping[Field, Field],
    added: Iterable[Field],
    wanted: Shape,
    condition: Callable[[Condition], Condition],
) -> FormDefinition:
    if not definition.fields:
        return definition
    more = tuple(one for one in added if one.name not in definition.by_name)
    fields = (*(swapped[one] for one in definition.fields), *more)
    rules = (*(_rules(one, condition) for one in definition.rules), *(NO_RULES for _ in more))
    return replace(definition, fields=fields, rules=rules, page=_page(fields, wanted))


def _page(fields: Sequence[Field], wanted: Shape) -> tuple[int, ...]:
    """The places in the page's order; none where that is Rootly's."""
    orders = {
        place: found.order
        for place, field in enumerate(fields)
        if (found := wanted.fields.get(field.name)) is not None and found.order is not None
    }
    if not orders:
        return ()
    first = sorted(orders, key=lambda place: (orders[place], place))
    return (*first, *(place for place in range(len(fields)) if place not in orders))


def _rules(rules: FieldRules, condition: Callable[[Condition], Condition]) -> FieldRules:
    if rules is NO_RULES:
        return rules
    return FieldRules(_clause(rules.shown, condition), _clause(rules.required, condition))


def _clause(clause: Clause, condition: Callable[[Condition], Condition]) -> Clause:
    found = tuple((place, condition(one)) for place, one in clause.conditions)
    return replace(clause, conditions=found) if found else clause


def _conditions(swapped: Mapping[Field, Field]) -> Callable[[Condition], Condition]:
    """A condition that looks at the changed field: its reasons speak of it by the preset's name."""

    def changed(condition: Condition) -> Condition:
        known = condition.field
        new = swapped.get(known, known) if known is not None else None
        return condition if new is known else replace(condition, field=new)

    return changed
