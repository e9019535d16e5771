"""Draws the fields of a form."""

from __future__ import annotations

from typing import cast
from weakref import WeakKeyDictionary

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import SafeString

from incidentportal.formengine.view import FieldView

register = template.Library()

_drawn: WeakKeyDictionary[FieldView, SafeString] = WeakKeyDictionary()


@register.simple_tag
def draw(field: FieldView) -> SafeString:
    """The field's HTML.

    An untouched field is the same object on every page, and is drawn once: that is most of what
    a form costs. What a person filled in is drawn anew, and forgotten with its page.
    """
    known = _drawn.get(field)
    if known is None or settings.DEBUG:
        known = cast(SafeString, get_template(field.template).render({"field": field}))
        _drawn[field] = known
    return known
