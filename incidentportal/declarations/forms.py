"""The form for one request: the catalog's definition, the answers so far, what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict

from incidentportal.catalog.current import Catalog
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.submission import Submission
from incidentportal.formengine import (
    definition,
    errormap,
    payload,
    resolve,
    searching,
    starting,
    validation,
)
from incidentportal.formengine.view import FormView, form_view

RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3}
LAST_RANK = 9999
PUBLIC = {"", "0", "false", "off"}
NO_FIELDS = "Rootly's form has no fields, so nothing can be declared. Please tell an admin."
NOT_PRIVATE = "Private: you can't declare a private incident here. Nothing was sent."


@dataclass(frozen=True)
class FilledForm:
    """A form with answers, for a person in this time zone."""

    catalog: Catalog
    resolved: resolve.ResolvedForm
    answers: Mapping[str, Sequence[str]]
    zone: ZoneInfo

    @classmethod
    def start(cls, catalog: Catalog, zone: ZoneInfo) -> FilledForm:
        """A new one, with Rootly's defaults."""
        chosen = definition.choose_form_set(_forms(catalog), {})
        answers = starting.starting_answers(chosen)
        return cls(catalog, resolve.resolve(chosen, answers), answers, zone)

    @classmethod
    def filled(
        cls, catalog: Catalog, answers: Mapping[str, Sequence[str]], zone: ZoneInfo
    ) -> FilledForm:
        """With these answers."""
        chosen = definition.choose_form_set(_forms(catalog), answers)
        return cls(catalog, resolve.resolve(chosen, answers), answers, zone)

    @property
    def wants_search(self) -> bool:
        """Whether a search is asked for, and not a declaration."""
        return searching.wants_search(self.resolved, self.answers)

    @cached_property
    def cleaned(self) -> validation.Cleaned:
        """The answers' meaning, and what is wrong with them."""
        return validation.clean(self.resolved, self.answers, self.zone)

    @property
    def errors(self) -> dict[str, Sequence[str]]:
        """What is wrong, by control name.

        Asking for privacy that this form doesn't offer is an error: nothing is sent in public
        instead.
        """
        if not self.resolved.shown:
            return {"": (NO_FIELDS,)}
        wants_privacy = {text.strip().lower() for text in self.answers.get("private", ())}
        if wants_privacy <= PUBLIC or "private" in self.resolved.definition.by_name:
            return dict(self.cleaned.errors)
        return {**self.cleaned.errors, "private": (NOT_PRIVATE,)}

    def submission(self, upstream: str) -> Submission:
        """What is saved of a form without errors."""
        attributes = payload.attributes(self.resolved, self.cleaned)
        return Submission(
            upstream=upstream,
            snapshot_id=self.catalog.snapshot_id,
            title=str(attributes.get("title") or ""),
            answers=self.cleaned.answers,
            labels=payload.labelled_answers(self.resolved, self.cleaned),
            payload=attributes,
            severity_rank=_rank(self.catalog, attributes.get("severity_id")),
        )

    def view(
        self,
        errors: Mapping[str, Sequence[str]] | None = None,
        messages: Sequence[str] = (),
    ) -> FormView:
        """For the template."""
        if not self.resolved.shown and not errors:
            messages = [*messages, NO_FIELDS]
        return form_view(self.resolved, self.answers, self.zone, errors=errors, messages=messages)

    def refused_view(self, declaration: Declaration) -> FormView:
        """With Rootly's words at their fields, and every one of them somewhere."""
        kept = declaration.errors
        found = [(path, message) for path, message in kept.get("field_errors", [])]
        placed = errormap.place(self.resolved, found, kept.get("messages", []), declaration.payload)
        ours = [message for messages in placed.ours.values() for message in messages]
        messages = [*placed.messages, *ours]
        if not messages and not placed.errors:
            messages = ["Rootly did not accept it, and did not say why."]
        return self.view(placed.errors, messages)


def answers_of(posted: QueryDict) -> dict[str, list[str]]:
    """What was posted, by control name."""
    return {name: [str(value) for value in posted.getlist(name)] for name in posted}


def _forms(catalog: Catalog) -> definition.Forms:
    name = settings.ROOTLY_FORM
    return catalog.cached(
        ("forms", name), lambda fresh: definition.build(fresh.picture, fresh, name)
    )


def _rank(catalog: Catalog, severity_id: str | None) -> int:
    """Critical, high, medium, low, then its position; none, or one that is unknown, last."""
    for severity in catalog.picture.severities:
        if severity.id == severity_id:
            position = severity.position if severity.position is not None else 999
            return RANKS.get(severity.severity, 4) * 1000 + min(max(position, 0), 999)
    return LAST_RANK
