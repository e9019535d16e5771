"""The history of presets and defaults in /admin/, and putting back an earlier state."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from incidentportal.accounts.models import User
from incidentportal.presets import history, past
from incidentportal.presets.content import Content
from incidentportal.presets.differences import differences
from incidentportal.presets.models import Change, GroupDefault, Preset, SiteDefault
from tests.presets.conftest import SetDefault, fetch, make_preset, setting
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox

PRESETS = "/admin/presets/preset/"
ALL = f"{PRESETS}history/"


def become(row: Preset, **changes: Any) -> None:
    """Change a preset."""
    row.refresh_from_db()
    stored = {name: getattr(row.content, name) for name in Content.__struct_fields__}
    row.take(Content(**{**stored, **changes}))
    history.save(row, None)


def shown(page: Any) -> list[str]:
    """The changes on a page, each as text."""
    parts = re.findall(
        r'<article class="panel" data-change.*?</article>', page.content.decode(), re.DOTALL
    )
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in parts]


def restore(admin: PageClient, change: Change, of: str = PRESETS) -> Any:
    return Client.post(admin, f"{of}history/{change.pk}/")


@pytest.mark.store
def test_changes_are_told_in_words_newest_first_with_who(admin: PageClient, staff: User) -> None:
    row = make_preset(setting("Severity", "SEV2 Major", locked=True))
    row.take(Content(slug="payments", name="Pay", fields=dict([setting("Severity", "SEV4 Low")])))
    history.save(row, staff)
    address = f"{PRESETS}{row.pk}/history/"
    assert address in admin.get(f"{PRESETS}{row.pk}/change/").content.decode()
    newest, oldest = shown(admin.get(address))
    assert "“Pay” was changed on its page" in newest
    assert "ada" in newest
    assert re.search(r"Name was Payments → now Pay\b", newest)
    assert re.search(r"“Severity”, value was SEV2 Major \([^)]+\) → now SEV4 Low", newest)
    assert re.search(r"“Severity”, fixed was yes → –", newest)
    assert "“Payments” was made" in oldest
    assert "command line" in oldest
    assert "Put back" not in oldest


@pytest.mark.store
def test_an_earlier_state_is_put_back_as_a_new_change(admin: PageClient, staff: User) -> None:
    row = make_preset(setting("Severity", "SEV2 Major", locked=True))
    first = row.content
    become(row, fields={}, name="Emptied", private=True)
    change = Change.objects.get(before__isnull=False)
    asked = admin.get(f"{ALL}{change.pk}/")
    page = unescape(asked.content.decode())
    assert "Put back “Payments”?" in page
    assert "csrfmiddlewaretoken" in page
    assert "SEV2 Major" in page
    row.refresh_from_db()
    assert row.name == "Emptied", "looking changes nothing"
    done = restore(admin, change)
    assert (done.status_code, done["Location"]) == (302, f"{PRESETS}{row.pk}/history/")
    row.refresh_from_db()
    assert row.content == first
    newest = Change.objects.first()
    assert newest
    assert (newest.through, newest.by, newest.before) == ("restore", staff, change.after)
    assert "by putting back an earlier state" in shown(admin.get(done["Location"]))[0]
    again = restore(admin, change)
    assert "nothing to put back" in again.content.decode()
    assert Change.objects.count() == 3


def test_putting_back_asks_for_a_token(admin: PageClient, staff: User) -> None:
    row = make_preset()
    become(row, name="Changed")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff)
    change = Change.objects.get(before__isnull=False)
    assert strict.post(f"{ALL}{change.pk}/").status_code == 403
    row.refresh_from_db()
    assert row.name == "Changed"


@pytest.mark.store
def test_a_deleted_preset_comes_back(admin: PageClient, staff: User, connected: Sandbox) -> None:
    service = connected.records("services")[0]
    row = make_preset(setting("Services", service["name"], locked=True), audience=("support",))
    first = row.content
    history.delete(row, None)
    connected.change_list("services", remove=[service["id"]])
    fetch()
    listed = Client()
    listed.force_login(staff)
    assert f'href="{ALL}"' in listed.get(PRESETS).content.decode()
    newest = shown(admin.get(ALL))[0]
    assert "“Payments” was deleted" in newest
    change = Change.objects.get(after__isnull=True)
    assert "made anew" in admin.get(f"{ALL}{change.pk}/").content.decode()
    assert restore(admin, change).status_code == 302
    assert Preset.objects.get().content == first, "broken values as they were"
    page = unescape(admin.get(f"{PRESETS}{Preset.objects.get().pk}/change/").content.decode())
    assert f"Rootly no longer has “{service['name']}”" in page


@pytest.mark.store
def test_a_preset_is_followed_through_its_names(admin: PageClient) -> None:
    older = make_preset(slug="b", name="Another, which is gone")
    history.delete(older, None)
    row = make_preset(slug="a", name="First")
    become(row, slug="b", name="Second")
    become(row, slug="c", name="Third")
    told = shown(admin.get(f"{PRESETS}{row.pk}/history/"))
    assert [one.split(" was ")[0] for one in told] == ["“Third”", "“Second”", "“First”"]
    change = Change.objects.get(key="b", before__slug="a")
    assert restore(admin, change).status_code == 302
    assert Preset.objects.get().slug == "a"
    become(row, slug="d")
    make_preset(slug="a", name="Took the name")
    refused = restore(admin, change)
    assert refused.status_code == 422
    assert "Another preset has the name" in unescape(refused.content.decode())
    assert set(Preset.objects.values_list("slug", flat=True)) == {"a", "d"}


@pytest.mark.store
def test_defaults_have_their_own(admin: PageClient, set_default: SetDefault) -> None:
    site = set_default("Severity", "SEV2 Major")
    low = setting("Severity", "SEV4 Low")[1]
    theirs = GroupDefault(upstream=site.upstream, group="reporter")
    theirs.take(site.content)
    history.save(theirs, None)
    site.values, site.words = list(low.values), list(low.words)
    history.save(site, None)
    history.delete(theirs, None)
    of_site, of_groups = "/admin/presets/sitedefault/", "/admin/presets/groupdefault/"
    (told,) = shown(admin.get(f"{of_site}{site.pk}/history/"))
    assert re.search(r"Begins with was SEV2 Major \(\S+\) → now SEV4 Low", told)
    assert len(shown(admin.get(f"{of_site}history/"))) == 1
    deleted, made = shown(admin.get(f"{of_groups}history/"))
    assert "“Severity (reporter)” was deleted" in deleted
    assert "was made" in made
    changes = list(Change.objects.order_by("id"))
    for change, of in ((changes[1], of_site), (changes[2], of_groups)):
        other = of_groups if of == of_site else of_site
        assert admin.get(f"{other}history/{change.pk}/").status_code == 404
        assert restore(admin, change, of).status_code == 302
    assert SiteDefault.objects.get().words == ["SEV2 Major"]
    back = GroupDefault.objects.get()
    assert (back.group, back.words) == ("reporter", ["SEV2 Major"])


@pytest.mark.store
def test_what_cannot_be_read_is_told(admin: PageClient) -> None:
    row = make_preset()
    Preset.objects.filter(pk=row.pk).update(fields={"title": {"colour": "red"}})
    row.refresh_from_db()
    history.delete(row, None)
    change = Change.objects.get(after__isnull=True)
    assert shown(admin.get(ALL))
    page = restore(admin, change)
    assert page.status_code == 200
    assert "can’t be read any more" in unescape(page.content.decode())
    assert not Preset.objects.exists()


@pytest.mark.store
def test_long_histories_have_pages(admin: PageClient) -> None:
    row = make_preset()
    for number in range(25):
        become(row, position=number + 1)
    assert len(shown(admin.get(ALL))) == 20
    assert len(shown(admin.get(f"{ALL}?page=2"))) == 6
    assert admin.get(f"{ALL}?page=x").status_code == 200
    assert past.changes_of_row(row).count() == 26


@pytest.mark.parametrize("address", [ALL, f"{ALL}1/", f"{PRESETS}1/history/"])
def test_who_is_no_admin_finds_nothing(
    visitor: PageClient, reporter: User, connected: Sandbox, address: str
) -> None:
    reporter.is_staff = True
    reporter.save()
    row = make_preset()
    become(row, name="Changed")
    change = Change.objects.get(before__isnull=False)
    address = address.replace("/history/1/", f"/history/{change.pk}/").replace("/1/", f"/{row.pk}/")
    for method in (visitor.get, visitor.post):
        assert method(address).status_code == 404
    row.refresh_from_db()
    assert row.name == "Changed"


def test_every_part_of_a_preset_has_its_words() -> None:
    before = {"slug": "a", "name": "A"}
    after = {
        **before, "icon": "card", "description": "D", "audience": ["x"], "position": 3,
        "enabled": False, "private": True, "kind": "test", "title_pattern": "P",
        "wording": {"fr": {"name": "N", "description": "E"}},
        "fields": {"title": {
            "was": "Title", "values": ["v"], "locked": True, "hidden": True, "folded": True,
            "required": True, "order": 0, "label": "L", "help": "H",
            "wording": {"fr": {"label": "M", "help": "I"}},
        }},
    }  # fmt: skip
    found = differences(before, after)
    assert len(found) == 9 + 1 + 8 + 2
    assert all(one.after for one in found)
    assert [str(one) for one in differences(after, {**after, "enabled": True})] == [
        "In use: no → yes"
    ]
    assert differences(after, after) == []
    renamed = {**after, "fields": {"title": {**after["fields"]["title"], "was": "T"}}}  # type: ignore[index]
    assert differences(after, renamed)
