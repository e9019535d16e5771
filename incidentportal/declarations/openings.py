"""What a form opens with, on its first page and on all that follow: its preset, its defaults, and
what a signed link fixes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from incidentportal.accounts.models import User
from incidentportal.catalog.current import Catalog
from incidentportal.declarations import start_links
from incidentportal.declarations.start_links import BrokenLinkError, StartLink
from incidentportal.formengine import prefill, shaping
from incidentportal.formengine.prefill import NO_LINK, Prefilled
from incidentportal.presets import starting
from incidentportal.presets.starting import Start

Said = Mapping[str, Sequence[str]]
LEFT_TO_THEM = (
    "A part of the link no longer fits Rootly’s form: {} is left to you. You can declare all the"
    " same."
)


@dataclass(frozen=True, slots=True)
class Refused:
    """What Rootly's refusals say of the form: the names of fields that it asked for, and of those
    that the preset or the link fixed to a value that it does not take: they are left to the person.
    """

    demanded: frozenset[str] = frozenset()
    lifted: frozenset[str] = frozenset()


NOTHING_REFUSED = Refused()


class Begin(Protocol):
    """Makes starts of forms: with the preset of this name, with privacy where it is barred, and
    with the `lifted` fields left to the person.
    """

    def __call__(
        self,
        catalog: Catalog,
        *,
        slug: str = "",
        barred: bool = False,
        lifted: Collection[str] = (),
    ) -> Start:
        """The start."""


@dataclass(frozen=True)
class Opened:
    """A form's start. `said` is what its link fills in; `fixed` are the control names of the fields
    that the link fixes, `left` the labels of those that it can't fix as Rootly's form is now.
    """

    start: Start
    said: Prefilled = NO_LINK
    fixed: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reporter should know of the link's state."""
        listed = " and ".join(f"“{label}”" for label in self.left)
        return (LEFT_TO_THEM.format(listed),) if listed else ()


@dataclass(frozen=True)
class Opening:
    """How a form opens, whatever Rootly's forms are. `slug` names its preset, `link` is the signed
    one that it was opened by; `is_broken`: there is one that doesn't count. `names_several`: of
    several presets the first counts. `barred`: somebody asked for privacy who may not. `lifted`
    are fields whose fixed value Rootly refused: they are the person's.
    """

    begin: Begin
    slug: str = ""
    link: StartLink | None = None
    is_broken: bool = False
    names_several: bool = False
    barred: bool = False
    lifted: frozenset[str] = frozenset()

    @classmethod
    def by(cls, begin: Begin, query: Said) -> Opening:
        """By a link with this query. Nothing of a broken one counts, its preset neither."""
        try:
            return cls._of(begin, start_links.opened(query), query)
        except BrokenLinkError:
            return cls(begin, is_broken=True)

    @classmethod
    def again(cls, begin: Begin, posted: Said) -> Opening:
        """As a posted form says that it was opened."""
        try:
            link = start_links.carried(_first(posted, start_links.CONTROL))
        except BrokenLinkError:
            return replace(cls._of(begin, None, posted), is_broken=True)
        again = cls._of(begin, link, posted)
        # What a signed link names was said when it was opened; the form has one control for it.
        return replace(again, names_several=again.names_several and link is None)

    @classmethod
    def _of(cls, begin: Begin, link: StartLink | None, said: Said) -> Opening:
        slugs = link.slugs if link else starting.slugs_in(said.get(starting.CONTROL, ()))
        return cls(begin, slugs[0] if slugs else "", link, names_several=len(slugs) > 1)

    def open(self, catalog: Catalog) -> Opened:
        """With the forms of this catalog."""
        start = self.begin(catalog, slug=self.slug, barred=self.barred, lifted=self.lifted)
        if self.link is None:
            return Opened(start)
        said = prefill.read(start.forms, self.link.said)
        locked = self.link.locked - self.lifted
        fixed = {
            name: values
            for name, values in said.values.items()
            if name in locked and name not in said.unfit
        }
        left = [
            field.label
            for name, field in start.forms.by_name.items()
            if name in self.link.locked and name not in fixed and not field.read_only
        ]
        forms = shaping.fix(start.forms, fixed) if fixed else start.forms
        return Opened(replace(start, forms=forms), said, frozenset(fixed), tuple(left))


def theirs(person: User) -> Begin:
    """Starts of this person's own forms."""
    return partial(starting.begin, person=person)


def _first(said: Said, name: str) -> str:
    return next(iter(said.get(name, ())), "")
