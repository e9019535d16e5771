"""`/operations/`: how the portal does, at a glance. It reads; `operations_acting.py` acts.

Of private declarations it knows state and age alone (`declarations/figures.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import is_admin, person
from incidentportal.catalog import connection, news, staleness
from incidentportal.catalog.current import current, sync_state
from incidentportal.declarations import beats, course, figures, rate, storage, upstreams
from incidentportal.declarations import day as days
from incidentportal.declarations.forms import FilledForm
from incidentportal.portal import charts
from incidentportal.portal.charts import Series
from incidentportal.portal.needs import needs

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
TEST = "mark_as_test"
TEST_LINK = "?mark_as_test=true&title=Test+from+Incident+Portal"


def admins_only(view: View[P]) -> View[P]:
    """For everybody else there is nothing here."""

    @wraps(view)
    def seen(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_admin(person(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return seen


@never_cache
@admins_only
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return page(request)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was pressed and could not be done. `field` is the control that `sentence` is about,
    blank where there is none; `reason` is what was typed.
    """

    sentence: str
    field: str = ""
    reason: str = ""


def page(request: HttpRequest, *, asked: Asked | None = None, status: int = 200) -> HttpResponse:
    """The page, with what went wrong."""
    reader, url = person(request), connection.upstream()
    counted, attention = figures.queue(url), figures.attention(reader, url)
    workers = beats.alive()
    context = {
        "banners": [],  # these are needs here
        "needs": needs(url, counted, attention, workers),
        "upstream": url,
        "queue": counted,
        "attention": attention,
        "stuck_after": f"{settings.ALERT_STUCK_AFTER:g}",
        "course": course.course(url),
        "workers": workers,
        "storage": storage.storage(counted.total),
        "asked": asked,
        "mail_is_on": settings.EMAIL_IS_ON,
        "test": _test_link(reader),
        **_rootly(url),
        **_day(),
        **_catalog(url),
    }
    return render(request, "portal/operations.html", context, status=status)


def _rootly(url: str) -> dict[str, object]:
    """How Rootly does, and what may still be written there."""
    known = upstreams.known(url)
    budget = rate.budget(known.write_limit if known else None)
    return {
        "known": known,
        "a_minute": int(rate.WINDOW / budget.interval),
        "last_minute": days.last_minute(),
    }


def _day() -> dict[str, object]:
    """The last day, and its charts."""
    day = days.day()
    hours = day.hours
    return {
        "day": day,
        "counts": charts.stacked(
            Series("good", [hour.delivered for hour in hours]),
            Series("bad", [hour.other for hour in hours]),
        ),
        "latency": charts.overlaid(
            Series("slow", [hour.p95 for hour in hours]),
            Series("usual", [hour.p50 for hour in hours]),
        ),
    }


def _catalog(url: str) -> dict[str, object]:
    catalog = current()
    return {
        "catalog": catalog,
        "sync": sync_state(),
        "stale": staleness.stale(url),
        "news": news.latest(catalog) if catalog else None,
    }


def _test_link(reader: User) -> str:
    """Where a test is declared; blank where Rootly's form can't say that it is one."""
    catalog = current()
    if catalog is None or TEST not in FilledForm.start(catalog, reader).forms.by_name:
        return ""
    return reverse("new") + TEST_LINK
