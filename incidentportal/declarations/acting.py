"""What the buttons on a declaration's page post. It translates; `decisions.py` decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from incidentportal.accounts import kept
from incidentportal.accounts.models import User
from incidentportal.accounts.roles import person
from incidentportal.declarations import access, decisions, facts, work
from incidentportal.declarations.decisions import Action, AnswerError, OvertakenError
from incidentportal.declarations.facts import NotNowError
from incidentportal.declarations.forms import UPDATE, answers_of
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.offering import PREFIX, Asked, corrected
from incidentportal.declarations.views import page_of

UNKNOWN = "That can't be done to a declaration. Nothing was changed: use a button of this page."
NOTHING_DECIDED = "Nothing was decided: everything is as it was. Try again in a moment."
TWO = "Say one incident only."


@kept.keeps_answers
@never_cache
@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Do to a declaration what `action` says: 303 to its page.

    422, the page, with what is wrong at its control and what was typed; 409 with what happened
    instead, or that Rootly could not be asked. 404: it isn't there, or it isn't theirs to decide.
    """
    reader = person(request)
    declaration = access.read(reader, pk)
    permitted = decisions.permitted(declaration, reader)
    if not permitted:
        raise Http404
    posted = answers_of(request.POST)
    asked = Asked(request.POST.get("action", ""), typed=posted)
    if UPDATE in posted:  # signed in again in the middle of it
        return page_of(request, declaration, asked=asked)
    try:
        action = Action(asked.action)
    except ValueError:
        return _answer(request, asked, declaration, 422, UNKNOWN)
    if action not in permitted:
        raise Http404
    try:
        _DO[action](declaration, reader, asked)
    except AnswerError as error:
        status = 422 if error.sentence else 200
        return _answer(request, asked, declaration, status, error.sentence, error.field)
    except NotNowError as error:
        asked = replace(asked, unanswered=True)
        return _answer(request, asked, declaration, 409, f"{error} {NOTHING_DECIDED}")
    except OvertakenError as error:
        return _answer(request, asked, access.read(reader, pk), 409, str(error))
    response = redirect("declaration", pk)
    response.status_code = 303
    return response


def _answer(  # what a page says
    request: HttpRequest,
    asked: Asked,
    declaration: Declaration,
    status: int,
    sentence: str,
    field: str = "",
) -> HttpResponse:
    asked = replace(asked, sentence=sentence, field=field)
    return page_of(request, declaration, status=status, asked=asked)


def _withdraw(declaration: Declaration, reader: User, _: Asked) -> None:
    decisions.withdraw(declaration.pk, reader)


def _send_again(declaration: Declaration, reader: User, _: Asked) -> None:
    decisions.send_again(declaration.pk, reader)
    work.try_now(declaration.pk)


def _give_up(declaration: Declaration, reader: User, asked: Asked) -> None:
    decisions.give_up(declaration.pk, reader, asked.text("reason"))


def _this_one(declaration: Declaration, reader: User, asked: Asked) -> None:
    typed = asked.typed.get("incident_id", ())
    named = {text.strip() for text in typed if text.strip()}
    if len(named) > 1:
        raise AnswerError("incident_id", TWO)
    decisions.check(declaration.pk, reader, Action.THIS_ONE)
    incident, unchecked = facts.identify(declaration, "".join(named))
    decisions.this_one(declaration.pk, reader, incident, unchecked=unchecked)


def _not_there(declaration: Declaration, reader: User, _: Asked) -> None:
    decisions.not_there(declaration.pk, reader)
    work.try_now(declaration.pk)


def _retry_step(declaration: Declaration, reader: User, asked: Asked) -> None:
    key = asked.text("step")
    if key.startswith(PREFIX):
        decisions.check(declaration.pk, reader, Action.RETRY_STEP)
        value = corrected(declaration, reader, key, asked)
        decisions.correct_value(declaration.pk, reader, value)
    else:
        decisions.retry_step(declaration.pk, reader, key)
    work.try_now(declaration.pk)


def _step_done(declaration: Declaration, reader: User, asked: Asked) -> None:
    decisions.step_done(declaration.pk, reader, asked.text("step"))


_DO: Mapping[Action, Callable[[Declaration, User, Asked], None]] = {
    Action.WITHDRAW: _withdraw,
    Action.SEND_AGAIN: _send_again,
    Action.GIVE_UP: _give_up,
    Action.THIS_ONE: _this_one,
    Action.NOT_THERE: _not_there,
    Action.RETRY_STEP: _retry_step,
    Action.STEP_DONE: _step_done,
}
