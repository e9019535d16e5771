"""Who may do what to a declaration in which state, what becomes of it, and who loses a race."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import Ability
from incidentportal.declarations import claims, decisions
from incidentportal.declarations.decisions import (
    Action,
    AnswerError,
    NotPermittedError,
    OvertakenError,
    offered,
)
from incidentportal.declarations.models import Attempt, Decision, Declaration
from incidentportal.declarations.states import State
from incidentportal.rootly.records import Incident
from tests.support.deciding import REFUSED_STEP, attempt, standing
from tests.support.people import Person, permission

pytestmark = [pytest.mark.django_db, pytest.mark.store]

PEOPLE = (
    "author", "colleague", "support", "responder", "admin", "auditor", "superuser", "holder",
    "decider", "keeper",
)  # fmt: skip
"""The holder sees others' private ones; the decider decides others' and sees the public ones; the
keeper is an admin who sees private ones. All but the author are others.
"""
TABLE = """
withdraw   | queued      | o n n n n n n n n n | o n n n n n n n n n
withdraw   | delivering  | x n n n n n n n n n | x n n n n n n n n n
withdraw   | delivered   | x n n n n n n n n n | x n n n n n n n n n
withdraw   | rejected    | o n n n n n n n n n | o n n n n n n n n n
withdraw   | unconfirmed | x n n n n n n n n n | x n n n n n n n n n
withdraw   | failed      | x n n n n n n n n n | x n n n n n n n n n
withdraw   | withdrawn   | x n n n n n n n n n | x n n n n n n n n n
send-again | queued      | x n n n x n x n n x | x n n n x n x n n x
send-again | delivering  | x n n n x n x n n x | x n n n x n x n n x
send-again | delivered   | x n n n x n x n n x | x n n n x n x n n x
send-again | rejected    | o n n n x n x n n x | o n n n x n x n n x
send-again | unconfirmed | x n n n x n x n n x | x n n n x n x n n x
send-again | failed      | o n n n o n o n n o | o n n n o n o n n o
send-again | withdrawn   | x n n n x n x n n x | x n n n x n x n n x
give-up    | queued      | n n n n o n o n n o | n n n n o n o n n o
give-up    | delivering  | n n n n x n x n n x | n n n n x n x n n x
give-up    | delivered   | n n n n x n x n n x | n n n n x n x n n x
give-up    | rejected    | n n n n o n o n n o | n n n n o n o n n o
give-up    | unconfirmed | n n n n o n o n n o | n n n n o n o n n o
give-up    | failed      | n n n n x n x n n x | n n n n x n x n n x
give-up    | withdrawn   | n n n n x n x n n x | n n n n x n x n n x
this-one   | queued      | x n n n x n x n x x | x n n n n n n n n x
this-one   | delivering  | x n n n x n x n x x | x n n n n n n n n x
this-one   | delivered   | x n n n x n x n x x | x n n n n n n n n x
this-one   | rejected    | x n n n x n x n x x | x n n n n n n n n x
this-one   | unconfirmed | o n n n o n o n o o | o n n n n n n n n o
this-one   | failed      | x n n n x n x n x x | x n n n n n n n n x
this-one   | withdrawn   | x n n n x n x n x x | x n n n n n n n n x
not-there  | queued      | x n n n x n x n x x | x n n n n n n n n x
not-there  | delivering  | x n n n x n x n x x | x n n n n n n n n x
not-there  | delivered   | x n n n x n x n x x | x n n n n n n n n x
not-there  | rejected    | x n n n x n x n x x | x n n n n n n n n x
not-there  | unconfirmed | o n n n o n o n o o | o n n n n n n n n o
not-there  | failed      | x n n n x n x n x x | x n n n n n n n n x
not-there  | withdrawn   | x n n n x n x n x x | x n n n n n n n n x
retry-step | queued      | x n n n x n x n n x | x n n n x n x n n x
retry-step | delivering  | x n n n x n x n n x | x n n n x n x n n x
retry-step | delivered   | o n n n o n o n n o | o n n n o n o n n o
retry-step | rejected    | x n n n x n x n n x | x n n n x n x n n x
retry-step | unconfirmed | x n n n x n x n n x | x n n n x n x n n x
retry-step | failed      | x n n n x n x n n x | x n n n x n x n n x
retry-step | withdrawn   | x n n n x n x n n x | x n n n x n x n n x
step-done  | queued      | x n n n x n x n n x | x n n n x n x n n x
step-done  | delivering  | x n n n x n x n n x | x n n n x n x n n x
step-done  | delivered   | o n n n o n o n n o | o n n n o n o n n o
step-done  | rejected    | x n n n x n x n n x | x n n n x n x n n x
step-done  | unconfirmed | x n n n x n x n n x | x n n n x n x n n x
step-done  | failed      | x n n n x n x n n x | x n n n x n x n n x
step-done  | withdrawn   | x n n n x n x n n x | x n n n x n x n n x
"""
"""What each gets, for a public one and for a private one: o done, x told what happened instead, n
not permitted. Whether an admin sees a private one is its page's question, not this one's.
"""
AFTER = {
    Action.WITHDRAW: State.WITHDRAWN,
    Action.SEND_AGAIN: State.QUEUED,
    Action.GIVE_UP: State.FAILED,
    Action.THIS_ONE: State.DELIVERED,
    Action.NOT_THERE: State.QUEUED,
    Action.RETRY_STEP: State.DELIVERED,
    Action.STEP_DONE: State.DELIVERED,
}
SECRET = "Ms Miller's heart attack"


def lines_of(action: Action) -> list[str]:
    """The table's lines about this action."""
    return [line for line in TABLE.strip().splitlines() if line.split()[0] == action]


