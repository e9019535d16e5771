"""`/operations/`: its numbers against the database, and what its buttons do."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection as upstreams
from incidentportal.catalog import current, resync, stored
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.declarations import queue, rate
from incidentportal.declarations.beat_model import Beat
from incidentportal.declarations.course import Cause
from incidentportal.declarations.labels import LABEL
from incidentportal.declarations.models import Attempt, Decision, Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.presets import current as presets
from tests.declarations.test_delivery import once
from tests.support.declarations import make_declaration, make_draft
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

PAGE, ACT = "/operations/", "/operations/act/"
OTHER = "http://127.0.0.1:8/v1"
SECRET = {"title": "A theft", "private": True}
NOW = timezone.now()


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def cells(html: str, mark: str) -> list[str]:
    """The cells of the table's row with this mark."""
    row = html.split(mark, 1)[1].split("</tr>", 1)[0]
    return [text(cell) for cell in re.findall(r"<td>(.*?)</td>", row)]


def figure(html: str, name: str) -> str:
    found = re.search(rf'data-figure="{name}">(.*?)<', html)
    assert found, name
    return found[1].strip()


def waiting(author: User, minutes: float = 0, **fields: Any) -> Declaration:
    """A declaration for today's Rootly, saved so long ago, that nobody takes up meanwhile."""
    given = {
        "upstream": upstreams.upstream(), "queued_at": timezone.now() - timedelta(minutes=minutes),
    }  # fmt: skip
    if fields.get("state", State.QUEUED) == State.QUEUED:
        given["due_at"] = timezone.now() + timedelta(hours=1)
    return make_declaration(author, **{**given, **fields})


def test_the_queue_is_counted_by_state_and_age(
    connected: Sandbox, reporter: User, admin_page: PageClient
) -> None:
    for minutes in (0.1, 0.5, 2, 9, 59, 61, 1440):
        waiting(reporter, minutes)
    claimed = {"state": State.DELIVERING, "claimed_until": NOW + timedelta(hours=1)}
    waiting(reporter, 3, **claimed)
    delivered = {"state": State.DELIVERED, "incident_id": "1", "due_at": None}
    for _ in range(3):
        waiting(reporter, 200, **delivered)
    waiting(reporter, 1, state=State.REJECTED)
    waiting(reporter, 1, upstream=OTHER)
    waiting(reporter, 1, upstream=OTHER, **delivered)
    html = admin_page.get(PAGE).content.decode()
    assert cells(html, 'data-state="queued"') == ["7", "2", "2", "1", "2", "1 day"]
    assert cells(html, 'data-state="delivering"')[:5] == ["1", "0", "1", "0", "0"]
    assert cells(html, 'data-state="delivered"') == ["3", "0", "0", "0", "3", "–"]
    assert cells(html, 'data-state="rejected"')[0] == "1"
    assert cells(html, 'data-state="unconfirmed"') == ["0", "0", "0", "0", "0", "–"]
    assert "1 more waits for another Rootly" in text(html)
    waiting(reporter, 1, state=State.WITHDRAWN, due_at=None)
    html = admin_page.get(PAGE).content.decode()
    assert figure(html, "arrived") == "27 %", "3 of 11"
    assert "of 11 declarations saved in these 24 hours are in Rootly" in text(html)


def attempts(row: Declaration, hours: float, outcome: str, *took: int | None) -> None:
    """Attempts that began so many hours ago."""
    for each in took:
        Attempt.objects.create(
            declaration=row, claim=0, idempotency_key="k", digest="", outcome=outcome,
            milliseconds=each, started_at=timezone.now() - timedelta(hours=hours),
        )  # fmt: skip


