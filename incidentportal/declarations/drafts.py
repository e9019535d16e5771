"""Drafts: what somebody typed, kept on the server until it is declared.

One for each form begun. A page says with each save which version it knows; where another tab has
saved since, nothing is overwritten, and the person decides.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from incidentportal.accounts import kept
from incidentportal.accounts.encryption import UnreadableError
from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given
from incidentportal.accounts.sealed import SealableQuerySet
from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog
from incidentportal.declarations.claims import from_now
from incidentportal.declarations.forms import FilledForm
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.declarations.openings import NOTHING_REFUSED, Refused
from incidentportal.declarations.pages import UNREADABLE
from incidentportal.declarations.states import State
from incidentportal.formengine import carried
from incidentportal.formengine.showable import showable

VERSION, TAB, STEP, KEEP, SAVE = "draft_version", "draft_tab", "draft_step", "keep", "draft"
"""Controls that the form has for its draft alone."""
_NO_ANSWERS = {
    "csrfmiddlewaretoken", "declaration", VERSION, TAB, STEP, KEEP, SAVE, "update", "search",
    "suggest", "preview", kept.NAME, kept.PASSWORD,
}  # fmt: skip
MOST = 100
"""Drafts that one person may have."""
_LONGEST_TITLE = 200
_LARGEST = 2**31 - 1
PURGE_EVERY = 3600
"""Seconds."""

log = logging.getLogger(__name__)


class ConflictError(Exception):
    """Another tab has saved since."""


class DeclaredError(Exception):
    """It is a declaration already."""


class TooManyError(Exception):
    """Nobody may have more drafts than MOST."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a page knows of its draft: the version that it last saved or was opened with (0: none),
    its own name, and how many saves it began. Without a script it has no name.
    """

    version: int = 0
    tab: str = ""
    step: int = 0

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> Known:
        """From what was posted; what can't be read counts as not known."""
        tab = posted.get(TAB, "")
        known = tab if tab.isascii() and tab.isalnum() and len(tab) <= 64 else ""
        return cls(_number(posted.get(VERSION, "")), known, _number(posted.get(STEP, "")))

    def may_replace(self, draft: Draft) -> bool:
        """Whether the page has seen what it would overwrite, or wrote it itself: then the answer
        to an earlier save of its own was lost.
        """
        is_own = bool(self.tab) and draft.tab == self.tab and draft.step < self.step
        return is_own or draft.version == self.version


def _number(text: str) -> int:
    return min(int(text), _LARGEST) if text.isascii() and text.isdigit() and len(text) < 20 else 0


@dataclass(frozen=True, slots=True)
class Row:
    """A draft in a list. `title` is blank where none was typed yet."""

    id: uuid.UUID
    title: str
    saved_at: datetime


def own(person: User | Given, upstream: str | Given | None = None) -> SealableQuerySet[Draft]:
    """What this person may go on with: their own, for the upstream in use, and not declared yet.
    Nobody else sees a draft.
    """
    mine = Draft.objects.filter(author=person, upstream=upstream or connection.upstream())
    return mine.filter(~_declared()).order_by("-updated_at")


def _declared() -> Exists:
    """One that Rootly refused is being corrected: it still has a form."""
    return Exists(Declaration.objects.filter(pk=OuterRef("pk")).exclude(state=State.REJECTED))


def rows(person: User, most: int = MOST) -> list[Row]:
    """One's own drafts as lines, the latest first."""
    return [_row(draft) for draft in own(person).defer("content")[:most].tolerant()]


def _row(draft: Draft) -> Row:
    try:
        title = draft.title
    except UnreadableError:
        title = UNREADABLE
    return Row(draft.pk, title, draft.updated_at)


def opened(
    catalog: Catalog, draft: Draft, author: User, refused: Refused = NOTHING_REFUSED
) -> FilledForm:
    """The form as it was, and what changed in Rootly's since. Raises UnreadableError."""
    form = FilledForm.posted(catalog, draft.content["answers"], author, refused)
    return replace(form, remarks=tuple(draft.content["told"]))


