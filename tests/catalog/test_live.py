"""Alerts and open incidents: one shared list, a search beyond it, nothing private."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from incidentportal.catalog import live
from incidentportal.catalog.current import Catalog, current
from incidentportal.catalog.live import alert_option, incident_option, is_open, may_be_parent
from incidentportal.rootly.records import Alert, Incident
from tests.catalog.conftest import UPSTREAM
from tests.support.sandbox import Sandbox


@pytest.fixture(params=["jsonapi", "plain"])
def rootly(request: pytest.FixtureRequest, settings: Settings, sandbox: Sandbox) -> Iterator[Any]:
    """The sandbox in each dialect."""
    plain = request.param == "plain"
    settings.ROOTLY_API_URL = sandbox.plain_url if plain else sandbox.jsonapi_url
    settings.ROOTLY_API_TOKEN = sandbox.token
    settings.ROOTLY_API_DIALECT = request.param
    yield sandbox
    live.forget()


def read() -> None:
    """Have both lists read, and wait for it."""
    for feed in live.feeds():
        assert feed.refresh()


def labels(name: str) -> list[str]:
    return [option.label for option in live.LISTS[name]]


def test_the_first_use_has_the_list_read_in_the_background(rootly: Sandbox) -> None:
    alerts = live.LISTS["alerts"]
    assert (len(alerts), alerts.is_complete, alerts.is_open) == (0, False, True)
    assert all(feed.wait(10) for feed in live.feeds()[:1])
    assert (len(alerts), bool(alerts.is_complete)) == (64, True)
    assert alerts.now is alerts.now


def test_alerts_stand_newest_first_with_their_source_and_status(rootly: Sandbox) -> None:
    read()
    first, second, *_ = live.LISTS["alerts"]
    assert (first.label, first.hint) == ("Checkout: error rate above 5 %", "datadog · triggered")
    assert second.label == "Payments API: p95 latency above 3 s"
    assert live.LISTS["alerts"].get(first.id) == first
    assert first.id in live.LISTS["alerts"]
    assert "no such id" not in live.LISTS["alerts"]


def test_open_incidents_are_offered_and_nothing_private_is_kept(rootly: Sandbox) -> None:
    read()
    numbers = [label.partition(" ")[0] for label in labels("incidents")]
    assert numbers == ["#8", "#4", "#3", "#6", "#9", "#7", "#11", "#13", "#2", "#10"]
    assert labels("incidents")[1] == "#4 Refund batch waits for card payments"
    parents = [label.partition(" ")[0] for label in labels("parents")]
    assert parents == [number for number in numbers if number not in {"#4", "#2"}]
    assert live.LISTS["incidents"].search("laptop") == []
    hints = [option.hint for option in live.LISTS["parents"] if option.label.startswith("#3 ")]
    assert [hint.startswith("started · since 20") for hint in hints] == [True]
    kept = repr([feed.peek() for feed in live.feeds()]) + repr(vars(live._kept))
    assert "laptop" not in kept


def test_an_id_beyond_the_list_says_nothing(rootly: Sandbox) -> None:
    read()
    assert live.LISTS["incidents"].get("8150262f-a6e3-4561-8751-42cddc5daf2a") is None


@pytest.fixture
def cut(rootly: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Shared lists that hold the newest two."""
    monkeypatch.setattr(live, "MOST", 2)
    read()
    rootly.change_list("alerts", upsert=[{"summary": "Zebra crossing the Checkout", "private": 0}])
    return rootly


def test_a_search_beyond_a_cut_list_asks_rootly_and_compares_every_word_here(cut: Sandbox) -> None:
    alerts = live.LISTS["alerts"]
    assert len(alerts) == 2
    assert not alerts.is_complete
    before = len(cut.requests("GET", "/alerts"))
    [hit] = alerts.search("queue RÔUTE")
    assert hit.label == "Route planner: queue longer than 10,000"
    assert len(cut.requests("GET", "/alerts")) == before + 1
    assert alerts.get(hit.id) == hit, "what was found can be shown again"
    assert len(alerts) == 2
    assert alerts.search("nothing has these words") == []
    assert [option.label for option in alerts.search("checkout", 1)] == [
        "Checkout: error rate above 5 %"
    ]
    assert len(cut.requests("GET", "/alerts")) == before + 2, "enough hits: nobody is asked"


def test_a_search_without_words_or_in_a_whole_list_asks_nobody(rootly: Sandbox) -> None:
    read()
    before = len(rootly.requests("GET"))
    assert len(live.LISTS["alerts"].search("  ")) == 20
    assert live.LISTS["alerts"].search("nothing has these words") == []
    assert len(rootly.requests("GET")) == before


def test_a_search_finds_nothing_private_and_nothing_that_is_over(cut: Sandbox) -> None:
    incidents = live.LISTS["incidents"]
    assert incidents.search("laptop") == []
    assert incidents.search("slow search results") == []
    [hit] = incidents.search("maintenance depot")
    assert hit.label == "#2 Network maintenance in the northern depot"
    assert live.LISTS["parents"].search("maintenance depot") == []
    assert "laptop" not in repr(vars(live._kept._kept["incidents"].found["incidents"]))


