"""A new incident against the form that its answers choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incidentportal.sandbox import answers as reading
from incidentportal.sandbox import rules
from incidentportal.sandbox.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incidentportal.sandbox.rules import Held
    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

FORM = "web_new_incident_form"
CONDITIONS = "form_field_placement_conditions"


class Judge:
    """The form in force for one create request.

    `attributes` are the incident's as they were read, `selections` its inline custom values.
    """

    def __init__(
        self, context: Context, attributes: dict[str, Any], selections: list[dict[str, Any]]
    ) -> None:
        self._context = context
        self._selected = {each["form_field_id"]: each for each in selections}
        self._fields = {
            each.uid: each for each in context.store.all("form_fields") if _usable(each)
        }
        self._held: dict[str, Held] = {
            uid: reading.held(context, field, attributes, self._selected)
            for uid, field in self._fields.items()
        }
        self._given = {
            uid
            for uid, field in self._fields.items()
            if reading.given(context, field, attributes, self._selected)
        }
        self._fixed: dict[str, Held] = {}
        self._form_set = rules.chosen(self._sets(), self._held)
        self._places = self._placed()
        # A read-only field submits its default; what the request says of it counts for nothing.
        counted = {**self._held, **self._fixed}
        self._outcomes = rules.resolved(self._places, counted)

    def problems(self) -> list[Problem]:
        """All that the rules have against the request, in the form's order."""
        switches = self._context.state.switches
        found: list[Problem] = []
        if self._form_set is None:
            return found
        if switches.reject_hidden:
            found += self._hidden()
        if switches.enforce_required:
            found += self._demanded()
        return found

    def _demanded(self) -> Iterator[Problem]:
        for place in self._places:
            outcome, held = self._outcomes[place.field], self._held[place.field]
            if not outcome.shown or held is None:
                continue
            if place.field in self._fixed:
                if place.field in self._given and held != self._fixed[place.field]:
                    yield self._problem(place.field, "can't be changed")
            elif outcome.required and not held:
                yield self._problem(place.field, "can't be blank")

    def _hidden(self) -> Iterator[Problem]:
        """A value that chooses the form set may stand on no form of that set."""
        choosing = {rule.field for each in self._sets() for rule in each.conditions}
        for uid in self._selected:
            outcome = self._outcomes.get(uid)
            if uid not in choosing and (outcome is None or not outcome.shown):
                yield self._problem(uid, "is not on this form")

    def _problem(self, uid: str, message: str) -> Problem:
        field = self._context.store.get("form_fields", uid)
        if field is None:
            return Problem("form_field_id", "must exist")
        slug = str(field.attributes.get("slug"))
        name = None if reading.is_custom(field) else reading.attribute(self._context, field)
        return Problem(name or slug, message, str(field.attributes.get("name", "")))

    def _sets(self) -> list[rules.Set]:
        store = self._context.store
        return [
            rules.Set(
                each.uid,
                is_default=bool(each.attributes.get("is_default")),
                conditions=tuple(
                    self._rule(rule) for rule in store.children("form_set_conditions", each.uid)
                ),
            )
            for each in store.all("form_sets")
        ]

    def _rule(self, record: Record) -> rules.Rule:
        given = record.attributes
        uid = str(given.get("form_field_id") or "")
        field = self._context.store.get("form_fields", uid)
        if field is None:
            return rules.Rule(None, "")
        values = reading.meant(self._context, field, given.get("values") or [])
        return rules.Rule(uid, str(given.get("comparison")), values)

    def _placed(self) -> tuple[rules.Place, ...]:
        """The form's places in order, each field's first one; also learns what is fixed."""
        everywhere = [
            each
            for each in self._context.store.all("form_field_placements")
            if each.attributes.get("form") == FORM
        ]
        if not everywhere:
            return tuple(self._by_lists())
        found: dict[str, rules.Place] = {}
        for record in sorted(everywhere, key=_position):
            given = record.attributes
            field = self._fields.get(str(given.get("form_field_id")))
            if given.get("form_set_id") != self._form_set or field is None or field.uid in found:
                continue
            found[field.uid] = self._place(record, field)
            fixed = reading.default(self._context, field) if given.get("non_editable") else None
            if fixed is not None:
                self._fixed[field.uid] = fixed
        return tuple(found.values())

    def _place(self, record: Record, field: Record) -> rules.Place:
        given = record.attributes
        conditions = self._context.store.children(CONDITIONS, record.uid)

        def of(conditioned: str) -> rules.Rules:
            own = [each for each in conditions if each.attributes.get("conditioned") == conditioned]
            operator = str(given.get(f"{conditioned}_operator") or "")
            return rules.Rules(tuple(self._rule(each) for each in own), operator)

        return rules.Place(field.uid, bool(given.get("required")), of("placement"), of("required"))

    def _by_lists(self) -> Iterator[rules.Place]:
        """Organisations without placements: the fields' own lists tell, and their positions."""

        def position(field: Record) -> int:
            own = self._context.store.children("form_field_positions", field.uid)
            places = [each for each in own if each.attributes.get("form") == FORM]
            return _position(places[0]) if places else len(self._fields)

        for field in sorted(self._fields.values(), key=position):
            if FORM in (field.attributes.get("shown") or []):
                required = FORM in (field.attributes.get("required") or [])
                yield rules.Place(field.uid, required)


def _position(record: Record) -> int:
    text = str(record.attributes.get("position"))
    return int(text) if text.isdecimal() else 0


def _usable(field: Record) -> bool:
    resource = field.attributes.get("resource_type") or "incident"
    return bool(field.attributes.get("enabled", True)) and resource == "incident"
