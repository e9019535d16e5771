"""The page with one's own declarations, or everyone's: by state, by page, and by words.

Words travel in the body of a POST alone, and what leads on from their hits (states, pages, whose)
is a button of the same form. Without words these are plain links.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidentportal.accounts import throttle
from incidentportal.accounts.models import User
from incidentportal.accounts.roles import Ability, may, person
from incidentportal.catalog import connection
from incidentportal.declarations import access, drafts, finding, pages
from incidentportal.declarations.course import course
from incidentportal.declarations.models import Declaration, DeclarationQuerySet
from incidentportal.declarations.states import State
from incidentportal.formengine.searching import LONGEST_QUERY
from incidentportal.formengine.showable import showable

PER_PAGE = 25
EVERYONE = "everyone"
ALL = "all"
FILTERS: Mapping[str, tuple[str, frozenset[State]]] = {
    ALL: ("All", frozenset(State)),
    "waiting": ("Waiting", frozenset({State.QUEUED, State.DELIVERING})),
    "delivered": ("In Rootly", frozenset({State.DELIVERED})),
    "rejected": ("Needs a correction", frozenset({State.REJECTED})),
    "unconfirmed": ("Unclear", frozenset({State.UNCONFIRMED})),
    "ended": ("Given up or withdrawn", frozenset({State.FAILED, State.WITHDRAWN})),
}
"""By the name in an address: how it is called, and the states that it shows."""
_NOT_LISTED = (
    "answers", "labels", "payload", "sentence", "errors", "open_values", "open_steps", "twins",
)  # fmt: skip
SEARCHED = (
    "You have searched too often in this minute. Your words are kept: wait {} seconds, then search "
    "again. You can declare all the same."
)
OTHERS_PRIVATE = "Others' private declarations are not searched: open them one by one."


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked for. `words` are blank unless they were posted."""

    everyones: bool = False
    state: str = ALL
    page: int = 1
    words: str = ""

    @classmethod
    def read(cls, sent: QueryDict, reader: User, *, posted: bool) -> Asked:
        """From an address or a form; what can't be read, or isn't allowed, counts as not sent."""
        words = _words(sent.get("q", "")) if posted else ""
        # Other words were typed before a page was asked for: they begin anew.
        is_new = posted and words != _words(sent.get("searched", ""))
        state = sent.get("state", ALL)
        return cls(
            everyones=sent.get("whose") == EVERYONE and access.may_see_others(reader),
            state=state if state in FILTERS else ALL,
            page=1 if is_new else _number(sent.get("page", "")),
            words=words,
        )


def _words(text: str) -> str:
    return showable(" ".join(text[:LONGEST_QUERY].split()))


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: a link to `url`, or while words are searched for a button that sends
    `value`. `count`: how many there are; None: not counted.
    """

    name: str
    value: str
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The page. `remarks` say what was not searched, `problem` why nothing was."""

    asked: Asked
    rows: list[pages.Row] = field(default_factory=list)
    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    last_page: int = 1
    remarks: tuple[str, ...] = ()
    problem: str = ""

    @property
    def states(self) -> list[Choice]:
        """The filters by state."""
        return [
            Choice(
                words,
                value=state,
                url=_address(replace(self.asked, state=state, page=1)),
                is_current=state == self.asked.state,
                count=None if self.problem else self.count(state),
            )
            for state, (words, _) in FILTERS.items()
        ]

    def count(self, state: str) -> int:
        """How many this filter shows."""
        return sum(self.counts.get(each, 0) for each in FILTERS[state][1])

    @property
    def whose(self) -> list[Choice]:
        """Mine, or everyone's."""
        return [
            Choice(
                words,
                value=EVERYONE if everyones else "",
                url=_address(replace(self.asked, everyones=everyones, page=1)),
                is_current=everyones == self.asked.everyones,
            )
            for words, everyones in (("Mine", False), ("Everyone's", True))
        ]

    @property
    def newer(self) -> Choice | None:
        """The page before; None: this is the first."""
        return self._page("Newer", self.asked.page - 1)

    @property
    def older(self) -> Choice | None:
        """The page after; None: this is the last."""
        return self._page("Older", self.asked.page + 1)

    def _page(self, words: str, page: int) -> Choice | None:
        if not 1 <= page <= self.last_page:
            return None
        return Choice(words, value=str(page), url=_address(replace(self.asked, page=page)))


