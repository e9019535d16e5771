"""Values as a link's parameters, in words where these are sure to be understood: `service=checkout`
instead of `service_ids=7f3…`. Pure; the way back is `prefill.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from incidentportal.formengine import prefill
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import BUILT_INS, CONTROLS
from incidentportal.formengine.strength import Values


def parameters(forms: Forms, values: Mapping[str, Values]) -> dict[str, list[str]]:
    """The parameters that fill in exactly these values, by control name, of these forms' fields."""
    found: dict[str, list[str]] = {}
    for name, given in values.items():
        field = forms.by_name[name]
        word, texts = next(_readings(forms, field, given), (name, list(given)))
        found[word] = texts
    return found


def _readings(forms: Forms, field: Field, values: Values) -> Iterator[tuple[str, list[str]]]:
    """Names and texts that mean the values, the most readable first."""
    texts = [_word(field, value) for value in values]
    for name in (*_names(field), field.name):
        for said in (texts, list(values)):
            read = prefill.read(forms, {name: said})
            if read.values == {field.name: values} and not read.reports:
                yield name, said


def _names(field: Field) -> Iterator[str]:
    if field.is_custom:
        if field.slug:
            yield f"field.{field.slug}"
        return
    built_in = BUILT_INS.get(field.kind)
    if built_in is not None and CONTROLS[field.control].chooses:
        yield from (alias.replace(" ", "_") for alias in built_in.aliases)
        yield field.kind


def _word(field: Field, value: str) -> str:
    """An option's slug, else its name; other text as it is."""
    option = field.options.get(value) if field.options is not None else None
    if option is None:
        return value
    slugs = (slug for slug, ids in field.slugs.items() if ids == (value,))
    return next(slugs, option.label)
