"""Fields that follow another field: set by a property of the catalog entity chosen there.

Rootly ties such a field to a catalog property (SDK 3.0.1, form field
`auto_set_by_catalog_property_id`); references only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from incidentportal.catalog.picture import Picture
from incidentportal.formengine.fields import Answers, Field, given
from incidentportal.formengine.kinds import CONTROLS
from incidentportal.formengine.matching import find_option

if TYPE_CHECKING:
    from incidentportal.formengine.definition import FormDefinition
    from incidentportal.formengine.resolve import ResolvedForm


@dataclass(frozen=True, eq=False)
class Autofill:
    """`target` follows `source` (control names): what each of the source's entities sets it to, in
    the order in which the source lists them.
    """

    target: str
    source: str
    values: Mapping[str, tuple[str, ...]]

    @cached_property
    def places(self) -> dict[str, int]:
        """The entities' order: not that in which they happened to be posted."""
        return {entity: place for place, entity in enumerate(self.values)}


def make_autofills(definitions: Iterable[FormDefinition], picture: Picture) -> tuple[Autofill, ...]:
    """Every pair of a field that is tied to a property and a field whose entities have it."""
    fields = {field.name: field for one in definitions for field in one.fields}
    made = []
    for target in fields.values():
        if not target.auto_set or target.options is None:
            continue
        for source in fields.values():
            values = _values(source, target, picture) if source is not target else {}
            if values:
                made.append(Autofill(target.name, source.name, values))
    return tuple(made)


def _values(source: Field, target: Field, picture: Picture) -> dict[str, tuple[str, ...]]:
    """By entity of the source, the target's options that its property refers to."""
    if source.selected != "selected_catalog_entity_ids" or source.options is None:
        return {}
    most = None if CONTROLS[target.control].many else 1
    referred = {one.id: one.properties.get(target.auto_set) for one in picture.catalog_entities}
    values = {}
    for option in source.options:
        found = (
            one for text in referred.get(option.id) or () for one in find_option(target, text)[:1]
        )
        values[option.id] = tuple(dict.fromkeys(found))[:most]
    return {entity: found for entity, found in values.items() if found}


def autofilled(
    autofills: Sequence[Autofill], form: ResolvedForm, answers: Answers
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What the shown sources set: by the target's name, the source's name and the values.

    Several chosen entities set all that they refer to, as far as the target takes several; of
    several sources the first in the form's order counts.
    """
    shown = {state.field.name: state.field for state in form.shown}
    order = {name: place for place, name in enumerate(shown)}
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    usable = (one for one in autofills if one.source in shown and one.target in shown)
    for autofill in sorted(usable, key=lambda one: order[one.source]):
        chosen = set(given(shown[autofill.source], answers)) & autofill.values.keys()
        ordered = sorted(chosen, key=autofill.places.__getitem__) if len(chosen) > 1 else chosen
        values = tuple(dict.fromkeys(one for each in ordered for one in autofill.values[each]))
        if values and autofill.target not in found:
            many = CONTROLS[shown[autofill.target].control].many
            found[autofill.target] = (autofill.source, values if many else values[:1])
    return found
