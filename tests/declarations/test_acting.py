"""The buttons on a declaration's page: who is shown which, and what pressing one comes to."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from incidentportal.accounts.models import PrivateView, User
from incidentportal.accounts.roles import Ability
from incidentportal.catalog import connection
from incidentportal.declarations import claims, decisions, queue
from incidentportal.declarations.declaration_page import KEEPS_TRYING
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from tests.declarations.test_delivery import once, until
from tests.support.deciding import (
    REFUSED_STEP,
    alert,
    attempt,
    buttons,
    look,
    made,
    press,
    sent,
    signed_in,
    standing,
)
from tests.support.people import PageClient, Person, permission
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

REFUSAL = {"method": "POST", "path": "/incidents$", "errors": {"title": ["is too vague"]}}


@pytest.mark.parametrize(
    ("state", "author", "admin"),
    [
        ("queued", "withdraw", "give-up"),
        ("delivering", "", ""),
        ("delivered", "retry-step", "retry-step"),
        ("rejected", "withdraw send-again", "give-up"),
        ("unconfirmed", "this-one not-there", "this-one not-there give-up"),
        ("failed", "send-again", "send-again"),
        ("withdrawn", "", ""),
    ],
)
def test_the_page_offers_what_may_be_done_and_no_more(
    make_person: Person, connected: Sandbox, state: str, author: str, admin: str
) -> None:
    person = make_person("rita", "responder")
    row = standing(person, State(state), upstream=connection.upstream())
    assert buttons(look(signed_in(person), row)) == set(author.split())
    assert buttons(look(signed_in(make_person("ada", "admin")), row)) == set(admin.split())
    other = signed_in(make_person("rob", "responder"))
    assert buttons(look(other, row)) == set()
    for action in decisions.Action:
        assert press(other, row, action, reason="x").status_code == 404
    assert not row.decisions.exists()


def test_private_ones_stay_their_authors(make_person: Person, connected: Sandbox) -> None:
    author = make_person("sam", "support")
    private = {"payload": {"title": "x", "private": True}, "upstream": connection.upstream()}
    row = standing(author, State.QUEUED, **private)
    admin, holder = make_person("ada", "admin"), make_person("hal")
    holder.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    assert press(signed_in(admin), row, "give-up", reason="x").status_code == 404
    assert buttons(look(signed_in(holder), row)) == set()
    assert press(signed_in(holder), row, "withdraw").status_code == 404
    assert PrivateView.objects.filter(person=holder).exists()
    admin.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    assert press(signed_in(admin), row, "give-up", reason="Ms Miller").status_code == 303
    assert "Ms Miller" in look(signed_in(author), row)


def test_it_is_taken_back(connected: Sandbox, visitor: PageClient, reporter: User) -> None:
    row = standing(reporter, State.QUEUED, upstream=connection.upstream())
    response = press(visitor, row, "withdraw")
    assert (response.status_code, response["Location"]) == (303, f"/declarations/{row.pk}/")
    assert 'data-declaration-state="withdrawn"' in look(visitor, row)
    assert press(visitor, row, "withdraw").status_code == 303, "a double click"
    assert connected.incidents() == []


def test_a_refused_one_is_sent_again_as_it_was_with_a_new_key(
    connected: Sandbox, form: Form
) -> None:
    connected.fault("validation", **REFUSAL)
    assert form.send(**form.filled()).status_code == 422
    assert buttons(form.html) == {"send-again", "withdraw"}
    row = Declaration.objects.get()
    html = look(form.client, row)
    assert buttons(html) == {"send-again", "withdraw"}
    main = html[html.index("data-living") :]
    assert "/act/" not in main, "they stand before the form, so that it ends with its own button"
    assert press(form.client, row, "send-again").status_code == 303
    assert 'data-declaration-state="delivered"' in look(form.client, row)
    keys = [request["key"] for request in sent(connected)]
    assert keys == [str(row.pk), f"{row.pk}-2"]


def test_giving_up_needs_a_reason_that_everybody_reads(
    make_person: Person, connected: Sandbox, reporter: User, visitor: PageClient
) -> None:
    row = standing(reporter, State.QUEUED, upstream=connection.upstream())
    admin = signed_in(make_person("ada", "admin"))
    blank = press(admin, row, "give-up", reason=" ")
    assert blank.status_code == 422
    assert "Say why it is given up" in alert(blank)
    html = blank.content.decode()
    assert 'href="#act_reason"' in html
    assert re.search(r'<textarea [^>]*id="act_reason"[^>]*aria-invalid="true"', html)
    long = press(admin, row, "give-up", reason="why? " * 300)
    assert long.status_code == 422
    assert "why? why?" in long.content.decode().partition("<textarea")[2]
    assert press(admin, row, "give-up", reason="The pump <is> gone.").status_code == 303
    assert "ada gave it up: The pump &lt;is&gt; gone." in look(visitor, row)
    assert press(visitor, row, "send-again").status_code == 303
    assert len(connected.incidents()) == 1


def test_a_declaration_for_another_upstream_can_be_given_up(
    make_person: Person, connected: Sandbox, reporter: User
) -> None:
    row = standing(reporter, State.QUEUED, upstream="http://127.0.0.1:9/v1")
    admin = signed_in(make_person("ada", "admin"))
    assert press(admin, row, "give-up", reason="That Rootly is gone.").status_code == 303


@pytest.mark.parametrize("idempotency", ["honour", "ignore"])
def test_what_is_not_there_is_sent_again_with_the_same_key(
    unclear: Declaration, connected: Sandbox, visitor: PageClient, idempotency: str
) -> None:
    connected.switch(idempotency=idempotency)
    assert press(visitor, unclear, "not-there").status_code == 303
    unclear.refresh_from_db()
    assert unclear.state == State.DELIVERED
    assert [request["key"] for request in sent(connected)] == [str(unclear.pk)]
    assert unclear.second_look_at is not None, "the first attempt may have made one after all"
    assert unclear.decisions.get().action == "not-there"


def test_one_that_may_be_there_is_looked_for_before_it_is_sent_again(
    connected: Sandbox, visitor: PageClient, reporter: User, make_person: Person
) -> None:
    row = standing(reporter, State.QUEUED, upstream=connection.upstream())
    connected.fault("drop_after", method="POST", path="/incidents$")
    once(row)
    assert buttons(look(visitor, row)) == set(), "it may be there: it can't be taken back"
    admin = signed_in(make_person("ada", "admin"))
    assert "giving up does not take it away there" in look(admin, row)
    assert press(admin, row, "give-up", reason="Enough.").status_code == 303
    assert press(visitor, row, "send-again").status_code == 303
    row.refresh_from_db()
    assert row.state == State.DELIVERED
    assert len(connected.incidents()) == 1


def test_a_step_is_tried_again(connected: Sandbox, visitor: PageClient, reporter: User) -> None:
    incident = made(connected)
    alert_id = connected.records("alerts")[0]["id"]
    step = {**REFUSED_STEP, "value": [alert_id]}
    queue.known(connection.upstream())
    row = standing(
        reporter, State.DELIVERED, upstream=connection.upstream(), incident_id=incident["id"],
        open_steps=[step],
    )  # fmt: skip
    html = look(visitor, row)
    assert "<strong>Alert</strong>: No." in html
    assert press(visitor, row, "retry-step", step="alert_ids").status_code == 303
    row.refresh_from_db()
    assert row.open_steps[0]["state"] == "done"
    assert [each["id"] for each in connected.incidents()[-1]["alerts"]] == [alert_id]
    assert buttons(look(visitor, row)) == set()
    nothing = press(visitor, row, "retry-step", step="workflow_ids:9")
    assert nothing.status_code in {303, 409}


def refused_value(form: Form, sandbox: Sandbox) -> tuple[Declaration, str]:
    """A delivered declaration with a custom value that Rootly refused, and its control's name."""
    name = form.field_called("How was it noticed?")
    sandbox.switch(inline_values="drop")
    sandbox.fault(
        "validation", method="POST", path="/form_field_selections$", times=1,
        errors={"value": ["is out of season"]},
    )  # fmt: skip
    assert form.send(**form.filled()).status_code == 303
    until(lambda: "refused" in str(Declaration.objects.get().open_values))
    return Declaration.objects.get(), name