def answers_in(posted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What of a posted form belongs into its draft."""
    return {name: list(values) for name, values in posted.items() if name not in _NO_ANSWERS}


def save(
    pk: uuid.UUID, author: User, form: FilledForm, posted: Mapping[str, Sequence[str]], known: Known
) -> int:
    """Keep the form as it was posted; the draft's version now, 0 where there is nothing to keep.

    Raises ConflictError, DeclaredError, TooManyError: nothing was written then.
    """
    try:
        with transaction.atomic():
            return _save(pk, author, form, posted, known)
    except IntegrityError:  # another tab was faster
        raise ConflictError from None


def _save(
    pk: uuid.UUID, author: User, form: FilledForm, posted: Mapping[str, Sequence[str]], known: Known
) -> int:
    draft = Draft.objects.select_for_update().filter(pk=pk, author=author).first()
    if Declaration.objects.filter(pk=pk).exclude(state=State.REJECTED).exists():
        raise DeclaredError
    if draft is not None and not known.may_replace(draft):
        raise ConflictError
    if is_empty(form, posted):
        Draft.objects.filter(pk=pk, author=author).delete()
        return 0
    if draft is None:
        if own(author).count() >= MOST:
            raise TooManyError
        draft = Draft(pk=pk, author=author, version=known.version)
        told: list[str] = []
    else:
        told = _told(draft, form, posted, author)
    draft.upstream = connection.upstream()
    draft.version = min(draft.version, _LARGEST - 1) + 1
    draft.tab, draft.step = known.tab, known.step
    draft.updated_at = Now()
    draft.title = title_of(form)
    draft.content = {"answers": answers_in(posted), "told": told}
    version = draft.version
    draft.save(force_insert=draft._state.adding)
    return version


def is_empty(form: FilledForm, posted: Mapping[str, Sequence[str]]) -> bool:
    """Whether the person has done nothing yet: all that stands there is the portal's.

    Never where the form has changed since: what was typed may no longer have a place in it.
    """
    now = form.filling.carried
    if carried.read(posted).snapshot != now.snapshot:
        return False
    theirs = ((form.filling.answers.get(name, ()), now.set_by_portal(name)) for name in now.own)
    return not any(_says(values) or _says(portal) for values, portal in theirs)


def _says(values: Sequence[str]) -> bool:
    return any(value.strip() for value in values)


def _told(
    draft: Draft, form: FilledForm, posted: Mapping[str, Sequence[str]], author: User
) -> list[str]:
    """What was said of answers without a place: a form of today no longer holds them."""
    told: list[str] = draft.content["told"]
    before = carried.read(draft.content["answers"]).snapshot
    if carried.read(posted).snapshot == before:
        return told
    lost = opened(form.catalog, draft, author).changes.lost
    return list(dict.fromkeys([*told, *map(showable, lost)]))


def title_of(form: FilledForm) -> str:
    """What a draft of this form is called in lists; blank where no title was typed."""
    words = " ".join(form.filling.answers.get("title", ())).split()
    return showable(" ".join(words)[:_LONGEST_TITLE])


def purge(days: float) -> int:
    """Delete drafts that nobody touched for so many days, and those that were declared; how many
    they were.
    """
    old = Draft.objects.filter(updated_at__lt=from_now(-days * 86_400))
    count = old.delete()[0]
    declared: Any = Draft.objects.filter(_declared())
    return int(count) + int(declared.delete()[0])


_purged_at = float("-inf")


def purge_if_due() -> None:
    """`purge`, and sessions that are over, once an hour; for the worker."""
    global _purged_at  # noqa: PLW0603  # the one clock of this process's one such thread
    if time.monotonic() - _purged_at < PURGE_EVERY:
        return
    if count := purge(settings.DRAFT_DAYS):
        log.info("%d old drafts removed", count)
    SessionStore.clear_expired()
    _purged_at = time.monotonic()
