"""What a declaration's page offers its reader to do, and what became of what they pressed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from incidentportal.accounts.models import User
from incidentportal.catalog.current import Catalog, current
from incidentportal.declarations import decisions, facts
from incidentportal.declarations.decisions import Action, AnswerError
from incidentportal.declarations.forms import FilledForm
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.steps import Stand
from incidentportal.formengine import payload, searching
from incidentportal.formengine.view import FieldView
from incidentportal.rootly.values import legible

PREFIX = "form_field_"
NO_VALUE = "Enter a value: without one there is nothing to send."
NO_FIELD = "This field isn't on the form any more, so its value can't be changed here."


@dataclass(frozen=True, slots=True)
class Asked:
    """What was pressed and could not be done. `field` is the control that `sentence` is about,
    blank where it is about the declaration. `typed` is what came with it, by control name.
    `unanswered`: Rootly did not answer just now, and isn't asked again for this page.
    """

    action: str
    typed: Mapping[str, Sequence[str]]
    sentence: str = ""
    field: str = ""
    unanswered: bool = False

    def text(self, name: str) -> str:
        """What was typed there; of several the first that isn't blank."""
        return legible(next((text for text in self.typed.get(name, ()) if text.strip()), ""))

    @property
    def reason(self) -> str:
        """Why it is to be given up."""
        return self.text("reason")

    @property
    def incident_id(self) -> str:
        """Which incident it is."""
        return self.text("incident_id")


@dataclass(frozen=True, slots=True)
class Retry:
    """Something unfinished that may be tried again: `key` names it, `name` is how people call it.
    `field` is the control to correct it with, where it is a custom value whose field is known.
    `again` and `done` are what its buttons say; `done` is blank unless it is unclear.
    """

    key: str
    name: str
    sentence: str
    field: FieldView | None = None
    again: str = "Try again"
    done: str = ""


@dataclass(frozen=True, slots=True)
class Offering:
    """For `templates/declarations/actions.html`. `actions` are `data-action`s; `facts` is there for
    whoever decides about an unconfirmed one.
    """

    id: UUID
    state: str
    actions: frozenset[Action]
    retries: tuple[Retry, ...]
    facts: facts.Facts | None
    asked: Asked | None
    may_be_there: bool
    """Whether an attempt's outcome is unknown: giving up does not take the incident back."""
    note: str
    """Of a delivered one what could not be checked when somebody said which incident it is."""

    @property
    def has_more(self) -> bool:
        """Whether there is more to do than to decide and to try again."""
        return bool(self.actions & {Action.SEND_AGAIN, Action.WITHDRAW, Action.GIVE_UP})

    @property
    def anchor(self) -> str:
        """The id of the control that what went wrong is about; blank where it isn't there."""
        if self.asked is None or not self.asked.field or self.asked.action not in self.actions:
            return ""
        for retry in self.retries:
            if retry.field is not None and retry.field.name == self.asked.field:
                return retry.field.anchor
        return {"reason": "act_reason", "incident_id": "act_incident"}.get(self.asked.field, "")

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """The states in which something else is offered: the page then asks for it anew."""
        stays = {self.state, State.DELIVERING}
        return tuple(state.value for state in State if state not in stays)


def offering(declaration: Declaration, reader: User, asked: Asked | None = None) -> Offering:
    """What this reader may do. Rootly is read for whoever decides about an unconfirmed one."""
    offered = decisions.offered(declaration, reader)
    decides = Action.NOT_THERE in offered.actions
    unanswered = asked is not None and asked.unanswered
    return Offering(
        id=declaration.pk,
        state=declaration.state,
        actions=offered.actions,
        retries=tuple(_retries(declaration, reader, offered, asked)),
        facts=facts.gather(declaration, reader, ask=not unanswered) if decides else None,
        asked=asked,
        note=declaration.sentence if declaration.state == State.DELIVERED else "",
        may_be_there=Action.GIVE_UP in offered.actions
        and declaration.attempts.filter(is_open=True).exists(),
    )


def corrected(declaration: Declaration, reader: User, name: str, typed: Asked) -> dict[str, Any]:
    """The value of the custom field of this control, as it is sent.

    Raises AnswerError; with a blank sentence where its list is to be searched first.
    """
    form = _form(declaration, reader, name, typed)
    if form is None or not any(state.field.name == name for state in form.resolved.shown):
        raise AnswerError("", NO_FIELD)
    if form.wants_search:
        raise AnswerError("", "")
    for sentence in form.cleaned.errors.get(name, ()):
        raise AnswerError(name, sentence)
    sent = payload.attributes(form.resolved, form.cleaned, timezone.now())
    for value in sent.get(payload.SELECTIONS, []):
        if f"{PREFIX}{value['form_field_id']}" == name:
            return dict(value)
    raise AnswerError(name, NO_VALUE)


def _retries(
    declaration: Declaration, reader: User, offered: decisions.Offered, asked: Asked | None
) -> list[Retry]:
    steps = [
        Retry(step["key"], step["name"], step["sentence"], None, *_buttons(step))
        for step in declaration.open_steps
        if step["key"] in offered.steps
    ]
    labels = {item["name"]: item["label"] for item in declaration.labels}
    for value in declaration.open_values:
        name = f"{PREFIX}{value['form_field_id']}"
        if str(value["form_field_id"]) in offered.values:
            field = _control(declaration, reader, name, asked)
            label = field.label if field else labels.get(name, "A field")
            steps.append(Retry(name, label, legible(value["refused"]), field))
    return steps


def _buttons(step: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a step that may be done: to try it again, and to say that it is done."""
    if step["state"] != Stand.UNCLEAR:
        return ()
    return (
        ("Start it again", "It has run")
        if step["do"] == "workflow"
        else ("Send it again", "It is there")
    )


def _control(
    declaration: Declaration, reader: User, name: str, asked: Asked | None
) -> FieldView | None:
    """The field's own control, with its value, or what was typed and what is wrong with it."""
    is_asked = asked is not None and name in {asked.text("step"), asked.field}
    form = _form(declaration, reader, name, asked if is_asked else None)
    if form is None:
        return None
    errors = {name: [asked.sentence]} if asked and asked.field == name else None
    return next((each for each in form.view(errors).fields if each.name == name), None)


def _form(
    declaration: Declaration, reader: User, name: str, asked: Asked | None
) -> FilledForm | None:
    """The form as it was declared, with what was typed for this one field."""
    catalog: Catalog | None = current()
    if catalog is None:
        return None
    answers = dict(declaration.answers)
    if asked is not None:
        belongs = {name, searching.box_name(name), searching.searched_name(name), "search"}
        answers = {key: value for key, value in answers.items() if key not in belongs}
        answers |= {key: list(value) for key, value in asked.typed.items() if key in belongs}
    as_typed = copy.copy(declaration)
    as_typed.answers = answers
    return FilledForm.stored(catalog, as_typed, reader)
