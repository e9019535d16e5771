"""Saving what a person submitted: the moment from which the portal guarantees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import BigAutoField, UUIDField
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given, Select
from incidentportal.declarations import claims, privacy
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.states import State
from incidentportal.declarations.transitions import become


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was found valid. `demanded` are names of fields that Rootly asked for when it
    refused this declaration before.
    """

    upstream: str
    snapshot_id: int
    title: str
    answers: Mapping[str, Sequence[str]]
    labels: Sequence[Mapping[str, str]]
    payload: Mapping[str, Any]
    severity_rank: int
    demanded: tuple[str, ...] = ()

    @property
    def private(self) -> bool:
        """Whether a private incident is asked for."""
        return bool(self.payload.get("private"))

    def kept_private(self) -> Submission:
        """The same, private: what was private once stays so, whatever the form says now."""
        shown = [*self.labels]
        if not any(line["name"] == "private" for line in shown):
            shown.append({"name": "private", "label": "Private", "text": "Yes"})
        return replace(
            self,
            answers={**self.answers, "private": ["true"]},
            labels=shown,
            payload={**self.payload, "private": True},
        )

    def fields(self) -> dict[str, Any]:
        """As the row stores it; whether it is private stands beside."""
        return {
            "upstream": self.upstream,
            "snapshot_id": self.snapshot_id,
            "title": self.title,
            "answers": {name: list(values) for name, values in self.answers.items()},
            "labels": list(self.labels),
            "payload": dict(self.payload),
            "severity_rank": self.severity_rank,
        }


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved is on disk, and the form's draft is gone. `claim` is the saver's own, where it
    wants to deliver it itself; None: it waits for its turn.
    """

    claim: int | None


def save(
    pk: uuid.UUID, author: User, submission: Submission, *, claimed: bool = False
) -> Saved | None:
    """Commit a new declaration, or the correction of a rejected one; with `claimed` nobody else
    takes it up before the saver's lease is over.

    None: a declaration with this id exists already, and there is nothing to correct; nothing was
    written.
    """
    claim, claimed_as = claims.first() if claimed else (None, {})
    try:
        with transaction.atomic():
            Declaration.objects.create(
                pk=pk,
                author=author,
                private=submission.private,
                **submission.fields(),
                **claimed_as,
            )
            _forget_draft(pk, author)
            return Saved(claim)
    except IntegrityError:
        return _correct(pk, author, submission, claimed=claimed)


def _correct(pk: uuid.UUID, author: User, submission: Submission, *, claimed: bool) -> Saved | None:
    # The state is the guard: of two corrections at once, one finds it queued already.
    rows = Declaration.objects.filter(pk=pk, author=author, state=State.REJECTED)
    with transaction.atomic():
        was_private = rows.select_for_update().values_list("private", flat=True).first()
        if was_private is None:
            return None
        if was_private:
            submission = submission.kept_private()
        elif submission.private:
            privacy.make_private(pk)
        done = become(
            rows,
            submission.private,
            State.QUEUED,
            due_at=Now(),
            queued_at=Now(),
            errors={"demanded": list(submission.demanded)} if submission.demanded else {},
            sentence="",
            failures=0,
            **submission.fields(),
        )
        if not done:
            return None
        _forget_draft(pk, author)
        return Saved(claims.take(pk) if claimed else None)


def _forget_draft(pk: uuid.UUID, author: User) -> None:
    if _DRAFT.first(pk=pk, author=author.pk):
        Draft.objects.filter(pk=pk, author=author).delete()


_DRAFT = Select(
    Draft.objects.filter(
        pk=Given("pk", UUIDField()), author_id=Given("author", BigAutoField())
    ).values_list("pk")
)
