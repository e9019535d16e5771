"""What a form holds before anyone has typed."""

from __future__ import annotations

from incidentportal.formengine.definition import FormDefinition


def starting_answers(definition: FormDefinition) -> dict[str, list[str]]:
    """The answers that a new form starts with: Rootly's defaults."""
    return {field.name: list(field.defaults) for field in definition.fields if field.defaults}
