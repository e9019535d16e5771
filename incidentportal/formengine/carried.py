"""What a form carries from one page to the next beside its answers.

Which values the portal set by itself, so that a redraw can tell them from a person's; and the
answers to fields that aren't shown at the moment, in case they return. It travels as JSON in one
hidden control, unsigned: all that can be done with it is to fill in a form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from incidentportal.formengine.fields import Answers
from incidentportal.formengine.showable import UNSHOWABLE
from incidentportal.formengine.strength import Origin, Values

NAME = "form_state"
LONGEST = 1_000_000
_STARTS: tuple[Origin, ...] = ("link", "preset", "group", "site", "rootly")
"""What a value can begin with; whatever else the control says is not believed."""


@dataclass(frozen=True)
class Carried:
    """`start` is what each field began with and where that came from, `auto` what another field
    set it to since, and that field's name. `own` are the fields that the person ever changed: they
    stay theirs. `kept` are answers that the page itself doesn't hold, to fields that are hidden or
    read-only now. `judged` are the fields that had errors. `snapshot` is the picture that the form
    was made from; 0: the form carried nothing.
    """

    snapshot: int = 0
    start: Mapping[str, tuple[Origin, Values]] = field(default_factory=dict)
    auto: Mapping[str, tuple[str, Values]] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    kept: Mapping[str, Values] = field(default_factory=dict)
    judged: tuple[str, ...] = ()

    def set_by_portal(self, name: str) -> Values:
        """The value that the portal gave the field; empty where it gave none."""
        if name in self.auto:
            return self.auto[name][1]
        return self.start[name][1] if name in self.start else ()

    def write(self) -> str:
        """As the hidden control's value."""
        wire = _Wire(
            self.snapshot,
            dict(self.start),
            dict(self.auto),
            self.own,
            dict(self.kept),
            self.judged,
        )
        # JSON can spell out what no page may hold.
        return UNSHOWABLE.sub(_escaped, msgspec.json.encode(wire).decode())


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


class _Wire(msgspec.Struct, omit_defaults=True):
    snapshot: int = 0
    start: dict[str, tuple[str, Values]] = {}
    auto: dict[str, tuple[str, Values]] = {}
    own: tuple[str, ...] = ()
    kept: dict[str, Values] = {}
    judged: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(_Wire)


def read(answers: Answers) -> Carried:
    """What a posted form carried; nothing where it is missing or can't be read."""
    text = next(iter(answers.get(NAME, ())), "")
    if not text or len(text) > LONGEST:
        return Carried()
    try:
        wire = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return Carried()
    start = {name: (_origin(word), values) for name, (word, values) in wire.start.items()}
    snapshot = wire.snapshot if 0 <= wire.snapshot < 2**63 else 0
    return Carried(snapshot, start, wire.auto, wire.own, wire.kept, wire.judged)


def _origin(word: str) -> Origin:
    return next((origin for origin in _STARTS if origin == word), "rootly")
