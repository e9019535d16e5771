"""Logs at their most talkative."""

from __future__ import annotations

import logging

import pytest
from django.template import Context, Template


def test_a_templates_debug_line_does_not_show_what_was_typed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="django.template")
    Template("{{ form.nothing }}").render(Context({"form": {"title": "A theft"}}))
    assert "Exception while resolving variable 'nothing'" in caplog.text
    assert "theft" not in caplog.text