def test_a_slow_rootly_costs_a_search_its_deadline_once(
    cut: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SEARCH_SECONDS", 0.3)
    cut.fault(kind="hang", method="GET", path="/alerts$", seconds=2, times=None)
    began = time.monotonic()
    for _ in range(3):
        assert live.LISTS["alerts"].search("route planner") == []
    assert 0.3 <= time.monotonic() - began < 1.5
    cut.clear_faults()


def test_a_refused_list_keeps_what_was_read_and_says_so(rootly: Sandbox) -> None:
    read()
    rootly.switch(forbidden_lists=["alerts"])
    alerts = live.LISTS["alerts"]
    assert alerts.problem == ""
    assert not live.feeds()[0].refresh()
    assert len(alerts) == 64
    assert alerts.problem == "Rootly's list of alerts can't be read at the moment."


def test_another_upstreams_lists_are_not_shown(rootly: Sandbox, settings: Settings) -> None:
    read()
    settings.ROOTLY_API_URL = UPSTREAM
    assert len(live.LISTS["alerts"].now) == 0
    settings.ROOTLY_API_URL = ""
    assert live.feeds() == []
    assert len(live.LISTS["alerts"]) == 0
    assert live.LISTS["alerts"].search("checkout") == []


def _count(queue: multiprocessing.Queue[tuple[int, int]]) -> None:
    empty = len(live.LISTS["alerts"])
    assert live.feeds()[0].wait(10)
    queue.put((empty, len(live.LISTS["alerts"])))


def test_a_forked_process_reads_its_own(rootly: Sandbox) -> None:
    assert len(live.LISTS["alerts"]) == 0
    assert live.feeds()[0].wait(10)
    forking = multiprocessing.get_context("fork")
    queue = forking.Queue()
    child = forking.Process(target=_count, args=(queue,))
    child.start()
    assert queue.get(timeout=15) == (0, 64)
    child.join(10)
    assert child.exitcode == 0


def test_the_catalog_hands_them_out(whole_rootly: Sandbox) -> None:
    from tests.catalog.conftest import sync_now

    sync_now()
    catalog = current()
    assert isinstance(catalog, Catalog)
    for name in ("alerts", "incidents", "parents"):
        assert catalog.options(name) is live.LISTS[name]
    by_hand = ["Open a video call", "Page the incident lead", "Post to the status page"]
    assert sorted(option.label for option in catalog.options("workflows")) == by_hand


def test_a_refused_list_of_workflows_is_a_problem(whole_rootly: Sandbox) -> None:
    from tests.catalog.conftest import sync_now

    whole_rootly.switch(forbidden_lists=["workflows"])
    problems = sync_now().picture.problems
    assert ("list_refused", "workflows") in [(each.kind, each.subject) for each in problems]


@pytest.mark.parametrize(
    ("alert", "option"),
    [
        (Alert(id="0"), ("0", "")),
        (Alert(id="1", short_id="AL1", status="open"), ("AL1", "open")),
        (Alert(id="1", summary=" Disk\nfull ", source="generic_webhook"),
         ("Disk full", "generic webhook")),
    ],
)  # fmt: skip
def test_an_alert_is_called_by_what_it_has(alert: Alert, option: tuple[str, str]) -> None:
    made = alert_option(alert)
    assert (made.label, made.hint) == option


@pytest.mark.parametrize(
    ("incident", "option"),
    [
        (Incident(id="x"), ("x", "")),
        (Incident(id="x", title="Down", created_at="not a time"), ("Down", "")),
        (Incident(id="x", sequential_id=0, status="in_triage"), ("#0", "in triage")),
        (Incident(id="x", title="Down", started_at="2026-05-04T12:00:00+02:00"),
         ("Down", "since 2026-05-04 10:00 UTC")),
    ],
)  # fmt: skip
def test_an_incident_is_called_by_what_it_has(incident: Incident, option: tuple[str, str]) -> None:
    made = incident_option(incident)
    assert (made.label, made.hint) == option


@pytest.mark.parametrize(
    ("status", "goes_on"),
    [("started", True), ("", True), ("invented_later", True), ("in_progress", True),
     ("resolved", False), ("Mitigated", False), ("closed", False), ("cancelled", False)],
)  # fmt: skip
def test_an_unknown_status_counts_as_open(status: str, goes_on: bool) -> None:
    assert is_open(Incident(id="x", status=status)) is goes_on


@pytest.mark.parametrize(
    ("incident", "may"),
    [
        (Incident(id="x"), True),
        (Incident(id="x", kind="test"), True),
        (Incident(id="x", kind="normal_sub"), False),
        (Incident(id="x", parent_incident_id="0"), False),
        (Incident(id="x", kind="scheduled"), False),
        (Incident(id="x", status="resolved"), False),
    ],
)
def test_a_parent_is_open_and_neither_sub_incident_nor_maintenance(
    incident: Incident,
    may: bool,
) -> None:
    assert may_be_parent(incident) is may


def test_asking_whether_the_portal_is_ready_has_the_lists_read(connected: Sandbox) -> None:
    assert Client().get("/readyz").status_code == 200
    assert all(feed.wait(10) for feed in live.feeds())
    assert len(live.LISTS["alerts"]) == 64
