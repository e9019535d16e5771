"""Random interleavings of all that can happen to a few declarations: after every step, and at the
moment of every call, Rootly's own record and the portal's rows agree, and in the end nothing is
lost and nothing doubled without being said.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import claims, decisions, order, queue, submission, work
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.declarations.submission import Submission
from tests.declarations.model_calls import Ledger
from tests.declarations.model_lives import (
    BEGINNINGS,
    DECISIONS,
    FITTING,
    MOST,
    TIMES,
    TURNS,
    Turn,
)
from tests.support.matrix import CREATE, LIST
from tests.support.people import Person
from tests.support.sandbox import Sandbox

OVER = {State.DELIVERED, State.REJECTED, State.WITHDRAWN, State.FAILED}
MAYBE = "It may be in Rootly all the same"


class Life(RuleBasedStateMachine):
    """A few declarations, one worker after another, people, and a Rootly that fails as told."""

    def __init__(
        self, rootly: Sandbox, author: User, admin: User, beginning: Sequence[Turn]
    ) -> None:
        super().__init__()
        self.beginning, self.patch = beginning, pytest.MonkeyPatch()
        self.rootly, self.author, self.admin = rootly, author, admin
        self.url = connection.upstream()
        self.pks: list[uuid.UUID] = []
        self.taken: list[tuple[uuid.UUID, int]] = []
        self.delivered: dict[uuid.UUID, str] = {}
        self.labels = self.idempotency = ""
        self.start = transaction.savepoint()
        self.ledger = Ledger(self.step)
        self.ledger.install(self.patch)
        self.known: tuple[int, dict[str, Any]] = (-1, {})

    def teardown(self) -> None:
        """Rootly is healthy, nobody holds the queue: then each comes to rest."""
        try:
            self.rootly.clear_faults()
            self.ledger.pause = None
            self.hold_or_release(is_held=False)
            for _ in range(40):
                if not self.round() and not self.until_something_is_due():
                    break
            self.agree()
            self.is_at_rest()
        finally:
            self.patch.undo()
            transaction.savepoint_rollback(self.start)

    @initialize(
        idempotency=st.sampled_from(["ignore", "honour"]),
        labels=st.sampled_from(["keep", "keep", "drop"]),
    )
    def begins(self, idempotency: str, labels: str) -> None:
        self.rootly.reset()
        self.labels, self.idempotency = labels, idempotency
        self.rootly.switch(idempotency=idempotency, labels=labels, slack_delay_s=0)
        self.submit()
        for turn in self.beginning:
            self.happens(turn)
            self.agree()

    def submit(self) -> None:
        if len(self.pks) == MOST:
            return
        pk, title = uuid.uuid4(), f"Number {len(self.pks)}"
        assert submission.save(pk, self.author, self.form(title))
        self.ledger.titles[pk] = title
        self.pks.append(pk)

    def form(self, title: str) -> Submission:
        return Submission(self.url, 1, title, {"title": [title]}, [], {"title": title}, 1)

    @rule(turn=TURNS)
    def happens(self, turn: Turn) -> None:
        """One rule: of several hypothesis would leave out some for a whole life."""
        self.step(turn.does, self.concerned(turn.does, turn.whom))
        met = ((turn.fault, CREATE), (turn.look, LIST))
        faults = [{**which, **fault} for fault, which in met if fault]
        for each in faults:
            self.rootly.fault(**each)
        self.ledger.pause = turn.pause
        self.step(turn.worker, self.pks[0])
        self.ledger.pause = None
        if faults:
            self.rootly.clear_faults()

    def concerned(self, does: str, whom: int) -> uuid.UUID:
        """One about which that can be done, if there is any."""
        fitting = Declaration.objects.filter(state__in=FITTING.get(does, list(State)))
        pks = [pk for pk in self.pks if fitting.filter(pk=pk).exists()] or self.pks
        return pks[whom % len(pks)]

    def work(self, pk: uuid.UUID, claim: int) -> None:
        is_alone = self.ledger.pause is None and not self.ledger.works_on
        was_held = queue.is_held(self.url)
        self.ledger.work(pk, claim, work.work_on)
        if is_alone and was_held and not queue.is_held(self.url):
            self.nobody_waits_without_a_cause(but=pk)

    def round(self) -> bool:
        """Take what is due and do it; False: nothing was."""
        found = self.take()
        if found:
            self.work(*found)
        return found is not None

    def take(self) -> tuple[uuid.UUID, int] | None:
        asked = self.ledger.now
        found = self.taken_up()
        if found:
            self.ledger.took(*found, asked)
        return found

    def taken_up(self) -> tuple[uuid.UUID, int] | None:
        """As the worker's own round has it."""
        course = queue.course(self.url)
        if course.is_probe_due and (found := queue.probe(self.url)):
            return found
        if course.runs and course.free:
            for pk, *_ in order.first_due(self.url, 1) or order.first_to_follow(self.url, 1):
                claim = claims.take(pk)
                return None if claim is None else (pk, claim)
        return None

    def until_something_is_due(self) -> bool:
        """Let so much time pass; False: nothing will be."""
        rows = Declaration.objects.filter(due_at__isnull=False).values_list(
            "due_at", "claimed_until"
        )
        if self.ledger.is_held or not rows:
            return False
        first = min(max(each for each in row if each) for row in rows)
        wait = Upstream.objects.values_list("wait_until", flat=True).first()
        seconds = (max(first, wait or first) - timezone.now()).total_seconds()
        self.ledger.later(max(0.0, seconds) + 0.05)
        return True

    def hold_or_release(self, *, is_held: bool) -> None:
        if is_held:
            queue.hold_by(self.url, self.admin)
        elif queue.release_by(self.url, self.admin):
            self.nobody_waits_without_a_cause()
            self.ledger.quiet_until = 0
        self.ledger.is_held = is_held

    def nobody_waits_without_a_cause(self, but: uuid.UUID | None = None) -> None:
        """What the hold alone kept waiting is due."""
        rows = Declaration.objects.filter(state=State.QUEUED, failures__gt=0, looks=0)
        waiting = rows.filter(due_at__gt=claims.from_now(0.5)).values_list("pk", flat=True)
        assert set(waiting) <= {but}

    def step(self, what: str, pk: uuid.UUID) -> None:
        """A step that is made by itself, or while a call is under way."""
        if what in TIMES:
            self.ledger.later(TIMES[what])
        elif what in {"hold", "release"}:
            self.hold_or_release(is_held=what == "hold")
        elif what in DECISIONS:
            with suppress(decisions.OvertakenError):
                self.decide(pk, what)
        elif what == "correct":
            self.correct(pk)
        elif what == "submit":
            self.submit()
        else:
            self.worker(what)

    def worker(self, what: str) -> None:
        """It `works`: takes what is due next, whenever that is, and does it; or it `stops` with a
        claim, and goes on once it `wakes`, be it that somebody else took the row meanwhile.
        """
        if what == "round":
            self.round()
        elif what == "works":
            if not self.round() and self.until_something_is_due():
                self.round()
        elif what == "stops" and (found := self.take()):
            self.taken.append(found)
        elif what == "wakes" and self.taken:
            self.work(*self.taken.pop(0))

    def correct(self, pk: uuid.UUID) -> None:
        title = f"{self.ledger.titles[pk]}, again"
        was_refused = Declaration.objects.filter(pk=pk, state=State.REJECTED).exists()
        is_saved = submission.save(pk, self.author, self.form(title)) is not None
        assert is_saved is was_refused
        if is_saved:
            self.ledger.titles[pk] = title

    def decide(self, pk: uuid.UUID, what: str) -> None:
        if what == "withdraw":
            decisions.withdraw(pk, self.author)
        elif what == "send again":
            decisions.send_again(pk, self.author)
        elif what == "give up":
            decisions.give_up(pk, self.admin, "Settled by phone")
        elif there := self.made(pk):
            incident = connection.client().incident(there[0]["id"])
            decisions.this_one(pk, self.author, incident)
        else:
            decisions.not_there(pk, self.author)
            self.ledger.nobody_looks_for(pk)

    def made(self, pk: uuid.UUID) -> list[dict[str, Any]]:
        return [
            each for each in self.rootly_state()["incidents"]
            if each["idempotency_key"].startswith(str(pk))
        ]  # fmt: skip

    def rootly_state(self) -> dict[str, Any]:
        """Rootly's own record; it changes with calls alone."""
        if self.known[0] != self.ledger.calls:
            self.known = self.ledger.calls, self.rootly.state()
        return self.known[1]

    @invariant()
    def agree(self) -> None:
        """What Rootly has on record, and what the portal keeps."""
        if not self.pks:
            return
        asked = Counter(
            each["headers"]["idempotency-key"] for each in self.rootly_state()["requests"]
            if each["method"] == "POST" and each["path"].endswith("/incidents")
        )  # fmt: skip
        rows = list(Declaration.objects.prefetch_related("attempts"))
        assert {row.pk for row in rows} == set(self.pks), "one each, and none is lost"
        sent = [attempt for row in rows for attempt in row.attempts.all()]
        keys = Counter(attempt.idempotency_key for attempt in sent)
        assert keys == asked + self.ledger.unsent, "each call has its row"
        digests = {(attempt.idempotency_key, attempt.digest) for attempt in sent}
        assert len(digests) == len(keys), "the same bytes under a key"
        for row in rows:
            self.agrees(row)

    def agrees(self, row: Declaration) -> None:
        there = {one["id"] for one in self.made(row.pk)}
        attempts = list(row.attempts.all())
        is_unknown = any(attempt.is_open for attempt in attempts)
        assert len(there) <= 1 or row.pk in self.ledger.late, "never two"
        if row.pk in self.delivered or row.state == State.DELIVERED:
            assert row.state == State.DELIVERED, "known once, known for good"
            assert row.incident_id == self.delivered.setdefault(row.pk, row.incident_id)
            assert row.incident_id in there
            assert not is_unknown or row.pk in self.ledger.late
        else:
            claim, until = self.ledger.leases.get(row.pk, (row.claim, 0.0))
            lasts = until > self.ledger.now
            assert not lasts or (row.state, row.claim) == (State.DELIVERING, claim)
        if there and row.state != State.DELIVERED:
            assert is_unknown, "what may be there is known to be so"
        if row.state == State.WITHDRAWN:
            assert not there
            assert not is_unknown
        if row.state == State.UNCONFIRMED:
            assert is_unknown
        if row.state == State.FAILED and is_unknown:
            assert MAYBE in row.sentence
        if row.state == State.REJECTED:
            refused = {
                attempt.idempotency_key for attempt in attempts
                if attempt.outcome == "Rejected" or attempt.status == 403
            }  # fmt: skip
            assert refused
            self.ledger.spent.setdefault(row.pk, set()).update(refused)

    def is_at_rest(self) -> None:
        """Nothing is left to do but for people, and they were told what there is."""
        for row in Declaration.objects.all():
            assert row.state in OVER | {State.UNCONFIRMED}
            assert row.due_at is None
            there = {one["id"] for one in self.made(row.pk)}
            if row.state == State.DELIVERED and self.labels == "keep":
                assert there == {row.incident_id, *(twin["id"] for twin in row.twins)}
                assert bool(row.twins) is (row.twins_at is not None)


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_whatever_happens_in_whatever_order_nothing_is_lost_and_nothing_doubled(
    alone: Sandbox, reporter: User, make_person: Person, beginning: Sequence[Turn]
) -> None:
    admin = make_person("ada", "admin")
    run_state_machine_as_test(
        lambda: Life(alone, reporter, admin, beginning),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=3, stateful_step_count=8, derandomize=True, database=None,
            deadline=None, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
