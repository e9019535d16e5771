"""What changed in Rootly's form while somebody was filling it in, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from incidentportal.formengine.conditions import tokens
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.filling import Filling
from incidentportal.formengine.formsets import choose_form_set
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.resolve import resolve
from incidentportal.formengine.validation import given_values

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Changes:
    """`sentences` say what changed. `lost` are those of them about answers that no longer have a
    place: the form is shown again before it is sent without them.
    """

    sentences: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


NO_CHANGES = Changes()


def unseen(old: Forms, new: Forms) -> frozenset[str]:
    """The names of the fields that the older form didn't have."""
    return frozenset(new.by_name) - frozenset(old.by_name)


def changes(old: Forms, new: Filling, now: Forms) -> Changes:
    """What is different for the answers of `new`, between the form that they were given to and
    the form of now.
    """
    answers = new.answers
    before = resolve(choose_form_set(old, answers), answers)
    lost = tuple(_lost(old, now, new))
    asked = {state.field.name: state for state in before.shown}
    sentences = list(lost)
    for state in new.form.shown:
        known = asked.get(state.field.name)
        if state.field.name not in old.by_name:
            sentences.append(f"“{state.field.label}” is new on the form.")
        elif state.required and (known is None or not known.required):
            sentences.append(f"“{state.field.label}” is required now.")
        if known is not None:
            sentences += _gone(known.field, state.field, given_values(answers, state.field))
    return Changes(tuple(dict.fromkeys(sentences)), lost)


def _lost(old: Forms, now: Forms, new: Filling) -> Iterator[str]:
    for name, field in old.by_name.items():
        if name in now.by_name or _is_the_portals(field, new):
            continue
        text = _text(field, given_values(new.answers, field))
        if text:
            yield f"“{field.label}” is no longer on the form. Your answer was: {text}"


def _is_the_portals(field: Field, new: Filling) -> bool:
    """Whether the field holds what the portal put there: nobody misses a default."""
    portal = new.carried.set_by_portal(field.name)
    answer = tokens(field, new.answers.get(field.name, ()))
    return field.name not in new.carried.own and answer == tokens(field, portal)


def _gone(before: Field, now: Field, chosen: Sequence[str]) -> Iterator[str]:
    if before.options is None or now.options is None or is_open(now.options):
        return
    for one in chosen:
        option = before.options.get(one)
        if option is not None and one not in now.options:
            yield f"“{option.label}”, which you chose for “{now.label}”, no longer exists."


def _text(field: Field, values: Sequence[str]) -> str:
    if field.read_only:
        return ""
    if field.control == "checkbox":
        return "ticked" if tokens(field, values) else ""
    if field.options is not None:
        values = [option.label for one in values if (option := field.options.get(one))]
    text = ", ".join(values).strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
