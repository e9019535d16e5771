"""A field's options as the templates receive them: those to choose from, chosen, found and gone."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from incidentportal.catalog.options import OptionList
from incidentportal.formengine.fields import Field, dom_id
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.searching import Found, box_name, searched_name
from incidentportal.formengine.showable import showable

_GONE_SHOWN = 20
_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """An option on the page. `hint` tells it apart or describes it."""

    id: str
    label: str
    hint: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class SearchView:
    """A long list's search box. `done` is what the page's hits were searched for, carried by the
    hidden control `done_name`; `hits` counts them, `more` says that there are others.
    """

    name: str
    dom_id: str
    query: str
    done_name: str
    hits: int
    more: bool


def search_view(field: Field, found: Found) -> SearchView:
    """The search box of a long list, with what was found for its words."""
    return SearchView(
        name=box_name(field.name),
        dom_id=box_name(dom_id(field.name)),
        query=showable(found.query),
        done_name=searched_name(field.name),
        hits=len(found.hits),
        more=found.more,
    )


_prepared: WeakKeyDictionary[OptionList, tuple[ChoiceView, ...]] = WeakKeyDictionary()


def native(options: OptionList, chosen: tuple[str, ...]) -> tuple[ChoiceView, ...]:
    """All options, the chosen ones selected. With none chosen it is the same object each time,
    so that a template may keep what it made of it.
    """
    plain = _prepared.get(options)
    if plain is None or is_open(options):
        plain = tuple(ChoiceView(one.id, one.label, one.hint) for one in options)
        _prepared[options] = plain
    if not chosen:
        return plain
    drawn = (
        ChoiceView(one.id, one.label, one.hint, selected=True) if one.id in chosen else one
        for one in plain
    )
    return (*drawn, *_gone(options, chosen))


def chosen_and_found(
    options: OptionList, chosen: tuple[str, ...], found: Found
) -> tuple[ChoiceView, ...]:
    """What was chosen of a long list, ticked, then the hits."""
    known = (options.get(option_id) for option_id in chosen)
    ticked = [ChoiceView(one.id, one.label, one.hint, selected=True) for one in known if one]
    hits = (ChoiceView(one.id, one.label, one.hint) for one in found.hits if one.id not in chosen)
    return (*ticked, *_gone(options, chosen), *hits)


def _gone(options: OptionList, chosen: tuple[str, ...]) -> tuple[ChoiceView, ...]:
    """Chosen ids that the list doesn't have (any more): kept, so that the person sees and decides.

    What no page can carry back unchanged is not.
    """
    gone = (
        option_id
        for option_id in chosen
        if option_id not in options and len(option_id) <= _LONGEST_ID and option_id.isprintable()
    )
    said = "Not in the list" if is_open(options) else "No longer available"
    return tuple(
        ChoiceView(option_id, said, option_id, selected=True)
        for option_id, _ in zip(gone, range(_GONE_SHOWN), strict=False)
    )
