"""What a link says of a new incident: its query parameters as answers, and what can't be used.

A parameter is called like a control (`service_ids`, `form_field_<id>`), like Rootly's own pre-fill
names (`services`, with or without `[]`), or in words (`service`, `field.<slug or label>`); a value
is an id, a slug or a name. Whatever does not fit is said on the page. A link is foreign text: how
much of it is read and how much is said about it are bounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from incidentportal.formengine.cleaning import TICKED, UNTICKED, Invalid, quoted
from incidentportal.formengine.conditions import tokens
from incidentportal.formengine.definition import Forms
from incidentportal.formengine.fields import Answers, Field, given
from incidentportal.formengine.kinds import BUILT_INS, CONTROLS, STRICT
from incidentportal.formengine.matching import find_option, is_open
from incidentportal.formengine.names import plain
from incidentportal.formengine.resolve import ResolvedForm
from incidentportal.formengine.showable import showable
from incidentportal.formengine.strength import Values

MOST_VALUES = 200
MOST_TEXT = 20_000
MOST_REPORTS = 8
_LONGEST_ID = 255

YES = TICKED | {"yes"}
NO = UNTICKED | {"no"}
PUBLIC = NO | {"public"}
"""What a link can say of privacy without asking for it; anything else asks."""

_PRIVATE, _TEST = "private", "mark_as_test"
_TRACKING = frozenset(
    {
        "ref", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid",
        "twclid", "ttclid", "igshid", "yclid", "mkt_tok", "mc_cid", "mc_eid", "_ga", "_gl",
        "_hsenc", "_hsmi",
    }
)  # fmt: skip
"""Parameters that are there for somebody else."""
_NOT_A_FIELD = "preset"
"""Read by whoever makes the form; another spelling of it means nothing, and is told."""

TOO_MUCH = "The link says more than a form takes from one; a part of it is left out."
STAYS_PRIVATE = (
    "The link asks for an incident that isn't private. This form starts as private, and a link"
    " can't change that."
)
NOWHERE_PRIVATE = (
    "The link asks for a private incident, but the form as it is now has no “Private”. Nothing can"
    " be sent until it has."
)
NO_TEST = (
    "The link asks for a test, but this form can't make one: what you send here is a real incident."
)
NO_MAINTENANCE = (
    "The link asks for a scheduled maintenance. Plan that in Rootly: here you declare incidents"
    " that happen now."
)
_KINDS = {"test": _TEST, "test_sub": _TEST, "backfilled": "mark_as_backfilled"}
_ORDINARY = frozenset({"normal", "normal_sub"})


@dataclass(frozen=True)
class Prefilled:
    """What a link fills in, by control name, and sentences about what it can't.

    `private_refused`: it asks for a private incident, and this person's forms can't make one:
    then no form is shown, so that nothing is sent in public. `asks_public`: it says
    `private=false`. `unfit` are names of fields that don't take all that it says of them.
    """

    values: Mapping[str, Values] = field(default_factory=dict)
    reports: tuple[str, ...] = ()
    private_refused: bool = False
    asks_public: bool = False
    unfit: frozenset[str] = frozenset()


NO_LINK = Prefilled()


def is_for_others(name: str) -> bool:
    """Whether a parameter means nothing here: mail programs and advertisements add such."""
    return name.lower() in _TRACKING or name.lower().startswith("utm_")


def read(forms: Forms, query: Mapping[str, Sequence[str]]) -> Prefilled:
    """What the link with this query fills in. Any text may be in it; blank values say nothing."""
    said = {name: [one for one in values if one.strip()] for name, values in query.items()}
    said = {name: values for name, values in said.items() if values and name != _NOT_A_FIELD}
    return _Reader(forms).read(said) if said else NO_LINK


def notices(link: Prefilled, form: ResolvedForm, answers: Answers) -> list[str]:
    """What the page says about the link: its reports, and what this form makes of its values."""
    shown = {state.field.name: state.field for state in form.shown}
    waiting = [name for name in link.values if name not in shown]
    found = []
    if _PRIVATE in waiting:
        found.append(NOWHERE_PRIVATE)
    if link.asks_public and _ticked(answers.get(_PRIVATE, ())):
        found.append(STAYS_PRIVATE)
    if _TEST in waiting:
        found.append(NO_TEST)
    found += [
        _fixed(shown[name])
        for name, values in link.values.items()
        if name in shown and shown[name].read_only and not _is_fixed_to(shown[name], values)
    ]
    labels = {one.name: one.label for one in form.definition.fields}
    found += _about_waiting([n for n in waiting if n not in {_PRIVATE, _TEST}], labels)
    return [*found, *link.reports]


def _about_waiting(names: Sequence[str], labels: Mapping[str, str]) -> Iterator[str]:
    """Fields that other answers would show: their values wait in the form."""
    known = [quoted(labels[name]) for name in names if name in labels]
    if known:
        listed = _listed(known)
        yield (
            f"The link also fills in {listed}, which the form doesn't show at the moment. What it"
            " says is kept in case the form asks for it."
        )
    others = len(names) - len(known)
    if others:
        what = "a field" if others == 1 else f"{others} fields"
        yield (
            f"The link also fills in {what} of another form. What it says is kept in case that form"
            " is shown."
        )


def _listed(parts: Sequence[str]) -> str:
    shown = [*parts[:4], f"{len(parts) - 4} more"] if len(parts) > 5 else list(parts)
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def _fixed(one: Field) -> str:
    return (
        f"{quoted(one.label)} can't be changed on this form; what the link says of it isn't used."
    )


def _is_fixed_to(one: Field, values: Values) -> bool:
    return tokens(one, values) == tokens(one, given(one, {}))


def _ticked(values: Iterable[str]) -> bool:
    return any(value.strip().lower() in TICKED for value in values)


class _Names:
    """Which fields a parameter's name can mean."""

    def __init__(self, forms: Forms) -> None:
        self._exact = forms.by_name
        self._words: dict[str, Field] = {}
        self._slugs: defaultdict[str, list[Field]] = defaultdict(list)
        self._labels: defaultdict[str, list[Field]] = defaultdict(list)
        for one in forms.by_name.values():
            if one.is_custom:
                self._slugs[_key(one.slug)].append(one)
                self._labels[_key(one.label_in_rootly or one.label)].append(one)
            else:
                for word in _words_for(one):
                    self._words.setdefault(_key(word), one)

    def find(self, name: str) -> Sequence[Field]:
        """The fields that `name` means: several where it is ambiguous, none where it is unknown."""
        if name in self._exact:
            return (self._exact[name],)
        key = _key(_bare(name))
        if _is_dotted(name):
            custom = self._slugs.get(key) or self._labels.get(key)
            if custom and key:
                return custom
        return (self._words[key],) if key in self._words else ()


