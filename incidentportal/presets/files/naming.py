"""What fields and options are called in a file, and which of them a name means.

Ids differ from one Rootly to the next; slugs and names mostly don't. So a file says a slug, else a
name, and an id only where neither means exactly one.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable

from incidentportal.catalog.options import fold
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.matching import find_option, is_open


class UnknownError(ValueError):
    """A name that means nothing, or several things; the message is a sentence."""


class Names:
    """The names of one catalog's fields and options, both ways."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._slugs: dict[str, list[Field]] = defaultdict(list)
        self._labels: dict[str, list[Field]] = defaultdict(list)
        self._by_id: dict[str, dict[str, list[str]]] = {}
        for one in forms.by_name.values():
            if one.is_custom:
                self._slugs[fold(one.slug.strip())].append(one)
                self._labels[fold(one.label.strip())].append(one)

    def exact(self, name: str) -> Field | None:
        """The field of this control's name."""
        return self._forms.by_name.get(name)

    def field(self, text: str) -> Field | None:
        """The field that this means: by its control's name, else a custom one by slug or label.

        None where there is none. Raises UnknownError where there are several.
        """
        exact = self._forms.by_name.get(text)
        if exact is not None:
            return exact
        key = fold(text.strip())
        found = self._slugs.get(key) or self._labels.get(key) or []
        if len(found) > 1 and key:
            names = " or ".join(f"“{one.name}”" for one in found)
            raise UnknownError(f"Rootly has several fields “{text}”: write {names}.")
        return found[0] if key and found else None

    def of_field(self, name: str) -> str:
        """What a field is called in a file: a custom one's slug, else its label, else `name`."""
        field = self._forms.by_name.get(name)
        for called in (field.slug, field.label) if field and field.is_custom else ():
            try:
                if called.strip() and self.field(called) is field:
                    return called
            except UnknownError:
                continue
        return name

    def no_field(self, text: str) -> str:
        """A sentence about a name that no field bears."""
        known = [self.of_field(name) for name in self._forms.by_name]
        return f"Rootly's form has no field “{text}”{did_you_mean(text, known)}"

    def option(self, field: Field, text: str) -> str:
        """The id of the field's option that this means. Raises UnknownError."""
        found = find_option(field, text)
        if len(found) == 1:
            return found[0]
        noun = field.noun.partition(" ")[2] or f"option of “{field.label}”"
        if found:
            ids = " or ".join(f"“{one}”" for one in found)
            raise UnknownError(f"“{text}” means several: write the id, {ids}.")
        raise UnknownError(f"Rootly has no {noun} “{text}”{did_you_mean(text, self._known(field))}")

    def of_option(self, field: Field, option_id: str) -> str | None:
        """What an option is called in a file: slug, else name, else id; None for one that the
        field doesn't have, and where lists are of this minute only.
        """
        options = field.options
        if options is None or is_open(options) or option_id not in options:
            return None
        option = options.get(option_id)
        slugs = self._slugs_of(field).get(option_id, [])
        for called in (*slugs, option.label if option else ""):
            if called.strip() and find_option(field, called) == (option_id,):
                return called
        return option_id

    def _slugs_of(self, field: Field) -> dict[str, list[str]]:
        """By id, once for each field."""
        if field.name not in self._by_id:
            found: dict[str, list[str]] = defaultdict(list)
            for slug, ids in field.slugs.items():
                for one in ids:
                    found[one].append(slug)
            self._by_id[field.name] = found
        return self._by_id[field.name]

    def _known(self, field: Field) -> list[str]:
        labels = [option.label for option in field.options or ()]
        return [*field.slugs, *labels]


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """The end of a sentence: the nearest of what is known, or a full stop."""
    folded = {fold(one): one for one in known}
    near = difflib.get_close_matches(fold(text[:100]), folded, n=1)
    return f"; did you mean “{folded[near[0]]}”?" if near else "."
