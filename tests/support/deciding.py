"""Declarations to decide about, and the buttons of their pages."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.decisions import Action, AnswerError, OvertakenError
from incidentportal.declarations.models import IDLE, Attempt, Declaration
from incidentportal.declarations.states import State
from tests.support.declarations import make_declaration
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

REFUSED_STEP = {
    "key": "alert_ids", "do": "alerts", "value": ["7"], "name": "Alert", "state": "refused",
    "sentence": "No.",
}  # fmt: skip


def fitting(state: State) -> dict[str, Any]:
    """What a row in this state must have beside it."""
    if state in IDLE:
        return {"due_at": None, "claimed_until": None}
    if state is State.DELIVERING:
        return {"due_at": Now(), "claimed_until": from_now(30)}
    return {"due_at": Now(), "claimed_until": None, "incident_id": "7"}


def standing(author: User, state: State, **fields: Any) -> Declaration:
    """A declaration in this state, with what belongs beside it."""
    beside = {**fitting(state), **({"open_steps": [REFUSED_STEP]} if state == "delivered" else {})}
    return make_declaration(author, state=state, **{**beside, **fields})


def attempt(row: Declaration, **fields: Any) -> Attempt:
    given = {"claim": 1, "digest": "x", "idempotency_key": row.idempotency_key, **fields}
    return Attempt.objects.create(declaration=row, private=row.private, **given)


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Call all in the same moment, each on a thread; what each came to."""
    start = threading.Barrier(len(calls))
    outcomes = [""] * len(calls)

    def run(place: int) -> None:
        try:
            start.wait(10)
            outcomes[place] = "done" if calls[place]() is not False else "lost"
        except (OvertakenError, AnswerError) as error:
            outcomes[place] = str(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def signed_in(person: User) -> PageClient:
    client = PageClient()
    client.force_login(person)
    return client


def press(client: PageClient, row: Declaration, action: str, **typed: Any) -> Any:
    return client.post(f"/declarations/{row.pk}/act/", {"action": action, **typed})


def look(client: PageClient, row: Declaration) -> str:
    response = client.get(f"/declarations/{row.pk}/")
    assert response.status_code == 200
    return str(response.content.decode())


def buttons(html: str) -> set[str]:
    """What may be done to the declaration on its page."""
    found = set(re.findall(r'<button [^>]*data-action="([^"]+)"', html))
    return found & set(Action)


def alert(response: Any) -> str:
    found = re.search(r'role="alert".*?</div>', response.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split()) if found else ""


@pytest.fixture
def unclear(connected: Sandbox, reporter: User) -> Declaration:
    """An unconfirmed one for the sandbox, after an attempt without a clear answer."""
    row = standing(reporter, State.UNCONFIRMED, upstream=connection.upstream())
    attempt(row, outcome="OutcomeUnknown", status=502, next="look")
    return row


def made(sandbox: Sandbox, title: str = "Checkout is slow", **attributes: Any) -> dict[str, Any]:
    """An incident that somebody made in Rootly."""
    given = {"title": title, **attributes}
    connection.client().create_incident(given, idempotency_key=str(uuid.uuid4()))
    return sandbox.incidents()[-1]


def sent(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        {"key": request["headers"]["idempotency-key"]}
        for request in sandbox.requests("POST", "/incidents")
    ]
