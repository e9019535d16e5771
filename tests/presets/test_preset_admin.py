"""How an admin makes and changes presets and groups' defaults, without JavaScript."""

from __future__ import annotations

import itertools
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from incidentportal.accounts.models import User
from incidentportal.presets import current, history
from incidentportal.presets.content import ContentError, Setting, content_of, default_of
from incidentportal.presets.inputs import Line
from incidentportal.presets.models import Change, GroupDefault, Preset
from tests.presets.conftest import fetch, make_preset, name_of, setting
from tests.presets.test_form import chosen
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

LIST = "/admin/presets/preset/"
ADD = f"{LIST}add/"
GROUPS = "/admin/presets/groupdefault/"
BASICS = {
    "name": "Customers can’t pay", "kind": "normal", "position": "0", "enabled": "on",
}  # fmt: skip


def page_of(row: Preset, label: str) -> str:
    return f"{LIST}{row.pk}/field/?field={name_of(label)}"


def errors(response: Any) -> str:
    page = response.content.decode()
    assert response.status_code == 422, page
    return unescape(page)


def test_a_preset_is_made_given_a_field_and_used(
    admin: PageClient, staff: User, visitor: PageClient
) -> None:
    response = admin.post(ADD, {
        **BASICS, "name_in": "fr: Paiements\r\nDE: Zahlungen", "audience": ["reporter"],
        "icon": "card", "title_pattern": "Payments: {summary}",
    })  # fmt: skip
    row = Preset.objects.get()
    assert response["Location"] == f"{LIST}{row.pk}/change/"
    assert (row.slug, row.audience, row.set_by) == ("customers-cant-pay", ["reporter"], staff)
    assert row.wording == {"de": {"name": "Zahlungen"}, "fr": {"name": "Paiements"}}
    page = admin.get(response["Location"]).content.decode()
    assert ">Severity</option>" in page
    assert ">Declared through</option>" in page, "read-only ones can be folded, or renamed"
    major = setting("Severity", "SEV2 Major")[1].values[0]
    assert 'data-field="severity_id"' in admin.get(page_of(row, "Severity")).content.decode()
    said = {"severity_id": major, "as-locked": "on", "as-label": "How bad?", "as-order": "1"}
    saved = admin.post(page_of(row, "Severity"), said)
    assert saved["Location"] == response["Location"]
    row.refresh_from_db()
    assert row.content.fields == {
        "severity_id": Setting(
            was="Severity", source="severity_id", values=(major,), words=("SEV2 Major",),
            locked=True, order=1, label="How bad?",
        )
    }  # fmt: skip
    page = unescape(admin.get(response["Location"]).content.decode())
    assert "SEV2 Major" in page
    assert "fixed, place 1, called “How bad?”" in page
    form = Form(visitor, f"/incidents/new/?preset={row.slug}")
    assert re.findall(r'data-label="([^"]+)"', form.html)[0] == "How bad?"
    assert chosen(form, "severity_id") == []
    assert "SEV2 Major" in form.html


def test_a_name_is_enough(admin: PageClient) -> None:
    page = admin.get(ADD).content.decode()
    (control,) = re.findall(r'<input[^>]*name="kind"[^>]*value="normal"[^>]*>', page)
    assert " checked" in control, "nobody need say that an incident is real"


@pytest.mark.store
def test_every_change_is_kept_whole_with_who_and_when(admin: PageClient, staff: User) -> None:
    admin.post(ADD, BASICS)
    row = Preset.objects.get()
    change = f"{LIST}{row.pk}/change/"
    admin.post(page_of(row, "Ticket"), {name_of("Ticket"): "CARE-1"})
    admin.post(change, {**BASICS, "slug": row.slug, "name": "Payments", "private": "on"})
    admin.post(change, {**BASICS, "slug": row.slug, "name": "Payments", "private": "on"})
    Client.post(admin, f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert not Preset.objects.exists()
    kept = list(Change.objects.order_by("id"))
    assert len(kept) == 4, "saving it as it is is no change"
    assert [one.by for one in kept] == [staff] * 4
    assert [one.by_name for one in kept] == ["ada"] * 4
    assert {(one.what, one.key, one.through) for one in kept} == {
        ("preset", "customers-cant-pay", "page")
    }
    assert kept[0].before is None
    for older, newer in itertools.pairwise(kept):
        assert newer.before == older.after
    assert kept[-1].after is None
    last = content_of(kept[-1].before or {})
    assert (last.name, last.private) == ("Payments", True)
    assert last.fields[name_of("Ticket")].values == ("CARE-1",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"name": ""}, "This field is required"),
        ({"slug": "Pay Ments"}, "pay-ments"),
        ({"name": "日本"}, "Type one, such as “payments”"),
        ({"name_in": "Paiements"}, "Begin each line with a language"),
        ({"name_in": "fr: Un\nde: Eins\nFR: Deux"}, "“fr” is there twice, in lines 1 and 3"),
        ({"name_in": f"fr: {'x' * 121}"}, "“fr”: at most 120 characters can stand here: 121 do"),
        ({"description_in": f"fr: {'x' * 501}"}, "at most 500 characters"),
        ({"audience": "nobody"}, "nobody"),
        ({"icon": "../x"}, "../x"),
        ({"position": "9e9"}, "whole number"),
        ({"slug": "taken"}, "Another preset has this name"),
    ],
)
def test_what_is_wrong_is_said_and_kept(
    admin: PageClient, said: dict[str, str], expected: str
) -> None:
    make_preset(slug="taken")
    response = admin.post(ADD, {**BASICS, "description": "All <kept>", **said})
    page = errors(response)
    assert expected in page
    assert "All <kept>" in page
    assert 'role="alert"' in page
    assert Preset.objects.count() == 1
    assert Change.objects.count() == 1


