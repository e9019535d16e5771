"""One field of a form, made from Rootly's field and its placement."""

from __future__ import annotations

from dataclasses import dataclass, replace

from incidentportal.catalog.options import OptionList, OptionSource, fold, own_options
from incidentportal.formengine.fields import Field, control_name
from incidentportal.formengine.kinds import (
    BUILT_INS,
    CONTROLS,
    INPUT_KINDS,
    VALUE_KINDS,
    BuiltIn,
    ValueKind,
)
from incidentportal.rootly.records import FormField, Placement

Remark = tuple[str, str]
"""A problem's kind, and what is said of the field, to follow its name."""


@dataclass(frozen=True, slots=True)
class Made:
    """A field, or None where it stays off the form, and what admins should know of it."""

    field: Field | None
    remarks: tuple[Remark, ...] = ()


def make_field(form_field: FormField, placement: Placement, source: OptionSource) -> Made:
    """The field as the form shows it, with Rootly's defaults and its placement's rules."""
    built_in = BUILT_INS.get(form_field.kind)
    if built_in is None:
        made = _custom(form_field, source)
    elif built_in.standing == "off":
        return Made(None)
    elif built_in.standing == "waiting" and not placement.required:
        said = "is left out: the portal can't show this kind yet"
        return Made(None, (("kind_not_built", said),))
    else:
        made = _built_in(form_field, built_in, source)
    if made.field is None:
        return made
    remarks = made.remarks
    options = made.field.options
    most = None if CONTROLS[made.field.control].many else 1
    if options is not None and not len(options):
        said = "has nothing to choose from, so the portal doesn't require it"
        remarks = (*remarks, ("nothing_to_choose", said))
    field = replace(
        made.field,
        slug=form_field.slug,
        help=form_field.description,
        required=placement.required,
        non_editable=placement.non_editable,
        defaults=_defaults(form_field, options)[:most],
        conditions=placement.conditions,
        placement_operator=placement.placement_operator,
        required_operator=placement.required_operator,
    )
    return Made(field, remarks)


def _built_in(form_field: FormField, built_in: BuiltIn, source: OptionSource) -> Made:
    control = built_in.control
    if control == "choices" and form_field.input_kind == "select":
        control = "choice"
    label = form_field.name.strip() or built_in.label
    own_names = {fold(name) for name in (built_in.label, *built_in.aliases)}
    field = Field(
        id=form_field.id,
        kind=form_field.kind,
        name=built_in.control_name,
        label=label,
        control=control,
        noun=built_in.noun if fold(label) in own_names else "",
        attribute=built_in.attribute,
        takes_one_id=built_in.attribute == "severity_id",
        options=source.options(built_in.source) if built_in.source else None,
        limit=built_in.limit or CONTROLS[control].limit,
    )
    if built_in.standing == "waiting":
        return Made(field, (("kind_not_built", "is required, and shown plainly for now"),))
    return Made(field)


def _custom(form_field: FormField, source: OptionSource) -> Made:
    """A custom field; one of an input or value kind that nobody knows is a text field."""
    remarks: tuple[Remark, ...] = ()
    control = INPUT_KINDS.get(form_field.input_kind, "")
    value_kind: ValueKind | None = None
    if not control:
        said = f"is shown as text: unknown input kind “{form_field.input_kind}”"
        remarks = (("input_kind_unknown", said),)
    elif CONTROLS[control].chooses:
        own = VALUE_KINDS["inherit"] if form_field.options else None
        value_kind = VALUE_KINDS.get(form_field.value_kind or "inherit", own)
        if value_kind is None:
            said = f"is shown as text: unknown value kind “{form_field.value_kind}”"
            control, remarks = "", (("value_kind_unknown", said),)
    field = Field(
        id=form_field.id,
        kind="custom",
        name=control_name(form_field.id),
        label=form_field.name.strip() or form_field.slug or form_field.id,
        control=control or "text",
        is_custom=True,
        selected=value_kind.selected if value_kind else "",
        rich=form_field.input_kind == "rich_text",
        options=_options(form_field, value_kind, source) if value_kind else None,
        limit=CONTROLS[control or "text"].limit,
    )
    return Made(field, remarks)


def _options(form_field: FormField, value_kind: ValueKind, source: OptionSource) -> OptionList:
    if value_kind is VALUE_KINDS["catalog_entity"]:
        return source.entities(form_field.value_kind_catalog_id or "")
    if value_kind.source:
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