@pytest.mark.store
def test_the_last_day_is_counted_right(
    connected: Sandbox, reporter: User, admin_page: PageClient
) -> None:
    row = waiting(reporter)
    attempts(row, 0, "Delivered", *range(10, 210, 10))  # 20: p50 is the 10th, p95 the 19th
    attempts(row, 0, "Rejected", 5, 5)
    attempts(row, 0, "", None)
    attempts(row, 3, "Delivered", 4000)
    attempts(row, 3, "NotSent", 1, 1, 1)
    attempts(row, 25, "Delivered", 99_999)
    html = admin_page.get(PAGE).content.decode()
    found = {name: figure(html, name) for name in ("delivered", "attempts", "share", "p50", "p95")}
    assert found == {
        "delivered": "21", "attempts": "27", "share": "80 %", "p50": "110 ms", "p95": "200 ms",
    }  # fmt: skip
    outcomes = re.findall(r'data-outcome><th scope="row">(.*?)</th><td>(\d+)', html)
    assert [(unescape(words), count) for words, count in outcomes] == [
        ("Rootly made the incident", "21"), ("Rootly could not be reached", "3"),
        ("Rootly refused it", "2"), ("Under way, or cut off", "1"),
    ]  # fmt: skip
    hour = f'data-hour="{timezone.now().astimezone(UTC):%Y-%m-%d %H}"'
    assert cells(html, hour) == ["20", "3", "100", "190"]
    earlier = timezone.now().astimezone(UTC) - timedelta(hours=3)
    assert cells(html, f'data-hour="{earlier:%Y-%m-%d %H}"') == ["1", "3", "4000", "4000"]
    assert len(re.findall("data-hour=", html)) == 24
    assert html.count('<rect class="bar--good"') == 2
    assert html.count('<rect class="bar--bad"') == 2
    assert figure(html, "last_minute") == "23"


def test_rootly_workers_and_storage(
    connected: Sandbox, reporter: User, admin_page: PageClient, settings: Settings
) -> None:
    html = admin_page.get(PAGE).content.decode()
    assert "No worker is running" in html
    Beat.objects.create(host="box-1", process=4242)
    Beat.objects.create(host="box-2", process=4243, stands_by=True)
    Beat.objects.create(host="dead", process=1, seen_at=timezone.now() - timedelta(minutes=1))
    row = waiting(reporter)
    waiting(reporter, upstream=OTHER)
    attempts(row, 1, "Delivered", 1, 2)
    make_draft(reporter)
    settings.DELIVERY_RATE_SHARE = 0.5
    Upstream.objects.create(
        url=upstreams.upstream(), write_limit=600, failures=3, keeps_labels=True,
        sees_private=False, takes_creator=False, clock_offset=-61.0,
    )  # fmt: skip
    html = admin_page.get(PAGE).content.decode()
    said = text(html)
    assert len(re.findall("data-worker>", html)) == 2
    assert "Process 4242 on box-1: delivers" in said
    assert "Process 4243 on box-2: stands by" in said
    assert cells(html, 'data-kept="Attempts"') == ["2"]
    assert cells(html, 'data-kept="Drafts"') == ["1"]
    assert cells(html, 'data-kept="Declarations"') == ["2"]
    budget = rate.budget(600)
    assert (figure(html, "free"), budget.burst) == ("6", 6)
    assert figure(html, "a_minute") == str(int(60 / budget.interval)) == "289"
    for words in (
        "3 calls in a row failed", "allows 600 writes a minute", "keep the portal's label",
        "does not see private incidents", "refuses who declared", "61 seconds behind ours",
    ):  # fmt: skip
        assert words in said, words


def test_private_ones_are_state_and_age_alone(
    connected: Sandbox, make_person: Any, reporter: User, admin_page: PageClient
) -> None:
    support = make_person("Samantha", "support")
    admin = User.objects.get(username="ada")
    private = waiting(support, 120, payload=SECRET, title="A theft", state=State.UNCONFIRMED)
    own = waiting(admin, 90, payload=SECRET, title="My theft")
    public = waiting(reporter, 60, title="Checkout <is> slow", state=State.REJECTED)
    unclear = waiting(reporter, 50, title="Nobody can pay", state=State.UNCONFIRMED)
    for address in (PAGE, f"/operations/declarations/{private.pk}/",
                    f"/operations/declarations/{own.pk}/"):  # fmt: skip
        html = admin_page.get(address).content.decode()
        assert "theft" not in html
        assert "Samantha" not in html
        assert f'href="/declarations/{private.pk}/' not in html
    html = admin_page.get(PAGE).content.decode()
    assert f'href="/declarations/{public.pk}/">Checkout &lt;is&gt; slow</a>' in html
    listed = text(html.split(f'data-attention="{private.pk}">')[1].split("</li>")[0])
    assert listed.startswith("Private declaration Unclear: may be in Rootly for 2 hours")
    assert "who declared it decides" in listed
    assert f'href="/declarations/{unclear.pk}/">Decide whether it is in Rootly' in html
    assert html.index(str(own.pk)) < html.index(str(private.pk)) < html.index(str(public.pk))


def test_what_is_being_done_or_not_late_needs_nobody(
    connected: Sandbox, reporter: User, admin_page: PageClient
) -> None:
    waiting(reporter, 14)
    done = waiting(reporter, 200, state=State.DELIVERED, incident_id="1", due_at=None)
    html = admin_page.get(PAGE).content.decode()
    assert "data-attention" not in html
    assert admin_page.get(f"/operations/declarations/{done.pk}/").status_code == 404


