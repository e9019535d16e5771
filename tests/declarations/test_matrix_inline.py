"""What a person sees who waits for it: each kind of outcome while the request lasts, and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import Settings

from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from tests.support.matrix import (
    CREATE,
    FORBIDDEN,
    SETUP,
    SLOW,
    TOKEN,
    UNCLEAR,
    UNREACHED,
    keys,
    made,
    pass_time,
    read,
    seen,
    settle,
    turn,
    until,
)
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
VAGUE: dict[str, Any] = {"kind": "validation", "errors": {"title": ["is too vague"]}}


@dataclass(frozen=True)
class Inline:
    """A submission meets a fault while its author waits: they are answered with `answer`, see
    `says` on a page in `state`, and Rootly was asked with `keys` at the end for one incident.
    """

    name: str
    fault: dict[str, Any]
    answer: int
    state: State
    says: str
    upstream: int
    keys: tuple[str, ...]
    held: bool = False
    ends: State = State.DELIVERED
    incidents: int = 1


QUEUED, REJECTED = State.QUEUED, State.REJECTED
LATE: dict[str, Any] = {"kind": "latency", "seconds": 600}
"""Until it is let go."""
CASES = [
    Inline("healthy", {}, 303, State.DELIVERED, "Incident declared", 1, ("",)),
    Inline("down", {"kind": "down"}, 303, QUEUED, UNREACHED, 0, ("",)),
    Inline("made-dropped", {"kind": "drop_after"}, 303, QUEUED, UNCLEAR, 1, ("",)),
    Inline("made-malformed", {"kind": "malformed"}, 303, QUEUED, UNCLEAR, 1, ("",)),
    Inline("made-500", {"kind": "status_after", "status": 500}, 303, QUEUED, UNCLEAR, 1, ("",)),
    Inline("not-made-dropped", {"kind": "drop_before"}, 303, QUEUED, UNCLEAR, 0, ("", "")),
    Inline("not-made-503", {"kind": "status", "status": 503}, 303, QUEUED, UNCLEAR, 0, ("", "")),
    Inline("429", {"kind": "rate_limit", "seconds": 9}, 303, QUEUED, SLOW, 0, ("", "")),
    Inline("401", {"kind": "status", "status": 401}, 303, QUEUED, TOKEN, 0, ("", ""), held=True),
    Inline("404", {"kind": "status", "status": 404}, 303, QUEUED, SETUP, 0, ("", ""), held=True),
    Inline("redirect", {"kind": "redirect"}, 303, QUEUED, SETUP, 0, ("", ""), held=True),
    Inline("403", {"kind": "status", "status": 403}, 303, QUEUED, FORBIDDEN, 0, ("", "")),
    Inline(
        "422", {**VAGUE, "times": 1}, 422, REJECTED, "is too vague", 0, ("",),
        ends=REJECTED, incidents=0,
    ),
    Inline(
        "400", {"kind": "status", "status": 400}, 422, REJECTED, "without saying why", 0, ("",),
        ends=REJECTED, incidents=0,
    ),
]  # fmt: skip


def sent(form: Form, **answers: Any) -> tuple[int, Declaration]:
    """Declare; the answer's status, and the declaration once no thread works on it any more."""
    status = form.send(**form.filled(**answers)).status_code
    row = Declaration.objects.latest("submitted_at")
    until(Declaration.objects.filter(pk=row.pk, claimed_until=None).exists)
    row.refresh_from_db()
    return status, row


@BOTH
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_person_waits_while_it_meets_a_fault_and_rootly_is_healthy_again(
    unhurried: Sandbox, form: Form, visitor: PageClient, case: Inline
) -> None:
    if case.fault.get("kind") == "down":
        unhurried.down(60)
    elif case.fault:
        unhurried.fault(**CREATE, **case.fault)
    status, row = sent(form)
    if case.fault.get("kind") == "down":
        unhurried.up()
    assert (status, row.state) == (case.answer, case.state)
    assert len(made(unhurried, row)) == case.upstream
    shown = [seen(visitor, row)]
    if status == 422:
        shown.append(read(form.response))
    for page in shown:
        assert page.state == case.state
        assert case.says in page.text
        assert page.held is case.held
    settle(row)
    assert row.state == case.ends
    assert len(made(unhurried, row)) == case.incidents
    assert keys(unhurried, row) == case.keys
    assert seen(visitor, row).state == case.ends


