"""Where Rootly's words about a refused incident belong: at a field, or in the summary.

Rootly names what it refuses by an attribute's path or by a human name at the start of a sentence
(Rootly's guide, "Validation & Error Handling"; its JSON:API errors). The longest known name wins,
and nothing is ever dropped or reworded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incidentportal.formengine.resolve import ResolvedForm
from incidentportal.rootly.errors import FieldError


@dataclass(frozen=True, slots=True)
class Placed:
    """Rootly's words, placed.

    `errors` are by control name, `messages` belong to no field of this form. `ours` are words
    about what the portal itself added, by subject: `form_field_selections_attributes`, `labels`,
    `user_id`; the person can do nothing about them.
    """

    errors: Mapping[str, tuple[str, ...]]
    messages: tuple[str, ...]
    ours: Mapping[str, tuple[str, ...]]


def place(
    form: ResolvedForm,
    field_errors: Sequence[FieldError],
    messages: Sequence[str],
    sent: Mapping[str, Any],
) -> Placed:
    """Place a refusal's words on the form. `sent` are the neutral attributes that were sent."""
    raise NotImplementedError
