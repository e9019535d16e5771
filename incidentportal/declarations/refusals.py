"""A rejected declaration's form: Rootly's words at their fields, and what they say of the form.

Where they contradict the picture of Rootly's configuration, that is fetched anew, and what Rootly
asks for is shown and required at once, until the declaration is accepted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import BigAutoField, UUIDField

from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given, Select
from incidentportal.catalog import resync
from incidentportal.catalog.current import Catalog, current
from incidentportal.declarations.forms import FilledForm
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.openings import NOTHING_REFUSED, Refused
from incidentportal.declarations.states import State
from incidentportal.formengine import errormap
from incidentportal.formengine.contradictions import (
    Contradictions,
    contradictions,
    still_demanded,
)
from incidentportal.formengine.errormap import Placed
from incidentportal.formengine.view import FormView

SILENT = "Rootly did not accept it, and did not say why."
ASKS = "The form has changed: Rootly asks for {} now."
ASKS_ELSE = (
    "The form has changed: Rootly asks for something that isn’t on it here. What it said stands"
    " above. If you can’t find where to enter it, please tell an admin."
)
NOT_TAKEN = (
    "Rootly did not take what was fixed for “{}”: it is left to you. Change it, or leave it empty."
)
FETCHING = (
    "The form is being fetched from Rootly anew; what else changed in it is shown the next time"
    " this page is drawn."
)

log = logging.getLogger(__name__)


def view(catalog: Catalog, declaration: Declaration, author: User) -> FormView:
    """The form of a rejected declaration, for its author. Where Rootly contradicts `catalog` this
    waits for a newer one, `resync.PATIENCE` seconds at most.
    """
    found = _judge(catalog, declaration, author)
    fetching = False
    if found.against:
        log.warning("Rootly refused %s against the form as it is known here", declaration.pk)
        fetching = resync.newer_than(_refused_at(declaration)) == "under_way"
        newer = current()
        if newer is not None and newer.snapshot_id != catalog.snapshot_id:
            found = _judge(newer, declaration, author)
    form = replace(found.form, remarks=tuple(_remarks(found, fetching=fetching)))
    placed = found.placed
    messages = [*placed.messages, *(text for texts in placed.ours.values() for text in texts)]
    return form.view(placed.errors, messages or ([] if placed.errors else [SILENT]))


def demanded(catalog: Catalog, pk: UUID | None, author: User) -> Refused:
    """What Rootly's refusals say of the form, where this declaration is rejected: the fields that
    it asks for beyond the form's rules are shown and required until it is accepted.
    """
    if pk is None:
        return NOTHING_REFUSED
    # Most forms are sent for the first time: the whole row is read for the others alone.
    if _REJECTED.first(pk=pk, author=author.pk) is None:
        return NOTHING_REFUSED
    rejected = Declaration.objects.filter(pk=pk, author=author, state=State.REJECTED).first()
    return _judge(catalog, rejected, author).refused if rejected else NOTHING_REFUSED


_REJECTED = Select(
    Declaration.objects.filter(
        pk=Given("pk", UUIDField()), author_id=Given("author", BigAutoField()),
        state=State.REJECTED,
    ).values_list("pk")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Judged:
    """The form with what Rootly demands, its words by field, and what of them contradicts it."""

    form: FilledForm
    refused: Refused
    placed: Placed
    against: Contradictions


def _judge(catalog: Catalog, declaration: Declaration, author: User) -> _Judged:
    by_rules = FilledForm.stored(catalog, declaration, author)
    said = declaration.errors
    words = [(path, message) for path, message in said.get("field_errors", [])]
    sent = declaration.payload
    placed = errormap.place(by_rules.resolved, words, said.get("messages", []), sent)
    against = contradictions(placed, by_rules.resolved)
    before = still_demanded(set(said.get("demanded", [])), placed, by_rules.resolved)
    refused = Refused(
        against.demanded | before,
        by_rules.may_lift & frozenset(placed.errors),  # nobody could mend them else
    )
    is_said = refused != NOTHING_REFUSED
    form = FilledForm.stored(catalog, declaration, author, refused) if is_said else by_rules
    return _Judged(form, refused, placed, against)


def _remarks(found: _Judged, *, fetching: bool) -> Iterable[str]:
    told = " ".join(found.form.changes.sentences)
    labels = [f"“{state.field.label}”" for state in found.form.resolved.shown
              if state.field.name in found.against.demanded]  # fmt: skip
    if new := [label for label in labels if f"{label} is required now." not in told]:
        yield ASKS.format(" and ".join([", ".join(new[:-1]), new[-1]] if new[1:] else new))
    for name in sorted(found.refused.lifted):
        yield NOT_TAKEN.format(found.form.forms.by_name[name].label)
    if found.against.elsewhere:
        yield ASKS_ELSE
    if fetching:
        yield FETCHING


def _refused_at(declaration: Declaration) -> datetime:
    """When Rootly said so, by the database's clock."""
    ended = [attempt.finished_at for attempt in declaration.attempts.all() if attempt.finished_at]
    return max(ended, default=declaration.submitted_at)
