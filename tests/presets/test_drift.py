"""Rootly changes under presets and defaults: admins see which and how, reporters have a working
form all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from incidentportal.accounts.models import User
from incidentportal.catalog import connection, live
from incidentportal.catalog.models import Snapshot
from incidentportal.declarations.models import Declaration
from incidentportal.portal import configuration
from incidentportal.portal.doctor import picture
from incidentportal.portal.doctor.findings import Status
from incidentportal.presets import current as presets
from incidentportal.presets import drift
from incidentportal.presets.content import Content, Setting
from incidentportal.presets.fit import RENAMES, Finding, of_preset
from incidentportal.presets.models import GroupDefault, Preset
from tests.formengine.building import built_in, placement
from tests.presets.conftest import SetDefault, catalog, fetch, make_preset, name_of, setting
from tests.presets.test_defaults import made
from tests.presets.test_presets import PAYMENTS, send, text
from tests.support.controls import controls, page_of
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

FORM = "web_new_incident_form"
PAGE = "/operations/configuration/"
Change = Callable[[Sandbox], None]


def told() -> dict[str, Finding]:
    """What is found now, by kind: each once."""
    found = drift.current_findings()
    assert len({one.id for one in found}) == len(found)
    by_kind = {one.kind: one for one in found}
    assert len(by_kind) == len(found), found
    return by_kind


def edit(rootly: Sandbox, label: str, **changes: Any) -> None:
    """Change a form field."""
    rootly.change_list("form_fields", upsert=[{"id": record(rootly, label), **changes}])


def place(rootly: Sandbox, label: str, **changes: Any) -> None:
    """Change a field's placements on the form."""
    field = record(rootly, label)
    rootly.change_list("form_field_placements", upsert=[
        {"id": one["id"], **changes} for one in rootly.records("form_field_placements")
        if (one["form_field_id"], one["form"]) == (field, FORM)
    ])  # fmt: skip


def record(rootly: Sandbox, label: str, listed: str = "form_fields") -> str:
    return str(rootly.record(listed, label)["id"])


def removed(listed: str, label: str) -> Change:
    return lambda rootly: rootly.change_list(listed, remove=[record(rootly, label, listed)])


def renamed(listed: str, label: str, **new: str) -> Change:
    return lambda rootly: rootly.change_list(
        listed, upsert=[{"id": record(rootly, label, listed), **new}]
    )


SERVICE, CHANNEL = "Checkout", "Customer report"
NOTICED = "How was it noticed?"
LOCKED: Mapping[str, Any] = {"locked": True}
CASES: dict[str, tuple[str, tuple[str, ...], Mapping[str, Any], Change, str]] = {
    "option_gone": (
        "Services", (SERVICE,), LOCKED, removed("services", SERVICE),
        "“Services”: Rootly no longer has “Checkout”. The field is left to whoever declares.",
    ),
    "field_gone": (
        "Ticket", ("CARE-1",), LOCKED, removed("form_fields", "Ticket"),
        "“Ticket”: Rootly's form no longer has this field.",
    ),
    "kind_changed": (
        "Ticket", ("CARE-1",), LOCKED,
        lambda rootly: edit(rootly, "Ticket", input_kind="select", value_kind="service"),
        "“Ticket”: It is another kind of field in Rootly now",
    ),
    "value_refused": (
        "Ticket", ("CARE-1",), {"hidden": True},
        lambda rootly: edit(rootly, "Ticket", input_kind="number"),
        "“CARE-1” is not a number; write it like 1200 or 12.50. The field is left to whoever",
    ),
    "read_only": (
        "Environments", ("Staging",), LOCKED,
        lambda rootly: place(rootly, "Environments", non_editable=True),
        "“Environments”: Rootly made it read-only",
    ),
    "unfit": (
        "Causes", ("Deployment",), LOCKED,
        lambda rootly: rootly.change_list("causes", replace=[]),
        "“Causes”: Rootly has nothing to choose from for it.",
    ),
    "hidden_required": (
        "Summary", (), {"hidden": True},
        lambda rootly: place(rootly, "Summary", required=True),
        "“Summary”: it is hidden here, but Rootly requires it",
    ),
    "field_renamed": (
        "Ticket", ("CARE-1",), LOCKED, renamed("form_fields", "Ticket", name="Reference"),
        "“Reference”: “Ticket” is called “Reference” in Rootly now.",
    ),
    "option_renamed": (
        "Services", (SERVICE,), LOCKED, renamed("services", SERVICE, name="Cart"),
        "“Services”: “Checkout” is called “Cart” in Rootly now.",
    ),
}  # fmt: skip
"""By kind: the field, its value and what else the preset says of it; what changes; what is said."""