@pytest.mark.parametrize(
    ("label", "said", "expected"),
    [
        ("Severity", {"as-locked": "on"}, "there is nothing to fix"),
        ("Severity", {"severity_id": "nope"}, "Choose a severity from the list"),
        ("Title", {"as-label_in": "?"}, "Begin each line with a language"),
        ("Title", {"as-label_in": "fr: a\n\nfr: b"}, "“fr” is there twice, in lines 1 and 3"),
        ("Title", {"as-label_in": f"fr: {'x' * 201}"}, "at most 200 characters"),
        ("Title", {"as-help_in": f"fr: {'x' * 2001}"}, "at most 2000 characters"),
        ("Title", {"as-order": "first"}, "whole number"),
    ],
)
def test_what_is_wrong_with_a_field_is_said(
    admin: PageClient, label: str, said: dict[str, str], expected: str
) -> None:
    row = make_preset()
    page = errors(admin.post(page_of(row, label), {"as-help": "All kept", **said}))
    assert expected in page
    assert "All kept" in page
    row.refresh_from_db()
    assert row.fields == {}


def test_a_tick_can_be_fixed_to_no(admin: PageClient, visitor: PageClient) -> None:
    row = make_preset()
    admin.post(page_of(row, "Customers can tell"), {"as-locked": "on"})
    row.refresh_from_db()
    assert row.content.fields[name_of("Customers can tell")].values == ("false",)
    form = Form(visitor, "/incidents/new/?preset=payments")
    field = form.html.split(f'data-field="{name_of("Customers can tell")}"')[1]
    assert "disabled" in field.split("data-field")[0]


def test_a_field_is_taken_back_also_one_that_is_gone(admin: PageClient, connected: Sandbox) -> None:
    row = make_preset(setting("Ticket", "CARE-1"), setting("Severity", "SEV2 Major"))
    address = page_of(row, "Ticket")
    connected.change_list("form_fields", remove=[connected.record("form_fields", "Ticket")["id"]])
    fetch()
    page = unescape(admin.get(f"{LIST}{row.pk}/change/").content.decode())
    assert "no longer has this field" in page
    page = unescape(admin.get(address).content.decode())
    assert "CARE-1" in page
    assert admin.post(address, {"remove": "1"}).status_code == 302
    assert admin.post(page_of(row, "Severity"), {}).status_code == 302, "nothing said: taken back"
    row.refresh_from_db()
    assert row.fields == {}
    assert admin.get(address).status_code == 404


def test_a_search_keeps_all_that_was_typed(admin: PageClient, connected: Sandbox) -> None:
    template = connected.records("services")[0]
    more = [
        {**template, "id": f"more-{number}", "name": f"more {number:02}", "slug": f"more-{number}"}
        for number in range(60)
    ]
    connected.change_list("services", upsert=more)
    fetch()
    row = make_preset()
    said = {"service_ids__q": "more 07", "as-label": "What?", "as-hidden": "on", "as-order": "x"}
    page = admin.post(page_of(row, "Services"), {**said, "search": "service_ids"}).content.decode()
    assert 'value="more-7"' in page
    assert 'value="What?"' in page
    assert re.search(r'name="as-hidden" id="id_as-hidden" checked', page)
    row.refresh_from_db()
    assert row.fields == {}


def test_the_parent_incident_can_be_given(admin: PageClient, visitor: PageClient) -> None:
    row = make_preset()
    page = admin.get(page_of(row, "Parent incident")).content.decode()
    assert "comes and goes" not in page
    said = {"parent_incident_id": "some-incident"}
    assert admin.post(page_of(row, "Parent incident"), said).status_code == 302
    form = Form(visitor, "/incidents/new/?preset=payments")
    assert 'value="some-incident"' in form.html.split('data-field="parent_incident_id"')[1]


