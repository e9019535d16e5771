"""From what was posted to what is meant: one function per kind of answer.

Each takes the field, its values (at least one, none of them blank) and the person's time zone,
and returns the value, or None where it means "unset"; `Invalid` carries what to tell the person.
Any text may arrive here, so nothing else is ever raised.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from datetime import date as calendar_date

from incidentportal.catalog.options import OptionList
from incidentportal.formengine.fields import Field

# Rootly gives no bounds; ours keep a form's answers well below what a request may carry.
MAX_ITEMS = 100
MAX_ITEM = 255
RESERVED_LABELS = frozenset({"incident_portal_declaration", "incident_portal_declared_by"})

# The replacement character stands where bytes were no text: what was meant is lost already.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATETIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
TICKED = frozenset({"true", "1", "on"})
UNTICKED = frozenset({"false", "0", "off"})


class Invalid(ValueError):  # noqa: N818 -- it says what the answer is
    """An answer that can't be used; `messages` say why, in the person's words."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


def quoted(text: str) -> str:
    """What the person typed, short and printable, to be repeated in a message."""
    shown = "".join(char if char.isprintable() else "�" for char in text[:41])
    return f"“{shown[:40]}…”" if len(shown) > 40 else f"“{shown}”"


def _only(field: Field, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise Invalid(f"{field.label} takes one answer; {len(values)} were sent")
    return values[0]


def _sound(field: Field, text: str, limit: int) -> str:
    """`text` if it is short enough and has no characters that can't be sent."""
    if len(text) > limit:
        raise Invalid(
            f"{field.label} can have at most {limit:,} characters; this has {len(text):,}"
        )
    found = _CONTROL.search(text)
    if found:
        raise Invalid(
            f"{field.label} has a character that can't be sent (U+{ord(found[0]):04X}); remove it"
        )
    return text


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def line(field: Field, values: Sequence[str], zone: tzinfo) -> str:
    """One line of text, without white space around it; a tab counts as a space."""
    text = _lines(_only(field, values)).strip().replace("\t", " ")
    if "\n" in text[: field.limit]:
        raise Invalid(f"{field.label} must be on one line")
    return _sound(field, text, field.limit)


def paragraphs(field: Field, values: Sequence[str], zone: tzinfo) -> str:
    """Text of many lines, as typed; line ends become line feeds."""
    return _sound(field, _lines(_only(field, values)), field.limit)


def number(field: Field, values: Sequence[str], zone: tzinfo) -> str:
    """A decimal number as the exact text that was typed: `12.50` stays `12.50`.

    Digits, a minus before them and one decimal point; no exponent, no separators, no NaN.
    """
    text = _only(field, values).strip()
    if not _NUMBER.fullmatch(text[: field.limit + 1]):
        raise Invalid(f"{quoted(text)} is not a number; write it like 1200 or 12.50")
    return _sound(field, text, field.limit)


def checkbox(field: Field, values: Sequence[str], zone: tzinfo) -> bool | None:
    """True where it is ticked; an unticked one is unset."""
    said = {value.strip().lower() for value in values}
    if said <= TICKED:
        return True
    if said <= UNTICKED:
        return None
    raise Invalid(f"Tick {field.label} or leave it; {quoted(values[0])} is neither")


def date(field: Field, values: Sequence[str], zone: tzinfo) -> str:
    """A day as `YYYY-MM-DD`."""
    text = _only(field, values).strip()
    if not _DATE.fullmatch(text):
        raise Invalid(f"{quoted(text)} is not a date; write it like 2026-01-31")
    try:
        return calendar_date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid(f"{quoted(text)} is not a day of the calendar") from None


def moment(field: Field, values: Sequence[str], zone: tzinfo) -> str:
    """A date and time with its offset, ISO 8601; without one it is in the person's zone.

    An hour that occurs twice, when clocks go back, is taken as the first of the two.
    """
    text = _only(field, values).strip()
    if not _DATETIME.fullmatch(text):
        raise Invalid(f"{quoted(text)} is not a date and time; write it like 2026-01-31 14:30")
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is not None:
            return when.isoformat()
        local = when.replace(tzinfo=zone)
        exists = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == when
    except (ValueError, OverflowError):
        raise Invalid(f"{quoted(text)} is not a date and time of the calendar") from None
    if not exists:
        raise Invalid(f"{quoted(text)} does not exist in {zone}: the clocks go forward then")
    return local.isoformat()


def _items(field: Field, values: Sequence[str], separators: str) -> tuple[str, ...]:
    """The single texts of a list, without blanks and repetitions."""
    parts = re.split(separators, "\n".join(values))
    items = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if len(items) > MAX_ITEMS:
        raise Invalid(f"{field.label} takes at most {MAX_ITEMS} entries; these are {len(items):,}")
    for item in items:
        if len(item) > MAX_ITEM:
            raise Invalid(
                f"Each entry of {field.label} can have at most {MAX_ITEM} characters;"
                f" {quoted(item)} has {len(item):,}"
            )
        _sound(field, item, MAX_ITEM)
    return items


def tags(field: Field, values: Sequence[str], zone: tzinfo) -> tuple[str, ...] | None:
    """Short texts, parted by commas or line ends."""
    return _items(field, values, r"[,\r\n]") or None


def emails(field: Field, values: Sequence[str], zone: tzinfo) -> tuple[str, ...] | None:
    """E-mail addresses, parted by commas or line ends."""
    items = _items(field, values, r"[,\r\n]")
    wrong = [f"{quoted(item)} is not an e-mail address" for item in items if not _is_email(item)]
    if wrong:
        raise Invalid(*wrong[:5])
    return items or None


def _is_email(text: str) -> bool:
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def labels(field: Field, values: Sequence[str], zone: tzinfo) -> dict[str, str] | None:
    """Labels, each `key=value`, one per value or line."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    for item in _items(field, values, r"[\r\n]"):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not (key and equals and value):
            wrong.append(f"{quoted(item)} is not a label; write each one as key=value")
        elif key.lower() in RESERVED_LABELS:
            wrong.append(f"The label {quoted(key)} is reserved for the portal; choose another key")
        elif key in found:
            wrong.append(f"The label {quoted(key)} is there twice")
        else:
            found[key] = value
    if wrong:
        raise Invalid(*wrong[:5])
    return found or None


def choice(field: Field, values: Sequence[str], zone: tzinfo) -> tuple[str, ...]:
    """One id of the field's options; the same id twice is one choice."""
    chosen = tuple(dict.fromkeys(values))
    if len(chosen) > 1:
        raise Invalid(f"Choose only one of {field.label}; {len(chosen)} were sent")
    return choices(field, chosen, zone)


def choices(field: Field, values: Sequence[str], zone: tzinfo) -> tuple[str, ...]:
    """Any number of ids of the field's options, each once.

    A list that is open (`is_open`: it changes by the minute) knows only the newest of what exists:
    other ids pass, and Rootly judges them.
    """
    options = field.options if field.options is not None else OptionList()
    chosen = tuple(dict.fromkeys(values))
    gone = [option_id for option_id in chosen if option_id not in options]
    one = field.noun or f"an option for “{field.label}”"
    if options.is_open:
        return _believable(field, chosen, gone, one)
    if gone:
        which = "the one you chose" if len(gone) == 1 else f"{len(gone)} of those you chose"
        verb = "exists" if len(gone) == 1 else "exist"
        raise Invalid(f"Choose {one} from the list: {which} no longer {verb}")
    return chosen


def _believable(
    field: Field, chosen: tuple[str, ...], unknown: Sequence[str], one: str
) -> tuple[str, ...]:
    if len(chosen) > MAX_ITEMS:
        raise Invalid(f"{field.label} takes at most {MAX_ITEMS}; these are {len(chosen):,}")
    odd = [item for item in unknown if len(item) > MAX_ITEM or _CONTROL.search(item)]
    if odd:
        raise Invalid(f"Choose {one} from the list: {quoted(odd[0])} can't be one")
    return chosen


def nothing(field: Field, values: Sequence[str], zone: tzinfo) -> None:
    """A field that only informs has no value, whatever is posted."""