def test_the_queue_is_held_with_a_reason_and_let_go(
    connected: Sandbox, reporter: User, admin_page: PageClient
) -> None:
    response = admin_page.post(ACT, {"action": "hold", "reason": " "})
    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_reason_error"' in html
    assert queue.is_held(upstreams.upstream()) == ""
    assert admin_page.post(ACT, {"action": "hold", "reason": "x" * 301}).status_code == 422
    response = admin_page.post(ACT, {"action": "hold", "reason": "Rootly <is> moving"})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    html = admin_page.get(PAGE).content.decode()
    assert "Rootly &lt;is&gt; moving" in html
    assert 'data-held-for="admin"' in html
    assert "ada holds the queue" in text(html)
    again = admin_page.post(ACT, {"action": "hold", "reason": "Twice"})
    assert again.status_code == 422
    assert queue.is_held(upstreams.upstream()) == "Rootly <is> moving"
    assert admin_page.post(ACT, {"action": "release"}).status_code == 303
    assert queue.is_held(upstreams.upstream()) == ""
    assert admin_page.post(ACT, {"action": "release"}).status_code == 422
    assert admin_page.post(ACT, {"action": "nonsense"}).status_code == 422


def test_a_hold_of_the_portals_own_is_not_released_by_hand(
    connected: Sandbox, admin_page: PageClient
) -> None:
    queue.hold(upstreams.upstream(), "No token.", Cause.TOKEN)
    html = admin_page.get(PAGE).content.decode()
    assert 'data-action="release"' not in html
    assert admin_page.post(ACT, {"action": "release"}).status_code == 422
    assert queue.is_held(upstreams.upstream()) == "No token."


def test_a_waiting_one_is_tried_now(
    connected: Sandbox, reporter: User, admin_page: PageClient
) -> None:
    row = waiting(reporter, 30)
    address = f"/operations/declarations/{row.pk}/"
    assert 'data-action="retry"' in admin_page.get(address).content.decode()
    response = admin_page.post(address, {"action": "retry"})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    row.refresh_from_db()
    assert row.state == State.DELIVERED
    assert admin_page.post(address, {"action": "retry"}).status_code == 404


def test_what_may_be_there_is_not_looked_for_sooner(
    connected: Sandbox, reporter: User, admin_page: PageClient, settings: Settings
) -> None:
    settings.DELIVERY_LOOK = (30, 5)
    row = waiting(reporter, 30, looks=1, failures=1)
    attempts(row, 0, "OutcomeUnknown", 10)
    due = row.due_at
    response = admin_page.post(f"/operations/declarations/{row.pk}/", {"action": "retry"})
    row.refresh_from_db()
    assert (response.status_code, row.due_at) == (422, due)


def test_a_private_one_is_given_up_without_being_seen(
    connected: Sandbox, make_person: Any, admin_page: PageClient
) -> None:
    row = waiting(make_person("sam", "support"), 60, payload=SECRET, upstream=OTHER)
    address = f"/operations/declarations/{row.pk}/"
    assert OTHER in admin_page.get(address).content.decode()
    response = admin_page.post(address, {"action": "give-up", "reason": ""})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    response = admin_page.post(address, {"action": "give-up", "reason": "That Rootly is gone."})
    assert response.status_code == 303
    row.refresh_from_db()
    assert row.state == State.FAILED
    assert "ada gave it up: That Rootly is gone." in row.sentence
    assert Decision.objects.get().reason == "That Rootly is gone."


def test_the_configuration_is_fetched_and_says_what_changed(
    connected: Sandbox, admin_page: PageClient
) -> None:
    assert "there is nothing to compare it with" in admin_page.get(PAGE).content.decode()
    state = SyncState.objects.get()
    assert state.snapshot is not None
    connected.change_list("services", upsert=[{"name": "Parcel tracker"}])
    response = admin_page.post(ACT, {"action": "refresh"})
    assert response.status_code == 303
    resync.join()
    html = admin_page.get(PAGE).content.decode()
    assert "Rootly&#x27;s configuration was fetched." in html
    news = html.split("<ul data-news>")[1].split("</ul>")[0]
    assert unescape(news) == "<li>1 service was added: “Parcel tracker”.</li>"
    before = Snapshot.objects.count()
    again = admin_page.post(ACT, {"action": "refresh"}, follow=True)
    assert "looked at just now" in again.content.decode()
    assert Snapshot.objects.count() == before
    assert stored.decode(bytes(state.snapshot.content))


