"""A form sent again under the id of a declaration that exists, with other answers: they were not
sent. They are kept as a draft beside it, and its page offers them as a new declaration.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.catalog import connection, current
from incidentportal.declarations import drafts, start_links
from incidentportal.declarations.forms import FilledForm
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.openings import Refused
from incidentportal.presets import starting

Posted = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Beside:
    """What its author's page says of it: the draft's id, and the labels of what differs (may be
    empty: not known).
    """

    id: uuid.UUID
    labels: tuple[str, ...]


def keep(declaration: Declaration, author: User, form: FilledForm, posted: Posted) -> bool:
    """Keep answers that were posted under this declaration's id, where they aren't the ones it
    has. False: they are, as with a double click or a retry, and nothing was written.
    """
    labels = _differing(declaration, author, form, posted)
    if labels is None:
        return False
    answers = drafts.answers_in(posted)
    with transaction.atomic():
        Declaration.objects.select_for_update().only("pk").get(pk=declaration.pk)
        rows = Draft.objects.filter(author=author, beside=declaration.pk)
        if _is_kept(rows.first(), answers):
            return True
        # One that was opened and worked on since is a draft of its own.
        rows.filter(version__gt=1).update(beside=None)
        rows.delete()
        Draft.objects.create(
            pk=uuid.uuid4(),
            author=author,
            upstream=connection.upstream(),
            beside=declaration.pk,
            title=drafts.title_of(form),
            content={"answers": answers, "told": [], "differing": labels},
        )
    return True


def _is_kept(draft: Draft | None, answers: Posted) -> bool:
    try:
        return draft is not None and bool(draft.content["answers"] == answers)
    except UnreadableError:
        return False


def of(declaration: Declaration, reader: User) -> Beside | None:
    """What is kept beside it, for its author alone. One query, none for others."""
    if declaration.author_id != reader.pk:
        return None
    draft = drafts.own(reader).filter(beside=declaration.pk).defer("title").first()
    if draft is None:
        return None
    try:
        labels = draft.content.get("differing", ())
    except UnreadableError:
        labels = ()
    return Beside(draft.pk, tuple(labels))


def _lifted(form: FilledForm, posted: Posted, stored: Posted) -> frozenset[str]:
    """The fields that the preset or the link fixes, and that were sent with another value: Rootly
    had refused the fixed one, so that they were the person's.
    """
    return frozenset(
        name
        for name in form.may_lift & posted.keys() & form.forms.by_name.keys()
        if tuple(stored.get(name, ())) != form.forms.by_name[name].locked
    )


def _differing(
    declaration: Declaration, author: User, form: FilledForm, posted: Posted
) -> list[str] | None:
    """The labels of the fields whose answers aren't what the declaration has; None: all are.

    Judged by the form as it was when the declaration was saved, as far as that is still known:
    what changed in Rootly since is no answer of the person's.
    """
    try:
        stored, shown = declaration.answers, declaration.labels
        asked = frozenset(declaration.errors.get("demanded", ()))
    except UnreadableError:
        return []
    lifted = _lifted(form, posted, stored)
    if declaration.snapshot_id != form.catalog.snapshot_id or asked != form.demanded or lifted:
        then = current.past(declaration.snapshot_id) or form.catalog
        form = FilledForm.posted(then, posted, author, Refused(asked, lifted))
    given = form.cleaned.answers
    names = {name for name in {*given, *stored} if _texts(given, name) != _texts(stored, name)}
    names -= {starting.CONTROL, start_links.CONTROL}  # where it started from is no answer
    names |= set(form.cleaned.errors)
    if declaration.private:
        names.discard("private")  # it stays so, whatever a form says
    if not names:
        return None
    fields = form.forms.by_name
    known = {item["name"]: item["label"] for item in shown}
    known |= {name: field.label for name, field in fields.items()}
    in_order = [*(name for name in fields if name in names), *sorted(names - fields.keys())]
    return [known.get(name, name) for name in in_order]


def _texts(answers: Posted, name: str) -> list[str]:
    """As a set of choices, or as text: a browser may send line ends in its own way."""
    return sorted("\n".join(text.splitlines()).strip() for text in answers.get(name, ()))
