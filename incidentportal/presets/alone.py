"""One field as a form of its own, so that its value is drawn and judged as on the real form."""

from __future__ import annotations

from dataclasses import replace

from incidentportal.formengine.definition import FormDefinition
from incidentportal.formengine.fields import Field
from incidentportal.formengine.resolve import ResolvedForm, resolve
from incidentportal.formengine.rules import NO_RULES


def alone(field: Field, *, required: bool = True) -> ResolvedForm:
    """A form of this field only: empty, shown and `required`, whatever Rootly's rules say."""
    free = replace(field, required=required, non_editable=False, defaults=(), conditions=())
    return resolve(FormDefinition("", "", (free,), (NO_RULES,)), {})
