"""One field of a form, made from Rootly's field and its placement."""

from __future__ import annotations

from dataclasses import dataclass

from incidentportal.catalog.options import OptionList, OptionSource, fold, own_options
from incidentportal.formengine.fields import Field, control_name
from incidentportal.formengine.kinds import (
    BUILT_INS,
    CONTROLS,
    INPUT_KINDS,
    VALUE_KINDS,
    BuiltIn,
)
from incidentportal.rootly.records import FormField, Placement

Remark = tuple[str, str]
"""A problem's kind, and what is said of the field, to follow its name."""


@dataclass(frozen=True, slots=True)
class Made:
    """A field, and what admins should know of it."""

    field: Field
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Unusable:
    """No field, and why."""

    remarks: tuple[Remark, ...] = ()


def make_field(
    form_field: FormField, placement: Placement, source: OptionSource
) -> Made | Unusable:
    """The field as the form shows it, or why it can't be shown."""
    built_in = BUILT_INS.get(form_field.kind)
    if built_in is None:
        return _custom(form_field, placement, source)
    if built_in.standing == "off":
        return Unusable()
    if built_in.standing == "waiting" and not placement.required:
        return Unusable((("kind_not_built", "is left out: this portal can't show its kind yet"),))
    return _built_in(form_field, placement, built_in, source)


def _built_in(
    form_field: FormField, placement: Placement, built_in: BuiltIn, source: OptionSource
) -> Made:
    control = built_in.control
    options: OptionList | None = None
    if built_in.source:
        options = source.options(built_in.source)
        if control == "choices" and form_field.input_kind == "select":
            control = "choice"
    label = form_field.name.strip() or built_in.label
    own_name = fold(label) in {fold(name) for name in (built_in.label, *built_in.aliases)}
    remarks: list[Remark] = []
    if built_in.standing == "waiting":
        remarks.append(("kind_not_built", "is required, and shown in a plain form for now"))
    field = Field(
        id=form_field.id,
        kind=form_field.kind,
        name=built_in.control_name,
        label=label,
        control=control,
        slug=form_field.slug,
        help=form_field.description,
        noun=built_in.noun if own_name else "",
        attribute=built_in.attribute,
        takes_one_id=built_in.attribute == "severity_id",
        options=options,
        limit=built_in.limit or CONTROLS[control].limit,
        required=placement.required,
        non_editable=placement.non_editable,
        defaults=_defaults(form_field, options),
        conditions=placement.conditions,
        placement_operator=placement.placement_operator,
        required_operator=placement.required_operator,
    )
    return _checked(field, remarks)


def _custom(form_field: FormField, placement: Placement, source: OptionSource) -> Made:
    remarks: list[Remark] = []
    control = INPUT_KINDS.get(form_field.input_kind, "")
    if not control:
        control = "text"
        remarks.append(
            (
                "input_kind_unknown",
                f"is shown as text: unknown input kind {form_field.input_kind!r}",
            )
        )
    options: OptionList | None = None
    value_kind = VALUE_KINDS.get(form_field.value_kind)
    if CONTROLS[control].chooses:
        if value_kind is None and form_field.options:
            value_kind = VALUE_KINDS["inherit"]
        if value_kind is None:
            control = "text"
            said = f"is shown as text: unknown value kind {form_field.value_kind!r}"
            remarks.append(("value_kind_unknown", said))
        else:
            options = _options(form_field, source)
    field = Field(
        id=form_field.id,
        kind="custom",
        name=control_name(form_field.id),
        label=form_field.name.strip() or form_field.slug or form_field.id,
        control=control,
        slug=form_field.slug,
        help=form_field.description,
        is_custom=True,
        selected=value_kind.selected if value_kind and options is not None else "",
        rich=form_field.input_kind == "rich_text",
        options=options,
        limit=CONTROLS[control].limit,
        required=placement.required,
        non_editable=placement.non_editable,
        defaults=_defaults(form_field, options),
        conditions=placement.conditions,
        placement_operator=placement.placement_operator,
        required_operator=placement.required_operator,
    )
    return _checked(field, remarks)


def _options(form_field: FormField, source: OptionSource) -> OptionList:
    value_kind = VALUE_KINDS.get(form_field.value_kind)
    if form_field.value_kind == "catalog_entity":
        return source.entities(form_field.value_kind_catalog_id or "")
    if value_kind is not None and value_kind.source:
        return source.options(value_kind.source)
    return own_options(form_field.options)


def _defaults(form_field: FormField, options: OptionList | None) -> tuple[str, ...]:
    """Rootly's defaults as values of the control: ids for choices, else text.

    A default may name an option instead of giving its id; what the list doesn't have is dropped.
    """
    given = tuple(value for value in form_field.default_values if value.strip())
    if options is None:
        return given
    if not given:
        given = tuple(option.id for option in form_field.options if option.default)
    by_label = {fold(option.label): option.id for option in options} if given else {}
    found = (value if value in options else by_label.get(fold(value)) for value in given)
    return tuple(dict.fromkeys(value for value in found if value is not None))


def _checked(field: Field, remarks: list[Remark]) -> Made:
    if field.options is not None and not len(field.options):
        said = "has nothing to choose from, so the portal doesn't require it"
        remarks.append(("nothing_to_choose", said))
    return Made(field, tuple(remarks))
