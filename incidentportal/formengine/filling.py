"""From what a person, a link and the defaults say to the answers that a form holds.

`strength.py` has the order; here is how a form gets from one page to the next: which form set
holds, which values follow another field, and which of those on the page are the person's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from incidentportal.formengine import carried, suggestions
from incidentportal.formengine.arranging import hidden
from incidentportal.formengine.autofill import autofilled
from incidentportal.formengine.carried import Carried
from incidentportal.formengine.cleaning import TICKED, UNTICKED
from incidentportal.formengine.conditions import tokens
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Answers, Field
from incidentportal.formengine.formsets import choose_form_set
from incidentportal.formengine.kinds import CONTROLS
from incidentportal.formengine.resolve import ResolvedForm, resolve
from incidentportal.formengine.strength import Origin, Values, strongest
from incidentportal.formengine.titles import TITLE

Given = Mapping[Origin, Mapping[str, Values]]
"""What each origin says, by control name."""
ROUNDS = 10
"""A field that another sets may choose the form set, show a field, or set a third one; after so
many rounds whatever still changes stays as it is."""
FROM_PATTERN = ""
"""Instead of a field's name: what set the title is the preset's pattern."""
_TICK_WORDS = TICKED | UNTICKED | {""}


@dataclass(frozen=True)
class Filling:
    """A form with its answers. `answers` are those of every known field, hidden ones included,
    and whatever else was posted; `carried` is what the next page has to bring back. `off_page` are
    names of fields that are shown, but that a preset keeps off the page (`arranging.py`).
    """

    form: ResolvedForm
    answers: Mapping[str, Sequence[str]]
    carried: Carried
    origins: Mapping[str, Origin]
    off_page: frozenset[str] = frozenset()


def start(forms: Forms, given: Given, snapshot: int) -> Filling:
    """A new form: what the link, the presets and the defaults say, the strongest first.

    `given` has no Rootly defaults: those are the fields' own.
    """
    begin: dict[str, tuple[Origin, Values]] = {}
    for name, field in forms.by_name.items():
        offers: dict[Origin, Values] = {o: said[name] for o, said in given.items() if name in said}
        found = strongest({"rootly": field.defaults, **offers})
        if found is not None:
            begin[name] = found
    return _fill(forms, {}, Carried(snapshot=snapshot, start=begin), {})


def go_on(
    forms: Forms,
    posted: Answers,
    snapshot: int,
    *,
    fresh: Given | None = None,
    unseen: AbstractSet[str] = frozenset(),
    demanded: AbstractSet[str] = frozenset(),
) -> Filling:
    """The form for what was posted with it, and for what it carried.

    `unseen` are fields that the page didn't know yet (the snapshot is newer): they begin with what
    `fresh` and Rootly say. `demanded` are fields that Rootly asked for (`resolve.py`).
    """
    before = carried.read(posted)
    now = replace(before, snapshot=snapshot, judged=())
    if unseen:
        began = start(forms, fresh or {}, snapshot).carried.start
        now = replace(
            now, start={**now.start, **{name: one for name, one in began.items() if name in unseen}}
        )
    person: dict[str, Values] = {}
    for name, field in forms.by_name.items():
        values = _answer(field, posted, now, fixed=name in forms.fixed_somewhere)
        own = name in now.own or not _same(field, values, now.set_by_portal(name))
        if own and name not in unseen:
            person[name] = values
    if took := suggestions.taken(posted, forms.by_name):
        name, option_id = took
        many = CONTROLS[forms.by_name[name].control].many
        before_it = person.get(name, now.set_by_portal(name)) if many and option_id else ()
        person[name] = tuple(dict.fromkeys([*before_it, *filter(None, [option_id])]))
    return _fill(forms, person, now, posted, demanded)


def _fill(
    forms: Forms,
    person: Mapping[str, Values],
    now: Carried,
    posted: Answers,
    demanded: AbstractSet[str] = frozenset(),
) -> Filling:
    found: dict[str, tuple[str, Values]] = {}
    for _ in range(ROUNDS):
        auto = found
        answers, origins = _settle(forms.by_name.items(), person, auto, now)
        form = resolve(choose_form_set(forms, answers), answers, demanded)
        found = autofilled(forms.autofills, form, answers)
        found |= _title(forms, form, answers, person, now)
        if found == auto:
            break
    off_page = hidden(form, answers, origins)
    on_page = {state.field.name for state in form.shown if not state.field.read_only} - off_page
    kept = {name: values for name, values in answers.items() if values and name not in on_page}
    after = replace(now, auto=auto, own=tuple(person), kept=kept)
    return Filling(form, {**posted, **answers}, after, origins, off_page)


def _title(
    forms: Forms,
    form: ResolvedForm,
    answers: Mapping[str, Values],
    person: Mapping[str, Values],
    now: Carried,
) -> dict[str, tuple[str, Values]]:
    """The title that the preset's pattern makes, unless something stronger says one."""
    origin, _ = now.start.get(TITLE, ("rootly", ()))
    if forms.title is None or TITLE in person or origin in {"link", "preset"}:
        return {}
    shown = [state.field for state in form.shown]
    text = forms.title.build(shown, answers)
    return {TITLE: (FROM_PATTERN, (text,))} if text else {}


def _answer(field: Field, posted: Answers, now: Carried, *, fixed: bool) -> Values:
    """What stands in the field: what was posted, else what the form carried for it.

    `fixed`: some form set has it as read-only. Then its page may have posted its default, which is
    no answer where another one was kept.
    """
    kept = now.kept.get(field.name, ())
    values = posted.get(field.name)
    if values is None or (fixed and kept and _same(field, values, field.defaults)):
        return kept
    return tuple(values)


def _settle(
    fields: Iterable[tuple[str, Field]],
    person: Mapping[str, Values],
    auto: Mapping[str, tuple[str, Values]],
    now: Carried,
) -> tuple[dict[str, Values], dict[str, Origin]]:
    answers: dict[str, Values] = {}
    origins: dict[str, Origin] = {}
    for name, field in fields:
        offers: dict[Origin, Values] = {}
        if fixed := field.fixed:
            offers[fixed[0]] = fixed[1]
        if name in person:
            offers["person"] = person[name]
        if name in now.start:
            origin, values = now.start[name]
            offers[origin] = values
        if name in auto:
            source, values = auto[name]
            offers["preset" if source == FROM_PATTERN else "autofill"] = values
        found = strongest(offers)
        if found is not None:
            origins[name], answers[name] = found
        else:
            answers[name] = ()
    return answers, origins


def _same(field: Field, values: Sequence[str], portal: Values) -> bool:
    """Whether what was posted is what the portal had set: line ends and the order of choices don't
    count, but every character that somebody typed does.
    """
    if field.control == "checkbox" and not {v.strip().lower() for v in values} <= _TICK_WORDS:
        return False  # nobody can tell what it means: an error, never a tick that was left
    if field.options is not None or field.control == "checkbox":
        return tokens(field, values) == tokens(field, portal)
    return _typed(values) == _typed(portal)


def _typed(values: Sequence[str]) -> str:
    text = "\n".join(values).replace("\r\n", "\n")
    return "" if text.isspace() else text
