"""The form for one request: the catalog's definition, the answers so far, what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from incidentportal.accounts.models import User
from incidentportal.catalog import current
from incidentportal.catalog.current import Catalog
from incidentportal.declarations import start_links, urgency
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.openings import (
    NOTHING_REFUSED,
    Begin,
    Opened,
    Opening,
    Refused,
    theirs,
)
from incidentportal.declarations.submission import Submission
from incidentportal.declarations.wording import (
    ALWAYS_TEST,
    BARRED,
    BROKEN_LINK,
    CANNOT_FORCE,
    CHANGED,
    LOST_LINK,
    NO_FIELDS,
    NO_PRESET,
    NOT_PRIVATE,
    POSTED_PRESETS,
    PRESET_GONE,
    SEEN_BY,
    SEVERAL_PRESETS,
)
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
from incidentportal.formengine.view import Extras, FormView, Starting, form_view
from incidentportal.presets import starting
from incidentportal.presets.content import NEVER_LIFTED, fixed_by
from incidentportal.presets.prepared import MARK_AS_TEST, PRIVATE, Prepared

PUBLIC = {"", "0", "false", "off"}
UPDATE = "update"
"""The name of the button that asks for the form anew, without JavaScript."""


@dataclass(frozen=True)
class FilledForm:
    """A form with answers, for a person in this time zone.

    `demanded` are names of fields that Rootly asked for in refusals; `remarks` are sentences about
    the form as a whole. When it is `barred` the choice is shown as it was made, with an error,
    until they take it back themselves. `preset_gone`: the page started from a preset, and now there
    is no such preset.
    """

    catalog: Catalog
    forms: Forms
    filling: Filling
    zone: ZoneInfo
    opening: Opening
    opened: Opened
    changes: Changes = NO_CHANGES
    link: Prefilled = NO_LINK
    demanded: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    preset_gone: bool = False

    @classmethod
    def start(
        cls, catalog: Catalog, person: User, query: Mapping[str, Sequence[str]] | None = None
    ) -> FilledForm:
        """A new one, with its preset and defaults, and what the link says that it was opened by."""
        return cls.begun(catalog, Opening.by(theirs(person), query or {}), person, query)

    @classmethod
    def begun(
        cls,
        catalog: Catalog,
        opening: Opening,
        person: User,
        query: Mapping[str, Sequence[str]] | None = None,
    ) -> FilledForm:
        """A new one that opens in this way, in this person's time zone."""
        opened = opening.open(catalog)
        begun, link = opened.start, opened.said
        if opening.link is None and not opening.is_broken:
            said = {name: one for name, one in (query or {}).items() if name != starting.CONTROL}
            link = prefill.read(begun.forms, said)
        given: filling.Given = {"link": link.values, **begun.given}
        filled = filling.start(begun.forms, given, catalog.snapshot_id)
        remarks = {
            NO_PRESET: begun.is_gone,
            SEVERAL_PRESETS: opening.names_several and not begun.is_gone,
            BROKEN_LINK: opening.is_broken,
        }
        told = tuple(remark for remark, is_so in remarks.items() if is_so)
        return cls(
            catalog, begun.forms, filled, person.zone, opening, opened, link=link, remarks=told
        )

    @classmethod
    def posted(
        cls,
        catalog: Catalog,
        answers: Mapping[str, Sequence[str]],
        person: User,
        refused: Refused = NOTHING_REFUSED,
        begin: Begin | None = None,
    ) -> FilledForm:
        """As it was posted. Where Rootly's configuration changed since the page was made, what
        is new begins with its defaults, and `changes` tell the rest. `begin` makes the start of
        such forms, where they aren't the person's own.
        """
        brought = carried.read(answers)
        opening = Opening.again(begin or theirs(person), answers)
        opened = opening.open(catalog)
        # What was fixed stands in no control: it is among what the form carried, or in its link.
        asked = _asks_private(answers) or _asks_private(brought.kept)
        barred = asked and PRIVATE not in opened.start.forms.by_name
        opening = replace(opening, barred=barred or opened.said.private_refused)
        return cls._since(brought.snapshot, catalog, answers, person, refused, opening)

    @classmethod
    def stored(
        cls,
        catalog: Catalog,
        declaration: Declaration,
        person: User,
        refused: Refused = NOTHING_REFUSED,
    ) -> FilledForm:
        """As its declaration keeps it, with what changed in Rootly since it was filled in. One that
        is private stays so, also where its author may no longer choose it.
        """
        before, answers = declaration.snapshot_id, declaration.answers
        opening = Opening.again(theirs(person), answers)
        return cls._since(before, catalog, answers, person, refused, opening)

    @classmethod
    def _since(
        cls,
        before: int,
        catalog: Catalog,
        answers: Mapping[str, Sequence[str]],
        person: User,
        refused: Refused,
        opening: Opening,
    ) -> FilledForm:
        demanded = refused.demanded
        opening = replace(opening, lifted=refused.lifted)
        opened = opening.open(catalog)
        begun, forms = opened.start, opened.start.forms
        past = current.past(before) if before not in {0, catalog.snapshot_id} else None
        old = opening.open(past).start.forms if past else forms
        new = unseen(old, forms) if past else frozenset()
        filled = filling.go_on(
            forms, answers, catalog.snapshot_id, fresh=begun.given, unseen=new, demanded=demanded
        )
        found = changes(old, filled, forms) if past else NO_CHANGES
        return cls(
            catalog, forms, filled, person.zone, opening, opened, found, demanded=demanded,
            preset_gone=begun.is_gone,
        )  # fmt: skip

    @property
    def preset(self) -> Prepared | None:
        """What the form starts from."""
        return self.opened.start.preset

    @property
    def may_lift(self) -> frozenset[str]:
        """The names of the fields that the preset or the link fixes, and that are left to the
        person where Rootly refuses the value.
        """
        by_link = self.opened.fixed - NEVER_LIFTED
        return by_link | (fixed_by(self.preset.content) if self.preset else frozenset())

    @property
    def barred(self) -> bool:
        """Whether privacy is asked for by somebody who may not ask for it."""
        return self.opening.barred

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
        if told := self._since_it_was_opened:
            found[""] = (*found.get("", ()), *told)
        found |= self._unforced()
        offered = "private" in {state.field.name for state in self.resolved.shown}
        is_default = self.filling.origins.get("private") == "rootly"
        if self.barred:  # whatever became of the answer since
            found["private"] = (BARRED,)
        elif _asks_private(self.filling.answers) and not offered and not is_default:
            found["private"] = (NOT_PRIVATE,)
        return found

    @property
    def _since_it_was_opened(self) -> list[str]:
        """What of its beginning doesn't count any more, or never did: to be seen before anything
        is sent.
        """
        told = {
            PRESET_GONE: self.preset_gone,
            POSTED_PRESETS: self.opening.names_several and SEVERAL_PRESETS not in self.remarks,
            LOST_LINK: self._lost_its_link,
        }
        return [sentence for sentence, is_so in told.items() if is_so]

    @property
    def _lost_its_link(self) -> bool:
        """Whether the page that was posted had a link that doesn't count."""
        return self.opening.is_broken and BROKEN_LINK not in self.remarks

    def _unforced(self) -> dict[str, Sequence[str]]:
        """What the preset promises and Rootly's form can't keep: nothing is sent otherwise."""
        if self.preset is None:
            return {}
        content, values = self.preset.content, self.cleaned.values
        forced = {
            PRIVATE: (content.private, "private incidents"),
            MARK_AS_TEST: (self.preset.is_test, "tests"),
        }
        return {
            name: (CANNOT_FORCE.format(self.preset.words.name, what),)
            for name, (is_forced, what) in forced.items()
            if is_forced and values.get(name) is not True
        }

    def submission(self, upstream: str) -> Submission:
        """What is saved of a form without errors."""
        attributes = payload.attributes(self.resolved, self.cleaned, timezone.now())
        answers, labels = (
            self.cleaned.answers,
            payload.labelled_answers(self.resolved, self.cleaned),
        )
        if self.preset is not None:
            answers = {**answers, starting.CONTROL: [self.preset.slug]}
            line = {"label": "Declared through preset", "text": self.preset.content.name}
            labels = [*labels, {"name": starting.CONTROL, **line}]
        if self.opening.link is not None:
            answers = {**answers, start_links.CONTROL: [self.opening.link.text]}
        return Submission(
            upstream=upstream,
            snapshot_id=self.catalog.snapshot_id,
            title=str(attributes.get("title") or ""),
            answers=answers,
            labels=labels,
            payload=attributes,
            severity_rank=urgency.rank(self.catalog, attributes.get("severity_id")),
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
        shown = frozenset(errors or ()) & filled.off_page  # from now on it is theirs to mend
        kept = {name: one for name, one in filled.carried.kept.items() if name not in shown}
        own = (*filled.carried.own, *(shown - set(filled.carried.own)))
        state = replace(filled.carried, judged=judged, kept=kept, own=own)
        extras = Extras(
            redraws=self.forms.depended_on,
            notes=self._notes(),
            suggestions=suggestions.suggest(self.forms.services, filled.form, filled.answers),
            notices=tuple(self._notices()),
            ways_back=ways_back(self.forms, filled.form, filled.answers),
            state=state.write(),
            summary=summary,
            off_page=filled.off_page,
            origins=filled.origins,
            start=self._start(),
            link=self.opening.link.text if self.opening.link else "",
        )
        return form_view(
            filled.form, filled.answers, self.zone, errors=errors, messages=messages, extras=extras
        )

    def _start(self) -> Starting | None:
        preset = self.preset
        if preset is None:
            return None
        words = preset.words
        return Starting(
            preset.slug, words.name, words.description, words.language, preset.content.icon,
            is_test=preset.is_test,
        )  # fmt: skip

    def _notes(self) -> dict[str, str]:
        notes = {}
        if self.preset is not None:
            notes = {PRIVATE: SEEN_BY} if self.preset.content.private else {}
            notes |= {MARK_AS_TEST: ALWAYS_TEST} if self.preset.is_test else {}
        if filling.FROM_PATTERN in {source for source, _ in self.filling.carried.auto.values()}:
            notes["title"] = "Made from your answers; write your own if you like."
        for name, origin in self.filling.origins.items():
            if name in self.opened.fixed:
                notes[name] = "Fixed by the link that you opened."
            elif origin == "autofill":
                source = self.forms.by_name[self.filling.carried.auto[name][0]]
                notes[name] = f"Filled in from “{source.label}”."
            elif origin == "link":
                notes[name] = "Filled in by the link that you opened."
        return notes

    def _notices(self) -> list[str]:
        sentences = list(self.changes.sentences)
        about_set = why_this_form(self.forms, self.resolved, self.filling.answers)
        found = [CHANGED, *sentences] if sentences else []
        found += self.preset.remarks if self.preset else ()
        found += self.opened.remarks
        found += self._since_it_was_opened
        found += self.remarks
        found += prefill.notices(self.link, self.resolved, self.filling.answers)
        return [*found, about_set] if about_set else found


def answers_of(posted: QueryDict) -> dict[str, list[str]]:
    """What was posted, by control name."""
    return {name: [str(value) for value in posted.getlist(name)] for name in posted}


def _asks_private(answers: Mapping[str, Sequence[str]]) -> bool:
    return not {text.strip().lower() for text in answers.get("private", ())} <= PUBLIC
