"""A form as its audience sees it, rehearsed over HTTP: nothing arrives anywhere."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from incidentportal.catalog import connection
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.wording import NO_PRESET
from incidentportal.presets.models import GroupDefault
from tests.declarations.test_prefill import chosen, field, notice
from tests.presets.conftest import forms, make_preset, name_of, setting
from tests.presets.test_form import state_of
from tests.support.controls import controls, page_of
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

PREVIEW = "/presets/preview/"


class Rehearsed(Form):
    """The previewed form: it has no declaration."""

    def __init__(self, client: PageClient, query: str = "") -> None:
        super().__init__(client, f"{PREVIEW}?{query}")
        self.address = PREVIEW

    def send(self, **answers: Any) -> Any:
        posted = {**controls(page_of(self.html), "form_state"), **answers}
        self.response = self.client.post(PREVIEW, posted)
        return self.response

    def trace(self, name: str) -> str:
        """What was decided of a field."""
        part = self.html.split(f'data-trace="{name}"', 1)[1].split("</li>", 1)[0]
        return " ".join(unescape(re.sub(r"<[^>]+>", "", part.partition(">")[2])).split())

    def payload(self) -> Any:
        """What would be sent, as JSON."""
        found = re.search(r"<pre[^>]*data-payload>(.*?)</pre>", self.html, re.DOTALL)
        assert found, self.html
        return json.loads(unescape(found[1]))


@pytest.mark.store
def test_nothing_is_saved_or_sent_and_the_payload_is_what_would_arrive(
    connected: Sandbox, admin_page: PageClient, dialect: str
) -> None:
    _rehearse_and_declare(connected, admin_page)


@pytest.mark.parametrize("dialect", ["plain"], indirect=True)
def test_so_it_is_in_the_guides_dialect(connected: Sandbox, admin_page: PageClient) -> None:
    _rehearse_and_declare(connected, admin_page)


def _rehearse_and_declare(sandbox: Sandbox, admin: PageClient) -> None:
    make_preset(
        setting("Severity", "SEV2 Major", locked=True), setting("Ticket", "CARE-1"),
        title_pattern="Payments: {summary}", private=True,
    )  # fmt: skip
    form = Rehearsed(admin, "of=payments&as=reporter")
    noticed = form.field_called("How was it noticed?")
    answers = {noticed: form.option(noticed, "Customer report"), "summary": "cards fail"}
    before = len(sandbox.requests())
    with CaptureQueriesContext(database) as asked:
        assert form.send(**answers).status_code == 200, form.html
    written = [
        one["sql"] for one in asked if not one["sql"].lower().lstrip("(").startswith("select")
    ]
    assert not [sql for sql in written if "session" not in sql and "SAVEPOINT" not in sql], written
    assert (len(sandbox.requests()), sandbox.incidents()) == (before, [])
    assert (Declaration.objects.count(), Draft.objects.count()) == (0, 0)

    sent = form.payload()
    real = Form(admin, "/incidents/new/?preset=payments")
    real.address = "/incidents/new/"
    answers["form_state"] = unescape(state_of(real))
    assert real.send(**answers).status_code == 303, real.html
    (request,) = sandbox.requests("POST", "/incidents")
    pk = str(Declaration.objects.get().pk)
    told = json.dumps(sent).replace("00000000-0000-0000-0000-000000000000", pk)
    assert json.loads(told) == _body(request)


def _body(request: dict[str, Any]) -> Any:
    body = request["body"]
    return json.loads(body) if isinstance(body, str) else body


def test_the_trace_has_every_field_its_rules_and_where_its_value_comes_from(
    connected: Sandbox, admin_page: PageClient
) -> None:
    make_preset(
        setting("Severity", "SEV2 Major", locked=True), setting("Ticket", "CARE-1"),
        setting("Summary", required=True),
    )  # fmt: skip
    form = Rehearsed(admin_page, "of=payments&as=reporter")
    assert form.send(title="Down").status_code == 422
    assert form.error("summary")
    assert "“SEV2 Major”, from: fixed by the preset (2 of 9" in form.trace("severity_id")
    assert "“CARE-1”, from: the preset (6 of 9" in form.trace(name_of("Ticket"))
    assert "“Down”, from: what the person said" in form.trace("title")
    assert "Required: the preset asks for it" in form.trace("summary")
    names = re.findall(r'data-trace="([^"]+)"', form.html)
    definition = forms().definitions[0]
    assert len(names) >= len(definition.fields) - 1
    assert "data-payload" not in form.html
    hidden = [name for name in names if "Hidden because" in form.trace(name)]
    assert hidden, "the sandbox's form has fields under conditions"
    assert connected.incidents() == []


def test_each_audience_sees_its_own(connected: Sandbox, admin_page: PageClient) -> None:
    make_preset(setting("Ticket", "CARE-1"), audience=("support",), name="Pay", enabled=False)
    name, low = setting("Severity", "SEV4 Low")
    GroupDefault.objects.create(
        upstream=connection.upstream(), group="responder", field=name, label=low.was,
        source=low.source, values=list(low.values), words=list(low.words),
    )  # fmt: skip
    support = Rehearsed(admin_page, "of=payments")  # whom it is for comes first
    assert 'value="CARE-1"' in support.html
    assert "private" in re.findall(r'data-field="([^"]+)"', support.html)
    assert "switched off" in support.html
    responder = Rehearsed(admin_page, "of=payments&as=responder")
    assert 'value="CARE-1"' not in responder.html
    assert NO_PRESET in notice(responder)
    assert "isn’t for responder" in responder.html
    assert chosen(responder, "severity_id") == ["SEV4 Low"]
    assert "private" not in re.findall(r'data-field="([^"]+)"', responder.html)
    full = Rehearsed(admin_page, "as=responder")
    assert chosen(full, "severity_id") == ["SEV4 Low"]
    full.send(private="true", title="Down")
    assert "can't declare a private incident" in full.error("private")
    for query in ("as=nobody", "of=nothing", "of=payments&as=x"):
        assert admin_page.get(f"{PREVIEW}?{query}").status_code == 404


def test_it_redraws_and_searches_as_theirs_does(connected: Sandbox, admin_page: PageClient) -> None:
    make_preset(setting("Ticket", "CARE-1"))
    form = Rehearsed(admin_page, "of=payments&as=reporter")
    form.send(update="1", title="Down")
    assert "data-rehearsed" not in form.html
    assert 'value="Down"' in field(form, "title")
    assert 'name="preset" value="payments"' in form.html
    posted = controls(page_of(form.html), "form_state")
    part = admin_page.post(PREVIEW, posted, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="fields">')
    assert 'value="CARE-1"' in part
