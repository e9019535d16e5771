"""The form as the templates receive it: plain data, cheap to make, nothing left to decide."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from typing import Literal
from weakref import WeakKeyDictionary

from incidentportal.catalog.options import OptionList
from incidentportal.formengine.arranging import arrange, stands_open
from incidentportal.formengine.choices import (
    ChoiceView,
    SearchView,
    chosen_and_found,
    native,
    search_view,
)
from incidentportal.formengine.cleaning import TICKED
from incidentportal.formengine.explain import why
from incidentportal.formengine.fields import Answers, Field, dom_id
from incidentportal.formengine.kinds import CONTROLS, how_to
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.resolve import FieldState, ResolvedForm
from incidentportal.formengine.searching import (
    is_long,
    query,
    search,
)
from incidentportal.formengine.showable import showable
from incidentportal.formengine.strength import Origin
from incidentportal.formengine.suggestions import Suggestion
from incidentportal.formengine.validation import given_values

RADIOS = 7
"""Up to so many options to choose one from stand open; more are a drop-down list."""
_INFORMED = 10
# What a browser's own date controls keep; other text would vanish from them.
_NATIVE = {
    "date": re.compile(r"(\d{4}-\d{2}-\d{2})?", re.ASCII),
    "datetime-local": re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?)?", re.ASCII),
}

Layout = Literal["", "select", "radios", "checkboxes"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class FieldView:
    """One field on the page. A field that nobody touched is the same object on every page, so
    that what was drawn of it can be kept.

    `template` draws it. `value` is the text of a text control, `checked` a tick's state, `choices`
    are the options to draw in `layout`. In a long list (`search` is set) `choices` are what was
    chosen, then the hits. `blank_label` names the choice of nothing, where there is one. `how`
    says how to fill the field in and belongs to the help. `anchor` is the id of the element that
    an error summary's link leads to, `described_by` the ids of help and error.

    `redraws`: other fields depend on it, so that a change of it asks for the form anew. `why` is
    why it is required, or shown, as a sentence. `note` says where its value came from.
    `read_only`: it is shown and can't be changed. `suggestions` are offered to be taken.
    """

    name: str
    dom_id: str
    template: str
    control: str
    label: str
    required: bool
    help: str
    how: str
    errors: tuple[str, ...]
    value: str = ""
    checked: bool = False
    input_type: str = "text"
    input_mode: str = ""
    layout: Layout = ""
    choices: tuple[ChoiceView, ...] = ()
    blank_label: str = ""
    search: SearchView | None = None
    redraws: bool = False
    why: str = ""
    note: str = ""
    read_only: bool = False
    suggestions: tuple[Suggestion, ...] = ()
    anchor: str
    help_id: str
    error_id: str
    described_by: str


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """A line of the error summary; without a field, `anchor` and `label` are blank."""

    message: str
    anchor: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Starting:
    """The preset that a form starts from, in words; `language` is blank where they are the
    portal's own. `slug` is what the form carries.
    """

    slug: str
    name: str
    description: str = ""
    language: str = ""
    icon: str = ""
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class FormView:
    """The fields in order, and the error summary in the same order, errors without a field last.

    `folded` are fields that stand under “More”, `folded_open` says that it is open. `start` is the
    preset that the form starts from.
    `notices` are sentences about the form as a whole, `ways_back` answers that may be taken back
    there. `state` is what the form carries (`carried.py`), as its hidden control's value, and
    `link` the signed link that it was opened by, in the same way.
    """

    fields: tuple[FieldView, ...]
    errors: tuple[ErrorLine, ...] = ()
    folded: tuple[FieldView, ...] = ()
    folded_open: bool = False
    start: Starting | None = None
    notices: tuple[str, ...] = ()
    ways_back: tuple[Suggestion, ...] = ()
    state: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Extras:
    """What stands on the page besides fields and answers: by control name, `redraws` are names.

    Without a `summary` errors stand at their fields only, as in a redraw. `off_page` are fields
    that a preset keeps off the page, `origins` say where values came from.
    """

    redraws: frozenset[str] = frozenset()
    notes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    suggestions: Mapping[str, tuple[Suggestion, ...]] = dataclasses.field(default_factory=dict)
    notices: tuple[str, ...] = ()
    ways_back: tuple[Suggestion, ...] = ()
    state: str = ""
    summary: bool = True
    off_page: frozenset[str] = frozenset()
    origins: Mapping[str, Origin] = dataclasses.field(default_factory=dict)
    start: Starting | None = None
    link: str = ""


NO_EXTRAS = Extras()


def form_view(
    form: ResolvedForm,
    answers: Answers,
    zone: tzinfo,
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    messages: Sequence[str] = (),
    extras: Extras = NO_EXTRAS,
) -> FormView:
    """The form with these answers. `errors` are by control name, `messages` have no field.

    An error of a field that isn't shown goes to the summary: none is ever dropped. A field in
    error stands on the page, whatever a preset says.
    """
    by_name = errors or {}
    page = arrange(form, extras.off_page - by_name.keys())
    seen = _Seen(form, answers, zone, extras)
    made = [
        _field_view(seen, state, tuple(by_name.get(state.field.name, ())))
        for state in (*page.open, *page.folded)
    ]
    lines = _summary(made, by_name, messages) if extras.summary else []
    return FormView(
        fields=tuple(made[: len(page.open)]),
        errors=tuple(lines),
        folded=tuple(made[len(page.open) :]),
        folded_open=stands_open(page, answers, extras.origins, by_name),
        start=extras.start,
        notices=extras.notices,
        ways_back=extras.ways_back,
        state=extras.state,
        link=extras.link,
    )


def _summary(
    fields: Sequence[FieldView],
    by_name: Mapping[str, Sequence[str]],
    messages: Sequence[str],
) -> list[ErrorLine]:
    lines = [
        ErrorLine(message, field.anchor, field.label)
        for field in fields
        for message in field.errors
    ]
    shown = {field.name for field in fields}
    lines += [
        ErrorLine(message)
        for name, found in by_name.items()
        if name not in shown
        for message in found
    ]
    return [*lines, *(ErrorLine(message) for message in messages)]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What all fields of one page have in common."""

    form: ResolvedForm
    answers: Answers
    zone: tzinfo
    extras: Extras


