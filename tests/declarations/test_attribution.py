"""Who an incident is by: the person in Rootly, or a label that says who it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.catalog import connection, current
from incidentportal.catalog.sync import sync_catalog
from incidentportal.declarations.labels import DECLARED_BY, LABEL, OURS
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.formengine.cleaning import RESERVED_LABELS
from tests.declarations.test_delivery import CREATE, once, posts
from tests.support.declarations import make_declaration
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
GRACE = "grace.okafor@larkfield.example"


@pytest.fixture
def grace(reporter: User) -> User:
    """A reporter whose e-mail is known to be hers, and a Rootly user's."""
    reporter.first_name, reporter.last_name, reporter.email = "Grace", "O.", GRACE.upper()
    reporter.save()
    EmailAddress.objects.create(user=reporter, email=GRACE, verified=True, primary=True)
    return reporter


def declare(author: User, **payload: Any) -> Declaration:
    return make_declaration(
        author, upstream=connection.upstream(), payload={"title": "Down", **payload}
    )


def labels(sandbox: Sandbox) -> dict[str, str]:
    return dict(sandbox.incidents()[-1]["labels"])


def test_both_labels_are_reserved() -> None:
    assert {LABEL, DECLARED_BY} == OURS == RESERVED_LABELS


@BOTH
def test_the_creator_is_the_rootly_user_with_the_same_email(
    connected: Sandbox, grace: User, dialect: str
) -> None:
    before = len(connected.requests("GET", "/users"))
    row = once(declare(grace))
    assert row.state == State.DELIVERED
    (incident,) = connected.incidents()
    assert len(connected.requests("GET", "/users")) == before, "the snapshot knows them"
    assert str(incident["user_id"]) == str(connected.record("users", "Grace Okafor")["id"])
    assert labels(connected) == {LABEL: str(row.pk)}
    assert "user_id" not in row.payload, "it is not what she filled in"


@BOTH
def test_without_such_a_user_a_label_says_who_it_was(
    connected: Sandbox, grace: User, dialect: str
) -> None:
    EmailAddress.objects.update(email="grace@elsewhere.example")
    User.objects.update(email="grace@elsewhere.example")
    grace.refresh_from_db()
    row = once(declare(grace, labels={"team": "care"}))
    assert labels(connected) == {
        LABEL: str(row.pk), "team": "care", DECLARED_BY: "Grace O. (grace@elsewhere.example)",
    }  # fmt: skip


@pytest.mark.parametrize("claimed", ["never", "elsewhere", "unverified"])
def test_an_email_that_only_the_person_claims_is_not_believed(
    connected: Sandbox, reporter: User, grace: User, claimed: str
) -> None:
    if claimed == "never":
        EmailAddress.objects.all().delete()
    elif claimed == "elsewhere":
        EmailAddress.objects.update(email="other@larkfield.example")
    else:
        EmailAddress.objects.update(verified=False)
    owner = connected.record("users", "Rootly Service Account")["id"]
    once(declare(grace))
    (incident,) = connected.incidents()
    assert str(incident["user_id"]) == str(owner)
    assert labels(connected)[DECLARED_BY] == "Grace O. (rita)"


def test_a_name_dressed_up_as_an_email_is_said_to_be_a_name(
    connected: Sandbox, reporter: User
) -> None:
    User.objects.update(username="boss@larkfield.example", first_name="", last_name="")
    reporter.refresh_from_db()
    once(declare(reporter))
    assert labels(connected)[DECLARED_BY] == "user boss@larkfield.example"


def test_of_two_users_with_one_email_none_is_taken(connected: Sandbox, grace: User) -> None:
    other = connected.record("users", "Hana Suzuki")
    connected.change_list("users", upsert=[{"id": other["id"], "email": GRACE}])
    sync_catalog(connection.client(), connection.upstream())
    current.look_at_once()
    once(declare(grace))
    assert DECLARED_BY in labels(connected)


