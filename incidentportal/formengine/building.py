"""From a picture of Rootly's configuration to the forms it describes.

A placement puts a field on a form inside a form set (Rootly's API reference, form field
placements). Where a form has no placements, the fields' own `shown`, `required` and `positions`
tell. What can't be shown is left out and reported, never guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from incidentportal.catalog.options import OptionSource
from incidentportal.catalog.picture import Picture, Problem
from incidentportal.formengine.autofill import make_autofills
from incidentportal.formengine.cleaning import TICKED
from incidentportal.formengine.definition import DEFAULT_FORM, FormDefinition, Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.formsets import make_set_conditions
from incidentportal.formengine.kinds import BUILT_INS, VALUE_KINDS
from incidentportal.formengine.making import extra_field, make_field
from incidentportal.formengine.matching import Slugs
from incidentportal.formengine.rules import Report, make_rules
from incidentportal.rootly.records import FormField, FormSet, Placement

OURS = ("parent_incident", "visibility")
"""Kinds that stand after Rootly's own fields where Rootly places none of them."""


def build(
    picture: Picture,
    options: OptionSource,
    form_name: str = DEFAULT_FORM,
    *,
    extras: Sequence[str] = (),
    may_be_private: bool = True,
) -> Forms:
    """Every form set's form: at least one. To be made once per snapshot, and shared.

    `extras` are kinds of fields that are added at the end (`OURS`). For people who may not declare
    private incidents (not `may_be_private`) visibility is left out, unless Rootly's own default
    makes them private.
    """
    builder = _Builder(picture, options, form_name, extras, may_be_private)
    definitions = tuple(builder.definitions())
    listed = {one.id for one in picture.form_fields}
    set_conditions, overlaps = make_set_conditions(picture.form_sets, definitions, listed)
    return Forms(
        form_name,
        definitions,
        tuple(dict.fromkeys([*builder.problems, *overlaps])),
        set_conditions,
        make_autofills(definitions, picture),
        {service.id: service for service in picture.services},
    )


