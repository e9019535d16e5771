"""What a person does to a declaration: who may, in which states, and what becomes of it.

Each is one short transaction: the row is locked, judged, written under the state it was judged in,
and who did what is kept beside it. Nobody's decision overwrites what happened meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import Ability, is_admin, may
from incidentportal.declarations import arrival, claims, follow, steps
from incidentportal.declarations.models import Attempt, Decision, Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.declarations.transitions import become
from incidentportal.rootly.records import Incident

LONGEST_REASON = 1000
TWICE = 60.0
"""Seconds: the same decision by the same person within them is a double click."""


class Action(StrEnum):
    """What a person may do; the value is its button's `data-action`."""

    WITHDRAW = "withdraw"
    SEND_AGAIN = "send-again"
    GIVE_UP = "give-up"
    THIS_ONE = "this-one"
    NOT_THERE = "not-there"
    RETRY_STEP = "retry-step"
    STEP_DONE = "step-done"


class Who(StrEnum):
    """What a person is to a declaration."""

    AUTHOR = "author"
    ADMIN = "admin"
    """Whether they see it is asked by its page; Operations names it by state and age only."""
    DECIDER = "decider"
    """May decide others' unconfirmed ones, and sees this one."""


_A, _B = frozenset({Who.AUTHOR}), frozenset({Who.ADMIN})
_RULES: Mapping[tuple[Action, State], frozenset[Who]] = {
    (Action.WITHDRAW, State.QUEUED): _A,
    (Action.WITHDRAW, State.REJECTED): _A,
    (Action.SEND_AGAIN, State.REJECTED): _A,
    (Action.SEND_AGAIN, State.FAILED): _A | _B,
    (Action.GIVE_UP, State.QUEUED): _B,
    (Action.GIVE_UP, State.REJECTED): _B,
    (Action.GIVE_UP, State.UNCONFIRMED): _B,
    (Action.THIS_ONE, State.UNCONFIRMED): _A | {Who.DECIDER},
    (Action.NOT_THERE, State.UNCONFIRMED): _A | {Who.DECIDER},
    (Action.RETRY_STEP, State.DELIVERED): _A | _B,
    (Action.STEP_DONE, State.DELIVERED): _A | _B,
}
"""Who may do what in which state: the one table."""


class NotPermittedError(Exception):
    """This person may not do that to this declaration, in whatever state it is."""


class OvertakenError(Exception):
    """It can't be done any more; the text says what happened instead."""