def test_what_rootly_refused_once_is_tried_again_once_an_admin_says_so(
    connected: Sandbox, reporter: User, admin_page: PageClient, caplog: pytest.LogCaptureFixture
) -> None:
    url, learn = upstreams.upstream(), 'data-action="learn-again"'
    queue.known(url)
    assert learn not in admin_page.get(PAGE).content.decode()
    assert admin_page.post(ACT, {"action": "learn-again"}).status_code == 422
    connected.switch(labels="refuse")
    once(make_declaration(reporter, upstream=url))
    Upstream.objects.update(takes_creator=False)  # since when isn't known, as before an upgrade
    html = admin_page.get(PAGE).content.decode()
    assert learn in html
    today = timezone.localtime().strftime("%-d %b")
    assert f"Rootly refuses labels on creation, since {today}" in text(html)
    assert "Rootly refuses who declared on creation: it is sent without." in text(html)
    connected.switch(labels="keep")
    caplog.clear()
    response = admin_page.post(ACT, {"action": "learn-again"})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    (said,) = [each for each in caplog.messages if "tried again" in each]
    assert str(User.objects.get(username="ada").pk) in said
    assert "takes_creator, takes_labels" in said
    assert learn not in admin_page.get(PAGE).content.decode()
    row = once(make_declaration(reporter, upstream=url))
    assert LABEL in connected.incidents()[-1]["labels"]
    assert row.key_number == 1
    known = Upstream.objects.get()
    assert (known.takes_labels, known.takes_creator, known.refused_at) == (True, True, {})


def test_a_test_is_declared_through_the_form(connected: Sandbox, admin_page: PageClient) -> None:
    html = admin_page.get(PAGE).content.decode()
    found = re.search(r'href="([^"]+)" data-action="test"', html)
    assert found
    form = admin_page.get(unescape(found[1])).content.decode()
    assert 'value="Test from Incident Portal"' in form
    assert re.search(r'name="mark_as_test"[^>]* checked', form)
    whole = Form(admin_page, unescape(found[1]))
    assert whole.send(**whole.filled(title="Only a test")).status_code == 303
    (incident,) = connected.incidents()
    assert (incident["title"], incident["kind"]) == ("Only a test", "test")


def test_few_queries_however_much_there_is(
    connected: Sandbox, reporter: User, admin_page: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (current, presets):  # looks for newer configuration come by time
        monkeypatch.setattr(each, "LOOK_EVERY", 99.0)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin_page.get(PAGE).status_code == 200
        return len(asked)

    few = (queries(), queries())[1]
    for minutes in range(30):
        row = waiting(reporter, 20 + minutes)
        waiting(reporter, 20 + minutes, state=State.REJECTED)
        attempts(row, minutes % 20, "Delivered", minutes)
    assert queries() <= min(few + 3, 40), "titles, and what banners say"


def test_what_is_counted_is_read_from_indexes(reporter: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by how many rows there are")
    from incidentportal.declarations import day, figures, overdue

    with CaptureQueriesContext(connection) as asked:
        day.day()
        figures.queue(OTHER)
        overdue.stuck(OTHER)
        overdue.left(OTHER)
    plans = []
    for each in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + each["sql"].replace("%", "%%"), ())
            plans.append(str(cursor.fetchall()))
    assert "COVERING INDEX attempt_day" in plans[0]
    assert "COVERING INDEX declaration_standing" in plans[1]
    assert "COVERING INDEX declaration_standing" in plans[2]
    assert "INDEX declaration_standing" in plans[3]
    assert len(plans) == 4


def test_it_works_with_nothing_set_up(admin_page: PageClient, settings: Settings) -> None:
    settings.ROOTLY_API_URL = ""
    html = admin_page.get(PAGE).content.decode()
    assert "isn&#x27;t connected" in html or "isn't connected" in html
    for action in ("hold", "release", "refresh"):
        response = admin_page.post(ACT, {"action": action, "reason": "Why"})
        assert response.status_code == 422


@pytest.mark.parametrize("page", ["", "act/", "doctor/", "configuration/"])
def test_for_others_nothing_is_there_however_they_ask(visitor: PageClient, page: str) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        response = visitor.generic(method, f"{PAGE}{page}")
        assert response.status_code == 404, method


def test_only_admins_are_led_there(admin_page: PageClient, visitor: PageClient) -> None:
    assert 'href="/operations/"' in admin_page.get("/").content.decode()
    assert 'href="/operations/"' not in visitor.get("/").content.decode()