def test_every_attempt_under_a_key_sends_the_same_whatever_changes_meanwhile(
    connected: Sandbox, grace: User
) -> None:
    connected.fault(**CREATE, kind="drop_before", times=1)
    row = declare(grace)
    once(row)
    once(row)
    EmailAddress.objects.all().delete()
    User.objects.update(first_name="Somebody", email="")
    Upstream.objects.update(takes_creator=False, takes_labels=False, takes_inline_values=False)
    Attempt.objects.update(started_at=Now() - timedelta(seconds=60))
    assert once(row).state == State.DELIVERED
    first, second = (post["body"] for post in posts(connected))
    assert first == second
    assert len(set(Attempt.objects.values_list("digest", "idempotency_key"))) == 1


def test_what_is_corrected_is_by_the_same_person(connected: Sandbox, grace: User) -> None:
    connected.fault(**CREATE, kind="validation", errors={"title": ["is vague"]}, times=1)
    row = declare(grace)
    assert once(row).state == State.REJECTED
    EmailAddress.objects.all().delete()
    Declaration.objects.update(state=State.QUEUED, due_at=Now())
    assert once(row).state == State.DELIVERED
    assert row.sent_with["key_number"] == 2
    assert DECLARED_BY not in labels(connected)


SAID = [
    {"user_id": ["must exist"]}, {"user": ["must exist"]}, {"user_id": ["is not permitted"]},
]  # fmt: skip


@pytest.mark.parametrize("shape", ["A", "B", "C", "pointer"])
@pytest.mark.parametrize("errors", SAID, ids=str)
def test_a_refused_creator_is_ours_and_remembered(
    connected: Sandbox, grace: User, shape: str, errors: dict[str, list[str]]
) -> None:
    connected.fault(**CREATE, kind="validation", shape=shape, errors=errors, times=1)
    row = declare(grace)
    assert once(row).state == State.QUEUED
    assert once(row).state == State.DELIVERED
    assert not Upstream.objects.get().takes_creator
    assert labels(connected)[DECLARED_BY] == f"Grace O. ({GRACE})"
    keys = list(Attempt.objects.values_list("idempotency_key", flat=True))
    assert keys == [str(row.pk), f"{row.pk}-2"]
    assert once(declare(grace)).state == State.DELIVERED
    assert len(posts(connected)) == 3, "the next one is sent without at once"


@pytest.mark.parametrize(
    ("errors", "shape"),
    [
        ({"user_id": ["must exist"], "title": ["is vague"]}, "C"),
        ({"user_impact": ["can't be blank"]}, "A"),
    ],
    ids=["both", "a field of such a name"],
)
def test_a_refusal_that_is_also_the_persons_goes_to_them(
    connected: Sandbox, grace: User, errors: dict[str, list[str]], shape: str
) -> None:
    connected.fault(**CREATE, kind="validation", shape=shape, errors=errors, times=1)
    assert once(declare(grace)).state == State.REJECTED
    assert Upstream.objects.get().takes_creator


def test_what_was_not_sent_is_not_ours_to_leave_out(connected: Sandbox, reporter: User) -> None:
    connected.fault(**CREATE, kind="validation", errors={"user_id": ["is missing"]}, times=1)
    assert once(declare(reporter)).state == State.REJECTED
    assert Upstream.objects.get().takes_creator


def test_a_loop_of_refusals_ends_with_the_person(connected: Sandbox, reporter: User) -> None:
    connected.fault(**CREATE, kind="validation", errors={"labels": ["no"]}, times=None)
    row = declare(reporter)
    assert once(row).state == State.QUEUED
    assert once(row).state == State.REJECTED


def test_nobody_says_in_the_form_who_declared(form: Form, connected: Sandbox) -> None:
    answers = form.filled(labels=f"team=care\n{DECLARED_BY.title()}=The boss")
    assert form.send(**answers).status_code == 422
    assert "is reserved for the portal" in form.error("labels")
    assert not Declaration.objects.exists()
