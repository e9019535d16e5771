"""`/metrics`: who gets it, what stands in it, and that it counts over processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import gates
import pytest
from django.db import connection as database
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import queue
from incidentportal.declarations.beat_model import Beat
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State
from incidentportal.declarations.tallies import Tally
from incidentportal.portal import slots
from tests.declarations.test_delivery import CREATE, once
from tests.support.declarations import make_declaration
from tests.support.portal import Form
from tests.support.processes import MARK, Tree, answering, status
from tests.support.sandbox import Sandbox
from tests.support.trouble import away, move

TOKEN = "a token for those who watch"
Values = dict[str, float]


def values(text: str) -> Values:
    """By name and labels, as they stand in it."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def watched(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def ask(**headers: str) -> Any:
    bearer = {"authorization": f"Bearer {TOKEN}"}
    return Client().get("/metrics", headers=bearer | headers)


def scrape() -> Values:
    response = ask()
    assert response.status_code == 200
    return values(response.content.decode())


@pytest.mark.parametrize("given", [
    "", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN, "Bearer \xff", "Bearer ☃",
])  # fmt: skip
def test_without_the_token_nothing_is_told(watched: None, given: str) -> None:
    response = ask(authorization=given)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert b"incidentportal" not in response.content


def test_without_the_setting_nothing_is_there(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert ask().status_code == 404
    assert ask(authorization="Bearer ").status_code == 404


def test_it_answers_over_http_and_under_any_host(
    watched: None, settings: Settings, db: None
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["incidents.example.com"]
    response = ask(host="10.1.2.3:9100")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in response["Cache-Control"]
    assert Client().post("/metrics").status_code == 405


def test_requests_are_counted_by_view_never_by_what_was_asked_for(
    watched: None, connected: Sandbox, visitor: Client
) -> None:
    before = scrape()
    for number in range(3):
        visitor.get(f"/hostile/{number}/x?secret=canary")
        visitor.generic(f"BREW{number}", "/incidents/new/")
    visitor.get("/incidents/new/?title=canary")
    visitor.get("/declarations/7a4dc1a6-25c5-4f2b-8a7e-3f3a3d1d3a11/")
    after = scrape()
    total = "incidentportal_http_requests_total"

    def more(labels: str) -> float:
        return after.get(total + labels, 0) - before.get(total + labels, 0)

    assert more('{method="GET",status="4xx",view="none"}') == 3
    assert more('{method="other",status="4xx",view="new"}') == 3
    assert more('{method="GET",status="2xx",view="new"}') == 1
    assert more('{method="GET",status="4xx",view="declaration"}') == 1
    assert after['incidentportal_http_request_seconds_count{view="declaration"}'] >= 1
    text = ask().content.decode()
    for word in ("canary", "hostile", "7a4dc1a6", "BREW"):
        assert word not in text


@pytest.mark.store
@pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)
def test_attempts_are_counted_by_outcome_and_dialect(
    watched: None, connected: Sandbox, reporter: User, dialect: str
) -> None:
    def row() -> Declaration:
        return make_declaration(reporter, upstream=connection.upstream())

    calls = 'incidentportal_upstream_seconds_count{method="POST",outcome="%s",resource="incidents"}'
    before = scrape()
    once(row())
    once(row())
    connected.fault(**CREATE, kind="status", status=422, body={"errors": ["No."]}, times=1)
    once(row())
    after = scrape()
    for outcome, count in (("Delivered", 2), ("Rejected", 1)):
        labels = f'{{dialect="{dialect}",outcome="{outcome}"}}'
        assert after[f"incidentportal_delivery_attempts_total{labels}"] == count
        assert after[f"incidentportal_delivery_attempt_seconds_total{labels}"] > 0
    for outcome, more in (("2xx", 2), ("4xx", 1)):
        assert after[calls % outcome] - before.get(calls % outcome, 0) == more
    Declaration.objects.all().delete()
    assert Tally.objects.get(outcome="Delivered").attempts == 2, "also where its rows are gone"


def test_what_the_database_knows_is_told_in_few_queries(
    watched: None, connected: Sandbox, reporter: User
) -> None:
    upstream = connection.upstream()
    hour = Now() - timedelta(hours=1)
    make_declaration(reporter, upstream=upstream, queued_at=hour, title="canary")
    for state in (State.REJECTED, State.UNCONFIRMED, State.UNCONFIRMED):
        make_declaration(reporter, upstream=upstream, state=state, due_at=None)
    make_declaration(reporter, upstream=upstream, state=State.DELIVERED, incident_id="1",
                     delivered_at=hour)  # fmt: skip
    make_declaration(reporter, upstream=upstream, state=State.DELIVERED, incident_id="2",
                     due_at=None, delivered_at=hour)  # fmt: skip
    make_declaration(reporter, upstream="https://other.example/v1")
    Beat.objects.create(host="a", process=1)
    Beat.objects.create(host="b", process=2, stands_by=True)
    Beat.objects.create(host="c", process=3, seen_at=hour)
    queue.hold(upstream, "The token canary is refused.", queue.Cause.TOKEN)
    with CaptureQueriesContext(database) as asked:
        text = ask().content.decode()
    assert len(asked) <= 5
    told = values(text)
    states = {"queued": 1, "delivering": 0, "followed": 1, "rejected": 1, "unconfirmed": 2,
              "elsewhere": 1}  # fmt: skip
    assert {
        state: told[f'incidentportal_declarations{{state="{state}"}}'] for state in states
    } == states
    age = "incidentportal_declarations_oldest_seconds"
    assert 3600 <= told[f'{age}{{state="queued"}}'] < 3700
    assert 3600 <= told[f'{age}{{state="followed"}}'] < 3700
    assert told[f'{age}{{state="rejected"}}'] < 100
    assert told['incidentportal_queue_held{cause="token"}'] == 1
    assert told['incidentportal_queue_held{cause="breaker"}'] == 0
    assert told['incidentportal_workers{role="delivers"}'] == 1
    assert told['incidentportal_workers{role="stands_by"}'] == 1
    assert told["incidentportal_rate_free_writes"] == 48
    assert 0 <= told["incidentportal_snapshot_age_seconds"] < 100
    assert told["incidentportal_database_up"] == 1
    assert "canary" not in text
    assert "other.example" not in text


def test_it_answers_while_the_database_is_down(watched: None, form: Form) -> None:
    form.client.get("/incidents/new/")
    path = Path(database.settings_dict["NAME"])
    if database.vendor != "sqlite":
        pytest.skip("a file is moved away")
    database.close()
    database.settings_dict["OPTIONS"]["database"] = f"{path.as_uri()}?mode=rw"
    move(path, away(path))
    try:
        told = scrape()
    finally:
        move(away(path), path)
        del database.settings_dict["OPTIONS"]["database"]
        database.close()
    assert told["incidentportal_database_up"] == 0
    assert told['incidentportal_http_requests_total{method="GET",status="2xx",view="new"}'] >= 1
    assert not any(name.startswith("incidentportal_declarations") for name in told)


def test_the_page_lists_what_there_is_with_its_labels(
    watched: None, connected: Sandbox, reporter: User, visitor: Client
) -> None:
    once(make_declaration(reporter, upstream=connection.upstream()))
    visitor.get("/")
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"(?m)^(\w+)(?:\{(.*)\})? ", ask().content.decode()):
        plain = re.sub(r"_(bucket|count|sum)$", "", name)
        found.setdefault(plain, set()).update(set(re.findall(r'(\w+)="', labels)) - {"le"})
    page = (gates.ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `(incidentportal_\w+)` \|([^|]*)\|", page)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == found
    alerts = set(re.findall(r"\bincidentportal_\w+", "".join(page.split("```")[1::2])))
    known = {re.sub(r"_(bucket|count|sum)$", "", name) for name in alerts}
    assert known == set(found), "an example for each, and none of what isn't there"


@pytest.fixture
def tree(tmp_path: Path, sandbox: Sandbox) -> Iterator[Tree]:
    tree = Tree(tmp_path, sandbox, METRICS_TOKEN="watch", SYNC_INTERVAL="1", TMPDIR=str(tmp_path))
    yield tree
    tree.kill()


def asked(port: int, request: str) -> str:
    """The whole answer, over a connection of its own: which process takes it is left to chance."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(f"{request}\r\n".encode())
        return b"".join(iter(lambda: wire.recv(65536), b"")).decode()


def told(tree: Tree) -> Values:
    head = "GET /metrics HTTP/1.0\r\nAuthorization: Bearer watch\r\n"
    return values(asked(tree.port, head).partition("\r\n\r\n")[2])


def counts(path: Path) -> bool:
    return b"healthz" in path.read_bytes()


def crowd(tree: Tree) -> int:
    """Many at once, so that one process doesn't take them all; how many."""
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: status(tree.port, "/healthz"), range(64)))
    assert answers == [200] * 64
    return len(answers)