def _words_for(one: Field) -> Iterator[str]:
    yield one.name
    yield one.kind
    built_in = BUILT_INS.get(one.kind)
    if built_in is not None:
        yield from (built_in.label, *built_in.aliases)


def _is_dotted(name: str) -> bool:
    return name[:6].lower() == "field."


def _bare(name: str) -> str:
    return name[6:] if _is_dotted(name) else name


def _key(name: str) -> str:
    return plain(name.replace("-", " "))


class _Reader:
    """Reads one link: private first and always, the rest while there is room for it."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._names = _Names(forms)
        self._asked: defaultdict[str, list[str]] = defaultdict(list)
        self._reports: list[str] = []
        self._privacy: set[bool] = set()
        self._unfit: set[str] = set()
        self._room, self._text = MOST_VALUES, MOST_TEXT

    def read(self, said: Mapping[str, Sequence[str]]) -> Prefilled:
        for name, values in said.items():
            self._parameter(name.strip().removesuffix("[]"), values)
        filled: dict[str, Values] = {}
        for name, texts in self._asked.items():
            if taken := self._take(self._forms.by_name[name], texts):
                filled[name] = taken
        wanted = True in self._privacy
        may = self._may_be_private()
        if wanted and may:
            filled[_PRIVATE] = ("true",)
        return Prefilled(
            filled,
            self._limited_reports(),
            private_refused=wanted and not may,
            asks_public=self._privacy == {False},
            unfit=frozenset(self._unfit),
        )

    def _may_be_private(self) -> bool:
        one = self._forms.by_name.get(_PRIVATE)
        return one is not None and (not one.read_only or _ticked(given(one, {})))

    def _parameter(self, name: str, values: Sequence[str]) -> None:
        found = self._names.find(name)
        word = _key(_bare(name)) if not found else ""
        if any(one.name == _PRIVATE for one in found) or word in {_PRIVATE, "visibility"}:
            self._privacy |= {value.strip().lower() not in PUBLIC for value in values}
        elif len(found) > 1:
            self._say(
                f"The link fills in {quoted(name)}; {len(found)} fields of this form are called"
                " that."
            )
        elif found:
            self._asked[found[0].name] += self._fitting(values)
        elif word == "kind":
            self._kind(values)
        elif word == _key(_TEST):
            if not {value.strip().lower() for value in values} <= NO:
                self._say(NO_TEST)
        elif not is_for_others(name):
            self._say(f"The link fills in {quoted(name)}, which is no field of this form.")

    def _fitting(self, values: Sequence[str]) -> Iterator[str]:
        for value in values:
            if self._room < 1 or len(value) > self._text:
                self._say(TOO_MUCH)
                return
            self._room -= 1
            self._text -= len(value)
            yield value

    def _kind(self, values: Sequence[str]) -> None:
        """Rootly's own links can ask for a test or a maintenance (its pre-fill, `kind`)."""
        for value in values:
            kind = value.strip().lower()
            mark = _KINDS.get(kind, "")
            if mark in self._forms.by_name:
                self._asked[mark].append("true")
            elif mark == _TEST:
                self._say(NO_TEST)
            elif kind.startswith("scheduled"):
                self._say(NO_MAINTENANCE)
            elif kind not in _ORDINARY:
                self._say(
                    f"The link asks for an incident of the kind {quoted(value)}, which this form"
                    " can't make."
                )

    def _take(self, one: Field, texts: Sequence[str]) -> Values:
        """What of these texts the field takes."""
        control = CONTROLS[one.control]
        if control.chooses:
            found = [self._option(one, text) for text in texts]
        elif one.control == "checkbox":
            found = [self._tick(one, text) for text in texts]
        else:
            found = [showable(text) for text in texts]
        values = tuple(dict.fromkeys(value for value in found if value is not None))
        if None in found or (len(values) > 1 and not control.many):
            self._unfit.add(one.name)
        if len(values) > 1 and not control.many:
            self._say(
                f"The link gives {len(values)} answers for {quoted(one.label)}, which takes one;"
                " the first is filled in."
            )
            values = values[:1]
        if one.read_only and values:
            if not _is_fixed_to(one, values):
                self._say(_fixed(one))
            return ()
        return values if control.chooses or not values else self._sound(one, values)

    def _sound(self, one: Field, values: Values) -> Values:
        """The values, unless the field can't hold them; what is wrong with them is said now."""
        try:
            # Whether an hour exists in the person's own zone is judged when the form is sent.
            CONTROLS[one.control].clean(one, values, UTC)
        except Invalid as invalid:
            self._unfit.add(one.name)
            fate = "isn't filled in" if one.control in STRICT else "needs mending"
            self._say(f"What the link says of {quoted(one.label)} {fate}: {invalid.messages[0]}.")
            return () if one.control in STRICT else values
        return values

    def _tick(self, one: Field, text: str) -> str | None:
        word = text.strip().lower()
        if word in YES:
            return "true"
        if word in NO:
            return "false"
        self._say(
            f"The link says {quoted(text)} of {quoted(one.label)}, which can only be ticked or not."
        )
        return None

    def _option(self, one: Field, text: str) -> str | None:
        """The id of the option that `text` means. Lists that are open take unknown ids too."""
        found = find_option(one, text)
        if len(found) == 1:
            return found[0]
        if not found and is_open(one.options) and len(text) <= _LONGEST_ID and text.isprintable():
            return text
        noun = one.noun.partition(" ")[2]
        what = f"the {noun} {quoted(text)}" if noun else f"{quoted(text)} as {quoted(one.label)}"
        if found:
            self._say(
                f"The link asks for {what}, and there are {len(found)} of that name. Choose the one"
                " that is meant."
            )
        elif noun:
            self._say(f"The link asks for {what}, which Rootly doesn't have.")
        else:
            self._say(f"The link asks for {what}, which isn't one of its options.")
        return None

    def _say(self, sentence: str) -> None:
        self._reports.append(sentence)

    def _limited_reports(self) -> tuple[str, ...]:
        """So many that they can be read. That a test would be real is always among them."""
        reports = sorted(dict.fromkeys(self._reports), key=lambda one: one != NO_TEST)
        more = len(reports) - MOST_REPORTS
        if more <= 0:
            return tuple(reports)
        things = "1 more thing" if more == 1 else f"{more} more things"
        return (*reports[:MOST_REPORTS], f"The link says {things} that can't be filled in.")
