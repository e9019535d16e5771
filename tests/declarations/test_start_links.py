"""Signed links, opened over HTTP and declared to the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from django.utils import timezone
from pytest_django import Settings

from incidentportal.declarations import start_links
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.wording import BROKEN_LINK, LOST_LINK
from tests.declarations.test_prefill import chosen, field, notice
from tests.presets.conftest import fetch, forms, make_preset, name_of, setting
from tests.presets.test_form import state_of
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

NEW = "/incidents/new/"
SAID = {"severity": ["sev2-major"], "service": ["web-shop", "checkout"], "title": ["Shop: slow"]}
LOCKED = ("severity_id", "service_ids")


def signed(
    query: dict[str, list[str]] | None = None,
    locked: tuple[str, ...] = LOCKED,
    until: datetime | None = None,
) -> str:
    return start_links.sign(SAID if query is None else query, locked, until)


def opened(client: PageClient, query: str) -> Form:
    form = Form(client, f"{NEW}?{query}")
    form.address = NEW
    return form


def answers(form: Form, **said: Any) -> dict[str, Any]:
    noticed = form.field_called("How was it noticed?")
    found = {noticed: form.option(noticed, "Customer report"), **said}
    return {"form_state": unescape(state_of(form)), **found}


def low() -> str:
    options = forms().by_name["severity_id"].options or ()
    return next(one.id for one in options if "SEV4" in one.label)


def test_it_fixes_what_it_locks_whatever_is_posted(connected: Sandbox, visitor: PageClient) -> None:
    form = opened(visitor, signed())
    assert notice(form) == ""
    severity = field(form, "severity_id")
    assert "SEV2 Major" in severity
    assert "SEV4" not in severity
    assert "Fixed by the link" in severity
    assert 'value="Shop: slow"' in field(form, "title")  # open to change
    form.send(**answers(form, severity_id=low(), title="Mine", update="1"))
    assert "SEV4" not in field(form, "severity_id")
    page, posted = form.response, answers(form, severity_id=low(), service_ids=[], title="Mine")
    assert form.send(**posted).status_code == 303, form.html
    (incident,) = connected.incidents()
    assert incident["title"] == "Mine"
    assert incident["severity_id"] == setting("Severity", "SEV2 Major")[1].values[0]
    assert len(incident["service_ids"]) == 2
    # A second click is the same declaration, with nothing left over.
    form.response = page
    assert form.send(**posted).status_code == 303
    assert (Declaration.objects.count(), Draft.objects.count()) == (1, 0)


def parts() -> list[tuple[str, dict[str, list[str]]]]:
    whole = parse_qs(signed(), keep_blank_values=True)
    token = whole["signed"][0]
    return [
        ("another value", {**whole, "severity": ["sev4-low"]}),
        ("another open value", {**whole, "title": ["Shop: fast"]}),
        ("one value fewer", {**whole, "service": ["web-shop"]}),
        ("another order of values", {**whole, "service": whole["service"][::-1]}),
        ("one parameter more", {**whole, "team": ["payments"]}),
        ("one that is blank", {**whole, "team": [""]}),
        ("a preset", {**whole, "preset": ["payments"]}),
        ("one parameter fewer", {n: v for n, v in whole.items() if n != "title"}),
        ("another signature", {**whole, "signed": [token[:-2] + "xx"]}),
        ("other contents", {**whole, "signed": ["x" + token]}),
        ("no signature", {**whole, "signed": [""]}),
        ("two signatures", {**whole, "signed": [token, token]}),
    ]


def test_one_that_was_changed_says_so_and_nothing_of_it_counts(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(setting("Ticket", "CARE-1"), name="Payments here")
    plain = opened(visitor, "")
    for what, query in parts():
        form = opened(visitor, urlencode(query, doseq=True))
        assert notice(form).split() == BROKEN_LINK.split(), what
        assert chosen(form, "severity_id") == chosen(plain, "severity_id"), what
        assert chosen(form, "service_ids") == [], what
        assert "Shop:" not in form.html, what
        assert "Payments here" not in form.html, what
        assert "start_link" not in form.html, what
    form.send(**answers(form, severity_id=low(), title="Mine"))
    assert connected.incidents()[0]["severity_id"] == low()


def test_it_expires_and_one_that_was_opened_in_time_may_be_sent_later(
    connected: Sandbox, visitor: PageClient
) -> None:
    now = timezone.now()
    assert notice(opened(visitor, signed(until=now + timedelta(minutes=5)))) == ""
    over = signed(until=now - timedelta(seconds=2))
    assert notice(opened(visitor, over)).split() == BROKEN_LINK.split()
    form = opened(visitor, signed(until=now + timedelta(minutes=5)))
    posted = answers(form, start_link=over, title="Late")
    assert form.send(**posted).status_code == 303, form.html
    assert connected.incidents()[0]["severity_id"] != low()


def test_one_for_another_rootly_or_another_secret_is_none(
    connected: Sandbox, visitor: PageClient, settings: Settings
) -> None:
    ours = signed()
    there = settings.ROOTLY_API_URL
    settings.ROOTLY_API_URL = "https://api.rootly.example/v1"
    foreign = signed()
    settings.ROOTLY_API_URL = there
    assert notice(opened(visitor, foreign)).split() == BROKEN_LINK.split()
    secret = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [secret]
    assert start_links.opened(parse_qs(ours)) is not None
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(start_links.BrokenLinkError):
        start_links.opened(parse_qs(ours))


def test_what_mail_programs_add_and_the_order_of_parameters_do_not_matter(
    connected: Sandbox, visitor: PageClient
) -> None:
    backwards = "&".join(reversed(signed({**SAID, "service": ["checkout"]}).split("&")))
    form = opened(visitor, f"utm_source=mail&{backwards}&gclid=1")
    assert notice(form) == ""
    assert "gclid" not in form.html
    assert "Fixed by the link" in field(form, "severity_id")


def test_a_changed_one_in_a_posted_form_sends_nothing_and_keeps_the_answers(
    connected: Sandbox, visitor: PageClient
) -> None:
    form = opened(visitor, signed())
    broken = urlencode({**parse_qs(signed()), "severity": ["sev4-low"]}, doseq=True)
    for carried in (broken, "signed=x", "&" * 900, "x" * 30_000):
        posted = answers(form, start_link=carried, severity_id=low(), title="Mine")
        response = form.client.post(NEW, {**posted, "declaration": form.identity})
        page = unescape(response.content.decode())
        assert (response.status_code, connected.incidents()) == (422, [])
        assert LOST_LINK in page
        assert 'value="Mine"' in page
        assert "start_link" not in page
    form.response = response
    assert form.send(**answers(form, severity_id=low(), title="Mine")).status_code == 303
    assert connected.incidents()[0]["severity_id"] == low()


def test_it_stays_with_redraws_drafts_and_corrections(
    connected: Sandbox, visitor: PageClient
) -> None:
    form = opened(visitor, signed())
    form.send(**answers(form, update="1", title="Mine"))
    assert "Fixed by the link" in field(form, "severity_id")
    form.address = f"{NEW}draft/"
    saved = form.send(**answers(form, title="Mine"))
    again = Form(visitor, saved["Location"])
    assert "Fixed by the link" in field(again, "severity_id")
    errors = {"title": ["is too plain"]}
    connected.fault("validation", method="POST", path="/incidents$", shape="A", errors=errors)
    again.address = NEW
    assert again.send(**answers(again, title="Mine")).status_code == 422
    page = Form(visitor, f"/declarations/{Declaration.objects.get().pk}/")
    assert "Fixed by the link" in field(page, "severity_id")
    assert page.send(**answers(page, severity_id=low(), title="Better")).status_code == 303
    assert connected.incidents()[-1]["severity_id"] != low()


def test_what_rootly_refuses_of_it_is_left_to_them(connected: Sandbox, visitor: PageClient) -> None:
    form = opened(visitor, signed(locked=("title", "severity_id")))
    assert ", fixed" in field(form, "title")
    said = {"title": ["is too plain"]}
    connected.fault("validation", method="POST", path="/incidents$", shape="A", errors=said)
    assert form.send(**answers(form)).status_code == 422
    assert "Rootly did not take what was fixed for “Title”" in notice(form)
    assert ", fixed" not in field(form, "title")
    assert ", fixed" in field(form, "severity_id")
    page, posted = form.response, answers(form, title="Better")
    for _ in range(2):
        form.response = page
        assert form.send(**posted).status_code == 303, form.html
    (incident,) = connected.incidents()
    assert incident["title"] == "Better"
    assert (Declaration.objects.count(), Draft.objects.count()) == (1, 0)


def test_with_a_preset_what_the_preset_fixes_counts_more(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(
        setting("Severity", "SEV3 Minor", locked=True), setting("Ticket", "CARE-1"),
        setting("Services", hidden=True), title_pattern="Pay: {summary}",
    )  # fmt: skip
    ticket = name_of("Ticket")
    query = {**SAID, "preset": ["payments"], ticket: ["CARE-2"]}
    del query["title"]
    form = opened(visitor, signed(query, (*LOCKED, ticket)))
    assert "SEV3 Minor" in field(form, "severity_id")
    assert "what the link says of it isn't used" in notice(form)
    assert 'value="CARE-2"' in field(form, ticket)
    assert "Web shop" in field(form, "service_ids")  # seen, since the link fixes it
    # Whatever the posted form says of a preset, the link's counts.
    posted = answers(form, preset="", summary="hm", **{ticket: "X"})
    assert form.send(**posted).status_code == 303, form.html
    declaration = Declaration.objects.get()
    assert (declaration.title, declaration.answers["preset"]) == ("Pay: hm", ["payments"])
    assert declaration.answers[ticket] == ["CARE-2"]


def test_what_rootly_no_longer_has_is_left_to_them(connected: Sandbox, visitor: PageClient) -> None:
    form = opened(visitor, signed({"severity": ["sev9"], "service": ["gone", "checkout"]}))
    assert "“Severity” and “Services” is left to you" in notice(form)
    assert ", fixed" not in field(form, "service_ids")
    assert chosen(form, "service_ids") == ["Checkout"]
    form = opened(visitor, signed())
    gone = connected.record("services", "Web shop")["id"]
    connected.change_list("services", remove=[gone])
    fetch()
    posted = answers(form, title="Mine")
    assert form.send(**posted).status_code == 422
    assert "“Services” is left to you" in notice(form)
    assert ", fixed" not in field(form, "service_ids")
    checkout = form.option("service_ids", "Checkout")
    assert form.send(**answers(form, service_ids=checkout, title="Mine")).status_code == 303


def test_it_gives_no_right_to_privacy_and_never_sends_in_public(
    connected: Sandbox, visitor: PageClient, support_page: PageClient
) -> None:
    private = signed({**SAID, "private": ["true"]}, ("private",))
    assert visitor.get(f"{NEW}?{private}").status_code == 403
    form = opened(visitor, signed())
    posted = answers(form, start_link=private, title="Mine")
    assert form.send(**posted).status_code == 422
    assert "can't declare a private incident" in form.error("private")
    assert connected.incidents() == []
    theirs = opened(support_page, private)
    assert ", fixed" in field(theirs, "private")
    del (posted := answers(theirs, title="Mine"))["form_state"]
    assert theirs.send(**posted, private="", form_state="").status_code == 303, theirs.html
    assert connected.incidents()[0]["private"] is True
    assert Declaration.objects.get().private


def test_a_second_click_on_a_presets_form_leaves_nothing_over(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(setting("Ticket", "CARE-1", locked=True))
    form = Form(visitor, f"{NEW}?preset=payments")
    page, posted = form.response, form.filled(form_state=unescape(state_of(form)))
    for _ in range(2):
        form.response = page
        assert form.send(**posted).status_code == 303, form.html
    assert (Declaration.objects.count(), Draft.objects.count()) == (1, 0)