@pytest.mark.parametrize("kind", CASES)
def test_what_changes_is_told_with_its_day_and_the_form_works(
    connected: Sandbox, visitor: PageClient, admin_page: PageClient, kind: str
) -> None:
    label, words, rest, change, said = CASES[kind]
    make_preset(setting(label, *words, **rest))
    assert drift.current_findings() == ()
    Snapshot.objects.update(created_at=datetime(2026, 10, 1, tzinfo=UTC))
    change(connected)
    fetch()
    Snapshot.objects.filter(pk=catalog().snapshot_id).update(
        created_at=datetime(2026, 11, 3, 12, tzinfo=UTC)
    )
    (found,) = drift.current_findings()
    assert (found.what, found.key, found.kind) == ("preset", "payments", kind)
    assert said in found.told
    assert "“Payments”" in found.told
    assert found.told.endswith("So in Rootly since 3 November 2026.")
    page = unescape(admin_page.get(PAGE).content.decode())
    assert found.told in page
    assert found.remedy in page
    home = unescape(admin_page.get("/").content.decode())
    assert f'data-remarks="{configuration.count()}"' in home
    assert (found.told in home) is not found.is_harmless, "a banner tells what is broken"

    form = Form(visitor, PAYMENTS)
    is_left = "is left to you" in text(form)
    assert is_left is (kind not in {"hidden_required", "read_only", "field_gone", *RENAMES})
    given = {"summary": "It fails"} if kind == "hidden_required" else {}
    response = send(form, **given)
    assert response.status_code == 303, form.html


def day(number: int) -> datetime:
    return datetime(2026, 11, number, 12, tzinfo=UTC)


def test_each_began_on_its_own_day_and_what_was_always_so_has_none(
    connected: Sandbox, set_default: SetDefault
) -> None:
    make_preset(setting("Services", SERVICE), setting("Ticket", "CARE-1"))
    never = ("form_field_404", Setting(was="Gone", values=("x",)))
    make_preset(never, slug="ever", name="For ever")
    set_default("Services", "Basket")
    Snapshot.objects.update(created_at=day(1))
    steps = (
        removed("services", SERVICE), renamed("severities", "SEV4 Low", description="Small"),
        removed("form_fields", "Ticket"), removed("services", "Basket"),
        renamed("severities", "SEV4 Low", description="Smaller"),
    )  # fmt: skip
    for number, step in enumerate(steps, 2):
        step(connected)
        fetch()
        Snapshot.objects.filter(pk=catalog().snapshot_id).update(created_at=day(number))
    found = drift.current_findings()
    assert {(one.what, one.name, one.kind): one.since and one.since.day for one in found} == {
        ("site_default", "Services", "option_gone"): 5,
        ("preset", "Payments", "option_gone"): 2,
        ("preset", "Payments", "field_gone"): 4,
        ("preset", "For ever", "field_gone"): None,
    }


