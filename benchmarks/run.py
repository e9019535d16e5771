"""`make bench`: the figures that the portal means to keep, against baselines of the same run."""

from __future__ import annotations

import re
import sys
import tempfile
import uuid
from html import unescape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.portals import Browser, compressed, free_port, median, portal, process, wait_for
from incidentportal.catalog.options import Option, OptionList
from incidentportal.portal.processes import web

FORM = "/incidents/new/"
TIMES = 300


def line(name: str, value: float, unit: str, baseline: str, aim: float | None) -> None:
    """One row of the table; `aim` is the most that the value should be."""
    verdict = "" if aim is None else f"aim < {aim:g}: {'met' if value < aim else 'MISSED'}"
    print(f"{name:<58}{value:>9.2f} {unit:<6}{baseline:<34}{verdict}", flush=True)


def form_milliseconds(browser: Browser) -> float:
    """The form page over the socket, at the median."""
    return median(lambda: browser.send("GET", FORM), TIMES)


def first_load(browser: Browser) -> float:
    """Kilobytes of the form page with all that it asks for, compressed."""
    page = browser.send("GET", FORM)[1]
    total = compressed(page)
    for path in set(re.findall(rb'(?:src|href)="(/static/[^"]+)"', page)):
        content = browser.send("GET", path.decode())[1]
        # What the server sends is compressed already, where it can be.
        total += len(content)
    return total / 1024


def submit(browser: Browser) -> None:
    """Fill in what is required, and declare."""
    page = browser.send("GET", FORM)[1].decode()
    hidden = {
        name: unescape(re.search(rf'name="{name}" value="([^"]+)"', page)[1])  # type: ignore[index]  # it is there
        for name in ("csrfmiddlewaretoken", "declaration")
    }
    answers = {"title": f"Benchmark {uuid.uuid4()}", **hidden}
    for name, value in re.findall(
        r'type="radio"[^>]* name="([^"]+)" value="([^"]+)"[^>]* required', page
    ):
        answers.setdefault(unescape(name), unescape(value))
    status = browser.send("POST", FORM, answers)[0]
    assert status == 303, status


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp())
    port = free_port()
    bare_web = [*web("127.0.0.1", port, 1, 2)[:-1], "benchmarks.bare:application"]
    with process(bare_web):
        wait_for(port)
        bare_browser = Browser(port)
        bare = median(lambda: bare_browser.send("GET", "/"), TIMES)
        line("a bare view", bare, "ms", "", None)
        with portal(folder, "--size", "large") as (large, _):
            taken = form_milliseconds(large)
            line(
                "form page, large data set, own work",
                taken - bare,
                "ms",
                f"bare view {bare:.2f} ms",
                5,
            )
            line("form page, large data set, ratio", taken / bare, "times", "bare view", None)
            line("first load, large data set", first_load(large), "KB", "all files, compressed", 60)
    with portal(folder) as (few, upstream), portal(folder, "--services", "5000") as (many, _):
        small = form_milliseconds(few)
        big = form_milliseconds(many)
        line(
            "form page, 5,000 services to 40",
            big / small,
            "times",
            f"40 services {small:.2f} ms",
            1.2,
        )
        sandbox = Browser(upstream)
        reading = median(lambda: sandbox.send("GET", "/healthz"), TIMES)
        filling = median(lambda: few.send("GET", FORM), TIMES)
        both = median(lambda: submit(few), 60)
        line(
            "submit, saved and delivered",
            both - filling,
            "ms",
            f"sandbox alone {reading:.2f} ms",
            None,
        )
    options = OptionList(
        Option(str(number), f"{word} service {number}")
        for number, word in enumerate(["payments", "checkout", "ledger", "search", "mail"] * 1000)
    )
    worst = max(median(lambda q=q: options.search(q), 50) for q in ("s", "ser 4", "9 pay", "none"))  # type: ignore[misc]  # mypy takes no default in a lambda
    line("search in 5,000 options, the slowest of four", worst, "ms", "", 5)


if __name__ == "__main__":
    main()
