"""Two admins before the same page: who saves later is told, and nothing is lost silently."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models.signals import pre_save

from incidentportal.presets import field_page, preset_page
from incidentportal.presets.models import Change, GroupDefault, Preset, SiteDefault
from tests.presets.conftest import make_preset, name_of, setting
from tests.presets.test_files import everything
from tests.support.people import PageClient, Person
from tests.support.sandbox import Sandbox

LIST = "/admin/presets/preset/"
BASICS = {
    "name": "Payments",
    "slug": "payments",
    "kind": "normal",
    "position": "0",
    "enabled": "on",
}


@pytest.fixture
def other(admin: PageClient, make_person: Person) -> PageClient:
    """Another admin's browser."""
    client = PageClient()
    client.force_login(make_person("bob", "admin", is_staff=True))
    return client


def seen(response: Any) -> str:
    """What the page carries of what it was made of."""
    found = re.search(r'name="seen" value="(\w+)"', response.content.decode())
    assert found
    return found[1]


def told(response: Any) -> str:
    page = unescape(response.content.decode())
    assert response.status_code == 422, page
    assert 'role="alert"' in page
    return page


@pytest.mark.store
def test_what_a_preset_is(admin: PageClient, other: PageClient) -> None:
    row = make_preset(setting("Ticket", "CARE-1"))
    address = f"{LIST}{row.pk}/change/"
    old = seen(admin.get(address))
    other.post(address, {**BASICS, "description": "Bob's", "seen": seen(other.get(address))})
    late = {**BASICS, "description": "Ada's", "position": "3", "seen": old}
    # An error of another sort in between doesn't make it hers.
    failed = admin.post(address, {**late, "position": "x"})
    assert seen(failed) == old
    page = told(response := admin.post(address, late))
    assert "bob saved something else here" in page
    assert "“Description: Bob's → Ada's”; “Place on the home page: 0 → 3”" in page
    assert ">\nAda's</textarea>" in page
    assert Preset.objects.get().description == "Bob's"
    assert admin.post(address, {**late, "seen": seen(response)}).status_code == 302
    assert (Preset.objects.get().description, Change.objects.count()) == ("Ada's", 3)


def test_its_fields_are_set_side_by_side_but_one_by_one(
    admin: PageClient, other: PageClient
) -> None:
    row = make_preset()
    basics, fields = f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/field/?field="
    ticket, title = name_of("Ticket"), "title"
    old = {one: seen(admin.get(fields + one)) for one in (ticket, title)} | {
        "": seen(admin.get(basics))
    }
    other.post(fields + ticket, {ticket: "BOB-1", "seen": old[ticket]})
    # Another field, and the preset's own page, know nothing of it: both are kept.
    assert admin.post(fields + title, {title: "Down", "seen": old[title]}).status_code == 302
    assert admin.post(basics, {**BASICS, "name": "Pay", "seen": old[""]}).status_code == 302
    page = told(response := admin.post(fields + ticket, {ticket: "ADA-1", "seen": old[ticket]}))
    assert "“Field “Ticket”, value: BOB-1 → ADA-1”" in page
    content = Preset.objects.get().content
    assert (content.name, content.fields[ticket].values) == ("Pay", ("BOB-1",))
    again = {ticket: "ADA-1", "seen": seen(response)}
    assert admin.post(fields + ticket, again).status_code == 302
    # Who wants the same as the other is told nothing.
    assert other.post(fields + ticket, {ticket: "ADA-1", "seen": old[ticket]}).status_code == 302
    assert Preset.objects.get().content.fields[title].values == ("Down",)


@pytest.mark.parametrize("group", ["", "support"])
def test_defaults_of_the_site_and_of_groups(
    connected: Sandbox, admin: PageClient, other: PageClient, group: str
) -> None:
    sort, ticket = "groupdefault" if group else "sitedefault", name_of("Ticket")
    address = f"/admin/presets/{sort}/add/?field={ticket}" + (f"&group={group}" if group else "")
    old = seen(admin.get(address))
    other.post(address, {ticket: "BOB-1", "seen": old})
    model = GroupDefault if group else SiteDefault
    row = model.objects.get()
    change = f"/admin/presets/{sort}/{row.pk}/change/"
    mine = seen(other.get(change))
    admin.post(change, {ticket: "ADA-1", "seen": mine})
    page = told(response := other.post(change, {ticket: "BOB-2", "seen": mine}))
    assert "ada saved something else here" in page
    assert "“Begins with: ADA-1 → BOB-2”" in page
    assert 'value="BOB-2"' in page
    assert other.post(change, {ticket: "BOB-2", "seen": seen(response)}).status_code == 302
    assert model.objects.get().values == ["BOB-2"]


class Late:
    """In the moment between a page's look at its row and the row's lock somebody deletes it."""

    @staticmethod
    def atomic() -> Any:
        Preset.objects.all().delete()
        return transaction.atomic()


@pytest.mark.parametrize(
    ("module", "address"),
    [(preset_page, "{}{}/change/"), (field_page, "{}{}/field/?field=title")],
    ids=["preset", "field"],
)
def test_who_saves_what_is_deleted_finds_nothing(
    admin: PageClient, monkeypatch: pytest.MonkeyPatch, module: Any, address: str
) -> None:
    row = make_preset()
    monkeypatch.setattr(module, "transaction", Late)
    response = admin.post(address.format(LIST, row.pk), {**BASICS, "title": "x"})
    assert response.status_code == 404
    assert not Preset.objects.exists()


@pytest.mark.store
def test_what_somebody_makes_in_the_middle_of_it_undoes_all_of_it(
    connected: Sandbox, tmp_path: Path
) -> None:
    make_preset(slug="b", name="Kept")
    file = tmp_path / "presets.yaml"
    file.write_text("version: 1\npresets: {a: {name: A}, b: {name: B}, c: {name: C}}")

    def meanwhile(instance: Preset, **_: Any) -> None:
        if instance.slug == "c" and instance._state.adding:
            Preset.objects.bulk_create(
                [Preset(upstream=instance.upstream, slug="c", name="Somebody's")]
            )

    pre_save.connect(meanwhile, sender=Preset)
    try:
        before = everything(), Change.objects.count()
        with pytest.raises(CommandError, match="Somebody made the same preset"):
            call_command("presets", "import", str(file))
    finally:
        pre_save.disconnect(meanwhile, sender=Preset)
    assert (everything(), Change.objects.count()) == before
    call_command("presets", "import", str(file))
    assert sorted(Preset.objects.values_list("name", flat=True)) == ["A", "B", "C"]
