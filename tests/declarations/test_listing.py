"""The page with declarations: states, pages and words."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta, timezone
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from incidentportal.accounts import throttle
from incidentportal.accounts.models import PrivateView, User
from incidentportal.accounts.roles import Ability
from incidentportal.catalog.options import fold
from incidentportal.declarations import finding, matching
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.states import State
from tests.support.controls import controls, page_of
from tests.support.declarations import make_declaration
from tests.support.people import PageClient, Person, permission

ADDRESS = "/declarations/"
MOMENT = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)  # noqa: UP017  # as elsewhere
INCIDENT = {"number": 41, "title": "Checkout is slow"}


def label(text: str, of: str = "Where") -> dict[str, str]:
    return {"name": "form_field_1", "label": of, "text": text}


def make(author: User, title: str, *said: str, **fields: Any) -> Declaration:
    """A declaration, each a minute older than the one before."""
    age = Declaration.objects.count()
    labels = [label(title, "Title"), *map(label, said)]
    given = {"title": title, "labels": labels, "submitted_at": MOMENT - timedelta(minutes=age)}
    if fields.get("state") == State.DELIVERED:
        fields = {"incident_id": "i-1", "due_at": None, **fields}
    return make_declaration(author, **given, **fields)


def titles(response: Any) -> list[str]:
    return [
        unescape(each)
        for each in re.findall(r'declaration-row="[^>]+><a [^>]+>([^<]+)', html(response))
    ]


def html(response: Any) -> str:
    return str(response.content.decode())


def search(client: PageClient, words: str, **sent: str) -> Any:
    """Type words and press the button, as a browser without JavaScript does."""
    page = page_of(html(client.get(ADDRESS, {key: sent[key] for key in sent.keys() & {"whose"}})))
    return client.post(ADDRESS, {**controls(page, "q"), "q": words, **sent})


def press(client: PageClient, response: Any, name: str) -> Any:
    """Press a button of the page with the hits, by what stands on it."""
    found = re.search(
        rf'<button [^>]*name="(\w+)" value="([^"]*)"[^>]*>{re.escape(name)}', html(response)
    )
    assert found, f"no button {name!r}"
    return client.post(ADDRESS, {**controls(page_of(html(response)), "q"), found[1]: found[2]})


@pytest.mark.store
def test_words_are_found_wherever_they_stand(reporter: User, visitor: PageClient) -> None:
    make(reporter, "Crème brûlée oven", "Straße 5\nÅrhus", 'say "no" \\ud83d 🔥')
    make(reporter, "100% of SØREN_s pumps", state=State.DELIVERED, incident=INCIDENT)
    make(reporter, "A theft in Århus", "Café", payload={"private": True})
    finds = {
        "creme BRULEE": ["Crème brûlée oven"], "strasse where": ["Crème brûlée oven"],
        "arhus": ["Crème brûlée oven", "A theft in Århus"], "oven pump": [],
        '"no"': ["Crème brûlée oven"], r"\ud83d": ["Crème brûlée oven"],
        "🔥": ["Crème brûlée oven"],
        "0%": ["100% of SØREN_s pumps"], "%pumps": [], "soren_s": ["100% of SØREN_s pumps"],
        "s_ren": [], "41": ["100% of SØREN_s pumps"], "#41 pump": ["100% of SØREN_s pumps"],
        "#4": [], "cafe THEFT": ["A theft in Århus"], "form_field_1": [], "sealed:": [],
    }  # fmt: skip
    assert {words: titles(search(visitor, words)) for words in finds} == finds


@pytest.mark.store
@pytest.mark.parametrize(
    "text",
    ["ÀÉÎÕÜ ñ ç", "Straße ẞ ﬁn", "ΌΔΟΣ ὀδός", "Ёлка ЙОД", "İstanbul ı", "søk łódź Æther þorn",
     "œuvre ħ", "がぎ カ゛", "한국어", "שָׁלוֹם", "हिन्दी", "ệ ǖ a\u0301\u0323", "ＡＢＣ ①"],
)  # fmt: skip
def test_the_database_folds_as_the_portal_does(db: None, text: str) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("it folds by the same function")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {matching._folded('%s')}", [text])
        assert cursor.fetchone() == (fold(text),)


@pytest.mark.store
def test_what_json_may_hold_and_the_database_not_breaks_no_search(
    reporter: User, visitor: PageClient
) -> None:
    make(reporter, "Broken", "half \ud83d of\x00 it \\u0000 \\\\ud83d")
    make(reporter, "clear: as day")
    assert titles(search(visitor, "half of it")) == ["Broken"]
    assert titles(search(visitor, "clear:")) == ["clear: as day"]


@pytest.mark.store
def test_the_database_looks_into_no_private_row(reporter: User) -> None:
    make(reporter, "A theft", payload={"private": True})
    make(reporter, "A theft of time")
    for word in ("theft", "sealed:", "a"):
        found = Declaration.objects.filter(matching.Says([word])).values_list("title", flat=True)
        assert set(found) <= {"A theft of time"}, word


@pytest.mark.store
def test_by_id(reporter: User, visitor: PageClient) -> None:
    row = make(reporter, "One", state=State.DELIVERED, incident_id="inc-77")
    make(reporter, "Other")
    for words in (str(row.pk), str(row.pk).upper(), str(row.pk)[:13], row.pk.hex, "inc-77"):
        assert titles(search(visitor, words)) == ["One"], words
    assert titles(search(visitor, uuid.uuid4().hex)) == []


def test_words_lead_on_by_buttons_and_stand_in_no_address(
    reporter: User, visitor: PageClient
) -> None:
    for number in range(30):
        make(reporter, f"Pump {number}")
    make(reporter, "Pump gone", state=State.WITHDRAWN)
    make(reporter, "Oven", state=State.WITHDRAWN)
    found = search(visitor, "pump")
    assert "31 found" in html(found)
    assert len(titles(found)) == 25
    older = press(visitor, found, "Older")
    assert titles(older) == [*(f"Pump {number}" for number in range(25, 30)), "Pump gone"]
    assert "Page 2 of 2" in html(older)
    assert titles(press(visitor, older, "Newer")) == titles(found)
    ended = press(visitor, older, "Given up or withdrawn (1)")
    assert titles(ended) == ["Pump gone"]
    assert titles(press(visitor, ended, "All (31)")) == titles(found)
    for page in (found, older, ended):
        addresses = re.findall(r'(?:href|action)="([^"]*)"', html(page))
        assert not [address for address in addresses if "pump" in address.lower()]
        assert "pump" not in html(page).partition("</title>")[0].lower()
    typed = {**controls(page_of(html(older)), "q"), "q": "ump", "page": "2"}
    assert titles(visitor.post(ADDRESS, typed)) == titles(found), "other words begin anew"
    assert len(titles(visitor.get(ADDRESS, {"q": "oven"}))) == 25, "an address searches nothing"


@pytest.mark.store
def test_states_and_pages_are_links(reporter: User, visitor: PageClient) -> None:
    for each in State:
        claimed = {"claimed_until": MOMENT} if each is State.DELIVERING else {}
        make(reporter, each.value, state=each, **claimed)
    shown = {
        "waiting": ["queued", "delivering"], "delivered": ["delivered"], "rejected": ["rejected"],
        "unconfirmed": ["unconfirmed"], "ended": ["failed", "withdrawn"],
        "all": [state.value for state in State], "nonsense": [state.value for state in State],
    }  # fmt: skip
    page = html(visitor.get(ADDRESS))
    for state, expected in shown.items():
        assert titles(visitor.get(ADDRESS, {"state": state})) == expected
        assert state in {"all", "nonsense"} or f'href="/declarations/?state={state}"' in page
    for number in range(30):
        make(reporter, f"More {number}")
    second = visitor.get(f"{ADDRESS}?state=waiting&page=2")
    assert titles(second) == [f"More {number}" for number in range(23, 30)]
    assert 'href="/declarations/?state=waiting"' in html(second)
    assert "Waiting (32)" in html(second)
    for page_number in ("999", "-1", "x", "9" * 30):
        assert visitor.get(ADDRESS, {"page": page_number}).status_code == 200


def test_each_empty_list_says_what_to_do(reporter: User, visitor: PageClient) -> None:
    assert "declare it</a>: it will stand here" in html(visitor.get(ADDRESS))
    assert "declare it</a>: it will stand here" in html(visitor.get("/"))
    assert "None is in this state" in html(visitor.get(ADDRESS, {"state": "rejected"}))
    assert "Try fewer words" in html(search(visitor, "<b>nothing</b>"))


def test_while_the_queue_is_held_the_list_says_so_where_one_of_those_shown_waits(
    reporter: User, visitor: PageClient, settings: Settings
) -> None:
    settings.ROOTLY_API_URL = "http://127.0.0.1:9/v1"
    make(reporter, "Pump", state=State.DELIVERED)
    make(reporter, "Elsewhere", upstream="http://127.0.0.1:8/v1")
    held = Upstream.objects.create(url="http://127.0.0.1:9/v1", held="The <token> is not accepted.")
    assert "data-held" not in html(visitor.get(ADDRESS))
    make(reporter, "Fridge")
    page = html(visitor.get(ADDRESS))
    assert page.count('data-held="The &lt;token&gt; is not accepted."') == 1
    assert "What waits is kept, and not sent at the moment. The &lt;token&gt; is" in page
    assert "data-held" in html(search(visitor, "fridge"))
    assert "data-held" not in html(search(visitor, "pump"))
    assert "data-held" not in html(visitor.get(ADDRESS, {"state": "delivered"}))
    Upstream.objects.filter(pk=held.pk).update(held="")
    assert "data-held" not in html(visitor.get(ADDRESS))


@pytest.fixture
def holder(make_person: Person) -> PageClient:
    """A responder who may see others' private declarations."""
    person = make_person("hal", "responder")
    person.user_permissions.add(permission(Ability.VIEW_PRIVATE))
    client = PageClient()
    client.force_login(person)
    return client


