"""Who decided what about a declaration, and when, stands on its page."""

from __future__ import annotations

import re
from html import unescape

from incidentportal.catalog import connection
from incidentportal.declarations import decisions
from incidentportal.declarations.models import Decision, Declaration
from incidentportal.declarations.states import State
from incidentportal.rootly.records import Incident
from tests.support.deciding import attempt, look, signed_in, standing
from tests.support.people import PageClient, Person
from tests.support.sandbox import Sandbox


def decided(client: PageClient, row: Declaration) -> list[str]:
    """What the page says of decisions, without when."""
    lines = re.findall(r"<li [^>]*data-decision=.*?</li>", look(client, row), re.DOTALL)
    assert all("<time datetime=" in line for line in lines)
    said = (re.sub(r"<div.*", "", line, flags=re.DOTALL) for line in lines)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in said]


def test_each_decision_is_told_with_who_made_it(alone: Sandbox, make_person: Person) -> None:
    author, admin = make_person("rita", "responder"), make_person("ada", "admin")
    other = make_person("rob", "responder")
    row = standing(author, State.UNCONFIRMED, upstream=connection.upstream())
    attempt(row, outcome="OutcomeUnknown", status=502, next="look")
    assert decided(signed_in(author), row) == []
    decisions.not_there(row.pk, author)
    decisions.give_up(row.pk, admin, "Settled <by> phone")
    decisions.send_again(row.pk, admin)
    row.refresh_from_db()
    assert "Settled" not in row.sentence, "it stands in the decisions alone by now"
    Declaration.objects.filter(pk=row.pk).update(state=State.DELIVERING, claimed_until=row.due_at)
    Declaration.objects.filter(pk=row.pk).update(
        state=State.UNCONFIRMED, due_at=None, claimed_until=None
    )
    decisions.this_one(row.pk, admin, Incident(id="7", title="It"))
    steps = [
        {"key": "workflow_ids:9", "do": "workflow", "value": "9", "name": "Workflow “Call”",
         "state": "unclear", "sentence": ""},
        {"key": "alert_ids", "do": "alerts", "value": ["7"], "name": "Alert", "state": "refused",
         "sentence": "No."},
    ]  # fmt: skip
    Declaration.objects.filter(pk=row.pk).write(False, open_steps=steps)
    decisions.step_done(row.pk, admin, "workflow_ids:9")
    decisions.retry_step(row.pk, author, "alert_ids")
    by_ada = [
        "ada gave it up: Settled <by> phone",
        "ada had it sent again",
        "ada said which incident it is",
        "ada said that a part of it is done: Workflow “Call”",
    ]
    rita = "said that it isn’t in Rootly, and had it sent again"
    assert decided(signed_in(author), row) == [
        f"You {rita}", *by_ada, "You had a part of it tried again: Alert"
    ]  # fmt: skip
    assert decided(signed_in(other), row) == [
        f"rita {rita}", *by_ada, "rita had a part of it tried again: Alert"
    ]  # fmt: skip


def test_every_decision_has_words_on_a_private_one_too(alone: Sandbox, make_person: Person) -> None:
    author = make_person("sam", "support")
    payload = {"title": "Ms Miller", "private": True}
    labels = [{"name": "form_field_5", "label": "Vendor", "text": "Ms Miller"}]
    row = standing(author, State.WITHDRAWN, payload=payload, labels=labels)
    actions = [*decisions.Action, "of-tomorrow"]
    for action in actions:
        for reason in ("form_field_5", "form_field_6"):
            Decision.objects.create(
                declaration=row, person=author, action=action, before="queued", after="queued",
                private=True, reason=reason,
            )  # fmt: skip
    said = decided(signed_in(author), row)
    assert len(said) == 2 * len(actions)
    assert all(re.fullmatch(r"You \w+ .+", each) for each in said)
    assert said.count("You had a part of it tried again: Vendor") == 1
    assert said.count("You had a part of it tried again") == 1, "what it was isn't known any more"