@pytest.mark.store
def test_what_belongs_to_another_rootly_is_only_shown(admin: PageClient) -> None:
    row = make_preset()
    Preset.objects.update(upstream="https://api.rootly.com/v1")
    for address in (f"{LIST}{row.pk}/change/", page_of(row, "Title")):
        page = unescape(admin.get(address).content.decode())
        assert "another Rootly" in page
        assert "data-field" not in page
    listed = Client()
    listed.force_login(User.objects.get(username="ada"))
    assert "another Rootly" in listed.get(LIST).content.decode()


@pytest.mark.store
def test_a_groups_default_is_set_changed_and_deleted(
    admin: PageClient, visitor: PageClient
) -> None:
    page = admin.get(f"{GROUPS}add/").content.decode()
    assert '<option value="reporter">' in page
    address = f"{GROUPS}add/?field={name_of('Severity')}&group=reporter"
    major = setting("Severity", "SEV2 Major")[1].values[0]
    assert admin.post(address, {"severity_id": major})["Location"] == GROUPS
    row = GroupDefault.objects.get()
    assert (row.group, row.values, row.words) == ("reporter", [major], ["SEV2 Major"])
    assert chosen(Form(visitor), "severity_id") == [major]
    change = f"{GROUPS}{row.pk}/change/"
    assert admin.get(address)["Location"] == change
    low = setting("Severity", "SEV4 Low")[1].values[0]
    admin.post(change, {"severity_id": low})
    assert chosen(Form(visitor), "severity_id") == [low]
    Client.post(admin, f"{GROUPS}{row.pk}/delete/", {"post": "yes"})
    assert chosen(Form(visitor), "severity_id") == []
    first, second, third = Change.objects.order_by("id")
    assert {one.key for one in (first, second, third)} == {"reporter/severity_id"}
    assert default_of(first.after or {}).values == (major,)
    assert second.before == first.after
    assert third.after is None
    assert admin.get(address.replace("reporter", "nobody")).status_code == 404


@pytest.mark.django_db
def test_a_row_is_its_content_and_back() -> None:
    row = Preset(upstream="u")
    content = content_of({
        "slug": "a", "name": "A", "audience": ["support"], "position": 3, "enabled": False,
        "kind": "test", "fields": {"title": {"label": "L", "wording": {"fr": {"label": "T"}}}},
        "wording": {"fr": {"name": "N"}},
    })  # fmt: skip
    row.take(content)
    history.save(row, None)
    assert Preset.objects.get().content == content
    assert content_of(Change.objects.get().after or {}) == content
    for broken in ({"slug": "a"}, {"slug": "a", "name": "A", "colour": "red"}, {"slug": 1}):
        with pytest.raises(ContentError):
            content_of(broken)


def test_one_that_cannot_be_read_takes_no_page_down(admin: PageClient, visitor: PageClient) -> None:
    row = make_preset()
    make_preset(slug="sound", name="Sound")
    Preset.objects.filter(pk=row.pk).update(fields={"title": {"colour": "red"}})

    current.forget()
    page = visitor.get("/").content.decode()
    assert 'data-preset="sound"' in page
    assert 'data-preset="payments"' not in page
    assert "can't be read" in unescape(admin.get("/").content.decode())
    listed = Client()
    listed.force_login(User.objects.get(username="ada"))
    assert listed.get(LIST).status_code == 200
    for address in (f"{LIST}{row.pk}/change/", page_of(row, "Title")):
        assert "Delete it, and make it anew" in admin.get(address).content.decode()
    Client.post(admin, f"{LIST}{row.pk}/delete/", {"post": "yes"})
    before = Change.objects.get(after__isnull=True).before
    assert before
    assert before["fields"] == {"title": {"colour": "red"}}


@pytest.mark.parametrize("typed", ["fr: \x00", "\x00", "a" * 9000, "[]", "9" * 400])
def test_whatever_is_typed_comes_back_as_a_page(admin: PageClient, typed: str) -> None:
    row = make_preset()
    basics = dict.fromkeys(("name", "slug", "position", "name_in", "kind", "audience"), typed)
    errors(admin.post(ADD, basics))
    said = {f"as-{name}": typed for name in ("order", "label", "label_in", "help")}
    errors(admin.post(page_of(row, "Title"), {**said, "title": typed}))
    for query in ("%00", "%ED%A0%80", "title%00"):
        assert admin.get(f"{LIST}{row.pk}/field/?field={query}").status_code == 404
        assert admin.get(f"{GROUPS}add/?field=title&group={query}").status_code == 404


def test_a_line_end_that_is_pasted_becomes_a_space() -> None:
    assert Line().clean("Customers\r\ncan’t\u2028pay\n") == "Customers can’t pay"
