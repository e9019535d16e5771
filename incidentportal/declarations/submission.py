"""Saving what a person submitted: the moment from which the portal guarantees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.declarations import privacy
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.states import State


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


def save(pk: uuid.UUID, author: User, submission: Submission) -> bool:
    """Commit a new declaration, or the correction of a rejected one.

    False: a declaration with this id exists already, and there is nothing to correct; nothing was
    written. When this returns True the row is on disk, and the form's draft is gone.
    """
    try:
        with transaction.atomic():
            Declaration.objects.create(
                pk=pk, author=author, private=submission.private, **submission.fields()
            )
            _forget_draft(pk, author)
    except IntegrityError:
        return _correct(pk, author, submission)
    return True


def _correct(pk: uuid.UUID, author: User, submission: Submission) -> bool:
    # The state is the guard: of two corrections at once, one finds it queued already.
    rows = Declaration.objects.filter(pk=pk, author=author, state=State.REJECTED)
    with transaction.atomic():
        was_private = rows.select_for_update().values_list("private", flat=True).first()
        if was_private is None:
            return False
        if was_private:
            submission = submission.kept_private()
        elif submission.private:
            privacy.make_private(pk)
        done = bool(
            rows.write(
                submission.private,
                state=State.QUEUED,
                due_at=Now(),
                queued_at=Now(),
                errors={"demanded": list(submission.demanded)} if submission.demanded else {},
                sentence="",
                failures=0,
                **submission.fields(),
            )
        )
        if done:
            _forget_draft(pk, author)
        return done


def _forget_draft(pk: uuid.UUID, author: User) -> None:
    Draft.objects.filter(pk=pk, author=author).delete()
