"""A declaration's page: what it says while it waits, and once the incident exists."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.declarations import waiting
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.moments import moment
from incidentportal.declarations.outcomes import Next
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.people import PageClient

ROOTLY = "http://127.0.0.1:9/v1"
SAID = "Rootly could not be reached. We keep trying."
INCIDENT = {"number": 12, "title": "Checkout fails", "status": "in_triage", "private": False,
            "url": "https://rootly.com/12"}  # fmt: skip


@pytest.fixture(autouse=True)
def _rootly(settings: Settings) -> None:
    settings.ROOTLY_API_URL, settings.ROOTLY_API_TOKEN = ROOTLY, "x"
    settings.EMERGENCY_CONTACT = "the on-call desk, +1 555 0100"


def in_(seconds: float) -> Any:
    return timezone.now() + timedelta(seconds=seconds)


def page_of(client: PageClient, row: Declaration) -> str:
    """The page's text, without its markup."""
    html = client.get(f"/declarations/{row.pk}/").content.decode()
    main = re.sub(r"<(script|textarea).*?</\1>", "", html.split("<main")[1], flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def look(client: PageClient, row: Declaration, version: str = "") -> Any:
    """What the page's script asks for."""
    headers = {"HX-Request": "true", "If-None-Match": version}
    return client.get(f"/declarations/{row.pk}/", headers=headers)


def delivered(author: User, **fields: Any) -> Declaration:
    given = {"state": State.DELIVERED, "due_at": None, "incident_id": "1", "incident": INCIDENT}
    return make_declaration(author, **{**given, "delivered_at": in_(0), **fields})


def attempt(row: Declaration, **fields: Any) -> Attempt:
    given = {"claim": 1, "idempotency_key": str(row.pk), "digest": "x", "private": row.private}
    return Attempt.objects.create(declaration=row, **{**given, **fields})


def test_one_that_nobody_has_tried_waits_for_its_turn(visitor: PageClient, reporter: User) -> None:
    shown = page_of(visitor, make_declaration(reporter))

    assert waiting.SAFE in shown
    assert waiting.TURN in shown
    assert "Call:" not in shown


def test_after_a_failure_it_says_when_it_is_tried_again_and_whom_to_call(
    visitor: PageClient, reporter: User
) -> None:
    at = in_(90)
    row = make_declaration(reporter, due_at=at, sentence=SAID, failures=2)
    attempt(row, is_open=False, finished_at=in_(0), milliseconds=3400, outcome="NotSent",
            sentence=SAID, next=Next.RETRY, next_at=at)  # fmt: skip

    shown = page_of(visitor, row)

    assert SAID in shown
    assert shown.count(f"Next try at {moment(at).words}") == 2  # above, and at its attempt
    assert "3.4 s" in shown
    assert "Can’t it wait? Call: the on-call desk, +1 555 0100" in shown


def test_what_may_have_arrived_is_looked_for_first(visitor: PageClient, reporter: User) -> None:
    at = in_(30)
    row = make_declaration(reporter, due_at=at, sentence="It was sent.", failures=1)
    attempt(row)

    shown = page_of(visitor, row)

    assert f"We look for it in Rootly at {moment(at).words}" in shown
    assert "Sent, and no answer came." in shown


@pytest.mark.parametrize(
    ("held_for", "then"),
    [("token", waiting.PROBED.format("15 seconds")), ("admin", waiting.HELD_BY_ADMIN)],
)
def test_while_the_queue_is_held_it_says_why_and_what_happens_next(
    visitor: PageClient, reporter: User, held_for: str, then: str
) -> None:
    Upstream.objects.create(url=ROOTLY, held="The token is not accepted.", held_for=held_for)
    row = make_declaration(reporter)

    html = visitor.get(f"/declarations/{row.pk}/").content.decode()
    shown = page_of(visitor, row)

    assert 'data-held="The token is not accepted."' in html
    assert 'href="tel:+15550100"' in html
    assert f"The token is not accepted. {then}" in shown


def test_where_rootly_asked_to_slow_down_it_says_until_when(
    visitor: PageClient, reporter: User
) -> None:
    at = in_(50)
    Upstream.objects.create(url=ROOTLY, wait_until=at)

    shown = page_of(visitor, make_declaration(reporter))

    assert waiting.LIMITED in shown
    assert f"Next try at {moment(at).words}" in shown


def test_one_for_another_rootly_says_so(visitor: PageClient, reporter: User) -> None:
    other = "https://old.example.com/v1"

    shown = page_of(visitor, make_declaration(reporter, upstream=other))

    assert waiting.OTHER.format(other) in shown
    assert waiting.TURN not in shown


def test_times_are_in_the_readers_zone_and_it_is_named(visitor: PageClient, reporter: User) -> None:
    reporter.time_zone = "Asia/Kolkata"
    reporter.save()
    when = datetime.fromisoformat("2026-03-04T20:00:05+00:00")
    row = delivered(reporter, submitted_at=when, incident={**INCIDENT, "slack_name": "#inc-12"})

    shown = page_of(visitor, row)

    assert "5 Mar 2026, 01:30:05" in shown
    assert "All times are Asia/Kolkata." in shown


@pytest.mark.parametrize(
    ("missing", "fields", "said"),
    [
        (["private"], {"is_exposed": True}, "NOT private in Rootly"),
        (["kind"], {"is_mistaken_real": True}, "does not show this incident as a test"),
        (["kind"], {"payload": {"kind": "backfilled"}}, "as one that is only put on record"),
        (["kind"], {}, "another kind of incident than was asked for"),
        (["parent"], {}, "does not show the parent incident"),
        (["creator"], {}, "somebody else as who created it"),
    ],
)
def test_what_the_incident_does_not_show_as_asked_is_said(
    visitor: PageClient, reporter: User, missing: list[str], fields: dict[str, Any], said: str
) -> None:
    assert said in page_of(visitor, delivered(reporter, mismatches=missing, **fields))
    assert said not in page_of(visitor, delivered(reporter))


def test_twins_are_named_and_linked_and_the_portal_deletes_none(
    visitor: PageClient, reporter: User
) -> None:
    twins = [{"id": "2", "number": 15, "url": "https://rootly.com/15"},
             {"id": "3", "number": None, "url": "javascript:alert(1)"}]  # fmt: skip
    row = delivered(reporter, twins=twins)

    html = visitor.get(f"/declarations/{row.pk}/").content.decode()

    assert "Three incidents in Rootly bear this declaration’s mark: #12 , #15 and 3." in (
        page_of(visitor, row)
    )
    assert 'href="https://rootly.com/15"' in html
    assert "javascript:" not in html


def test_the_severity_is_the_incidents_else_the_declared_one(
    visitor: PageClient, reporter: User
) -> None:
    labels = [{"name": "severity_id", "label": "Severity", "text": "SEV2 High"}]
    declared = {"labels": labels, "payload": {"severity_id": "5"}}

    for said, shown in ((None, True), ("5", True), ("6", False)):
        row = delivered(reporter, incident={**INCIDENT, "severity_id": said}, **declared)
        facts = page_of(visitor, row).split("What you declared")[0]
        assert ("Severity SEV2 High" in facts) is shown


def test_the_text_to_copy_has_the_essentials(visitor: PageClient, reporter: User) -> None:
    labels = [{"name": "summary", "label": "Summary", "text": "Line one\nLine two & <b>"}]
    row = delivered(reporter, labels=labels, private=True)

    html = visitor.get(f"/declarations/{row.pk}/").content.decode()
    text = unescape(html.split("<textarea")[1].split(">\n", 1)[1].split("</textarea>")[0])

    assert text.splitlines()[:4] == [
        "PRIVATE: show this only to people who may know of it.",
        "Incident #12: Checkout fails",
        "Status: in triage",
        "https://rootly.com/12",
    ]
    assert "Summary:\nLine one\nLine two & <b>" in text
    assert text.endswith(f"This page: http://testserver/declarations/{row.pk}/")


def test_it_looks_again_cheaply_and_gets_nothing_while_nothing_changed(
    visitor: PageClient, reporter: User
) -> None:
    row = make_declaration(reporter, due_at=in_(60))
    attempt(row, is_open=False, finished_at=in_(0), outcome="NotSent", sentence=SAID)
    page = visitor.get(f"/declarations/{row.pk}/").content.decode()
    version = page.split('data-version="')[1].split('"')[0]

    with CaptureQueriesContext(
        database,
    ) as queries:
        same = look(visitor, row, version)

    assert (same.status_code, same.content, same["Look-Again"]) == (204, b"", "1")
    # The session, the person, the declaration, its attempts, how its upstream stands.
    assert len(queries) <= 7, [query["sql"] for query in queries]

    Upstream.objects.create(url=ROOTLY, held="The token is not accepted.")
    changed = look(visitor, row, version)

    assert changed.status_code == 200
    assert b"data-held" in changed.content
    assert b"<html" not in changed.content


def test_it_stops_looking_once_nothing_changes_by_itself(
    visitor: PageClient, reporter: User
) -> None:
    assert look(visitor, delivered(reporter))["Look-Again"] == "0"
    withdrawn = make_declaration(reporter, state=State.WITHDRAWN)
    assert look(visitor, withdrawn)["Look-Again"] == "0"
    assert b"Look again" not in visitor.get(f"/declarations/{withdrawn.pk}/").content