@pytest.mark.store
def test_it_is_worked_out_once_for_each_change(
    connected: Sandbox, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_preset(setting("Services", SERVICE))
    removed("services", SERVICE)(connected)
    fetch()
    first = drift.current_findings()
    with django_assert_num_queries(0):
        assert drift.current_findings() == first
    make_preset(("form_field_404", Setting(was="Gone", values=("x",))), slug="another")
    assert set(told()) == {"option_gone", "field_gone"}


def test_defaults_of_the_site_and_of_groups(
    connected: Sandbox, set_default: SetDefault, admin_page: PageClient
) -> None:
    set_default("Services", SERVICE, "Basket")
    row = set_default("Ticket", "CARE-1")
    GroupDefault.objects.create(
        upstream=connection.upstream(), group="support", field=row.field, label=row.label,
        values=["CARE-2"],
    )  # fmt: skip
    removed("services", SERVICE)(connected)
    edit(connected, "Ticket", name="Reference")
    fetch()
    sentences = [one.sentence for one in drift.current_findings()]
    theirs = "The default of the group “support” of “Ticket”"
    assert sentences == [
        "The site-wide default of “Services” is used in part. Rootly no longer has “Checkout”.",
        "The site-wide default of “Ticket”: “Ticket” is called “Reference” in Rootly now.",
        f"{theirs}: “Ticket” is called “Reference” in Rootly now.",
    ]
    page = unescape(admin_page.get(PAGE).content.decode())
    assert all(sentence in page for sentence in sentences)
    assert f'href="/admin/presets/sitedefault/{row.pk}/change/"' in page


@pytest.mark.store
def test_groups_that_went(connected: Sandbox, visitor: PageClient) -> None:
    Group.objects.create(name="night shift")
    make_preset(setting("Ticket", "CARE-1"), audience=("night shift",))
    make_preset(slug="both", name="Zwei", audience=("reporter", "night shift"))
    GroupDefault.objects.create(
        upstream=connection.upstream(), group="night shift", field="title", label="Title",
        values=["Night"],
    )  # fmt: skip
    assert drift.current_findings() == ()
    Group.objects.get(name="night shift").delete()
    presets.forget()
    (finding,) = (one for one in picture.examine() if one.id == "catalog.presets")
    assert finding.status == Status.WARNING
    assert finding.message.endswith("“night shift”; nobody sees it.")
    assert [one.sentence for one in drift.current_findings()] == [
        "The preset “Payments” is for a group that isn't there: “night shift”; nobody sees it.",
        "The preset “Zwei” is for a group that isn't there: “night shift”; others see it still.",
        "The default of “Title” is for the group “night shift”, which isn't there: it is not used.",
    ]
    assert "isn’t there, or not for you" in text(Form(visitor, PAYMENTS))
    assert 'data-preset="both"' in visitor.get("/").content.decode()


def test_a_parent_incident_that_is_over(connected: Sandbox, visitor: PageClient) -> None:
    parent = next(
        one for one in connected.records("incidents")
        if not one["private"] and one["kind"] == "normal" and not one["parent_incident_id"]
        and one["status"] == "started"
    )  # fmt: skip
    chosen = Setting(
        was="Parent incident", source="parent_incident_id", values=(parent["id"],),
        words=(parent["title"],), locked=True,
    )  # fmt: skip
    make_preset((drift.PARENT, chosen))
    assert drift.current_findings() == (), "the list was not read yet"
    for feed in live.feeds():
        assert feed.refresh()
    assert drift.current_findings() == ()
    connected.change_list("incidents", upsert=[{"id": parent["id"], "status": "resolved"}])
    for feed in live.feeds():
        assert feed.refresh()
    found = told()["parent_closed"]
    assert f"its parent incident “{parent['title']}” is none of Rootly's open" in found.sentence
    assert send(Form(visitor, PAYMENTS)).status_code == 303


def test_one_that_is_switched_off_or_unreadable_is_told_beside_it(
    connected: Sandbox, admin: PageClient, staff: User
) -> None:
    row = make_preset(setting("Services", SERVICE), enabled=False)
    broken = make_preset(slug="broken", name="Broken")
    Preset.objects.filter(pk=broken.pk).update(fields={"title": 1})
    presets.forget()
    removed("services", SERVICE)(connected)
    fetch()
    assert set(told()) == {"unreadable"}
    said = "Rootly no longer has “Checkout”"
    page = unescape(admin.get(f"/admin/presets/preset/{row.pk}/change/").content.decode())
    assert said in page
    listed = Client()
    listed.force_login(staff)
    assert said in unescape(listed.get("/admin/presets/preset/").content.decode())


def test_what_is_hidden_and_required_may_have_a_value_from_elsewhere(
    connected: Sandbox, set_default: SetDefault
) -> None:
    make_preset(setting("Severity", hidden=True), title_pattern="Payments", slug="a")
    make_preset(setting("Title", hidden=True), title_pattern="Payments", slug="b")
    assert told()["hidden_required"].key == "a"
    set_default("Severity", "SEV2 Major")
    assert drift.current_findings() == ()


@pytest.mark.parametrize(
    ("kind", "label", "content"),
    [
        ("private_impossible", "visibility", Content(slug="p", name="P", private=True)),
        ("test_impossible", "mark_as_test", Content(slug="p", name="P", kind="test")),
    ],
)
def test_what_rootlys_form_forbids_outright(kind: str, label: str, content: Content) -> None:
    field = built_in(label, default_values=("0",))
    for fixed in (True, False):
        forms = made(field, placements=(placement(f"id-{label}", non_editable=fixed),))
        found = [one.kind for one in of_preset(content, forms, {})]
        assert found == ([kind] if fixed else [])


def test_the_page_says_that_all_is_well(connected: Sandbox, admin_page: PageClient) -> None:
    page = admin_page.get(PAGE).content.decode()
    assert "All of them fit" in page
    assert 'id="renamed"' not in page
    assert 'data-finding="kind_not_sendable"' in page, "the sandbox has one"


def test_a_fixed_value_that_rootly_refuses_is_left_to_them(
    connected: Sandbox, visitor: PageClient
) -> None:
    gone = Setting(
        was="Parent incident", source="parent_incident_id", values=("no-such",),
        words=("#7 Over",), locked=True, hidden=True,
    )  # fmt: skip
    make_preset((drift.PARENT, gone), setting("Ticket", "CARE-1", locked=True))
    form = Form(visitor, PAYMENTS)
    assert send(form).status_code == 422
    assert form.error(drift.PARENT)
    assert "did not take what was fixed for “Parent incident”: it is left to you" in text(form)
    assert send(form, **{drift.PARENT: "no-such"}).status_code == 422
    ticket = name_of("Ticket")
    posted = {**controls(page_of(form.html), "declaration"), drift.PARENT: "", ticket: "X"}
    response = visitor.post(form.address, posted)
    assert response.status_code == 303, response.content.decode()
    again = visitor.post(form.address, posted)
    assert again["Location"] == response["Location"], "twice is once, and nothing else was said"
    assert "?" not in again["Location"]
    page = unescape(visitor.get(again["Location"]).content.decode())
    assert "not sent" not in page
    (incident,) = connected.incidents()
    assert not incident["parent_incident_id"]
    labels = {one["label"]: one["text"] for one in Declaration.objects.get().labels}
    assert labels["Ticket"] == "CARE-1", "what Rootly takes stays fixed"