def _address(asked: Asked) -> str:
    """Without any words."""
    sent = {
        "whose": EVERYONE if asked.everyones else "",
        "state": asked.state if asked.state != ALL else "",
        "page": str(asked.page) if asked.page > 1 else "",
    }
    query = urlencode({name: text for name, text in sent.items() if text})
    return reverse("declarations") + (f"?{query}" if query else "")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def declarations(request: HttpRequest) -> HttpResponse:
    """One's own declarations, newest first; with `whose=everyone` all that one may see."""
    reader, posted = person(request), request.method == "POST"
    asked = Asked.read(request.POST if posted else request.GET, reader, posted=posted)
    seconds = throttle.wait("searches", reader) if asked.words else 0
    problem = SEARCHED.format(seconds) if seconds else ""
    listing = Listing(asked, problem=problem) if problem else listed(asked, reader)
    with_drafts = not asked.everyones and not asked.words and listing.asked.page == 1
    context = {
        "listing": listing,
        "held": _held(listing),
        "may_see_others": access.may_see_others(reader),
        "drafts": drafts.rows(reader) if with_drafts and asked.state == ALL else [],
    }
    response = render(request, "declarations/mine.html", context, status=429 if seconds else 200)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


def _held(listing: Listing) -> str:
    """Why nothing is sent, where that is so and something on the page waits; blank otherwise."""
    upstream = connection.upstream()
    waits = upstream and any(row.waits_for == upstream for row in listing.rows)
    return course(upstream).held if waits else ""


def listed(asked: Asked, reader: User) -> Listing:
    """What is asked for. Two queries; four more where words are searched for."""
    visible = Declaration.objects.visible_to(reader) if asked.everyones else None
    rows = Declaration.objects.own(reader) if visible is None else visible
    if asked.words:
        return _found(asked, reader, rows)
    counted = rows.order_by().values_list("state").annotate(Count("pk"))
    counts = {str(state): int(count) for state, count in counted}
    listing = _paged(Listing(asked, counts=counts))
    states = FILTERS[asked.state][1]
    if states != frozenset(State):
        rows = rows.filter(state__in=states)
    begin = (listing.asked.page - 1) * PER_PAGE
    return replace(listing, rows=_rows(rows, reader, begin))


def _found(asked: Asked, reader: User, rows: DeclarationQuerySet) -> Listing:
    found = finding.find(rows, reader, asked.words)
    counts: dict[str, int] = {}
    for hit in found.hits:
        counts[hit.state] = counts.get(hit.state, 0) + 1
    listing = _paged(Listing(asked, counts=counts, remarks=found.remarks))
    begin = (listing.asked.page - 1) * PER_PAGE
    hits = [hit.id for hit in found.hits if hit.state in FILTERS[asked.state][1]]
    on_page = rows.filter(pk__in=hits[begin : begin + PER_PAGE])
    if asked.everyones and may(reader, Ability.VIEW_PRIVATE):
        listing = replace(listing, remarks=(*listing.remarks, OTHERS_PRIVATE))
    return replace(listing, rows=_rows(on_page, reader, 0))


def _paged(listing: Listing) -> Listing:
    """With its total, and on a page that there is."""
    total = listing.count(listing.asked.state)
    last = max(1, -(-total // PER_PAGE))
    asked = replace(listing.asked, page=min(listing.asked.page, last))
    return replace(listing, asked=asked, total=total, last_page=last)


def _rows(rows: DeclarationQuerySet, reader: User, begin: int) -> list[pages.Row]:
    latest = rows.select_related("author").defer(*_NOT_LISTED).order_by("-submitted_at", "-pk")
    return pages.rows(latest[begin : begin + PER_PAGE], reader)
