"""Where Rootly's refusal contradicts the form as the portal knows it: the form has changed there.

Rootly asks for what this form doesn't require or show, or doesn't know what was chosen from a list
of its own. What it asks for is shown and required from then on, whatever the snapshot says
(`resolve.py`, `demanded`); it is Rootly that has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from incidentportal.formengine.errormap import Placed
from incidentportal.formengine.fields import Field
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.resolve import FieldState, ResolvedForm

_ASKS = re.compile(
    r"(can ?not|can't|must not|mustn't|may not|should not|shouldn't) be (blank|empty|null|nil"
    r"|missing|unset)"
    r"|\b(is|are|was|were) (blank|empty|missing|mandatory|needed|null|nil)\b"
    r"|(must|needs? to|has to|have to|should) be (present|given|set|provided|specified|supplied"
    r"|included|filled|selected|chosen|entered|completed)\b"
    r"|(?<!not )(?<!n't )(?<!no longer )\brequired\b"
    r"|\bat least one\b|\bminimum is 1\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"(unpermitted|(not|n't) (be )?(permitted|allowed|supported|enabled|accepted)|unexpected"
    r"|unrecognized|unknown (attribute|parameter|field|key)|must be (blank|empty|absent)"
    r"|no longer (exists?|required|part))",
    re.IGNORECASE,
)
_KNOWS_NOT = re.compile(
    r"(must exist|(not|n't) (exist|be found|included)|not found|is invalid|is unknown|are invalid"
    r"|no longer exists?|no such|is not a valid)",
    re.IGNORECASE,
)
_INFORMS = frozenset({"show_ongoing_incidents"})


@dataclass(frozen=True, slots=True)
class Contradictions:
    """`demanded` are names of the form's fields that Rootly asks for and the form doesn't.
    `elsewhere` are its words that ask for something else, `gone` names of fields with a chosen
    option that it doesn't know.
    """

    demanded: frozenset[str] = frozenset()
    elsewhere: tuple[str, ...] = ()
    gone: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.demanded or self.elsewhere or self.gone)


def contradictions(placed: Placed, form: ResolvedForm) -> Contradictions:
    """What a refusal's words, placed on `form`, say against it: resolved by its own rules alone."""
    demanded: set[str] = set()
    elsewhere = [text for text in placed.messages if _says(_ASKS, [text])]
    gone: set[str] = set()
    for state in form.states:
        field, words = state.field, placed.errors.get(state.field.name, ())
        answered = bool(form.tokens_of.get(field.name))
        if _asks(state, words, answered=answered):
            if _can_be_answered(field):
                demanded.add(field.name)
            else:
                elsewhere += words
        if answered and field.options is not None and _says(_KNOWS_NOT, words):
            gone.add(field.name)
    return Contradictions(frozenset(demanded), tuple(elsewhere), frozenset(gone))


def still_demanded(before: AbstractSet[str], placed: Placed, form: ResolvedForm) -> frozenset[str]:
    """What earlier refusals demanded (`before`), as far as `form` doesn't ask for it by now and
    Rootly didn't take it back ("is not allowed").
    """
    return frozenset(
        state.field.name
        for state in form.states
        if state.field.name in before
        and not (state.shown and state.required)
        and not _says(_DENIES, placed.errors.get(state.field.name, ()))
        and _can_be_answered(state.field)
    )


def _asks(state: FieldState, words: Sequence[str], *, answered: bool) -> bool:
    """Whether Rootly misses an answer that the form doesn't ask for. Of a hidden field nothing was
    sent: whatever Rootly says of one, short of denying it, it means that.
    """
    if not words or (state.shown and state.required) or _says(_DENIES, words):
        return False
    nobody = not answered and state.field.options is not None  # nobody "must exist"
    return not state.shown or _says(_ASKS, words) or (nobody and _says(_KNOWS_NOT, words))


def _says(pattern: re.Pattern[str], words: Iterable[str]) -> bool:
    return any(pattern.search(text.replace("’", "'")) for text in words)


def _can_be_answered(field: Field) -> bool:
    """A list without options must never be required: nothing could be sent any more."""
    has_options = field.options is None or len(field.options) > 0 or is_open(field.options)
    return has_options and field.kind not in _INFORMS