@pytest.mark.parametrize("status", [403, 405, 503])
def test_a_value_that_can_not_be_posted_is_named_and_none_is_lost(
    connected: Sandbox, form: Form, status: int
) -> None:
    name = form.field_called("How was it noticed?")
    connected.switch(inline_values="drop")
    refusing = {"method": "POST", "path": "/form_field_selections$"}
    connected.fault("status", **refusing, status=status, times=None)
    assert form.send(**form.filled()).status_code == 303
    row = Declaration.objects.get()
    until(lambda: bool(open_lines(form, row)))
    (line,) = [each for each in open_lines(form, row) if each.startswith("How was it noticed?: ")]
    connected.clear_faults()
    if status == 503:
        assert KEEPS_TRYING in line
        assert buttons(look(form.client, row)) == set()
        once(row)
    else:
        assert buttons(look(form.client, row)) == {"retry-step"}
        answer = {name: row.answers[name]}
        assert press(form.client, row, "retry-step", step=name, **answer).status_code == 303
    there = connected.incidents()[-1]["selections"]
    assert name in {f"form_field_{each['form_field_id']}" for each in there}
    assert line not in open_lines(form, row)


def open_lines(form: Form, row: Declaration) -> list[str]:
    """What its page says of custom values that the incident doesn't have."""
    found = re.search(r'data-key="values".*?</div>', look(form.client, row), re.DOTALL)
    return [unescape(line) for line in re.findall(r"<li>(.*?)</li>", found[0])] if found else []


