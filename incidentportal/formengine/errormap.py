"""Where Rootly's words about a refused incident belong: at a field, or in the summary.

Rootly names what it refuses by an attribute's path or by a human name at the start of a sentence
(Rootly's guide, "Validation & Error Handling"; its JSON:API errors). The longest known name wins,
and Rootly's words are never dropped or changed; a name may be put before them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incidentportal.formengine.cleaning import RESERVED_LABELS
from incidentportal.formengine.fields import Field
from incidentportal.formengine.kinds import BUILT_INS
from incidentportal.formengine.names import Names, plain
from incidentportal.formengine.payload import SELECTIONS
from incidentportal.formengine.resolve import ResolvedForm

_SELECTION_ROOTS = frozenset(
    {
        SELECTIONS, "form_field_selections", "form_field_selection",
        "form_fields", "form_field", "custom_fields", "custom_field",
    }
)  # fmt: skip
_SEGMENT = re.compile(r"[^./\[\]\"']+")
_ENVELOPE = frozenset({"data", "attributes", "relationships", "incident"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LISTED = re.compile(r"[,;] ")
_NOT_TAKEN = re.compile(
    r"(unpermitted|not permitted|unknown|unexpected|unrecognized|additional|not allowed)",
    re.IGNORECASE,
)
_OUR_CREATOR = re.compile(r"user( id)?\b")
_OUR_TOKEN = re.compile(rf"\b({SELECTIONS}|labels|user_id)\b(?![.\[/]\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Placed:
    """Rootly's words, placed.

    `errors` are by control name, also of fields that are hidden at the moment; `messages` belong
    to no field of this form. `ours` are words about what the portal itself added, by subject:
    `form_field_selections_attributes`, `labels`, `user_id`; the person can do nothing about them.
    A message may be in `ours` alone.
    """

    errors: Mapping[str, tuple[str, ...]]
    messages: tuple[str, ...]
    ours: Mapping[str, tuple[str, ...]]

    @property
    def is_all_ours(self) -> bool:
        """Whether nothing in the refusal is about what the person filled in."""
        return bool(self.ours) and not self.errors and not self.messages


def place(
    form: ResolvedForm,
    field_errors: Iterable[tuple[str, str]],
    messages: Iterable[str],
    sent: Mapping[str, Any],
) -> Placed:
    """Place a refusal's words on the form.

    `field_errors` are pairs of a path and a message. `sent` are the neutral attributes that were
    sent: a path may count custom values by their place in it.
    """
    placing = _Placing(form, sent)
    for path, message in field_errors:
        placing.by_path(path, message)
    for message in messages:
        placing.by_words(message)
    return Placed(
        {name: tuple(dict.fromkeys(found)) for name, found in placing.errors.items()},
        tuple(dict.fromkeys(placing.messages)),
        {subject: tuple(dict.fromkeys(found)) for subject, found in placing.ours.items()},
    )


class _Placing:
    def __init__(self, form: ResolvedForm, sent: Mapping[str, Any]) -> None:
        self._names = Names(form, sent)
        fields = [state.field for state in form.states]
        self._by_id = {field.id: field for field in fields if field.is_custom}
        self._by_attribute = {
            plain(name): field
            for field in fields
            if field.kind in BUILT_INS
            for name in (field.kind, field.name, *BUILT_INS[field.kind].aliases)
        }
        self._selections: Sequence[Mapping[str, Any]] = sent.get(SELECTIONS) or ()
        self._labelled = any(key not in RESERVED_LABELS for key in sent.get("labels") or ())
        self.errors: defaultdict[str, list[str]] = defaultdict(list)
        self.messages: list[str] = []
        self.ours: defaultdict[str, list[str]] = defaultdict(list)

    def by_path(self, path: str, message: str) -> None:
        segments = _SEGMENT.findall(path)
        while segments and segments[0] in _ENVELOPE:
            segments.pop(0)
        root = segments[0] if segments else ""
        if not root or root == "base":
            self.by_words(message)
        elif root in _SELECTION_ROOTS:
            self._about_selections(segments, path, message)
        elif subject := self._own_subject(segments, message):
            self.ours[subject].append(message)
        else:
            self._about_attribute(segments, path, message)

    def by_words(self, message: str) -> None:
        """Place a sentence by the name it begins with; each of several where it is a list."""
        if plain(message).startswith("form field selection"):
            self._about_spoken_selections(message)
            return
        if several := self._several(message):
            for one, part in several:
                self.errors[one.name].append(part)
            return
        name = self._names.at_start(message)
        field = self._names.known[name] if name else None
        if subject := self._spoken_subject(name, message):
            self.ours[subject].append(message)
        elif field is not None:
            self.errors[field.name].append(message)
        else:
            self.messages.append(message)

    def _several(self, message: str) -> list[tuple[Field, str]]:
        """Rails' "Validation failed: Title can't be blank, Services must exist", taken apart; none
        where any part begins with no field of this form.
        """
        parts = _LISTED.split(message.partition(": ")[2] or message)
        fields = [self._spoken_field(part) for part in parts] if len(parts) > 1 else []
        found = [(field, part) for field, part in zip(fields, parts, strict=False) if field]
        return found if found and len(found) == len(parts) else []

    def _spoken_field(self, sentence: str) -> Field | None:
        name = self._names.at_start(sentence)
        return self._names.known[name] if name else None

    def _about_spoken_selections(self, message: str) -> None:
        """`form_field_selections.0.value …` or "Form field selections value …"."""
        words = message.split()
        spoken = "_" not in words[0]
        segments = _SEGMENT.findall("".join(words[3:4] if spoken else words[:1]).strip("`:,"))
        if spoken and [one.lower() for one in segments] == ["attributes"]:
            self.ours[SELECTIONS].append(message)
            return
        if not spoken or segments[:1] == ["attributes"]:
            segments = segments[1:]
        field = self._selected(segments, None) if segments else None
        if field is not None:
            self.errors[field.name].append(message)
        else:
            self.messages.append(message)

    def _named_message(self, label: str, message: str) -> str:
        """A message that needs its subject ("can't be blank") gets it; any other stays as it is."""
        if message[:1].islower() and self._names.at_start(message) is None:
            return f"{label} {message}"
        return message

    def _about_attribute(self, segments: list[str], path: str, message: str) -> None:
        root = segments[0]
        name = plain(root) if plain(root) in self._names.known else plain(_HUMP.sub(" ", root))
        # A path speaks of attributes: a label that reads like one is another field's.
        own = self._by_attribute.get(name) if root.islower() else None
        field = own or self._names.known.get(name) or self._by_id.get(root)
        if field is not None:
            label = field.label
            if field.control == "labels" and len(segments) > 1:
                label = f"{label} ({'.'.join(segments[1:])})"
            self.errors[field.name].append(self._named_message(label, message))
        elif name in self._names.known:
            self.messages.append(self._named_message(_human(root), message))
        elif self._names.at_start(message):
            self.by_words(message)
        else:
            self.messages.append(f"{path}: {message}")

    def _about_selections(self, segments: list[str], path: str, message: str) -> None:
        named = self._named(message)
        field = self._selected(segments[1:], named) if len(segments) > 1 else named
        if field is not None:
            self.errors[field.name].append(self._named_message(field.label, message))
        elif segments == [SELECTIONS] and self._names.at_start(message) is None:
            self.ours[SELECTIONS].append(message)
        else:
            self.messages.append(f"{path}: {message}")

    def _named(self, message: str) -> Field | None:
        """The custom field whose name the message begins with."""
        field = self._spoken_field(message)
        return field if field is not None and field.is_custom else None

    def _selected(self, rest: list[str], named: Field | None) -> Field | None:
        """The field that a path inside the selections means: by place, by id, by name, by key."""
        key = rest[0]
        by_id = self._by_id.get(key)
        is_place = key.isascii() and key.isdigit() and len(key) < 7
        by_place = self._sent_at(int(key)) if is_place else None
        candidates = [field for field in (by_place, by_id) if field is not None]
        if named in candidates or (named is not None and not candidates):
            return named
        return candidates[0] if candidates else self._by_key(key)

    def _sent_at(self, place: int) -> Field | None:
        if place >= len(self._selections):
            return None
        return self._by_id.get(str(self._selections[place].get("form_field_id")))

    def _by_key(self, key: str) -> Field | None:
        """By slug or label; else the only custom value that was sent with this key (`value`)."""
        field = self._names.known.get(plain(key))
        if field is not None and field.is_custom:
            return field
        with_key = [place for place, selection in enumerate(self._selections) if key in selection]
        return self._sent_at(with_key[0]) if len(with_key) == 1 else None

    def _own_subject(self, segments: list[str], message: str) -> str:
        root = segments[0]
        if root in {"user_id", "user"} and plain(root) not in self._names.known:
            return "user_id"
        about_label = root == "labels" and (
            not RESERVED_LABELS.isdisjoint(segments) or self._labels_are_ours(message)
        )
        return "labels" if about_label else ""

    def _labels_are_ours(self, message: str) -> bool:
        return _names_our_label(message) or not self._labelled

    def _spoken_subject(self, name: str | None, message: str) -> str:
        """What of ours a sentence is about; blank where it isn't."""
        if _names_our_label(message) or (name == "labels" and self._labels_are_ours(message)):
            return "labels"
        creator = _OUR_CREATOR.match(plain(message))
        if creator and len(creator[0]) > len(name or ""):
            return "user_id"
        token = _OUR_TOKEN.search(message) if name is None and _NOT_TAKEN.search(message) else None
        return token[1].lower() if token else ""


def _names_our_label(message: str) -> bool:
    return any(label in message for label in RESERVED_LABELS)


def _human(root: str) -> str:
    for kind, built_in in BUILT_INS.items():
        if root in {kind, built_in.attribute, built_in.control_name}:
            return built_in.label
    return root.replace("_", " ").capitalize()
