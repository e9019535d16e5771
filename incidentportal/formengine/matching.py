"""Which of a field's options a text means: its id, its slug, or its name.

Rootly writes record ids into conditions and defaults; where one is no known id it may be a slug
or a name (`docs/form-rules.md`). Links are read in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from weakref import WeakKeyDictionary

from incidentportal.catalog.options import OptionList, fold
from incidentportal.catalog.picture import Picture
from incidentportal.formengine.fields import Field


def find_option(field: Field, text: str) -> tuple[str, ...]:
    """The ids of the options that `text` means: several where it is ambiguous, none if unknown.

    An id wins over a slug, a slug over a name; case and accents count in ids only.
    """
    options = field.options
    if options is None:
        return ()
    if text in options:
        return (text,)
    name = fold(text.strip())
    by_slug = tuple(one for one in field.slugs.get(name, ()) if one in options)
    return by_slug or _by_label(options).get(name, ())


_labels: WeakKeyDictionary[OptionList, Mapping[str, tuple[str, ...]]] = WeakKeyDictionary()


def _by_label(options: OptionList) -> Mapping[str, tuple[str, ...]]:
    """By folded label, the ids that bear it: made once for a list that doesn't change."""
    known = _labels.get(options)
    if known is None:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for option in options:
            found[fold(option.label)].append(option.id)
        known = {label: tuple(ids) for label, ids in found.items()}
        if not is_open(options):
            _labels[options] = known
    return known


class Slugs:
    """The slugs of every list of a picture, each list's computed once."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._known: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def of(self, source: str, catalog_id: str | None = None) -> Mapping[str, tuple[str, ...]]:
        """By folded slug (a person's: e-mail address), the ids that bear it.

        `source` is an option list's name; with `catalog_id` the entities of that catalog.
        """
        key = f"{source}/{catalog_id}"
        if key not in self._known:
            self._known[key] = MappingProxyType(self._collect(source, catalog_id))
        return self._known[key]

    def _collect(self, source: str, catalog_id: str | None) -> dict[str, tuple[str, ...]]:
        pairs: Iterable[tuple[str, str]]
        if source == "users":
            pairs = [(user.email, user.id) for user in self._picture.users]
        elif source == "catalog_entities":
            entities = self._picture.catalog_entities
            pairs = [(one.slug, one.id) for one in entities if one.catalog_id == catalog_id]
        else:
            pairs = [(one.slug, one.id) for one in getattr(self._picture, source, ())]
        found: defaultdict[str, list[str]] = defaultdict(list)
        for slug, record_id in pairs:
            if slug.strip():
                found[fold(slug.strip())].append(record_id)
        return {slug: tuple(ids) for slug, ids in found.items()}


def is_open(options: OptionList | None) -> bool:
    """Whether ids outside the list may exist all the same (alerts, incidents)."""
    return bool(getattr(options, "is_open", False))
