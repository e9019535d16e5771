"""What the form page costs inside the process: the view with its template, and its queries.

Each function here runs in a fresh process (`inside.alone`), since Django is set up once in one.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import statistics
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

import django

from benchmarks.browser import FORM
from benchmarks.timing import medians
from incidentportal.catalog.options import Option, OptionList
from incidentportal.formengine.fields import Field
from incidentportal.formengine.resolve import resolve
from incidentportal.formengine.rules import NO_RULES
from tests.support.controls import controls, page_of

Answer = TypeVar("Answer")

SEARCHES = ("s", "ser 4", "9 pay", "none", "é service")
WORDS = ("payments", "checkout", "ledger", "search", "mail")


def alone(work: Callable[..., Answer], *arguments: object) -> Answer:
    """Call it in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def form_page(environment: dict[str, str], times: int) -> dict[str, float]:
    """Milliseconds of the view with its template: the form as a person first sees it (`page`),
    drawn anew while it is filled in (`redraw`: all that the page holds, a title and the first
    choice of each field in it, posted by htmx), and answered with all that is wrong in it
    (`errors`); and the database `queries` of the page as a signed-in person's request makes them,
    middleware included.
    """
    os.environ |= environment
    django.setup()
    # Models can be imported once Django is set up, not before.
    from django.test import RequestFactory  # noqa: PLC0415  # as above

    from incidentportal.accounts.models import User  # noqa: PLC0415  # as above
    from incidentportal.declarations.views import new  # noqa: PLC0415  # as above

    person = User.objects.get()

    def ask(request: Any, status: int) -> bytes:
        request.user = person
        response = new(request)
        assert response.status_code == status
        return response.content

    requests = RequestFactory(SERVER_NAME="127.0.0.1")
    body = filled_in(ask(requests.get(FORM), 200).decode())
    kind = "application/x-www-form-urlencoded"

    def redrawn() -> None:
        ask(requests.generic("POST", FORM, body, kind, headers={"HX-Request": "true"}), 200)

    page, redraw, errors = medians(
        times,
        lambda: ask(requests.get(FORM), 200),
        redrawn,
        lambda: ask(requests.post(FORM, {}), 422),
    )
    return {"page": page, "redraw": redraw, "errors": errors, "queries": _queries(person)}


def _queries(person: Any) -> int:
    # Models can be imported once Django is set up, not before.
    from django.db import connection  # noqa: PLC0415  # as above
    from django.test import Client  # noqa: PLC0415  # as above
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415  # as above

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person)
    client.get(FORM)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(FORM).status_code == 200
    return len(queries)


def filled_in(page: str) -> str:
    """What a page's form posts with a title and the first choice of each field, url-encoded."""
    root = page_of(page)
    first: dict[str, list[str]] = {"title": ["Checkout is slow"]}
    for item in root.iter("input"):
        if item.get("type") in {"radio", "checkbox"} and item.get("value"):
            first.setdefault(item.get("name", ""), [item.get("value", "")])
    return urlencode({**controls(root, "declaration"), **first}, doseq=True)


def resolver(environment: dict[str, str], times: int) -> dict[str, float]:
    """Microseconds to decide what the large form shows and requires, answered (`rules`), and the
    same without a condition in it (`bare`); and how many `fields` and `conditions` it has.
    """
    os.environ |= environment
    django.setup()
    # Models can be imported once Django is set up, not before.
    from incidentportal.catalog.current import current  # noqa: PLC0415  # as above
    from incidentportal.presets.forms import forms_of  # noqa: PLC0415  # as above

    catalog = current()
    assert catalog is not None
    definition = max(forms_of(catalog).definitions, key=lambda one: len(one.fields))
    clauses = [clause for one in definition.rules for clause in (one.shown, one.required)]
    bare = replace(definition, rules=(NO_RULES,) * len(definition.fields))
    answers = {field.name: _an_answer(field) for field in definition.fields}
    took = medians(times, lambda: resolve(definition, answers), lambda: resolve(bare, answers))
    return {
        "rules": took[0] * 1000,
        "bare": took[1] * 1000,
        "fields": len(definition.fields),
        "conditions": sum(len(clause.conditions) for clause in clauses),
    }


def _an_answer(field: Field) -> list[str]:
    return [next(iter(field.options)).id] if field.options else ["1"]


def hidden(environment: dict[str, str], times: int) -> dict[str, float]:
    """Milliseconds until somebody is told 404: of another's private declaration (`hidden`), of an
    id that doesn't exist (`nothing`); how much the medians of three such ids differ anyway
    (`noise`, as a ratio). And what asking for a person's permissions costs (`roles`).
    """
    os.environ |= environment
    django.setup()
    from django.test import Client  # noqa: PLC0415  # Django is set up by now

    from incidentportal.accounts.models import User  # noqa: PLC0415  # as above
    from incidentportal.accounts.roles import Ability, may  # noqa: PLC0415  # as above
    from incidentportal.declarations.states import State  # noqa: PLC0415  # as above
    from tests.support.declarations import make_declaration  # noqa: PLC0415  # as above

    asking, author = User.objects.get(), User.objects.create_user("author")
    theft = {"title": "A theft", "private": True}
    secret = make_declaration(author, payload=theft, state=State.WITHDRAWN, due_at=None)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(asking)

    def ask(pk: object) -> None:
        assert client.get(f"/declarations/{pk}/").status_code == 404

    def roles() -> None:
        asking.__dict__.pop("_portal_knows", None)
        may(asking, Ability.VIEW_OTHERS)

    logging.disable(logging.WARNING)  # a line for each 404 costs more than what is measured
    (role,) = medians(times, roles)
    # Each comes after an id that doesn't exist: what runs before leaves its traces in the caches.
    pks = (secret.pk, *(uuid.uuid4() for _ in range(3)))
    there, one, other, another = medians(times, *(partial(ask, pk) for pk in pks))
    nothing = statistics.median((one, other, another))
    spread = max(one, other, another) / min(one, other, another)
    return {"hidden": there, "nothing": nothing, "noise": spread, "roles": role}


def slowest_search() -> tuple[str, float]:
    """The slowest of some searches among 5,000 options: its words, and milliseconds."""
    options = OptionList(
        Option(str(number), f"{word} service {number}")
        for number, word in enumerate(WORDS * (5000 // len(WORDS)))
    )
    taken = medians(100, *(partial(options.search, words) for words in SEARCHES))
    return max(zip(SEARCHES, taken, strict=True), key=lambda item: item[1])
