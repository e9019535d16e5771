"""What an error of the client means for a declaration."""

import pytest

from incidentportal.declarations.outcomes import Next, judge
from incidentportal.rootly import errors


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, Next.HOLD), (302, Next.HOLD), (404, Next.HOLD), (405, Next.HOLD), (406, Next.HOLD),
     (415, Next.HOLD), (403, Next.FORBIDDEN)],
)  # fmt: skip
def test_what_the_connection_gets_wrong_holds_the_queue_but_403_may_be_about_one(
    status: int, expected: Next
) -> None:
    assert judge(errors.Misconfigured("no", status=status)).next is expected


def test_what_was_not_sent_is_sent_again() -> None:
    outcome = judge(errors.NotSent("no route"))
    assert (outcome.next, outcome.may_exist) == (Next.RETRY, False)


def test_an_unknown_outcome_is_looked_for_first() -> None:
    outcome = judge(errors.OutcomeUnknown("timeout"))
    assert (outcome.next, outcome.may_exist, outcome.patience) == (Next.LOOK, True, 0)


def test_a_complete_503_needs_less_patience() -> None:
    assert judge(errors.OutcomeUnknown("busy", status=503, complete=True)).patience == 1
    assert judge(errors.OutcomeUnknown("proxy", status=502, complete=True)).patience == 0


def test_429_waits_as_told() -> None:
    outcome = judge(errors.RateLimited("slow down", status=429, retry_after=7.5))
    assert (outcome.next, outcome.retry_after) == (Next.WAIT, 7.5)


def test_a_refusal_keeps_every_word() -> None:
    error = errors.Rejected(
        "refused",
        status=422,
        field_errors=(errors.FieldError("severity_id", "can't be blank"),),
        messages=("Odd",),
    )
    outcome = judge(error)
    assert outcome.next is Next.RETURN
    assert outcome.field_errors == (("severity_id", "can't be blank"),)
    assert outcome.messages == ("Odd",)
