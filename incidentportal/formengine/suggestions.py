"""What the chosen services suggest: the teams that own them, the environments they run in.

Rootly knows both of each service (API reference, services). They are offered beside the field and
taken by a button, never set by themselves.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incidentportal.formengine.fields import Answers, Field, given
from incidentportal.rootly.records import Service

if TYPE_CHECKING:
    from incidentportal.formengine.resolve import ResolvedForm

SOURCE = "service_ids"
MOST = 4
BUTTON = "suggest"
"""The name of the buttons that take one; their value is the field's name and the option's id. With
no id they take the field's answer back.
"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An option that is offered for a field: what its button posts, its label, and why."""

    value: str
    label: str
    because: str


def suggesting(names: Container[str]) -> frozenset[str]:
    """The names of the fields whose answers suggest something on a form with these fields."""
    targets = any(name in names for name in ("group_ids", "environment_ids"))
    return frozenset({SOURCE}) if SOURCE in names and targets else frozenset()


def suggest(
    services: Mapping[str, Service], form: ResolvedForm, answers: Answers
) -> dict[str, tuple[Suggestion, ...]]:
    """What the answers suggest, by the name of the field; only what isn't chosen there yet."""
    shown = {state.field.name: state.field for state in form.shown}
    if SOURCE not in shown:
        return {}
    chosen = [services[one] for one in given(shown[SOURCE], answers) if one in services]
    found = {}
    for name in ("group_ids", "environment_ids"):
        field = shown.get(name)
        if field is not None and not field.read_only:
            offered = {one.value: one for one in _offers(field, chosen, answers)}
            found[name] = tuple(offered.values())[:MOST]
    return {name: offered for name, offered in found.items() if offered}


def _offers(field: Field, chosen: list[Service], answers: Answers) -> Iterator[Suggestion]:
    taken = answers.get(field.name, ())
    for service in chosen:
        owners = field.name == "group_ids"
        for one in service.owner_group_ids if owners else service.environment_ids:
            option = field.options.get(one) if field.options is not None else None
            if option is not None and one not in taken:
                because = f"owns {service.name}" if owners else f"{service.name} runs there"
                yield Suggestion(f"{field.name}:{one}", option.label, because)


def taken(answers: Answers, fields: Mapping[str, Field]) -> tuple[str, str] | None:
    """The field and the option of the suggestion that was taken, the option blank where the answer
    is taken back; None where none was, or where it names nothing of this form.
    """
    for value in answers.get(BUTTON, ()):
        name, _, option_id = value.partition(":")
        field = fields.get(name)
        if field is None:
            continue
        if not option_id or (field.options is not None and option_id in field.options):
            return name, option_id
    return None
