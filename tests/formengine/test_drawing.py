"""The fields that have a template of their own, drawn."""

from __future__ import annotations

from datetime import UTC

from django.template.loader import get_template

from incidentportal.formengine.fields import Answers
from incidentportal.formengine.resolve import resolve
from incidentportal.formengine.view import form_view
from incidentportal.rootly.records import FormField
from tests.formengine.building import built_in, form_field
from tests.formengine.lists import with_live
from tests.support.pages import check_page


def drawn(field: FormField, answers: Answers | None = None) -> str:
    form = resolve(with_live(field), {})
    name = form.shown[0].field.name
    (view,) = form_view(form, answers or {}, UTC, errors={name: ["<odd>"]}).fields
    html = get_template(view.template).render({"field": view})
    check_page(html, fragment=True)
    assert f'data-field="{name}"' in html
    assert f'id="id_{name}_error"' in html
    assert "&lt;odd&gt;" in html
    return html


def test_a_rich_text_is_a_box_with_a_preview() -> None:
    field = form_field("5", name="Steps", input_kind="rich_text", description="What was tried")
    html = drawn(field, {"form_field_5": ["# <b>typed</b>"]})
    assert "# &lt;b&gt;typed&lt;/b&gt;</textarea>" in html
    assert 'aria-describedby="id_form_field_5_help id_form_field_5_error"' in html
    assert "What was tried You can use Markdown" in html
    assert 'name="preview" value="form_field_5"' in html


def test_ongoing_incidents_are_a_list_without_any_control() -> None:
    html = drawn(built_in("show_ongoing_incidents", name="<Now>"))
    assert html.count("<li") == 11
    assert "and 2 more" in html
    assert "&lt;Now&gt;" in html
    assert not [tag for tag in ("<input", "<textarea", "<select", "name=") if tag in html]


def test_private_says_who_will_see_it_and_that_it_stays_so() -> None:
    html = drawn(built_in("visibility", name="Visibility"))
    assert 'name="private" value="true"' in html
    assert "Private <span" in html
    assert "can&#x27;t be undone" in html
