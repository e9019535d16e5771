"""What the form page costs inside the process: the view with its template, and its queries.

Each function here runs in a fresh process (`inside.alone`), since Django is set up once in one.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import django

from benchmarks.browser import FORM
from benchmarks.timing import medians
from incidentportal.catalog.options import Option, OptionList

Answer = TypeVar("Answer")

SEARCHES = ("s", "ser 4", "9 pay", "none", "é service")
WORDS = ("payments", "checkout", "ledger", "search", "mail")


def alone(work: Callable[..., Answer], *arguments: object) -> Answer:
    """Call it in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def form_page(environment: dict[str, str], times: int) -> dict[str, float]:
    """Milliseconds of the view with its template: the form as a person first sees it (`page`),
    and answered with all that is wrong in it (`errors`); and the database `queries` of the page
    as a signed-in person's request makes them, middleware included.
    """
    os.environ |= environment
    django.setup()
    # Models can be imported once Django is set up, not before.
    from django.db import connection  # noqa: PLC0415  # as above
    from django.test import Client, RequestFactory  # noqa: PLC0415  # as above
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415  # as above

    from incidentportal.accounts.models import User  # noqa: PLC0415  # as above
    from incidentportal.declarations.views import new  # noqa: PLC0415  # as above

    person = User.objects.get()

    def ask(request: Any, status: int) -> None:
        request.user = person
        assert new(request).status_code == status

    requests = RequestFactory(SERVER_NAME="127.0.0.1")
    page, errors = medians(
        times,
        lambda: ask(requests.get(FORM), 200),
        lambda: ask(requests.post(FORM, {}), 422),
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person)
    client.get(FORM)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(FORM).status_code == 200
    return {"page": page, "errors": errors, "queries": len(queries)}


def slowest_search() -> tuple[str, float]:
    """The slowest of some searches among 5,000 options: its words, and milliseconds."""
    options = OptionList(
        Option(str(number), f"{word} service {number}")
        for number, word in enumerate(WORDS * (5000 // len(WORDS)))
    )
    taken = medians(100, *(partial(options.search, words) for words in SEARCHES))
    return max(zip(SEARCHES, taken, strict=True), key=lambda item: item[1])