@pytest.fixture
def people(make_person: Person) -> dict[str, User]:
    made = {name: make_person(name, name) for name in ("support", "responder", "admin", "auditor")}
    for name in ("author", "colleague", "holder", "decider"):
        made[name] = make_person(name)
    made["superuser"] = User.objects.create_superuser("superuser")
    made["keeper"] = make_person("keeper", "admin")
    made["holder"].user_permissions.add(permission(Ability.VIEW_PRIVATE))
    made["keeper"].user_permissions.add(permission(Ability.VIEW_PRIVATE))
    abilities = (Ability.DECIDE_OTHERS, Ability.VIEW_OTHERS)
    made["decider"].user_permissions.add(*map(permission, abilities))
    return made


def do(action: Action, row: Declaration, person: User) -> None:
    match action:
        case Action.WITHDRAW:
            decisions.withdraw(row.pk, person)
        case Action.SEND_AGAIN:
            decisions.send_again(row.pk, person)
        case Action.GIVE_UP:
            decisions.give_up(row.pk, person, "Nobody needs it.")
        case Action.THIS_ONE:
            decisions.this_one(row.pk, person, Incident(id="77", title="Checkout is slow"))
        case Action.NOT_THERE:
            decisions.not_there(row.pk, person)
        case Action.RETRY_STEP:
            decisions.retry_step(row.pk, person, "alert_ids")
        case Action.STEP_DONE:
            decisions.step_done(row.pk, person, "alert_ids")


@pytest.mark.parametrize("action", Action)
def test_each_does_what_they_may(people: dict[str, User], action: Action) -> None:
    got = []
    for state in State:
        cells = [
            " ".join(outcome(action, state, people, name, private=private) for name in PEOPLE)
            for private in (False, True)
        ]
        got.append(f"{action:<10} | {state:<11} | {' | '.join(cells)}")
    assert sorted(got) == sorted(lines_of(action))