_Key = tuple[bool, Sequence[str], bool, str, str]
_kept_views: WeakKeyDictionary[Field, dict[_Key, FieldView]] = WeakKeyDictionary()
_MOST_KEPT = 50
"""Views kept of one field: one for each choice, and each reason to show it."""


def _field_view(seen: _Seen, state: FieldState, errors: tuple[str, ...]) -> FieldView:
    """The view of one field: the kept one where it is empty, holds its default, or some of its
    options. What somebody typed is kept by nobody.
    """
    field = state.field
    given = given_values(seen.answers, field)
    typed = tuple(given) not in {(), field.defaults, field.locked} and not _is_choice(field, given)
    special = field.name in seen.extras.notes or field.name in seen.extras.suggestions
    changing = is_open(field.options) or (is_long(field) and query(seen.answers, field))
    if errors or typed or special or changing:
        return _make_view(seen, state, given, errors)
    kept = _kept_views.setdefault(field, {})
    key = (
        state.required,
        tuple(given),
        field.name in seen.extras.redraws,
        str(seen.zone) if field.control == "datetime" else "",
        why(state, seen.form),
    )
    if key not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[key] = _make_view(seen, state, given, ())
    return kept[key]


def _is_choice(field: Field, given: Sequence[str]) -> bool:
    options = field.options
    if options is None or is_long(field):
        return field.control == "checkbox" and given == ["true"]
    return all(one in options for one in given)


def _make_view(
    seen: _Seen, state: FieldState, given: Sequence[str], errors: tuple[str, ...]
) -> FieldView:
    field, answers = state.field, seen.answers
    control = CONTROLS[field.control]
    element = dom_id(field.name)
    how = "" if field.read_only else how_to(field, seen.zone)
    help_id = f"{element}_help" if field.help or how else ""
    error_id = f"{element}_error"
    parts = _choice_parts(state, answers, given) if control.chooses else _typed_parts(field, given)
    return FieldView(
        name=field.name,
        dom_id=element,
        template=parts.template or control.template,
        control=field.control,
        label=field.label,
        required=state.required,
        help=field.help,
        how=how,
        errors=errors,
        value=parts.value,
        checked=parts.checked,
        input_type=parts.input_type,
        input_mode=control.input_mode,
        layout=parts.layout,
        choices=parts.choices,
        blank_label=parts.blank_label,
        search=parts.search,
        redraws=field.name in seen.extras.redraws,
        why=why(state, seen.form),
        note=seen.extras.notes.get(field.name, ""),
        read_only=field.read_only,
        suggestions=seen.extras.suggestions.get(field.name, ()),
        anchor=element + parts.anchor,
        help_id=help_id,
        error_id=error_id,
        described_by=f"{help_id} {error_id}".strip() if errors else help_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What differs between text and choices; `anchor` is what the element's id is followed by."""

    template: str = ""
    value: str = ""
    checked: bool = False
    input_type: str = "text"
    layout: Layout = ""
    choices: tuple[ChoiceView, ...] = ()
    blank_label: str = ""
    search: SearchView | None = None
    anchor: str = ""


def _typed_parts(field: Field, given: Sequence[str]) -> _Parts:
    control = CONTROLS[field.control]
    if control.informs:
        return _informative_parts(field)
    if field.control == "checkbox":
        return _Parts(checked=any(value.strip().lower() in TICKED for value in given))
    value = showable("\n".join(given) if control.many else (given or [""])[0])
    native = _NATIVE.get(control.input_type)
    input_type = control.input_type if native is None or native.fullmatch(value) else "text"
    return _Parts(value=value, input_type=input_type)


def _informative_parts(field: Field) -> _Parts:
    """The head of the field's list; `value` says how many more there are, if any."""
    options = field.options if field.options is not None else OptionList()
    head = (ChoiceView(one.id, one.label, one.hint) for one in islice(options, _INFORMED))
    more = len(options) - _INFORMED
    return _Parts(choices=tuple(head), value=str(more) if more > 0 else "")


def _choice_parts(state: FieldState, answers: Answers, given: Sequence[str]) -> _Parts:
    field = state.field
    options = field.options if field.options is not None else OptionList()
    many = CONTROLS[field.control].many
    chosen = tuple(dict.fromkeys(given))
    nothing = "" if many or state.required else "None"
    if is_long(field):
        found = search(answers, field)
        return _Parts(
            template="formengine/fields/search.html",
            layout="checkboxes" if many else "radios",
            choices=chosen_and_found(options, chosen, found),
            blank_label=nothing,
            search=search_view(field, found),
            anchor="__q",
        )
    choices = native(options, chosen)
    if many:
        return _Parts(layout="checkboxes", choices=choices, anchor="_0")
    if len(options) <= RADIOS:
        return _Parts(layout="radios", choices=choices, blank_label=nothing, anchor="_0")
    return _Parts(layout="select", choices=choices, blank_label=nothing or "Choose one")
