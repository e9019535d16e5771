"""Random interleavings of all that can happen to a few declarations: after every step Rootly's own
record and the portal's rows agree, and in the end nothing is lost and nothing doubled.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from itertools import pairwise
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import claims, decisions, order, queue, submission, work
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.submission import Submission
from tests.support.matrix import CREATE, LIST, pass_time
from tests.support.people import Person
from tests.support.sandbox import Sandbox

MOST = 3
"""Declarations at once: enough for each to be the other's neighbour."""
FAULTS: list[dict[str, Any]] = [
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "malformed"},
    {"kind": "status", "status": 503},
    {"kind": "status_after", "status": 500},
    {"kind": "status_after", "status": 504},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 403},
    {"kind": "redirect"},
    {"kind": "rate_limit", "seconds": 5},
    {"kind": "validation", "errors": {"title": ["is too vague"]}},
]
UNREADABLE = {"kind": "malformed"}
OVER = {State.DELIVERED, State.REJECTED, State.WITHDRAWN, State.FAILED}


class Life(RuleBasedStateMachine):
    """A few declarations, one worker after another, people, and a Rootly that fails as told."""

    def __init__(self, rootly: Sandbox, author: User, admin: User) -> None:
        super().__init__()
        self.rootly, self.author, self.admin = rootly, author, admin
        self.url = connection.upstream()
        self.pks: list[uuid.UUID] = []
        self.taken: list[tuple[uuid.UUID, int]] = []
        self.labels = "keep"
        self.start = transaction.savepoint()

    def teardown(self) -> None:
        """Rootly is healthy, nobody holds the queue: then each comes to rest."""
        try:
            self.rootly.clear_faults()
            queue.release_by(self.url, self.admin)
            for _ in range(60):
                if not self.round():
                    pass_time(20)
            self.agree()
            allowed = OVER | ({State.UNCONFIRMED} if self.labels == "drop" else set())
            states = set(Declaration.objects.values_list("state", flat=True))
            assert states <= allowed
        finally:
            transaction.savepoint_rollback(self.start)

    @initialize(
        idempotency=st.sampled_from(["honour", "ignore"]), labels=st.sampled_from(["keep", "drop"])
    )
    def begins(self, idempotency: str, labels: str) -> None:
        self.rootly.reset()
        self.labels = labels
        self.rootly.switch(idempotency=idempotency, labels=labels, slack_delay_s=0)

    @precondition(lambda self: len(self.pks) < MOST)
    @rule()
    def submit(self) -> None:
        pk = uuid.uuid4()
        assert submission.save(pk, self.author, self.form(f"Number {len(self.pks)}"))
        self.pks.append(pk)

    def form(self, title: str) -> Submission:
        return Submission(self.url, 1, title, {"title": [title]}, [], {"title": title}, 1)

    @rule(fault=st.sampled_from(FAULTS))
    def next_call_meets(self, fault: dict[str, Any]) -> None:
        self.rootly.fault(**CREATE, **fault)

    @rule()
    def next_look_fails(self) -> None:
        self.rootly.fault(**LIST, **UNREADABLE)

    @rule(seconds=st.sampled_from([1, 6, 16, 31, 301]))
    def time_passes(self, seconds: float) -> None:
        pass_time(seconds)

    @rule()
    def works(self) -> None:
        """A worker's round."""
        self.round()

    def round(self) -> bool:
        """Take what is due and do it; False: nothing was."""
        found = self.take()
        if found:
            work.work_on(*found)
        return found is not None

    @rule()
    def a_worker_stops_with_a_claim(self) -> None:
        """It died, or it sleeps: `wakes` has it go on, be it that somebody else took the row."""
        found = self.take()
        if found:
            self.taken.append(found)

    @precondition(lambda self: self.taken)
    @rule()
    def wakes(self) -> None:
        work.work_on(*self.taken.pop(0))

    def take(self) -> tuple[uuid.UUID, int] | None:
        course = queue.course(self.url)
        if course.is_probe_due and (found := queue.probe(self.url)):
            return found
        if course.runs and course.free:
            for pk in order.first_due(self.url, 1):
                claim = claims.take(pk)
                return None if claim is None else (pk, claim)
        return None

    @precondition(lambda self: self.pks)
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from(self.pks))
        submission.save(pk, self.author, self.form(f"Number {self.pks.index(pk)}"))

    @precondition(lambda self: self.pks)
    @rule(data=st.data(), what=st.sampled_from(["withdraw", "send_again", "give_up", "say"]))
    def decide(self, data: st.DataObject, what: str) -> None:
        pk = data.draw(st.sampled_from(self.pks))
        with suppress(decisions.OvertakenError):
            if what == "withdraw":
                decisions.withdraw(pk, self.author)
            elif what == "send_again":
                decisions.send_again(pk, self.author)
            elif what == "give_up":
                decisions.give_up(pk, self.admin, "Settled by phone")
            elif there := self.made(pk):
                incident = connection.client().incident(there[0]["id"])
                decisions.this_one(pk, self.author, incident)
            else:
                decisions.not_there(pk, self.author)

    @rule()
    def hold(self) -> None:
        queue.hold_by(self.url, self.admin)

    @rule()
    def release(self) -> None:
        queue.release_by(self.url, self.admin)

    def made(self, pk: uuid.UUID) -> list[dict[str, Any]]:
        return [
            each for each in self.rootly.incidents()
            if each["idempotency_key"].startswith(str(pk))
        ]  # fmt: skip

    @invariant()
    def agree(self) -> None:
        """What Rootly has on record, and what the portal keeps."""
        state = self.rootly.state()
        asked = [
            each["headers"]["idempotency-key"] for each in state["requests"]
            if each["method"] == "POST" and each["path"].endswith("/incidents")
        ]  # fmt: skip
        for row in Declaration.objects.all():
            own = str(row.pk)
            there = [
                one["id"] for one in state["incidents"] if one["idempotency_key"].startswith(own)
            ]
            assert len(there) <= 1, "never two"
            attempts = list(row.attempts.all())
            unknown = [attempt for attempt in attempts if attempt.is_open]
            if row.state == State.DELIVERED:
                assert there == [row.incident_id]
                assert not unknown
            if row.state in {State.WITHDRAWN, State.REJECTED}:
                assert not there
            if row.state == State.UNCONFIRMED:
                assert unknown
            if there and row.state != State.DELIVERED:
                assert unknown, "what may be there is known to be so"
            keys = [attempt.idempotency_key for attempt in attempts]
            assert keys == [key for key in asked if key.startswith(own)], "each call has its row"
            for last, following in pairwise(attempts):
                refused = last.outcome == "Rejected" or last.status == 403
                assert refused or last.idempotency_key == following.idempotency_key


def test_whatever_happens_in_whatever_order_nothing_is_lost_and_nothing_doubled(
    alone: Sandbox, reporter: User, make_person: Person
) -> None:
    admin = make_person("ada", "admin")
    run_state_machine_as_test(
        lambda: Life(alone, reporter, admin),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=20, stateful_step_count=25, derandomize=True, database=None,
            deadline=None, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
