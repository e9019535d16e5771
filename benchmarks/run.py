"""`make bench`: the figures that the portal means to keep, each against a baseline of the same run.

Ends with 0 even where an aim is missed, and says so. How to read it stands in `README.md`.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import backlog, inside, presets, sync, waiting
from benchmarks.browser import FORM, Browser
from benchmarks.people import adds as people_adds
from benchmarks.portals import Portal, floor, portal
from benchmarks.timing import Row, medians, show

TIMES = 400
SUBMISSIONS = 60
UPSTREAM_MS = 100.0


def large_form(large: Portal) -> Iterator[Row]:
    """The form of the large data set, against a bare view on the same server."""
    with floor() as alone:
        form, bare, least = medians(
            TIMES,
            lambda: large.browser.get(FORM),
            lambda: large.browser.get("/bare/"),
            lambda: alone.get("/bare/"),
        )
    # Before what follows takes its time: the server closes a connection that nobody uses.
    yield from first_load(large, "large data set")
    yield Row("bare view, signed in, whole middleware", bare, "ms", least, "ms without middleware")
    yield Row("form page, large data set", form, "ms", bare, "ms bare, signed in")
    yield Row("form page, large data set", form, "ms", least, "ms bare, without middleware")
    own = inside.alone(inside.form_page, large.environment, TIMES)
    yield Row("form page's own work: view and template", own["page"], "ms", aim=5)
    yield Row("the same, with errors at its fields", own["errors"], "ms", own["page"], "ms without")
    name = "redraw's own work: everything filled in"
    yield Row(name, own["redraw"], "ms", own["page"], "ms as first seen", aim=3)
    yield Row("form page's queries", own["queries"], "", aim=4, inclusive=True)
    rules = inside.alone(inside.resolver, large.environment, TIMES)
    name = f"rules of {rules['fields']:.0f} fields, {rules['conditions']:.0f} conditions"
    yield Row(name, rules["rules"], "µs", rules["bare"], "µs without conditions", aim=1000)


def first_load(shown: Portal, which: str) -> Iterator[Row]:
    """Kilobytes of the form page with its style, script and icon."""
    sent, compressed = shown.browser.first_load()
    yield Row(f"first load, {which}, as sent", sent / 1024, "KB", aim=60)
    if sent != compressed:
        yield Row(f"first load, {which}, page compressed by a proxy", compressed / 1024, "KB")


def services(few: Portal, many: Portal) -> Row:
    """The same form with 5,000 services and with 40."""
    big, small = medians(TIMES, lambda: many.browser.get(FORM), lambda: few.browser.get(FORM))
    return Row("form page, 5,000 services", big, "ms", small, "ms with 40", 1.2, of_ratio=True)


def submissions(few: Portal, latency: float) -> Iterator[Row]:
    """A declaration, saved and delivered, against posting the same straight to the upstream."""
    few.sandbox.switch(latency_ms=latency)
    direct = Browser(few.sandbox.port)
    waiting = [few.browser.filled_form(f"Benchmark {uuid.uuid4()}") for _ in range(SUBMISSIONS + 6)]

    def declare() -> None:
        assert few.browser.post(FORM, waiting.pop()) == 303

    declare()
    body = json.dumps(few.sandbox.incidents()[-1]["body"])

    def post() -> None:
        headers = {
            "Authorization": f"Bearer {few.sandbox.token}",
            "Content-Type": "application/vnd.api+json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        status, _, content = direct.send("POST", "/v1/incidents", body, headers)
        assert status == 201, content

    through, straight = medians(
        SUBMISSIONS, declare, post, warm_up=5, between=lambda: settled(few.file)
    )
    name = f"submit, upstream answers after {latency:g} ms"
    yield Row(name, through, "ms", straight, "ms straight to the upstream")
    yield Row("what the portal adds to it", through - straight, "ms", aim=10)


UNSETTLED = (
    "SELECT count(*) FROM declarations_declaration "
    "WHERE state <> 'delivered' OR claimed_until IS NOT NULL OR refreshes = 0"
)


def settled(file: Path) -> None:
    """Wait until what was declared is read back too: that comes after the answer, and is nothing
    that the next person waits for.
    """
    end = time.monotonic() + 30
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=20)) as asking:
        while asking.execute(UNSETTLED).fetchone() != (0,):
            assert time.monotonic() < end, "a declaration is not followed up"
            time.sleep(0.005)


def hidden(few: Portal) -> Iterator[Row]:
    """Whether time tells a private declaration of another from an id that doesn't exist."""
    told = inside.alone(inside.hidden, few.environment, TIMES)
    name, baseline = "404 of another's private declaration", "ms of an id that doesn't exist"
    yield Row(
        name,
        told["hidden"],
        "ms",
        told["nothing"],
        baseline,
        max(1.05, told["noise"]),
        of_ratio=True,
    )
    yield Row("the same of three ids that don't exist: slowest by fastest", told["noise"], "")
    yield Row("a person's permissions", told["roles"], "ms", aim=1)


def people(few: Portal) -> Iterator[Row]:
    """What sessions, limits and encryption add."""
    adds = inside.alone(people_adds, few.environment, TIMES)
    yield Row("a session's limits", adds["session"], "ms", aim=1)
    yield Row("a count against a person's limit", adds["throttle"], "ms", aim=1)
    saved, clear = adds["private"], adds["public"]
    yield Row("a private declaration saved", saved, "ms", clear, "ms a public one")
    yield Row("what encryption adds to it", saved - clear, "ms", aim=1)


def with_presets(large: Portal) -> Iterator[Row]:
    """What 50 presets add to the form, and what a form costs that starts from one of them."""
    costs = inside.alone(presets.costs, large.environment, TIMES)
    for name, key in (("form page, 50 presets", "full"), ("form page from one of them", "preset")):
        yield Row(name, costs[key], "ms", costs["none"], "ms without", 1.1, of_ratio=True)
    yield Row("a look for newer ones, every 2 s", costs["look"], "ms", aim=20)


def measure(folder: Path) -> Iterator[Row]:
    """Everything, one after the other."""
    with portal(folder / "large", "--size", "large") as large:
        yield from large_form(large)
        yield from with_presets(large)
    with portal(folder / "few") as few:
        with portal(folder / "many", "--services", "5000") as many:
            yield services(few, many)
        yield from first_load(few, "40 services")
        for latency in (0.0, UPSTREAM_MS):  # before the next two, who leave rows that never settle
            yield from submissions(few, latency)
        yield from hidden(few)
        yield from people(few)
    yield from backlog.measure(folder)
    yield from waiting.figures(folder / "waiting")
    words, taken = inside.alone(inside.slowest_search)
    yield Row(f"search in 5,000 options ({words!r}, the slowest)", taken, "ms", aim=5)
    figures = inside.alone(sync.figures)
    name = f"sync of the large data set, {sync.LATENCY_MS} ms latency"
    yield Row(name, figures["seconds"], "s", aim=30)
    yield Row("its requests", figures["requests"], "", aim=1000)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        show(list(measure(Path(name))))
