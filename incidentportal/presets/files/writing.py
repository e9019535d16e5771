"""Presets and defaults as a YAML file: in a stable order, one line for each thing said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

import yaml

from incidentportal.presets.content import NORMAL, Content, DefaultContent, Setting, plain
from incidentportal.presets.defaults import source_of
from incidentportal.presets.files.naming import Names

VERSION = 1
HEAD = """\
# Presets and defaults of Incident Portal, of {upstream}
#
# Written by `manage.py presets export`; `manage.py presets import --dry-run` says what importing
# this file would change, `manage.py presets import` does it. Records and custom fields are called
# by their slugs, else by their names. What isn't said is as in Rootly. Presets and defaults that
# are not in the file are left alone, unless --prune is given.

"""
_BREAKS = re.compile("[\x85\u2028\u2029\ufeff]")
"""Line ends to YAML, but not to people: written as escapes."""
_TICKS = {"true": True, "false": False}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS.search(text) else "|" if _is_block(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_block(text: str) -> bool:
    lines = text.split("\n")
    return (
        len(lines) > 1
        and bool(lines[0])
        and all(one == one.strip() and one.isprintable() for one in lines)
    )


_Dumper.add_representer(str, _text)


def write(
    names: Names, upstream: str, presets: Iterable[Content], defaults: Iterable[DefaultContent]
) -> str:
    """The whole file. `upstream` is told at its head only."""
    site: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {}
    for one in defaults:
        into = groups.setdefault(one.group, {}) if one.group else site
        chosen = Setting(was=one.was, source=one.source, values=one.values, words=one.words)
        into[names.of_field(one.field)] = _setting(names, one.field, chosen)
    document: dict[str, Any] = {
        "version": VERSION,
        "presets": {one.slug: _preset(names, one) for one in sorted(presets, key=_slug)},
        "defaults": {
            "site": _sorted(site),
            "groups": _sorted({group: _sorted(found) for group, found in groups.items()}),
        },
    }
    shown = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000,
        default_flow_style=False,
    )  # fmt: skip
    return HEAD.format(upstream=upstream) + shown


def _slug(content: Content) -> str:
    return content.slug


def _sorted(table: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(table.items()))


def _preset(names: Names, content: Content) -> dict[str, Any]:
    said = plain(content)
    found = {name: value for name, value in said.items() if name not in ("slug", "fields")}
    if content.kind == NORMAL:
        found.pop("kind", None)
    if content.audience:
        found["audience"] = sorted(content.audience)
    if content.wording:
        found["wording"] = _sorted(found["wording"])
    fields = {
        names.of_field(name): _setting(names, name, one) for name, one in content.fields.items()
    }
    return {**found, **({"fields": _sorted(fields)} if fields else {})}


def _setting(names: Names, name: str, setting: Setting) -> dict[str, Any]:
    """What a file says of a field: what the form no longer has with the words of then."""
    field = names.exact(name)
    found: dict[str, Any] = {}
    as_it_was = field is None or bool(setting.values and source_of(field) != setting.source)
    if as_it_was:
        found["was"] = setting.was
        if setting.source:
            found["source"] = setting.source
    values = _values(names, name, setting, as_it_was=as_it_was)
    if values:
        found["default"] = values[0] if len(values) == 1 else values
    rest = plain(setting)
    for known in ("was", "source", "values", "words"):
        rest.pop(known, None)
    if setting.wording:
        rest["wording"] = _sorted(rest["wording"])
    return {**found, **rest}


def _values(names: Names, name: str, setting: Setting, *, as_it_was: bool) -> list[Any]:
    field = None if as_it_was else names.exact(name)
    if not setting.source:
        is_tick = field is not None and field.control == "checkbox"
        return [_TICKS.get(one, one) if is_tick else one for one in setting.values]
    found: list[Any] = []
    for value, word in zip_longest(setting.values, setting.words[: len(setting.values)]):
        called = names.of_option(field, value) if field is not None else None
        if called is not None:
            found.append(called)
        else:
            found.append({"id": value, **({"was": word} if word is not None else {})})
    return found