def outcome(
    action: Action, state: State, people: dict[str, User], name: str, *, private: bool
) -> str:
    """The cell of the table, once all that goes with it was looked at."""
    payload = {"title": SECRET, "private": private}
    steps = [{**REFUSED_STEP, "state": "unclear"}] if action is Action.STEP_DONE else [REFUSED_STEP]
    row = standing(people["author"], state, payload=payload, private=private, open_steps=steps)
    is_offered = action in offered(row, people[name]).actions
    try:
        do(action, row, people[name])
        got = "o"
    except OvertakenError as error:
        got = "x" if str(error) else "nothing said"
    except NotPermittedError:
        got = "n"
    row.refresh_from_db()
    made = list(row.decisions.values_list("person", "action", "before", "after", "private"))
    done = [(people[name].pk, action, state, AFTER[action], private)]
    assert (row.state, made) == ((AFTER[action], done) if got == "o" else (state, []))
    assert is_offered == (got == "o")
    row.decisions.all().delete()
    row.delete()
    return got


@pytest.mark.parametrize("state", [State.QUEUED, State.REJECTED])
def test_what_may_be_in_rootly_is_not_taken_back(reporter: User, state: State) -> None:
    row = standing(reporter, state)
    attempt(row, is_open=True)
    assert Action.WITHDRAW not in offered(row, reporter).actions
    with pytest.raises(OvertakenError, match="may be in Rootly already"):
        decisions.withdraw(row.pk, reporter)
    row.refresh_from_db()
    assert row.state == state
    assert not row.decisions.exists()


@pytest.mark.parametrize(
    ("last", "number"),
    [
        ({"outcome": "Rejected", "status": 422, "is_open": False}, 2),
        ({"outcome": "Misconfigured", "status": 403, "is_open": False}, 2),
        ({"outcome": "NotSent", "is_open": False}, 1),
        ({"outcome": "OutcomeUnknown", "status": 502, "is_open": True}, 1),
        ({"outcome": "Rejected", "status": 422, "is_open": False, "idempotency_key": "older"}, 1),
    ],
)
def test_a_key_is_never_used_again_after_a_refusal(
    reporter: User, last: dict[str, Any], number: int
) -> None:
    row = standing(reporter, State.FAILED)
    attempt(row, **last)
    decisions.send_again(row.pk, reporter)
    row.refresh_from_db()
    assert row.key_number == number


def test_sent_again_it_waits_anew(reporter: User) -> None:
    row = standing(reporter, State.FAILED, failures=7, looks=1, queued_at=claims.from_now(-9000))
    decisions.send_again(row.pk, reporter)
    row.refresh_from_db()
    assert (row.failures, row.looks, row.sentence) == (0, 0, "")
    assert Declaration.objects.filter(
        pk=row.pk, due_at__lte=Now(), queued_at__gt=claims.from_now(-60)
    ).exists()


def test_an_attempt_without_an_outcome_stays_open_when_it_is_given_up(
    reporter: User, people: dict[str, User]
) -> None:
    row = standing(reporter, State.QUEUED)
    attempt(row, is_open=True)
    decisions.give_up(row.pk, people["admin"], "  The pump is gone.  ")
    row.refresh_from_db()
    assert row.sentence.startswith("admin gave it up: The pump is gone.")
    assert "may be in Rootly all the same" in row.sentence
    assert row.attempts.filter(is_open=True).exists(), "the look comes first when it is sent again"
    assert row.decisions.get().reason == "The pump is gone."


@pytest.mark.parametrize("reason", ["", " \n\t", "x" * 1001])
def test_a_reason_is_asked_for(people: dict[str, User], reason: str) -> None:
    row = standing(people["author"], State.QUEUED)
    with pytest.raises(AnswerError) as caught:
        decisions.give_up(row.pk, people["admin"], reason)
    assert caught.value.field == "reason"
    row.refresh_from_db()
    assert row.state == State.QUEUED


def test_not_there_is_sent_with_the_same_key(reporter: User) -> None:
    row = standing(reporter, State.UNCONFIRMED, key_number=3)
    attempt(row, is_open=True)
    decisions.not_there(row.pk, reporter)
    row.refresh_from_db()
    assert row.key_number == 3
    assert not row.attempts.filter(is_open=True).exists()


