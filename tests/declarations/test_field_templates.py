"""How a field is drawn, beyond what the pages' own tests see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incidentportal.declarations.templatetags.fields import draw
from incidentportal.formengine.choices import ChoiceView
from incidentportal.formengine.suggestions import Suggestion
from incidentportal.formengine.view import FieldView
from tests.support.pages import check_page

CHOICES = (ChoiceView("1", "North", selected=True), ChoiceView("2", "South"))
TEXT = FieldView(
    name="title", dom_id="id_title", template="formengine/fields/input.html", control="text",
    label="Title", required=True, help="Short.", how="", errors=(), value="Down",
    anchor="id_title", help_id="id_title_help", error_id="id_title_error",
    described_by="id_title_help",
)  # fmt: skip
CHOICE = replace(
    TEXT, template="formengine/fields/choice.html", control="choice", value="",
    layout="radios", choices=CHOICES, anchor="id_title_0",
)  # fmt: skip
TICK = replace(TEXT, template="formengine/fields/checkbox.html", control="checkbox", checked=True)
ALL = {
    "text": TEXT,
    "textarea": replace(TEXT, template="formengine/fields/textarea.html", control="textarea"),
    "tick": TICK,
    "radios": CHOICE,
    "checkboxes": replace(CHOICE, control="choices", layout="checkboxes"),
    "select": replace(CHOICE, layout="select", blank_label="None"),
}
every = pytest.mark.parametrize("field", ALL.values(), ids=ALL.keys())


def drawn(field: FieldView) -> str:
    html = draw(field)
    check_page(html, fragment=True)
    return html


@every
def test_each_field_has_its_frame_marks_reason_note_and_suggestions(field: FieldView) -> None:
    html = drawn(
        replace(
            field,
            redraws=True,
            why="Required because <b>.",
            note="Filled in by the link.",
            suggestions=(Suggestion("title:1", "North", "owns Checkout"),),
        )
    )
    assert 'data-field="title" data-label="Title" data-redraws' in html
    assert '<span class="field__mark">required</span>' in html
    assert "Why<span" in html
    assert " is Title required</span>?" in html
    assert "Required because &lt;b&gt;." in html
    assert 'aria-describedby="id_title_help id_title_note"' in html
    assert '<p class="field__note" id="id_title_note">Filled in by the link.</p>' in html
    assert 'name="suggest" value="title:1"' in html
    assert "(owns Checkout)" in html


@every
def test_a_plain_field_has_none_of_them(field: FieldView) -> None:
    html = drawn(field)
    for word in ("data-redraws", "<details", "field__note", "suggest", "fixed", "readonly"):
        assert word not in html


@every
def test_a_fixed_field_shows_its_value_and_cannot_be_changed(field: FieldView) -> None:
    html = drawn(replace(field, read_only=True))
    assert '<span class="field__mark">required, fixed</span>' in html
    if field.control in {"choice", "choices"}:
        assert (
            '<p class="field__fixed" id="id_title_0" tabindex="-1"><span>North</span></p>' in html
        )
        assert 'name="title"' not in html
    else:
        assert " readonly" in html or " disabled" in html