@pytest.mark.store
def test_others_private_ones_are_not_searched_and_nobody_else_finds_them(
    reporter: User, holder: PageClient, make_person: Person, visitor: PageClient
) -> None:
    secret = make(reporter, "A theft", payload={"private": True}, incident_id="inc-9",
                  incident={"number": 77}, state=State.DELIVERED)  # fmt: skip
    make(reporter, "A theft of time")
    found = search(holder, "theft", whose="everyone")
    assert titles(found) == ["A theft of time"]
    assert "Others&#x27; private declarations are not searched" in html(found)
    assert titles(search(holder, "#77", whose="everyone")) == []
    assert titles(search(holder, "inc-9", whose="everyone")) == []
    assert titles(search(holder, str(secret.pk), whose="everyone")) == ["Private declaration"]
    assert PrivateView.objects.count() == 0
    cora = PageClient()
    cora.force_login(make_person("cora", "responder"))
    assert titles(search(cora, str(secret.pk), whose="everyone")) == []
    assert titles(search(cora, "theft", whose="everyone")) == ["A theft of time"]
    assert titles(search(cora, "theft")) == []
    other = PageClient()
    other.force_login(make_person("rob"))
    assert titles(search(other, "theft", whose="everyone")) == []
    assert titles(search(visitor, "theft")) == ["A theft", "A theft of time"]


