"""The form for one request: the catalog's definition, the answers so far, what became of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import may_declare_private
from incidentportal.catalog import current
from incidentportal.catalog.current import Catalog
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.submission import Submission
from incidentportal.formengine import (
    carried,
    filling,
    payload,
    prefill,
    searching,
    suggestions,
    validation,
)
from incidentportal.formengine.changes import NO_CHANGES, Changes, changes, unseen
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.explain import ways_back, why_this_form
from incidentportal.formengine.filling import Filling
from incidentportal.formengine.prefill import NO_LINK, Prefilled
from incidentportal.formengine.resolve import ResolvedForm
from incidentportal.formengine.view import Extras, FormView, form_view
from incidentportal.presets.current import site_values
from incidentportal.presets.forms import forms_of

RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3}
LAST_RANK = 9999
PUBLIC = {"", "0", "false", "off"}
UPDATE = "update"
"""The name of the button that asks for the form anew, without JavaScript."""
NO_FIELDS = "Rootly's form has no fields, so nothing can be declared. Please tell an admin."
NOT_PRIVATE = "Private: you can't declare a private incident here. Nothing was sent."
BARRED = (
    "You can't declare a private incident, so nothing was sent. Without the tick everybody can see "
    "the incident."
)
CHANGED = "The form changed in Rootly while you were filling it in."


@dataclass(frozen=True)
class FilledForm:
    """A form with answers, for a person in this time zone.

    `demanded` are names of fields that Rootly asked for in refusals; `remarks` are sentences about
    the form as a whole. `barred`: privacy is asked for by somebody who may not ask for it. Then the
    choice is shown as it was made, with an error, until they take it back themselves.
    """

    catalog: Catalog
    forms: Forms
    filling: Filling
    zone: ZoneInfo
    changes: Changes = NO_CHANGES
    link: Prefilled = NO_LINK
    demanded: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    barred: bool = False

    @classmethod
    def start(
        cls, catalog: Catalog, person: User, query: Mapping[str, Sequence[str]] | None = None
    ) -> FilledForm:
        """A new one, with its defaults, and what the link says that it was opened by."""
        forms = _forms(catalog, person)
        link = prefill.read(forms, query or {})
        given: filling.Given = {"link": link.values, "site": site_values(forms)}
        filled = filling.start(forms, given, catalog.snapshot_id)
        return cls(catalog, forms, filled, person.zone, link=link)

    @classmethod
    def posted(
        cls,
        catalog: Catalog,
        answers: Mapping[str, Sequence[str]],
        person: User,
        demanded: frozenset[str] = frozenset(),
    ) -> FilledForm:
        """As it was posted. Where Rootly's configuration changed since the page was made, what
        is new begins with its defaults, and `changes` tell the rest.
        """
        before = carried.read(answers).snapshot
        barred = _asks_private(answers) and "private" not in _forms(catalog, person).by_name
        return cls._since(before, catalog, answers, person, demanded, barred=barred)

    @classmethod
    def stored(
        cls,
        catalog: Catalog,
        declaration: Declaration,
        person: User,
        demanded: frozenset[str] = frozenset(),
    ) -> FilledForm:
        """As its declaration keeps it, with what changed in Rootly since it was filled in. One that
        is private stays so, also where its author may no longer choose it.
        """
        before = declaration.snapshot_id
        return cls._since(before, catalog, declaration.answers, person, demanded)

    @classmethod
    def _since(
        cls,
        before: int,
        catalog: Catalog,
        answers: Mapping[str, Sequence[str]],
        person: User,
        demanded: frozenset[str],
        *,
        barred: bool = False,
    ) -> FilledForm:
        forms = _forms(catalog, person, barred=barred)
        past = current.past(before) if before not in {0, catalog.snapshot_id} else None
        old = _forms(past, person, barred=barred) if past else forms
        new = unseen(old, forms) if past else frozenset()
        fresh: filling.Given = {"site": site_values(forms)} if new else {}
        filled = filling.go_on(
            forms, answers, catalog.snapshot_id, fresh=fresh, unseen=new, demanded=demanded
        )
        found = changes(old, filled, forms) if past else NO_CHANGES
        return cls(catalog, forms, filled, person.zone, found, demanded=demanded, barred=barred)

    @property
    def resolved(self) -> ResolvedForm:
        """What is shown and required."""
        return self.filling.form

    @property
    def wants_page(self) -> bool:
        """Whether a search or the form anew is asked for, and not a declaration."""
        asked = self.filling.answers.get(UPDATE) or self.filling.answers.get(suggestions.BUTTON)
        return bool(asked) or self.wants_search

    @property
    def wants_search(self) -> bool:
        """Whether a list is to be searched."""
        return searching.wants_search(self.resolved, self.filling.answers)

    @cached_property
    def cleaned(self) -> validation.Cleaned:
        """The answers' meaning, and what is wrong with them."""
        return validation.clean(self.resolved, self.filling.answers, self.zone)

    @property
    def errors(self) -> dict[str, Sequence[str]]:
        """What is wrong, by control name.

        Asking for privacy that this form doesn't offer is an error: nothing is sent in public
        instead. So are answers that lost their place since the page was made: they are shown once
        more before the rest is sent without them.
        """
        if not self.resolved.shown:
            return {"": (NO_FIELDS,)}
        found: dict[str, Sequence[str]] = dict(self.cleaned.errors)
        if self.changes.lost:
            found[""] = (f"{CHANGED} Look at what changed, and send it again.",)
        offered = "private" in {state.field.name for state in self.resolved.shown}
        is_default = self.filling.origins.get("private") == "rootly"
        if self.barred:  # whatever became of the answer since
            found["private"] = (BARRED,)
        elif _asks_private(self.filling.answers) and not offered and not is_default:
            found["private"] = (NOT_PRIVATE,)
        return found

    def submission(self, upstream: str) -> Submission:
        """What is saved of a form without errors."""
        attributes = payload.attributes(self.resolved, self.cleaned, timezone.now())
        return Submission(
            upstream=upstream,
            snapshot_id=self.catalog.snapshot_id,
            title=str(attributes.get("title") or ""),
            answers=self.cleaned.answers,
            labels=payload.labelled_answers(self.resolved, self.cleaned),
            payload=attributes,
            severity_rank=_rank(self.catalog, attributes.get("severity_id")),
            demanded=tuple(sorted(self.demanded)),
        )

    def view(
        self, errors: Mapping[str, Sequence[str]] | None = None, messages: Sequence[str] = ()
    ) -> FormView:
        """For the template."""
        if not self.resolved.shown and not errors:
            messages = [*messages, NO_FIELDS]
        return self._view(errors, messages, judged=tuple(errors or ()))

    def redrawn(self) -> FormView:
        """In the middle of being filled in: of what was wrong before, what still is."""
        judged = self.filling.carried.judged
        still = {name: self.errors[name] for name in judged if name in self.errors and name}
        return self._view(still, (), judged=judged, summary=False)

    def _view(
        self,
        errors: Mapping[str, Sequence[str]] | None,
        messages: Sequence[str],
        *,
        judged: tuple[str, ...],
        summary: bool = True,
    ) -> FormView:
        filled = self.filling
        if self.barred:
            errors = {**(errors or {}), "private": (BARRED,)}
        state = dataclasses.replace(filled.carried, judged=judged)
        extras = Extras(
            redraws=self.forms.depended_on,
            notes=self._notes(),
            suggestions=suggestions.suggest(self.forms.services, filled.form, filled.answers),
            notices=tuple(self._notices()),
            ways_back=ways_back(self.forms, filled.form, filled.answers),
            state=state.write(),
            summary=summary,
        )
        return form_view(
            filled.form, filled.answers, self.zone, errors=errors, messages=messages, extras=extras
        )

    def _notes(self) -> dict[str, str]:
        notes = {}
        for name, origin in self.filling.origins.items():
            if origin == "autofill":
                source = self.forms.by_name[self.filling.carried.auto[name][0]]
                notes[name] = f"Filled in from “{source.label}”."
            elif origin == "link":
                notes[name] = "Filled in by the link that you opened."
        return notes

    def _notices(self) -> list[str]:
        sentences = list(self.changes.sentences)
        about_set = why_this_form(self.forms, self.resolved, self.filling.answers)
        found = [CHANGED, *sentences] if sentences else []
        found += self.remarks
        found += prefill.notices(self.link, self.resolved, self.filling.answers)
        return [*found, about_set] if about_set else found


def answers_of(posted: QueryDict) -> dict[str, list[str]]:
    """What was posted, by control name."""
    return {name: [str(value) for value in posted.getlist(name)] for name in posted}


def _forms(catalog: Catalog, person: User, *, barred: bool = False) -> Forms:
    return forms_of(catalog, may_be_private=barred or may_declare_private(person))


def _asks_private(answers: Mapping[str, Sequence[str]]) -> bool:
    return not {text.strip().lower() for text in answers.get("private", ())} <= PUBLIC


def _rank(catalog: Catalog, severity_id: str | None) -> int:
    """Critical, high, medium, low, then its position; none, or one that is unknown, last."""
    for severity in catalog.picture.severities:
        if severity.id == severity_id:
            position = severity.position if severity.position is not None else 999
            return RANKS.get(severity.severity, 4) * 1000 + min(max(position, 0), 999)
    return LAST_RANK
