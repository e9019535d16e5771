"""The search of a long list: its box, its hits, and what was searched for.

A long list's box is called `<name>__q`. The combobox asks for each search's hits alone. Without
JavaScript they come with the page, and what they were searched for travels beside the box in a
hidden `<name>__searched`, so that words typed since can be told from words answered.
"""

from __future__ import annotations

from dataclasses import dataclass

from incidentportal.catalog.options import Option
from incidentportal.formengine.fields import Answers, Field
from incidentportal.formengine.resolve import ResolvedForm

NATIVE_LIMIT = 50
"""Up to so many options are native controls."""
HITS = 20
LONGEST_QUERY = 200
BUTTON = "search"
"""The name of the buttons that search; their value is the field's name."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought. `more`: there are hits beyond these."""

    query: str
    hits: tuple[Option, ...] = ()
    more: bool = False


def is_long(field: Field) -> bool:
    """Whether the field's options are too many to be shown all."""
    return field.options is not None and len(field.options) > NATIVE_LIMIT


def box_name(name: str) -> str:
    """The control name of a field's search box."""
    return f"{name}__q"


def searched_name(name: str) -> str:
    """The control name of what the hits on the page were searched for."""
    return f"{name}__searched"


def query(answers: Answers, field: Field) -> str:
    """The words in a field's search box, one space apart."""
    return _words(answers, box_name(field.name))


def _words(answers: Answers, name: str) -> str:
    return " ".join(" ".join(value[:LONGEST_QUERY] for value in answers.get(name, ())).split())


def search(answers: Answers, field: Field) -> Found:
    """The hits for what stands in the field's search box; none while it is empty."""
    return look_up(answers, field) if query(answers, field) else Found("")


def look_up(answers: Answers, field: Field) -> Found:
    """The hits for what stands in the field's search box; the list's head while it is empty."""
    words = query(answers, field)
    if field.options is None:
        return Found(words)
    hits = field.options.search(words, HITS + 1)
    return Found(words, tuple(hits[:HITS]), len(hits) > HITS)


def unsearched(form: ResolvedForm, answers: Answers) -> tuple[str, ...]:
    """The names of the fields whose search box holds words that were not searched for yet.

    While there are any, nothing may be declared: Enter in such a box means "search".
    """
    return tuple(
        field.name
        for field in (state.field for state in form.shown if is_long(state.field))
        if query(answers, field) not in {"", _words(answers, searched_name(field.name))}
    )


def without(answers: Answers) -> Answers:
    """These answers, with nothing left to be searched for; what was chosen stays."""
    return {
        name: values
        for name, values in answers.items()
        if name != BUTTON and not name.endswith(box_name(""))
    }


def wants_search(form: ResolvedForm, answers: Answers) -> bool:
    """Whether a posted form asks for a search and not for a declaration."""
    return bool(answers.get(BUTTON)) or bool(unsearched(form, answers))