def test_a_refused_value_is_corrected_on_the_page(connected: Sandbox, form: Form) -> None:
    other = form.option(form.field_called("How was it noticed?"), "Monitoring")
    row, name = refused_value(form, connected)
    html = look(form.client, row)
    assert buttons(html) == {"retry-step"}
    assert "out of season" in html
    assert f'data-field="{name}"' in html
    blank = press(form.client, row, "retry-step", step=name)
    assert blank.status_code == 422
    assert f'id="id_{name}_error"' in blank.content.decode()
    unknown = press(form.client, row, "retry-step", step=name, **{name: "no-such-option"})
    assert unknown.status_code == 422
    assert press(form.client, row, "retry-step", step=name, **{name: other}).status_code == 303
    row.refresh_from_db()
    assert row.open_values == []
    (selection,) = [
        each for each in connected.incidents()[-1]["selections"]
        if f"form_field_{each['form_field_id']}" == name
    ]  # fmt: skip
    assert other in str(selection)
    assert row.decisions.get().reason == name


def test_whoever_comes_too_late_reads_what_happened(
    unclear: Declaration, visitor: PageClient, make_person: Person
) -> None:
    Declaration.objects.filter(pk=unclear.pk).update(upstream="http://127.0.0.1:9/v1")
    decisions.not_there(unclear.pk, make_person("ada", "admin"))
    late = press(visitor, unclear, "this-one", incident_id="77")
    assert late.status_code == 409
    assert "ada has already said that it isn't in Rootly: it is sent again." in alert(late)
    assert 'data-declaration-state="queued"' in late.content.decode()
    claims.take(unclear.pk)
    busy = press(visitor, unclear, "withdraw")
    assert busy.status_code == 409
    assert "It is being sent at this moment." in alert(busy)


def test_a_late_press_on_one_that_is_refused_meanwhile_shows_its_form(
    connected: Sandbox, form: Form
) -> None:
    connected.fault("validation", **REFUSAL)
    form.send(**form.filled())
    row = Declaration.objects.get()
    response = press(form.client, row, "not-there")
    assert response.status_code == 409
    html = response.content.decode()
    assert "did not accept it" in alert(response)
    assert 'data-action="declare"' in html
    assert "is too vague" in html


def test_what_no_button_says_changes_nothing(
    connected: Sandbox, visitor: PageClient, reporter: User
) -> None:
    row = standing(reporter, State.QUEUED, upstream=connection.upstream())
    for action in ("", "delete", "WITHDRAW"):
        response = press(visitor, row, action)
        assert response.status_code == 422
        assert "Nothing was changed" in alert(response)
    assert visitor.get(f"/declarations/{row.pk}/act/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reporter)
    url = f"/declarations/{row.pk}/act/"
    assert strict.post(url, {"action": "withdraw"}).status_code == 403
    row.refresh_from_db()
    assert row.state == State.QUEUED


def test_what_was_typed_survives_a_session_that_ends(
    make_person: Person, connected: Sandbox, reporter: User
) -> None:
    row = standing(reporter, State.QUEUED, upstream=connection.upstream())
    make_person("ada", "admin")
    stranger = PageClient()
    typed = {"action": "give-up", "reason": "The pump is gone."}
    ended = stranger.post(f"/declarations/{row.pk}/act/", typed)
    assert ended.status_code == 401
    assert 'value="The pump is gone."' in ended.content.decode()
    who = {"sign_in_name": "ada", "sign_in_password": "correct horse battery", "update": "1"}
    again = stranger.post(f"/declarations/{row.pk}/act/", {**typed, **who})
    assert again.status_code == 200
    assert "The pump is gone.</textarea>" in again.content.decode()
    row.refresh_from_db()
    assert row.state == State.QUEUED, "signing in decides nothing"


def test_a_page_that_learns_of_another_state_asks_for_its_buttons(
    connected: Sandbox, visitor: PageClient, reporter: User
) -> None:
    row = standing(reporter, State.QUEUED, upstream=connection.upstream())
    html = look(visitor, row)
    assert 'hx-trigger="stands-delivered from:body, stands-rejected from:body' in html
    assert "stands-delivering" not in html, "what is being typed stays while it is tried"
    headers = {"HX-Request": "true", "HX-Target": "declaration"}
    polled = visitor.get(f"/declarations/{row.pk}/", headers=headers)
    assert polled["HX-Trigger"] == "stands-queued"
    decisions.withdraw(row.pk, reporter)
    headers["HX-Target"] = "offered"
    part = visitor.get(f"/declarations/{row.pk}/", headers=headers).content.decode()
    assert part.lstrip().startswith('<div id="offered"')
    assert buttons(part) == set()


@pytest.mark.parametrize("outcome", ["Rejected", "Misconfigured"])
def test_one_that_was_forbidden_gets_a_new_key_too(
    connected: Sandbox, visitor: PageClient, reporter: User, settings: Settings, outcome: str
) -> None:
    row = standing(reporter, State.REJECTED, upstream=connection.upstream())
    status = 403 if outcome == "Misconfigured" else 422
    Attempt.objects.filter(pk=attempt(row, outcome=outcome, status=status).pk).update(is_open=False)
    press(visitor, row, "send-again")
    assert [request["key"] for request in sent(connected)] == [f"{row.pk}-2"]