class AnswerError(Exception):
    """What was typed won't do: `field` is the control's name, `sentence` what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Offered:
    """What this reader may do to a declaration now. `actions` are `Action`s; `steps` the keys of
    steps, and `values` the ids of custom fields, that `retry-step` may name; `step-done` may name
    those steps that are unclear.
    """

    actions: frozenset[Action] = frozenset()
    steps: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def offered(declaration: Declaration, reader: User) -> Offered:
    """What is offered to a reader who sees it. Queries: for a queued one its open attempts, for an
    unconfirmed one whether they decide.
    """
    state = State(declaration.state)
    who = _who(declaration, reader)
    actions = {action for (action, at), whom in _RULES.items() if at is state and whom & who}
    if Action.WITHDRAW in actions and _may_be_there(declaration):
        actions.remove(Action.WITHDRAW)
    if Action.RETRY_STEP not in actions:
        return Offered(frozenset(actions))
    keys = tuple(
        str(step["key"]) for step in declaration.open_steps if step["state"] in steps.AGAIN
    )
    if not any(step["state"] == steps.Stand.UNCLEAR for step in declaration.open_steps):
        actions.discard(Action.STEP_DONE)
    refused = [value for value in declaration.open_values if "refused" in value]
    values = tuple(str(value["form_field_id"]) for value in refused)
    if not keys and not values:
        actions.remove(Action.RETRY_STEP)
    return Offered(frozenset(actions), keys, values)


def permitted(declaration: Declaration, person: User) -> frozenset[Action]:
    """What this person may do to it in one state or another."""
    who = _who(declaration, person)
    return frozenset(action for (action, _), whom in _RULES.items() if whom & who)


def check(pk: UUID, person: User, action: Action) -> None:
    """Raise what the decision itself would, before its answer is looked up."""
    with transaction.atomic():
        _judged(pk, person, action)


def withdraw(pk: UUID, person: User) -> None:
    """Its author takes it back, before it can have reached Rootly.

    This and the others raise Declaration.DoesNotExist, NotPermittedError or OvertakenError.
    """
    with transaction.atomic():
        row = _judged(pk, person, Action.WITHDRAW)
        if row is None:
            return
        if _may_be_there(row):
            raise OvertakenError(
                "It may be in Rootly already, so it can't be taken back any more. The portal looks"
                " for it there first."
            )
        changes = {"due_at": None, "sentence": ""}
        _decide(row, person, Action.WITHDRAW, State.WITHDRAWN, changes)


def send_again(pk: UUID, person: User) -> None:
    """A refused one as it is, or one that was given up. If an earlier attempt's outcome is still
    unknown the delivery looks first; after a definite refusal the key is a new one.
    """
    with transaction.atomic():
        row = _judged(pk, person, Action.SEND_AGAIN)
        if row is None:
            return
        number = F("key_number") + (1 if _key_is_spent(row) else 0)
        changes = {**_WAITS_ANEW, "key_number": number}
        _decide(row, person, Action.SEND_AGAIN, State.QUEUED, changes)


def give_up(pk: UUID, person: User, reason: str) -> None:
    """An admin ends it. Raises AnswerError (`reason`) too."""
    reason = reason.strip()
    if not reason:
        raise AnswerError("reason", "Say why it is given up: its author reads it.")
    if len(reason) > LONGEST_REASON:
        raise AnswerError("reason", f"Shorter, please: at most {LONGEST_REASON} characters.")
    with transaction.atomic():
        row = _judged(pk, person, Action.GIVE_UP)
        if row is None:
            return
        sentence = f"{person.display_name} gave it up: {reason}"
        if row.state == State.UNCONFIRMED or _may_be_there(row):
            sentence += "\nIt may be in Rootly all the same: nobody found out."
        changes = {"due_at": None, "sentence": sentence}
        _decide(row, person, Action.GIVE_UP, State.FAILED, changes, reason)


def this_one(pk: UUID, person: User, incident: Incident, *, unchecked: str = "") -> None:
    """It is this incident. `unchecked` says why that could not be looked up, where it couldn't.

    Raises AnswerError (`incident_id`) where another declaration is that incident already.
    """
    with transaction.atomic():
        row = _judged(pk, person, Action.THIS_ONE)
        if row is None:
            return
        # Two people who take the same incident for two declarations wait for each other here.
        list(Upstream.objects.select_for_update().filter(url=row.upstream))
        _check_is_free(row, incident)
        whole = Declaration.objects.get(pk=pk)
        arrival.store_incident(whole, incident)
        Declaration.objects.filter(pk=pk).write(whole.private, sentence=unchecked)
        reason = f"Incident {incident.id}. {unchecked}".strip()
        row.private = whole.private
        _keep(row, person, Action.THIS_ONE, State.DELIVERED, reason)


def not_there(pk: UUID, person: User) -> None:
    """It isn't in Rootly: send it again, with the same key, since nobody refused it. Once it is
    delivered, `doubles.py` looks for a second one.
    """
    with transaction.atomic():
        row = _judged(pk, person, Action.NOT_THERE)
        if row is None:
            return
        _decide(row, person, Action.NOT_THERE, State.QUEUED, _WAITS_ANEW)
        row.attempts.filter(is_open=True).update(is_open=False)


def retry_step(pk: UUID, person: User, key: str) -> None:
    """Take one unfinished step up again, by its key."""
    with transaction.atomic():
        row = _judged(pk, person, Action.RETRY_STEP)
        if row is not None:
            _keep_step(row, person, Action.RETRY_STEP, key, done=steps.reopen(pk, key))


def step_done(pk: UUID, person: User, key: str) -> None:
    """A step of which nobody could find out has been done, as this person knows."""
    with transaction.atomic():
        row = _judged(pk, person, Action.STEP_DONE)
        if row is not None:
            _keep_step(row, person, Action.STEP_DONE, key, done=steps.close(pk, key))


def correct_value(pk: UUID, person: User, value: Mapping[str, Any]) -> None:
    """Send a custom value that Rootly refused again: `form_field_id`, and what it is now."""
    with transaction.atomic():
        row = _judged(pk, person, Action.RETRY_STEP)
        if row is not None:
            key = f"form_field_{value['form_field_id']}"
            done = follow.correct_value(pk, dict(value))
            _keep_step(row, person, Action.RETRY_STEP, key, done=done)


def _keep_step(row: Declaration, person: User, action: Action, key: str, *, done: bool) -> None:
    if done:
        _keep(row, person, action, State.DELIVERED, key)
    elif not _did_just_now(row, person, action):
        raise OvertakenError(NOTHING_TO_RETRY if action is Action.RETRY_STEP else NOTHING_UNCLEAR)


NOTHING_TO_RETRY = "There is nothing to try again: it is under way, or done."
NOTHING_UNCLEAR = "It isn't unclear any more: look at how it stands now."
TAKEN = "Another declaration is this incident already."
_WAITS_ANEW: Mapping[str, Any] = {
    "due_at": Now(), "queued_at": Now(), "failures": 0, "looks": 0, "look_refused_at": None,
    "sentence": "",
}  # fmt: skip
_PLAIN = ("author_id", "state", "private", "claim", "key_number", "upstream")


def _judged(pk: UUID, person: User, action: Action) -> Declaration | None:
    """The row, locked, without its texts, if this may be done to it now. None: this person did it
    a moment ago (a double click), and nothing is left to do.
    """
    row = Declaration.objects.select_for_update().only(*_PLAIN).get(pk=pk)
    who = _who(row, person)
    if not any(whom & who for (one, _), whom in _RULES.items() if one is action):
        raise NotPermittedError
    if who & _RULES.get((action, State(row.state)), frozenset()):
        return row
    if _did_just_now(row, person, action):
        return None
    latest = row.decisions.defer("reason").select_related("person").last()
    raise OvertakenError(_instead(row, latest, person))


def _did_just_now(row: Declaration, person: User, action: Action) -> bool:
    """Whether the latest decision about it is just this one, a moment ago."""
    latest = row.decisions.order_by("-pk").values("pk")[:1]
    same = {"person": person, "action": action, "at__gt": claims.from_now(-TWICE)}
    return row.decisions.filter(pk__in=list(latest.values_list("pk", flat=True)), **same).exists()


def _who(declaration: Declaration, person: User) -> frozenset[Who]:
    found = set()
    if declaration.author_id == person.pk:
        found.add(Who.AUTHOR)
    if is_admin(person):
        found.add(Who.ADMIN)
    seen = Declaration.objects.visible_to(person).filter(pk=declaration.pk)
    if may(person, Ability.DECIDE_OTHERS) and seen.exists():
        found.add(Who.DECIDER)
    return frozenset(found)


def _may_be_there(declaration: Declaration) -> bool:
    """Whether an attempt's outcome is unknown."""
    return declaration.attempts.filter(is_open=True).exists()


