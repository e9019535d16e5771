"""What changed between two states of a preset or default, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from incidentportal.presets.content import (
    TEST,
    Content,
    ContentError,
    DefaultContent,
    Setting,
    content_of,
    default_of,
)

Stored = Mapping[str, Any] | None
"""A whole content as `content.plain` wrote it; None: it did not exist."""
UNREADABLE = "(it can’t be read)"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed; blank where there was, or is, nothing."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before or NOTHING} → {self.after or NOTHING}"


def differences(before: Stored, after: Stored) -> list[Difference]:
    """Field by field, in the order of the page; empty where both are the same."""
    if before == after:
        return []
    was, now = _parts(before), _parts(after)
    found = [
        Difference(what, was.get(what, ""), now.get(what, ""))
        for what in dict.fromkeys([*now, *was])
        if was.get(what, "") != now.get(what, "")
    ]
    return found or [Difference("What Rootly calls its parts", "", "noted anew")]


def title_of(stored: Mapping[str, Any]) -> str:
    """What it is called in a list of changes."""
    if "slug" in stored:
        return str(stored.get("name") or stored["slug"])
    name = str(stored.get("was") or stored.get("field", ""))
    return f"{name} ({stored['group']})" if stored.get("group") else name


def _parts(stored: Stored) -> dict[str, str]:
    """What a content says, by what it is about."""
    if stored is None:
        return {}
    try:
        if "slug" in stored:
            return {key: text for key, text in _preset(content_of(stored)).items() if text}
        return _default(default_of(stored))
    except ContentError:
        return {"All of it": UNREADABLE}


def _default(content: DefaultContent) -> dict[str, str]:
    values = _values(Setting(values=content.values, words=content.words))
    return {"Group": content.group, "Field": content.was or content.field, "Begins with": values}


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""


_BASICS: Mapping[str, Callable[[Content], str]] = {
    "Name": lambda one: one.name,
    "Name in addresses": lambda one: one.slug,
    "Description": lambda one: one.description,
    "Icon": lambda one: one.icon,
    "For": lambda one: ", ".join(one.audience) or "everyone",
    "What is declared": lambda one: "a test" if one.kind == TEST else "a real incident",
    "Always private": lambda one: _yes(one.private),
    "Title pattern": lambda one: one.title_pattern,
    "Place on the home page": lambda one: str(one.position),
    "In use": lambda one: "yes" if one.enabled else "no",
}
_MARKS: Mapping[str, Callable[[Setting], str]] = {
    "fixed": lambda one: _yes(one.locked),
    "required here": lambda one: _yes(one.required),
    "hidden": lambda one: _yes(one.hidden),
    "under “More”": lambda one: _yes(one.folded),
    "place": lambda one: "" if one.order is None else str(one.order),
    "label": lambda one: one.label,
    "help text": lambda one: one.help,
}


def _preset(content: Content) -> dict[str, str]:
    found = {what: tell(content) for what, tell in _BASICS.items()}
    for code, words in sorted(content.wording.items()):
        found[f"Name ({code})"] = words.name
        found[f"Description ({code})"] = words.description
    called = _called(content)
    for name, setting in sorted(content.fields.items(), key=lambda pair: called[pair[0]]):
        field = f"Field “{called[name]}”"
        if setting.says_nothing:
            found[field] = "as in Rootly"
        found[f"{field}, value"] = _values(setting)
        for what, told in _MARKS.items():
            found[f"{field}, {what}"] = told(setting)
        for code, own in sorted(setting.wording.items()):
            found[f"{field}, label ({code})"] = own.label
            found[f"{field}, help text ({code})"] = own.help
    return found


def _called(content: Content) -> dict[str, str]:
    """The fields' labels of then; with the control's name where two have the same."""
    labels = [one.was for one in content.fields.values()]
    return {
        name: one.was if one.was and labels.count(one.was) == 1 else f"{one.was} {name}".strip()
        for name, one in content.fields.items()
    }


def _values(setting: Setting) -> str:
    """The values in words; an id beside words that could be another's."""
    if not setting.words:
        return ", ".join(setting.values)
    pairs = zip(setting.values, setting.words, strict=False)
    return ", ".join(word if word == value else f"{word} ({value})" for value, word in pairs)