class _Builder:
    def __init__(
        self,
        picture: Picture,
        options: OptionSource,
        form_name: str,
        extras: Sequence[str],
        may_be_private: bool,
    ) -> None:
        self._extras = [one for one in extras if one != "visibility" or may_be_private]
        self._may_be_private = may_be_private
        self._picture = picture
        self._options = options
        self._form = form_name
        self._fields = {field.id: field for field in reversed(picture.form_fields)}
        self._slugs = Slugs(picture)
        self.problems: list[Problem] = []

    def definitions(self) -> Iterable[FormDefinition]:
        placements = [one for one in self._picture.placements if one.form == self._form]
        if not placements:
            yield self._define(None, self._implied())
            return
        sets = self._picture.form_sets
        known = {form_set.id for form_set in sets}
        if not sets or not any(one.form_set_id in {*known, ""} for one in placements):
            yield self._define(None, placements)
            return
        for one in placements:
            if one.form_set_id and one.form_set_id not in known:
                self._report(
                    "form_set_unknown", one.id,
                    f"A placement of {self._called(one.form_field_id)} belongs to a form set that"
                    " Rootly doesn't list; it is left out.",
                )  # fmt: skip
        for form_set in sets:
            yield self._define(
                form_set, [one for one in placements if one.form_set_id in {form_set.id, ""}]
            )

    def _implied(self) -> list[Placement]:
        """The placements that `shown`, `required` and `positions` amount to.

        Where no field names the form, those that name no form at all are on it: a server that
        leaves `shown` out must not empty the form.
        """
        fields = self._picture.form_fields
        shown = [field for field in fields if self._form in field.shown]
        if not shown:
            shown = [field for field in fields if not field.shown and field.enabled]
            if shown:
                self._report(
                    "form_unplaced", self._form,
                    f"No field says that it is on the form {self._form}; those that name no form"
                    " are shown.",
                )  # fmt: skip
        return [
            Placement(
                id=field.id,
                form_field_id=field.id,
                form=self._form,
                position=next((p.position for p in field.positions if p.form == self._form), None),
                required=self._form in field.required,
            )
            for field in shown
        ]

    def _define(self, form_set: FormSet | None, placements: Sequence[Placement]) -> FormDefinition:
        made: dict[str, Field] = {}
        placed: set[str] = set()
        for placement in sorted(placements, key=_order):
            form_field = self._usable(placement, placed)
            if form_field is None:
                continue
            field = self._make(form_field, placement)
            if field is not None and field.name in made:
                self._report(
                    "field_twice", form_field.id,
                    f"{self._called(form_field.id)} is left out: the form has a field of this"
                    " kind already.",
                )  # fmt: skip
            elif field is not None and self._is_offered(field):
                made[field.name] = field
        if not made:
            self._report(
                "form_empty", form_set.id if form_set else self._form,
                f"The form {self._form} has no fields"
                + (f" in the form set “{form_set.name}”." if form_set else "."),
            )  # fmt: skip
        else:
            for extra in (extra_field(kind, self._options) for kind in self._extras):
                made.setdefault(extra.name, extra)
        fields = tuple(made.values())
        return FormDefinition(
            form_set_id=form_set.id if form_set else "",
            name=form_set.name if form_set else "",
            fields=fields,
            is_default=form_set is None or form_set.is_default,
            includes_form=form_set is None or self._form in form_set.forms,
            rules=make_rules(fields, self._fields, self._about),
            elsewhere=self._elsewhere(placed),
        )

    def _is_offered(self, field: Field) -> bool:
        private_by_default = any(text.strip().lower() in TICKED for text in field.defaults)
        return field.kind != "visibility" or self._may_be_private or private_by_default

    def _usable(self, placement: Placement, placed: set[str]) -> FormField | None:
        """The placed field, unless something speaks against it, which is then reported."""
        field_id = placement.form_field_id
        form_field = self._fields.get(field_id)
        if form_field is None:
            why = "it is placed on the form, but Rootly doesn't list it"
            self._left_out("field_unknown", field_id, why)
        elif not form_field.enabled:
            self._left_out("field_disabled", field_id, "it is placed on the form, but disabled")
        elif form_field.resource_type not in {"incident", ""}:
            why = f"it belongs to another resource ({form_field.resource_type})"
            self._left_out("field_of_other_resource", field_id, why)
        elif field_id in placed:
            why = "it is placed twice; the first place counts"
            self._report("field_twice", field_id, f"Of {self._called(field_id)}: {why}.")
        else:
            placed.add(field_id)
            return form_field
        return None

    def _make(self, form_field: FormField, placement: Placement) -> Field | None:
        made = make_field(form_field, placement, self._options, self._slugs_of(form_field))
        for kind, sentence in made.remarks:
            self._report(kind, form_field.id, f"{self._called(form_field.id)} {sentence}.")
        if made.field is None:
            return None
        if made.field.non_editable and not made.field.defaults:
            said = "is read-only but has no default, so that it can be changed"
            self._report(
                "read_only_without_default", form_field.id, f"{self._called(form_field.id)} {said}."
            )
        return replace(made.field, auto_set=form_field.auto_set_by_catalog_property_id or "")

    def _slugs_of(self, form_field: FormField) -> Mapping[str, tuple[str, ...]]:
        if form_field.kind in BUILT_INS:
            return self._slugs.of(BUILT_INS[form_field.kind].source)
        kind = VALUE_KINDS.get(form_field.value_kind)
        if kind is VALUE_KINDS["catalog_entity"]:
            return self._slugs.of("catalog_entities", form_field.value_kind_catalog_id)
        return self._slugs.of(kind.source) if kind and kind.source else {}

    def _about(self, field: Field) -> Report:
        def report(kind: str, sentence: str) -> None:
            self._report(kind, field.id, f"“{field.label}” {sentence}.")

        return report

    def _elsewhere(self, placed: set[str]) -> tuple[str, ...]:
        return tuple(one.name for one in self._picture.form_fields if one.id not in placed)

    def _called(self, field_id: str) -> str:
        form_field = self._fields.get(field_id)
        return f"“{form_field.name}”" if form_field and form_field.name else f"field {field_id}"

    def _left_out(self, kind: str, field_id: str, why: str) -> None:
        self._report(kind, field_id, f"Left out, {self._called(field_id)}: {why}.")

    def _report(self, kind: str, subject: str, sentence: str) -> None:
        self.problems.append(Problem(kind, subject, sentence[:1].upper() + sentence[1:]))


def _order(placement: Placement) -> tuple[bool, int, bool, int, str]:
    """By position (none last), then by id: as a number where it is one."""
    by_number = placement.id.isascii() and placement.id.isdigit() and len(placement.id) < 19
    return (
        placement.position is None,
        placement.position or 0,
        not by_number,
        int(placement.id) if by_number else 0,
        placement.id,
    )