def _key_is_spent(row: Declaration) -> bool:
    """Whether Rootly has refused what was sent under the current key, and nothing is unknown."""
    last: Attempt | None = row.attempts.defer("sentence").last()
    refused = last is not None and (last.outcome == "Rejected" or last.status == 403)
    same = last is not None and last.idempotency_key == row.idempotency_key
    return refused and same and not _may_be_there(row)


def _check_is_free(row: Declaration, incident: Incident) -> None:
    others = Declaration.objects.filter(upstream=row.upstream, incident_id=incident.id)
    if others.exclude(pk=row.pk).exists():
        raise AnswerError("incident_id", TAKEN)


def _decide(  # what a decision is made of
    row: Declaration,
    person: User,
    action: Action,
    after: State,
    changes: Mapping[str, Any],
    reason: str = "",
) -> None:
    """Write the new state where it is as it was judged, and who did it."""
    rows = Declaration.objects.filter(pk=row.pk, state=row.state, claim=row.claim)
    if not become(rows, row.private, after, claimed_until=None, **changes):
        raise OvertakenError("It has changed in this very moment. Look at it again.")
    _keep(row, person, action, after, reason)


def _keep(row: Declaration, person: User, action: Action, after: State, reason: str) -> None:
    Decision.objects.create(
        declaration=row, person=person, action=action, before=row.state, after=after,
        private=row.private, reason=reason,
    )  # fmt: skip


_INSTEAD = {
    State.QUEUED: "It is waiting to be sent already.",
    State.DELIVERING: "It is being sent at this moment. Wait for what comes of it.",
    State.DELIVERED: "It is in Rootly already.",
    State.REJECTED: "Rootly has answered meanwhile: it did not accept it.",
    State.UNCONFIRMED: "It may be in Rootly already, and the portal can't find out: look at what is"
    " known of it first.",
    State.FAILED: "An admin has given it up.",
    State.WITHDRAWN: "It was taken back.",
}
_DID = {
    Action.WITHDRAW: "taken it back",
    Action.SEND_AGAIN: "had it sent again",
    Action.GIVE_UP: "given it up",
    Action.THIS_ONE: "said which incident it is",
    Action.NOT_THERE: "said that it isn't in Rootly: it is sent again",
}


def _instead(row: Declaration, latest: Decision | None, person: User) -> str:
    """What happened instead: somebody's decision that led here, else the state in words."""
    did = _DID.get(Action(latest.action)) if latest and latest.action in _DID else None
    if latest is None or did is None or latest.after != row.state:
        return _INSTEAD[State(row.state)]
    if latest.person_id == person.pk:
        return f"You have already {did}."
    return f"{latest.person.display_name} has already {did}."
