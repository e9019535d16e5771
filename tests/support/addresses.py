"""The project's own addresses, found by walking the URL resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize


def routes() -> list[tuple[str, tuple[str, ...]]]:
    """Every address as a text with `{}` for each part that varies, and the names of these parts."""
    return sorted(set(_walk(get_resolver().url_patterns, "", ())))


def _walk(
    patterns: list[Any], before: str, names: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in patterns:
        assert isinstance(each, URLPattern | URLResolver)
        text, own = _template(each.pattern.regex.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, before + text, names + own)
        else:
            yield before + text, names + own


def _template(pattern: str) -> tuple[str, tuple[str, ...]]:
    text, names = normalize(re.sub(r"\\Z$", "", pattern))[0]
    return re.sub(r"%\((\w+)\)s", "{}", text), tuple(names)
