"""What whoever decides about an unconfirmed declaration is shown, and who is shown what."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import Ability
from incidentportal.catalog import connection
from incidentportal.declarations import facts, queue
from incidentportal.declarations.labels import LABEL
from incidentportal.declarations.models import Attempt, Declaration, Upstream
from incidentportal.declarations.states import State
from tests.support.deciding import attempt, buttons, look, made, signed_in, standing
from tests.support.people import PageClient, Person, permission
from tests.support.sandbox import Sandbox

SECRET = "Ms Miller's heart attack"


def alike(html: str) -> list[str]:
    """The ids of the incidents that it could be, as the page has them."""
    return re.findall(r'data-alike="([^"]+)"', html)


def reads(sandbox: Sandbox) -> int:
    return len(sandbox.requests("GET"))


def test_the_decider_reads_what_was_sent_and_what_came_back(
    unclear: Declaration, connected: Sandbox, visitor: PageClient
) -> None:
    attempt(unclear, is_open=True)
    html = look(visitor, unclear)
    assert "Rootly answered 502, which says neither yes nor no." in html
    assert "No answer came" in html
    assert alike(html) == []
    assert "The portal sees none." in html
    assert buttons(html) == {"this-one", "not-there"}


def test_only_what_could_be_it_is_listed(
    unclear: Declaration, connected: Sandbox, visitor: PageClient, reporter: User
) -> None:
    likely = made(connected)
    labelled = made(connected, "Another title", labels={LABEL: str(unclear.pk)}, private=True)
    made(connected, "Another title")
    made(connected, private=True)
    made(connected, labels={LABEL: str(uuid.uuid4())})
    known = made(connected)
    standing(reporter, State.DELIVERED, upstream=unclear.upstream, incident_id=known["id"])
    html = look(visitor, unclear)
    assert alike(html) == [labelled["id"], likely["id"]]
    assert html.count("it bears this declaration’s label") == 1
    assert f'href="{likely["url"]}"' in html


def test_what_was_made_before_or_long_after_is_not_of_that_time(
    unclear: Declaration, connected: Sandbox, visitor: PageClient
) -> None:
    made(connected)
    for days in (-1, 1):
        moment = timezone.now() + timedelta(days=days)
        Attempt.objects.filter(declaration=unclear).update(started_at=moment)
        assert alike(look(visitor, unclear)) == []
    Attempt.objects.filter(declaration=unclear).update(started_at=timezone.now())
    assert len(alike(look(visitor, unclear))) == 1


def test_titles_are_for_those_who_see_others_declarations(
    unclear: Declaration, connected: Sandbox, visitor: PageClient, make_person: Person
) -> None:
    Declaration.objects.filter(pk=unclear.pk).update(
        title="", payload={}, labels=[], answers={}
    )  # Rootly was to make the title
    incident = made(connected, "Someone else's words")
    told = look(visitor, unclear)
    assert alike(told) == [incident["id"]]
    assert "Someone else" not in told
    assert f"Incident {incident['sequential_id']}" in told
    assert incident["url"] in told
    seen = look(signed_in(make_person("ada", "admin")), unclear)
    assert "Someone else&#x27;s words" in seen


def test_one_list_is_read_and_nothing_else(
    unclear: Declaration, connected: Sandbox, visitor: PageClient
) -> None:
    for _ in range(3):
        made(connected)
    before = reads(connected)
    assert len(alike(look(visitor, unclear))) == 3
    assert reads(connected) == before + 1


def test_nothing_is_read_for_whoever_does_not_decide(
    unclear: Declaration, connected: Sandbox, make_person: Person, visitor: PageClient
) -> None:
    responder = signed_in(make_person("rob", "responder"))
    assert "Is it in Rootly?" not in look(responder, unclear)
    headers = {"HX-Request": "true", "HX-Target": "declaration"}
    visitor.get(f"/declarations/{unclear.pk}/", headers=headers)
    for state in (State.QUEUED, State.DELIVERED, State.FAILED):
        look(visitor, standing(unclear.author, state, upstream=unclear.upstream))
    assert reads(connected) == 0


@pytest.mark.parametrize("how", ["down", "slow", "busy", "elsewhere", "broken"])
def test_while_rootly_does_not_answer_it_can_be_decided_all_the_same(
    unclear: Declaration,
    connected: Sandbox,
    visitor: PageClient,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    said = facts.NOT_NOW
    if how == "down":
        connected.fault("status", method="GET", times=None, status=503)
    elif how == "slow":
        monkeypatch.setattr(facts, "SECONDS", 0.2)
        connected.fault("hang", method="GET", path="/incidents$", seconds=2)
    elif how == "busy":
        monkeypatch.setattr(facts, "_places", threading.BoundedSemaphore(0))
    elif how == "elsewhere":
        Declaration.objects.filter(pk=unclear.pk).update(upstream="http://127.0.0.1:9/v1")
        said = facts.ELSEWHERE
    else:
        connected.fault("status", method="GET", status=200, body="<html>")
    html = look(visitor, unclear)
    assert said.replace("'", "&#x27;") in html
    assert buttons(html) == {"this-one", "not-there"}
    assert "<h3>" not in html, "nothing is listed, and that is not to be taken for an answer"


def test_what_is_too_much_is_cut_and_that_is_said(
    unclear: Declaration, connected: Sandbox, visitor: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MOST_SHOWN", 2)
    for _ in range(3):
        made(connected)
    html = look(visitor, unclear)
    assert len(alike(html)) == 2
    assert facts.CUT in html


def test_of_a_private_one_others_private_ones_stay_unseen(
    make_person: Person, connected: Sandbox
) -> None:
    author, keeper = make_person("sam", "support"), make_person("kim", "admin")
    keeper.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    payload: dict[str, Any] = {"title": SECRET, "private": True}
    row = standing(author, State.UNCONFIRMED, upstream=connection.upstream(), payload=payload)
    attempt(row)
    made(connected, SECRET, private=True)
    own = made(connected, SECRET, private=True, labels={LABEL: str(row.pk)})
    for person in (author, keeper):
        assert alike(look(signed_in(person), row)) == [own["id"]]
    assert signed_in(make_person("ada", "admin")).get(f"/declarations/{row.pk}/").status_code == 404


def test_rootlys_clock_is_reckoned_with(
    unclear: Declaration, connected: Sandbox, visitor: PageClient
) -> None:
    connected.switch(clock_offset_s=-7200.0)
    made(connected)
    queue.known(unclear.upstream)
    Upstream.objects.update(clock_offset=-7200)
    assert len(alike(look(visitor, unclear))) == 1
