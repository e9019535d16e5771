"""What a link or a posted form asks for that isn't as it should be: told, never guessed."""

from __future__ import annotations

from html import unescape

from incidentportal.declarations.models import Declaration
from incidentportal.declarations.wording import POSTED_PRESETS, SEEN_BY, SEVERAL_PRESETS
from tests.presets.conftest import make_preset, setting
from tests.presets.test_presets import NEW, PAYMENTS, send, text
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox


def test_of_several_presets_in_a_link_the_first_counts_and_it_says_so(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(setting("Ticket", "FIRST"))
    make_preset(setting("Ticket", "SECOND"), slug="other", name="Other")
    for query in ("preset=payments&preset=other", "preset=&preset=payments&preset=other"):
        form = Form(visitor, f"{NEW}?{query}")
        assert 'value="FIRST"' in form.html, query
        assert SEVERAL_PRESETS in text(form), query
    for query in ("preset=&preset=payments", "preset=payments&preset=payments"):
        form = Form(visitor, f"{NEW}?{query}")
        assert 'value="FIRST"' in form.html, query
        assert SEVERAL_PRESETS not in text(form), query
    for spelling in ("PRESET", "preset[]"):
        form = Form(visitor, f"{NEW}?{spelling}=payments")
        assert f"fills in “{spelling.removesuffix('[]')}”" in text(form)


def test_a_form_that_names_several_presets_sends_nothing(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(setting("Ticket", "FIRST"))
    make_preset(setting("Ticket", "SECOND"), slug="other", name="Other", private=True)
    form = Form(visitor, PAYMENTS)
    form.address = NEW
    assert send(form, preset=["payments", "other"], title="Kept").status_code == 422
    assert POSTED_PRESETS in text(form)
    assert connected.incidents() == []
    assert 'value="Kept"' in form.html
    assert send(form).status_code == 303
    assert Declaration.objects.get().answers["preset"] == ["payments"]


def test_what_is_always_private_says_once_who_sees_it(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(setting("Ticket", "CARE-1", locked=True), private=True)
    form = Form(visitor, PAYMENTS)
    field = form.html.split('data-field="private"')[1].split("data-field")[0]
    assert SEEN_BY in unescape(field)
    assert "If you tick this" not in field, "nobody can"