@pytest.mark.store
def test_an_unreadable_row_hides_no_other(
    reporter: User, visitor: PageClient, settings: Settings
) -> None:
    make(reporter, "Old theft", payload={"private": True})
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another key, long enough to be taken for a real one: 0123456789"
    visitor.force_login(reporter)
    make(reporter, "New theft", payload={"private": True})
    found = search(visitor, "theft")
    assert titles(found) == ["New theft"]
    assert "One of your private declarations can&#x27;t be read" in html(found)
    assert titles(visitor.get(ADDRESS)) == ["(can't be read at the moment)", "New theft"]
    settings.SECRET_KEY_FALLBACKS = [old]
    assert titles(search(visitor, "theft")) == ["Old theft", "New theft"]


@pytest.mark.store
def test_a_search_says_what_it_left_out(
    reporter: User, visitor: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_PRIVATE", 1)
    monkeypatch.setattr(finding, "MOST_PUBLIC", 3)
    monkeypatch.setattr(finding, "MOST_HITS", 2)
    for number in range(4):
        make(reporter, f"Pump {number}")
        make(reporter, f"Secret pump {number}", payload={"private": True})
    said = html(search(visitor, "pump"))
    for limit in (
        "private declarations only the newest 1 were",
        "newest 3 declarations",
        "newest 2 that",
    ):
        assert limit in said
    assert "Pump 3" not in said


def test_too_many_searches_keep_the_words_and_nobody_from_declaring(
    reporter: User, visitor: PageClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "now", lambda: 60_000_050.0)
    settings.THROTTLE_SEARCHES = 1
    make(reporter, "Pump")
    assert titles(search(visitor, "pump")) == ["Pump"]
    refused = search(visitor, "pump & oven", state="waiting")
    assert refused.status_code == 429
    assert refused["Retry-After"] == "10"
    kept = controls(page_of(html(refused)), "q")
    assert (kept["q"], kept["state"]) == (["pump & oven"], ["waiting"])
    assert "wait 10 seconds" in html(refused)
    assert visitor.get(ADDRESS).status_code == 200
    assert throttle.wait("declarations", reporter) == 0


@pytest.mark.store
@pytest.mark.parametrize(
    "words", ["\x00", "a\x00b", "\ud800", " ", "%", "\\", "'", "x " * 400, "ﷺ" * 200]
)
def test_no_words_break_it(reporter: User, visitor: PageClient, words: str) -> None:
    make(reporter, "Pump")
    body = {"q": words.encode("utf-8", "surrogatepass")}
    assert visitor.post(ADDRESS, body).status_code == 200


def test_a_list_asks_as_often_for_many_rows_as_for_one(
    make_person: Person, reporter: User, holder: PageClient
) -> None:
    def asked(words: str = "") -> int:
        with CaptureQueriesContext(connection) as queries:
            sent = {"whose": "everyone", "q": words}
            response = holder.post(ADDRESS, sent) if words else holder.get(ADDRESS, sent)
        assert response.status_code == 200
        return len(queries)

    make(reporter, "Pump")
    before = asked(), asked("pump")
    for number in range(12):
        author = make_person(f"of-{number}")
        make(author, f"Pump {number}")
        make(author, f"Secret pump {number}", payload={"private": True})
    assert (asked(), asked("pump")) == before


@pytest.mark.store
def test_everyones_newest_and_whose_an_incident_is_are_found_without_reading_all(
    reporter: User, make_person: Person
) -> None:
    """Of 100,000 rows a page took a second to sort, and a lookup by incident 0.2 s to read."""
    done: dict[str, Any] = {
        "state": State.DELIVERED,
        "due_at": None,
        "answers": {},
        "labels": [],
        "payload": {},
    }
    Declaration.objects.bulk_create(
        Declaration(
            author=reporter, upstream="https://x.example/v1", snapshot_id=1, title="Old",
            incident_id=str(number), submitted_at=MOMENT - timedelta(minutes=number), **done,
        )
        for number in range(2000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    everyones = Declaration.objects.visible_to(make_person("rae", "responder"))
    page = everyones.order_by("-submitted_at", "-pk")[:25].explain()
    assert "declaration_newest" in page, page
    assert "Sort" not in page, page
    assert "TEMP B-TREE" not in page, page
    found = Declaration.objects.filter(incident_id__in=["7", "8"]).explain()
    assert "declaration_incident" in found, found
