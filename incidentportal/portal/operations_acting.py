"""What the buttons of Operations post. It translates; queue, decisions and catalog act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import person
from incidentportal.catalog import connection, resync
from incidentportal.declarations import decisions, figures, queue, upstreams, work
from incidentportal.declarations.decisions import AnswerError, NotPermittedError, OvertakenError
from incidentportal.declarations.states import State
from incidentportal.portal.operations import Asked, admins_only, page

LONGEST_REASON = 300
UNKNOWN = "That can't be done here. Nothing was changed: use a button of this page."
NO_UPSTREAM = "The portal isn't connected to Rootly: see to ROOTLY_API_URL and its token first."
REFRESHED = {
    "newer": "Rootly's configuration was fetched.",
    "under_way": "Rootly's configuration is being fetched. Look again in a moment.",
    "later": "Nothing was fetched: it was looked at just now, or Rootly does not answer. It is "
    "fetched again by itself; what went wrong stands below.",
}


class _WrongError(Exception):
    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.asked = Asked(sentence, field)


@never_cache
@admins_only
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do what `action` says to the queue or the catalog: 303 to the page, which says what was done;
    422, the page with what is wrong.
    """
    reason = request.POST.get("reason", "").strip()
    try:
        action = _DO.get(request.POST.get("action", ""), _unknown)
        messages.success(request, action(connection.upstream(), person(request), reason))
    except _WrongError as error:
        asked = Asked(error.asked.sentence, error.asked.field, reason)
        return page(request, asked=asked, status=422)
    return _to("operations")


def _unknown(*_: object) -> str:
    raise _WrongError(UNKNOWN)


def _hold(url: str, reader: User, reason: str) -> str:
    if not url:
        raise _WrongError(NO_UPSTREAM)
    if not reason:
        raise _WrongError("Say why: who waits for a declaration reads it.", "reason")
    if len(reason) > LONGEST_REASON:
        raise _WrongError(f"Shorter, please: at most {LONGEST_REASON} characters.", "reason")
    if not queue.hold_by(url, reader, reason):
        raise _WrongError("An admin holds the queue already. Nothing was changed.")
    return "Nothing is sent to Rootly any more, until an admin lets it go on."


def _release(url: str, reader: User, _: str) -> str:
    if not queue.release_by(url, reader):
        raise _WrongError("No admin holds the queue any more. Nothing was changed.")
    return "Declarations are sent again."


def _refresh(_: str, __: User, ___: str) -> str:
    if connection.config_problem() is not None:
        raise _WrongError(NO_UPSTREAM)
    return REFRESHED[resync.refresh()]


def _learn_again(url: str, reader: User, _: str) -> str:
    if not upstreams.learn_again(url, reader):
        raise _WrongError("Everything is sent already. Nothing was changed.")
    return "With the next declaration it is tried again. What Rootly refuses is left out again."


_DO: Mapping[str, Callable[[str, User, str], str]] = {
    "hold": _hold, "release": _release, "refresh": _refresh, "learn-again": _learn_again,
}  # fmt: skip


@never_cache
@admins_only
@require_http_methods(["GET", "HEAD", "POST"])
def declaration(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What an admin may do to a declaration that needs somebody, whether they see it or not: by
    state and age. 404: nothing is to be done in it.
    """
    reader = person(request)
    line = figures.one(reader, pk, connection.upstream())
    if line is None:
        raise Http404
    if request.method != "POST":
        return _confirm(request, line)
    reason = request.POST.get("reason", "")
    try:
        action = _DO_TO.get(request.POST.get("action", ""), _unknown)
        messages.success(request, action(pk, reader, reason))
    except _WrongError as error:
        asked = Asked(error.asked.sentence, error.asked.field, reason)
        after = figures.one(reader, pk, connection.upstream()) or line
        return _confirm(request, after, asked=asked, status=422)
    return _to("operations")


def _retry(pk: UUID, reader: User, _: str) -> str:
    if not queue.retry_by(pk, reader):
        raise _WrongError(
            "It can't be tried sooner: its turn has come already, or the portal has to look in "
            "Rootly first. Nothing was changed."
        )
    work.try_now(pk)
    return "It is tried now, as far as the queue lets it."


def _give_up(pk: UUID, reader: User, reason: str) -> str:
    try:
        decisions.give_up(pk, reader, reason)
    except AnswerError as error:
        raise _WrongError(error.sentence, error.field) from None
    except (OvertakenError, NotPermittedError) as error:
        raise _WrongError(f"{error} Nothing was changed.".strip()) from None
    return "It was given up. Nothing is sent any more until somebody has it sent again."


_DO_TO: Mapping[str, Callable[[UUID, User, str], str]] = {"retry": _retry, "give-up": _give_up}


def _confirm(
    request: HttpRequest, line: figures.Line, *, asked: Asked | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "line": line,
        "asked": asked,
        "may_retry": line.state is State.QUEUED and not line.other_upstream,
        "may_give_up": line.state is not State.DELIVERING,
    }
    return render(request, "portal/operations_declaration.html", context, status=status)


def _to(name: str) -> HttpResponse:
    response = redirect(name)
    response.status_code = 303
    return response
