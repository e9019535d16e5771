"""Whatever Rootly calls its things: everywhere it is text, and moves nothing beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import html5lib
import pytest
from django.test import Client

from incidentportal.accounts.models import User
from incidentportal.catalog import connection, current, live
from incidentportal.catalog.sync import sync_catalog
from incidentportal.declarations import queue
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.declarations.states import State
from incidentportal.formengine.definition import Forms
from incidentportal.presets.defaults import source_of
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import SiteDefault
from tests.support.declarations import make_declaration
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

MARK = "Mark"
NASTY = {
    "script": "<script>alert(1)</script>Mark",
    "element": "</p></li><img src=x onerror=alert(1)>Mark<!--",
    "attribute": "\" onmouseover=\"alert(1)\" x='Mark' '>",
    "template": "{{ 7|add:70 }}{% csrf_token %}Mark",
    "address": "javascript:alert(1)//Mark",
    "direction": "\u202e\u2066\u202d\u202a\u2067\u2068Mark\u202b",
    "controls": "\x00\x01\x1b\x7f\x9f\ufffe\ufdd0\U0001ffffMark",
}
NAMED = ("severities", "services", "environments", "teams", "functionalities", "incident_types",
         "causes", "catalog_entities", "form_sets", "workflows", "form_fields")  # fmt: skip
BAD_CHARACTERS = re.compile(
    "[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\U0001ffff]"
)
LEADING = {"href", "src", "action", "formaction", "hx-get", "hx-post", "data-url", "data-address"}


@pytest.fixture(params=list(NASTY))
def nasty(request: pytest.FixtureRequest) -> str:
    return NASTY[request.param]


@pytest.fixture
def hostile(connected: Sandbox, nasty: str) -> Iterator[Sandbox]:
    """The sandbox with every name and description ending in it, fetched."""
    for name in NAMED:
        connected.change_list(
            name, upsert=[_spoiled(one, nasty) for one in connected.records(name)]
        )
    people = connected.records("users")
    spoiled = [{"id": one["id"], "full_name": f"{one['full_name']} {nasty}"} for one in people]
    connected.change_list("users", upsert=spoiled)
    alerts = connected.records("alerts")
    spoiled = [{"id": one["id"], "summary": f"{one['summary']} {nasty}"} for one in alerts]
    connected.change_list("alerts", upsert=spoiled)
    going_on = connected.records("incidents")
    spoiled = [{"id": one["id"], "title": f"{one['title']} {nasty}"} for one in going_on]
    connected.change_list("incidents", upsert=spoiled)
    sync_catalog(connection.client(), connection.upstream())
    current.look_at_once()
    assert all(feed.refresh() for feed in live.feeds())
    yield connected
    live.forget()


def _spoiled(record: dict[str, Any], nasty: str) -> dict[str, Any]:
    name = f"{record['name']} {nasty}"
    return {"id": record["id"], "name": name, "description": f"About {nasty}"}


def forms() -> Forms:
    catalog = current.current()
    assert catalog is not None
    return forms_of(catalog)


def safe(html: str, nasty: str, *, times: int = 1) -> None:
    """Assert that the text is shown so many times at least, and only ever as text.

    That no attribute of it came to life, and no script, the client looks itself (`check_page`).
    """
    assert html.count(MARK) >= times, html
    found = BAD_CHARACTERS.search(html)
    assert found is None, f"U+{ord(found[0]):04X}: {html[found.start() - 80 :][:160]!r}"
    assert "<script>" not in html
    assert "<img src=x" not in html
    assert not times or nasty != NASTY["template"] or "{% csrf_token %}" in html
    for item in html5lib.parse(html, namespaceHTMLElements=False).iter():
        for name in LEADING & set(item.attrib):
            assert "javascript:" not in item.attrib[name]
            assert "Mark" not in item.attrib[name] or item.attrib[name].startswith("/")


def test_on_the_form(hostile: Sandbox, visitor: PageClient, nasty: str) -> None:
    form = Form(visitor)
    safe(form.html, nasty, times=60)
    form.send(update="1")
    safe(form.html, nasty, times=60)
    form.send()
    assert form.response.status_code == 422
    safe(form.html, nasty, times=60)


def test_in_each_search_and_suggestion(hostile: Sandbox, visitor: PageClient, nasty: str) -> None:
    form = Form(visitor)
    asked = 0
    for field in forms().by_name.values():
        if field.options is None or not len(field.options):
            continue
        asked += 1
        answer = visitor.post(
            "/incidents/new/options/", {"field": field.name}, headers={"HX-Request": "true"}
        )
        if field.kind != "visibility":
            safe(answer.content.decode(), nasty, times=0)
    assert asked > 10
    services = forms().by_name["service_ids"].options
    assert services is not None
    form.send(service_ids=[one.id for one in services][:3], update="1", service_ids__q="Mark")
    safe(form.html, nasty, times=60)


def test_in_what_a_link_and_a_changed_form_say(
    hostile: Sandbox, visitor: PageClient, nasty: str
) -> None:
    link: dict[str, Any] = {
        "services": [f"no {nasty}".encode("utf-8", "replace")],
        "title": "x",
        "nothing": "y",
    }
    html = visitor.get("/incidents/new/", link).content.decode()
    safe(html, nasty, times=60)
    form = Form(visitor)
    severity = forms().by_name["severity_id"].options
    assert severity is not None
    changed = _spoiled({"id": next(iter(severity)).id, "name": "SEV New"}, nasty)
    fields = hostile.records("form_fields")
    hostile.change_list("severities", upsert=[changed])
    hostile.change_list(
        "form_fields",
        upsert=[{"id": fields[0]["id"], "name": f"Renamed {nasty}"}],
    )
    sync_catalog(connection.client(), connection.upstream())
    current.look_at_once()
    form.send(update="1")
    safe(form.html, nasty, times=60)


@pytest.mark.parametrize("pointer", ["", "/data/attributes/title", "/data/attributes/nothing"])
def test_in_refusals(form: Form, connected: Sandbox, nasty: str, pointer: str) -> None:
    error: dict[str, Any] = {"title": f"is wrong {nasty}", "status": "422"}
    if pointer:
        error["source"] = {"pointer": pointer}
    connected.fault(
        "status", method="POST", path="/incidents$", status=422, times=1,
        body=json.dumps({"errors": [error]}), content_type="application/json",
    )  # fmt: skip
    assert form.send(**form.filled()).status_code == 422
    safe(form.html, nasty)
    row = Declaration.objects.get()
    safe(form.client.get(f"/declarations/{row.pk}/").content.decode(), nasty)


def test_in_what_a_hold_tells_admins(
    form: Form, connected: Sandbox, nasty: str, admin_page: PageClient
) -> None:
    connected.fault(
        "status", method="POST", path="/incidents$", status=401, times=1,
        body=json.dumps({"errors": [{"title": nasty, "status": "401"}]}),
        content_type="application/json",
    )  # fmt: skip
    form.send(**form.filled())
    row = Declaration.objects.get()
    safe(form.client.get(f"/declarations/{row.pk}/").content.decode(), nasty, times=0)
    queue.hold(connection.upstream(), "It said no.")
    page = admin_page.get("/").content.decode()
    assert "data-banner" in page
    safe(page, nasty, times=0)


def incident(nasty: str) -> dict[str, Any]:
    return {
        "sequential_id": 12, "title": f"Down {nasty}", "status": f"started {nasty}",
        "slug": nasty, "url": nasty, "short_url": nasty, "slack_channel_name": f"#inc {nasty}",
        "slack_channel_url": nasty, "private": False,
    }  # fmt: skip


def test_on_a_declarations_page_and_in_lists(form: Form, connected: Sandbox, nasty: str) -> None:
    body = {"data": {"id": "i-1", "type": "incidents", "attributes": incident(nasty)}}
    connected.fault(
        "status", method="POST", path="/incidents$", status=201, times=1, body=json.dumps(body),
        content_type="application/vnd.api+json",
    )  # fmt: skip
    connected.fault("status", method="GET", path="/incidents/", status=200, times=50,
                    body=json.dumps(body), content_type="application/json")  # fmt: skip
    response = form.send(**form.filled())
    assert response.status_code == 303
    page = form.client.get(response["Location"]).content.decode()
    assert 'data-declaration-state="delivered"' in page
    safe(page, nasty, times=3)
    assert "Open in Rootly" not in page
    assert re.search(r"<dt>Slack channel</dt><dd>#inc", page)


def test_in_what_somebody_typed(reporter: User, visitor: PageClient, nasty: str) -> None:
    typed = nasty.encode("utf-8", "replace").decode().replace("\x00", "")
    row = make_declaration(
        reporter, title=typed, labels=[{"name": "title", "label": "Title", "text": typed}],
        open_values=[{"form_field_id": "1", "value": "x", "refused": "no"}],
        state=State.DELIVERED, incident={"number": 7}, incident_id="x",
    )  # fmt: skip
    refused = {"claim": 1, "digest": "x", "finished_at": row.submitted_at, "outcome": "Rejected"}
    Attempt.objects.create(declaration=row, sentence=f"It says {MARK}", **refused)
    for address in ("/", "/declarations/", f"/declarations/{row.pk}/"):
        safe(visitor.get(address).content.decode(), nasty)


def test_in_a_preview(connected: Sandbox, visitor: PageClient, nasty: str) -> None:
    text = f"[link]({nasty}) <a href='javascript:alert(1)'>y</a> <b onclick=x>{nasty}</b>"
    posted = {"preview": "summary", "summary": text.encode("utf-8", "replace")}
    html = visitor.post("/incidents/new/preview/", posted).content.decode()
    rich = html.partition('class="rich"')[2]
    assert "javascript:" not in re.findall(r'(?:href|src)="([^"]*)', rich)
    assert "<script" not in rich
    assert "onclick" not in rich


def test_on_the_admins_pages(hostile: Sandbox, make_person: Person, nasty: str) -> None:
    client = PageClient()
    person = make_person("sue", "admin", is_staff=True, is_superuser=True)
    client.force_login(person)
    add = "/admin/presets/sitedefault/add/"
    safe(client.get(add).content.decode(), nasty, times=10)
    field = forms().by_name["severity_id"]
    safe(client.get(f"{add}?field={field.name}").content.decode(), nasty, times=5)
    assert field.options is not None
    one = next(iter(field.options))
    client.post(f"{add}?field={field.name}", {field.name: one.id})
    row = SiteDefault.objects.get()
    assert row.source == source_of(field)
    assert not BAD_CHARACTERS.search(row.label + row.words[0])
    safe(client.get(f"/admin/presets/sitedefault/{row.pk}/change/").content.decode(), nasty)
    djangos_own = Client()
    djangos_own.force_login(person)
    safe(djangos_own.get("/admin/presets/sitedefault/").content.decode(), nasty)
    safe(djangos_own.get(f"/admin/presets/sitedefault/{row.pk}/history/").content.decode(), nasty)
