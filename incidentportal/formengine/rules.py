"""A field's rules, made ready once per snapshot: when it is shown, when it is required."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from incidentportal.formengine.conditions import Condition, Tokens, make_condition
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import BUILT_INS, INPUT_KINDS
from incidentportal.rootly.records import FormField, PlacementCondition

Report = Callable[[str, str], None]
"""Takes a problem's kind, and what is said of the field, to follow its name."""

PLACEMENT, REQUIRED = "placement", "required"


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """Conditions, each with the place of the field that it looks at (-1: not on this form).

    All of them must hold, or with `any_of` one. None at all: the clause says nothing.
    """

    conditions: tuple[tuple[int, Condition], ...] = ()
    any_of: bool = False

    def judge(self, seen: Sequence[Tokens]) -> bool | None:
        """Whether it holds for these tokens, one for each field; None where nobody can know."""
        unknown = False
        for place, condition in self.conditions:
            if not condition.can_judge:
                unknown = True
            elif condition.holds(seen[place]) is self.any_of:
                return self.any_of
        return None if unknown else not self.any_of

    def deciding(self, seen: Sequence[Tokens], verdict: bool) -> tuple[Condition, ...]:
        """The conditions that this verdict rests on."""
        return tuple(
            condition
            for place, condition in self.conditions
            if condition.can_judge and condition.holds(seen[place]) is verdict
        )


NO_CLAUSE = Clause()


@dataclass(frozen=True, slots=True, eq=False)
class FieldRules:
    """When a field is shown and when it is required; a clause without conditions: always, or as
    its placement says.
    """

    shown: Clause = NO_CLAUSE
    required: Clause = NO_CLAUSE


NO_RULES = FieldRules()


def make_rules(
    fields: Sequence[Field], listed: Mapping[str, FormField], report: Callable[[Field], Report]
) -> tuple[FieldRules, ...]:
    """The rules of each field of a form, in its order.

    `listed` has every field that Rootly lists, by id; `report` takes what is wrong with the rules.
    """
    places = {field.id: place for place, field in enumerate(fields)}
    maker = _Maker(fields, places, listed)
    return tuple(
        maker.rules(field, report(field)) if field.conditions else NO_RULES for field in fields
    )


@dataclass(frozen=True)
class _Maker:
    fields: Sequence[Field]
    places: Mapping[str, int]
    listed: Mapping[str, FormField]

    def rules(self, field: Field, report: Report) -> FieldRules:
        sorts = {PLACEMENT, REQUIRED}
        for sort in {one.conditioned for one in field.conditions} - sorts:
            report("condition_unknown", f"has a condition for an unknown purpose: “{sort}”")
        return FieldRules(
            self._clause(field, PLACEMENT, field.placement_operator, report),
            self._clause(field, REQUIRED, field.required_operator, report),
        )

    def _clause(self, field: Field, sort: str, operator: str, report: Report) -> Clause:
        given = [one for one in field.conditions if one.conditioned == sort]
        if not given:
            return NO_CLAUSE
        if operator not in {"and", "or", ""}:
            report("operator_unknown", f"joins its conditions by the unknown operator “{operator}”")
        # An unknown operator fails open: shown as soon as one holds, required only if all do.
        any_of = operator == "or" or (operator not in {"and", ""} and sort == PLACEMENT)
        return Clause(tuple(self._ready(field, given, report)), any_of)

    def _ready(
        self, field: Field, given: Iterable[PlacementCondition], report: Report
    ) -> Iterable[tuple[int, Condition]]:
        own = self.places[field.id]
        for one in given:
            place = self.places.get(one.form_field_id, -1)
            target = self.fields[place] if place >= 0 else None
            listed = self.listed.get(one.form_field_id)
            made = make_condition(one, target, known=listed is not None, on_tick=_is_tick(listed))
            for remark in made.remarks:
                report("condition_unknown", remark)
            if place >= own:
                below = "itself" if place == own else f"“{self.fields[place].label}”, below it"
                report("condition_below", f"has a condition that looks at {below}")
            yield place, made.condition


def _is_tick(form_field: FormField | None) -> bool:
    if form_field is None:
        return False
    built_in = BUILT_INS.get(form_field.kind)
    control = built_in.control if built_in else INPUT_KINDS.get(form_field.input_kind)
    return control == "checkbox"
