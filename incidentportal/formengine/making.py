"""One field of a form, made from Rootly's field and its placement."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC

from incidentportal.catalog.options import OptionList, OptionSource, fold, own_options
from incidentportal.formengine import richtext
from incidentportal.formengine.cleaning import Invalid
from incidentportal.formengine.fields import Field, control_name
from incidentportal.formengine.kinds import (
    BUILT_INS,
    CONTROLS,
    INPUT_KINDS,
    STRICT,
    VALUE_KINDS,
    BuiltIn,
    ValueKind,
)
from incidentportal.formengine.matching import find_option, is_open
from incidentportal.rootly.records import FormField, Placement

_TIME_OF_DAY = re.compile(r"(?<=^\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}.*", re.ASCII)
Remark = tuple[str, str]
"""A problem's kind, and what is said of the field, to follow its name."""


@dataclass(frozen=True, slots=True)
class Made:
    """A field, or None where it stays off the form, and what admins should know of it."""

    field: Field | None
    remarks: tuple[Remark, ...] = ()


def make_field(
    form_field: FormField,
    placement: Placement,
    source: OptionSource,
    slugs: Mapping[str, tuple[str, ...]],
) -> Made:
    """The field as the form shows it, with Rootly's defaults and its placement's rules.

    `slugs` are the other names of its options (`fields.Field`).
    """
    built_in = BUILT_INS.get(form_field.kind)
    if built_in is not None and built_in.unsendable:
        return Made(None, (("kind_not_sendable", f"is left out: {built_in.unsendable}"),))
    made = (
        _custom(form_field, source)
        if built_in is None
        else Made(_built_in(form_field, built_in, source))
    )
    if made.field is None:
        return made
    control = CONTROLS[made.field.control]
    named = replace(made.field, slugs={} if made.field.options is None else slugs)
    defaults, said_of_them = _defaults(form_field, named, fixed=placement.non_editable)
    remarks = (*made.remarks, *said_of_them, *_said_of_list(named))
    field = replace(
        named,
        slug=form_field.slug,
        help=form_field.description,
        required=placement.required and not control.informs,
        non_editable=placement.non_editable and not control.informs,
        defaults=defaults,
        conditions=tuple(
            one
            for one in placement.conditions
            if not (control.informs and one.conditioned == "required")
        ),
        placement_operator=placement.placement_operator,
        required_operator=placement.required_operator,
    )
    return Made(field, remarks)


def _said_of_list(field: Field) -> tuple[Remark, ...]:
    options = field.options
    if not CONTROLS[field.control].chooses or options is None or len(options) or is_open(options):
        return ()
    said = "has nothing to choose from, so the portal doesn't require it"
    return (("nothing_to_choose", said),)


def extra_field(kind: str, source: OptionSource) -> Field:
    """A built-in field as the portal adds it where Rootly places none: `parent_incident`,
    `visibility`. It is optional, and has no default; an unknown kind is a KeyError.
    """
    return _built_in(FormField(id=kind, kind=kind), BUILT_INS[kind], source)


def _built_in(form_field: FormField, built_in: BuiltIn, source: OptionSource) -> Field:
    control = built_in.control
    if control == "choices" and form_field.input_kind == "select":
        control = "choice"
    label = form_field.name.strip() or built_in.label
    if built_in.attribute == "private" and fold(label) == "visibility":
        label = built_in.label  # a tick called "Visibility" could mean either
    own_names = {fold(name) for name in (built_in.label, *built_in.aliases)}
    options = source.options(built_in.source) if built_in.source else built_in.options
    return Field(
        id=form_field.id,
        kind=form_field.kind,
        name=built_in.control_name,
        label=label,
        control=control,
        noun=built_in.noun if fold(label) in own_names else "",
        attribute=built_in.attribute,
        options=options,
        limit=built_in.limit or CONTROLS[control].limit,
    )


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


def _defaults(
    form_field: FormField, field: Field, *, fixed: bool
) -> tuple[tuple[str, ...], tuple[Remark, ...]]:
    """Rootly's defaults as values of the control: ids for choices, else text; and what is wrong
    with them.

    A default may name an option instead of giving its id. What the list doesn't have is dropped,
    and so is what can't be sent where nobody could mend it (the field is `fixed`) or should have
    to (it is no number, date or time): it would refuse every form.
    """
    control = CONTROLS[field.control]
    if control.informs:
        return (), ()
    given = tuple(value for value in form_field.default_values if value.strip())
    remarks: list[Remark] = []
    if field.options is None:
        found = _TEXTS[field.control](given) if field.control in _TEXTS else given
    else:
        given = given or tuple(option.id for option in form_field.options if option.default)
        ids = [(value, _meant(field, value)) for value in given]
        found = tuple(dict.fromkeys(one for _, meant in ids for one in meant))
        remarks = [
            ("default_unknown", f"has a default that is none of its options: {value}")
            for value, meant in ids
            if not meant
        ]
    found = found[: None if control.many else 1]
    if (fixed or field.control in STRICT) and found and not _is_sendable(field, found):
        fate = ", so that it can be changed" if fixed else "; it isn't used"
        said = f"has a default that can't be sent{fate}: {found[0]}"
        return (), (*remarks, ("default_unusable", said))
    return found, tuple(remarks)


def _meant(field: Field, value: str) -> tuple[str, ...]:
    """The option that a default means: of several with its name the first."""
    return find_option(field, value)[:1] or ((value,) if is_open(field.options) else ())


def _is_sendable(field: Field, values: tuple[str, ...]) -> bool:
    try:
        CONTROLS[field.control].clean(field, values, UTC)
    except Invalid:
        return False
    return True


def _ticks(given: tuple[str, ...]) -> tuple[str, ...]:
    """A tick may be spelt in words; a private default must never be lost for that."""
    return tuple("true" if fold(value) in {"yes", "t", "private"} else value for value in given)


def _listed(given: tuple[str, ...]) -> tuple[str, ...]:
    """Tags, also as they are stored: a JSON list in a text."""
    found: list[str] = []
    for value in given:
        try:
            items = json.loads(value) if value.lstrip().startswith("[") else value
        except (ValueError, RecursionError):
            items = value
        found += [str(item) for item in items] if isinstance(items, list) else [value]
    return tuple(found)


def _markdown(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(richtext.from_html(value) for value in given)


def _days(given: tuple[str, ...]) -> tuple[str, ...]:
    """Days, also where they are stored with a time."""
    return tuple(_TIME_OF_DAY.sub("", value.strip()) for value in given)


_TEXTS: dict[str, Callable[[tuple[str, ...]], tuple[str, ...]]] = {
    "checkbox": _ticks,
    "tags": _listed,
    "emails": _listed,
    "rich_text": _markdown,
    "date": _days,
}
"""How stored values of some controls become what is typed into them."""