@BOTH
def test_what_is_refused_at_once_is_corrected_on_the_same_page(
    unhurried: Sandbox, form: Form, visitor: PageClient
) -> None:
    unhurried.fault(**CREATE, **VAGUE)
    status, row = sent(form)
    assert status == 422
    assert "is too vague" in form.error("title")
    assert form.send(title="Checkout answers 500").status_code == 303
    settle(row)
    assert row.state == State.DELIVERED
    assert [each["title"] for each in made(unhurried, row)] == ["Checkout answers 500"]
    assert keys(unhurried, row) == ("", "-2")


@dataclass(frozen=True)
class Late:
    """An answer that comes after the deadline: what it makes of the declaration, how many incidents
    there are then, and how many at the end.
    """

    name: str
    faults: tuple[dict[str, Any], ...]
    state: State
    upstream: int
    incidents: int


ANSWERS = [
    Late("201", (LATE,), State.DELIVERED, 1, 1),
    Late("422", (LATE, VAGUE), REJECTED, 0, 0),
    Late("503", (LATE, {"kind": "status", "status": 503}), QUEUED, 0, 1),
    Late("made-503", (LATE, {"kind": "status_after", "status": 503}), QUEUED, 1, 1),
    Late("401", (LATE, {"kind": "status", "status": 401}), QUEUED, 0, 1),
]


@BOTH
@pytest.mark.parametrize("late", ANSWERS, ids=lambda late: late.name)
def test_an_answer_after_the_deadline_is_kept_when_it_comes(
    unhurried: Sandbox, form: Form, visitor: PageClient, settings: Settings, late: Late
) -> None:
    settings.DELIVERY_DEADLINE = 0.1
    for fault in late.faults:
        unhurried.fault(**CREATE, **fault)
    again = {"declaration": form.identity, **form.filled()}
    assert form.send(**form.filled()).status_code == 303
    row = Declaration.objects.get()
    until(row.attempts.exists)
    page = seen(visitor, row)
    assert page.state == State.DELIVERING, "saved, still sending"
    assert row.attempts.get().is_open
    assert visitor.post(form.address, again).status_code == 303, "declared once, however often sent"
    unhurried.let_go()
    until(Declaration.objects.filter(claimed_until=None).exists)
    row.refresh_from_db()
    assert row.state == late.state
    assert seen(visitor, row).state == late.state
    assert len(made(unhurried, row)) == late.upstream
    assert keys(unhurried, row) == ("",)
    settle(row)
    assert len(made(unhurried, row)) == late.incidents
    assert Declaration.objects.count() == 1


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"kind": "status", "status": 401}, 16),
        ({"kind": "redirect"}, 16),
        ({"kind": "rate_limit", "seconds": 9}, 10),
    ],
    ids=["401", "redirect", "429"],
)
def test_while_nothing_may_be_sent_nothing_is_tried_inline(
    unhurried: Sandbox, form: Form, visitor: PageClient, fault: dict[str, Any], seconds: float
) -> None:
    unhurried.fault(**CREATE, **fault, times=1)
    _, first = sent(form)
    status, second = sent(Form(visitor), title="Login is broken")
    assert (status, second.state) == (303, State.QUEUED)
    assert keys(unhurried, second) == ()
    assert not second.attempts.exists()
    page = seen(visitor, second)
    assert page.held is (fault["kind"] != "rate_limit")
    pass_time(seconds)
    for row in (first, second):
        settle(row)
        assert row.state == State.DELIVERED
        assert len(made(unhurried, row)) == 1
    assert (keys(unhurried, first), keys(unhurried, second)) == (("", ""), ("",))


def test_a_claim_that_is_lost_in_the_middle_of_a_call_doubles_nothing(
    unhurried: Sandbox, form: Form, visitor: PageClient, settings: Settings
) -> None:
    settings.DELIVERY_DEADLINE = 0.1
    unhurried.fault(**CREATE, **LATE)
    assert form.send(**form.filled()).status_code == 303
    row = Declaration.objects.get()
    until(lambda: keys(unhurried, row) != ())
    # The lease is over although the call still lasts: another worker takes the row.
    Declaration.objects.update(claimed_until=None, state=State.QUEUED)
    turn(row)
    unhurried.let_go()
    assert row.state == State.QUEUED, "it looks first, and finds nothing so far"
    until(Declaration.objects.filter(state=State.DELIVERED).exists)
    settle(row)
    assert len(made(unhurried, row)) == 1
    assert keys(unhurried, row) == ("",)
    assert seen(visitor, row).state == "delivered"