def test_an_incident_is_one_declaration_only(reporter: User) -> None:
    standing(reporter, State.DELIVERED, incident_id="77")
    row = standing(reporter, State.UNCONFIRMED)
    with pytest.raises(AnswerError, match="Another declaration is this incident already"):
        decisions.this_one(row.pk, reporter, Incident(id="77"))
    elsewhere = standing(reporter, State.UNCONFIRMED, upstream="http://127.0.0.1:10/v1")
    decisions.this_one(elsewhere.pk, reporter, Incident(id="77"))


def test_the_incident_that_it_is_is_followed_up(reporter: User) -> None:
    row = standing(reporter, State.UNCONFIRMED, payload={"title": "x", "workflow_ids": ["9"]})
    attempt(row, is_open=True)
    decisions.this_one(row.pk, reporter, Incident(id="77", sequential_id=12), unchecked="Unseen.")
    row.refresh_from_db()
    assert (row.incident_id, row.incident["number"], row.sentence) == ("77", 12, "Unseen.")
    assert [step["do"] for step in row.open_steps] == ["workflow"]
    assert row.due_at is not None
    assert not row.attempts.filter(is_open=True).exists()
    assert row.decisions.get().reason == "Incident 77. Unseen."


def test_a_private_incident_makes_its_declaration_and_the_decision_private(reporter: User) -> None:
    row = standing(reporter, State.UNCONFIRMED)
    decisions.this_one(row.pk, reporter, Incident(id="77", private=True, title=SECRET))
    assert SECRET not in written()
    row.refresh_from_db()
    assert row.private
    assert row.decisions.get().private


def test_what_is_written_about_private_ones_is_sealed(people: dict[str, User]) -> None:
    payload = {"title": SECRET, "private": True}
    row = standing(people["author"], State.QUEUED, payload=payload, title=SECRET)
    decisions.give_up(row.pk, people["admin"], "Ms Miller called herself.")
    assert "Miller" not in written()
    row.refresh_from_db()
    assert "Ms Miller called herself." in row.sentence
    assert row.decisions.get().reason == "Ms Miller called herself."


def written() -> str:
    """What the tables in question hold, as it lies there."""
    found = []
    with database.cursor() as cursor:
        for model in (Declaration, Decision, Attempt):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            found += cursor.fetchall()
    return repr(found)


def test_the_same_press_twice_is_one_decision(reporter: User) -> None:
    row = standing(reporter, State.QUEUED)
    decisions.withdraw(row.pk, reporter)
    decisions.withdraw(row.pk, reporter)
    assert row.decisions.count() == 1
    delivered = standing(reporter, State.DELIVERED)
    decisions.retry_step(delivered.pk, reporter, "alert_ids")
    decisions.retry_step(delivered.pk, reporter, "alert_ids")
    assert delivered.decisions.count() == 1


def test_a_step_that_is_done_is_not_tried_again(reporter: User) -> None:
    row = standing(reporter, State.DELIVERED, open_steps=[{**REFUSED_STEP, "state": "done"}])
    assert offered(row, reporter).actions == frozenset()
    with pytest.raises(OvertakenError, match="nothing to try again"):
        decisions.retry_step(row.pk, reporter, "alert_ids")
    with pytest.raises(OvertakenError, match="nothing to try again"):
        decisions.correct_value(row.pk, reporter, {"form_field_id": "5", "value": "x"})


def test_whoever_comes_second_is_told_who_was_first(people: dict[str, User]) -> None:
    row = standing(people["author"], State.UNCONFIRMED)
    decisions.not_there(row.pk, people["admin"])
    with pytest.raises(OvertakenError) as caught:
        decisions.this_one(row.pk, people["author"], Incident(id="77"))
    assert str(caught.value) == (
        "admin has already said that it isn't in Rootly: it is sent again."
    )
    claims.take(row.pk)
    with pytest.raises(OvertakenError, match="being sent at this moment"):
        decisions.withdraw(row.pk, people["author"])
    given_up = standing(people["author"], State.QUEUED)
    decisions.give_up(given_up.pk, people["admin"], "Enough.")
    with pytest.raises(OvertakenError, match=r"^admin has already given it up\.$"):
        decisions.withdraw(given_up.pk, people["author"])