def test_processes_are_summed_and_what_a_dead_one_counted_stays(tree: Tree, tmp_path: Path) -> None:
    left = tmp_path / f"{slots.PREFIX}left"
    left.mkdir()
    (left / "lock").touch()
    end = time.monotonic() + 60
    tree.start("--workers", "2")
    tree.until_ready()
    assert not left.exists(), "what a killed one left is cleared away"
    lives = 'incidentportal_http_requests_total{method="GET",status="2xx",view="healthz"}'
    (folder,) = tmp_path.glob(f"{slots.PREFIX}*")
    count = 0
    while len([path for path in folder.glob("counter_*") if counts(path)]) < 2:
        assert time.monotonic() < end, "both web processes have their part"
        count += crowd(tree)
    assert told(tree)[lives] == count
    calls = 'incidentportal_upstream_seconds_count{method="GET",outcome="2xx",resource="services"}'
    while told(tree).get(calls, 0) < 1:  # the worker's: it alone fetches the configuration
        assert time.monotonic() < end
        time.sleep(0.2)
    files = len(list(folder.glob("counter_*")))
    mark = f"{MARK}={tree.environment[MARK]}"
    killed = answering(mark)[0]
    os.kill(killed, signal.SIGKILL)
    while len(now := answering(mark)) < 2 or killed in now:
        assert time.monotonic() < end
        time.sleep(0.1)
    count += crowd(tree)
    assert told(tree)[lives] == count
    assert len(list(folder.glob("counter_*"))) == files, "the new one has the dead one's place"
    tree.end()
    assert not folder.exists()
