"""A preset's form as reporters have it, over HTTP, declared to the sandbox."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from incidentportal.catalog import connection
from incidentportal.declarations.models import Declaration, Draft
from incidentportal.presets.content import FieldWording, Wording
from incidentportal.presets.models import GroupDefault
from tests.presets.conftest import SetDefault, fetch, forms, make_preset, name_of, setting
from tests.presets.test_form import chosen, state_of
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

NEW = "/incidents/new/"
PAYMENTS = f"{NEW}?preset=payments"


def shown(form: Form) -> list[str]:
    """The names of the fields on the page, in order."""
    return re.findall(r'data-field="([^"]+)"', form.html)


def send(form: Form, **answers: Any) -> Any:
    return form.send(**form.filled(form_state=unescape(state_of(form)), **answers))


def text(form: Form) -> str:
    return unescape(form.html)


@pytest.fixture
def support(make_person: Person) -> PageClient:
    """A support agent's browser."""
    client = PageClient()
    client.force_login(make_person("sue", "support"))
    return client


def test_home_shows_the_presets_for_this_person_in_their_order(
    connected: Sandbox, visitor: PageClient, support: PageClient
) -> None:
    make_preset(slug="second", name="Zweites", position=2, icon="bolt", description="Say <what>")
    make_preset(slug="first", name="Erstes", position=1, kind="test", private=True)
    make_preset(slug="off", name="Abgeschaltet", enabled=False)
    make_preset(slug="theirs", name="Nur Support", audience=("support",), position=3)
    make_preset(slug="ours", name="Melder", audience=("reporter", "auditor"), position=4)
    for client, expected in (
        (visitor, ["first", "second", "ours"]), (support, ["first", "second", "theirs"])
    ):  # fmt: skip
        page = client.get("/").content.decode()
        assert re.findall(r'data-preset="([^"]+)"', page) == expected
        assert "Say &lt;what&gt;" in page
        assert page.index("data-preset") < page.index("the full form") < page.index('id="latest"')
    first, second = re.findall(r'data-preset="\w+".*?</a>', page, re.DOTALL)[:2]
    assert (">Test<" in first, ">Private<" in first) == (True, True)
    assert "icons" in second
    assert ">Test<" not in second


def test_home_without_presets_is_as_ever(connected: Sandbox, visitor: PageClient) -> None:
    page = visitor.get("/").content.decode()
    assert 'id="cards"' not in page
    assert ">Declare an incident</a>" in page


@pytest.mark.django_db
def test_who_is_in_no_group_is_a_reporter(connected: Sandbox, make_person: Person) -> None:
    make_preset(slug="ours", audience=("reporter",))
    person = make_person("nina")
    person.groups.clear()
    client = PageClient()
    client.force_login(person)
    assert 'data-preset="ours"' in client.get("/").content.decode()


def test_a_locked_value_is_shown_as_fixed_and_sent_whatever_is_posted(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(
        setting("Severity", "SEV2 Major", locked=True), setting("Ticket", "CARE-1", locked=True),
        description="Customers can’t pay.",
    )  # fmt: skip
    form = Form(visitor, PAYMENTS)
    field = form.html.split('data-field="severity_id"')[1].split("data-field")[0]
    assert "SEV2 Major" in field
    assert ", fixed" in field
    assert "SEV4" not in field
    assert "<h1>" in form.html
    assert "Customers can’t pay." in text(form)
    low = next(
        one.id for one in forms().by_name["severity_id"].options or () if "SEV4" in one.label
    )
    answers = {
        "title": "Down", form.field_called("How was it noticed?"): form.option(
            form.field_called("How was it noticed?"), "Customer report"
        ),
    }  # fmt: skip
    form.send(form_state=unescape(state_of(form)), severity_id=low, update="1", **answers)
    ticket = name_of("Ticket")
    response = form.send(
        form_state=unescape(state_of(form)), severity_id=low, **{ticket: "X"}, **answers
    )
    assert response.status_code == 303, form.html
    (incident,) = connected.incidents()
    major = setting("Severity", "SEV2 Major")[1].values[0]
    assert incident["severity_id"] == major
    declaration = Declaration.objects.get()
    assert declaration.payload["severity_id"] == major
    labels = {one["label"]: one["text"] for one in declaration.labels}
    assert (labels["Ticket"], labels["Declared through preset"]) == ("CARE-1", "Payments")
    assert declaration.answers["preset"] == ["payments"]
    page = visitor.get(response["Location"]).content.decode()
    assert "Declared through preset" in page


def test_hidden_folded_ordered_named_and_required(connected: Sandbox, visitor: PageClient) -> None:
    make_preset(
        setting("Summary", hidden=True),
        setting("Ticket", "CARE-9", hidden=True),
        setting("Environments", folded=True),
        setting("Severity", hidden=True),
        setting("Services", order=1, label="What is broken?", help="All of them", required=True),
        setting("Title", order=2),
    )
    form = Form(visitor, PAYMENTS)
    names = shown(form)
    assert names[:2] == ["service_ids", "title"]
    assert "summary" not in names
    assert name_of("Ticket") not in names
    assert "severity_id" in names, "Rootly requires it, and it has no value"
    assert names[-1] == "environment_ids"
    more = form.html.split("<details", 1)[1]
    assert 'data-field="environment_ids"' in form.html.split("data-more")[1]
    assert "data-more open" not in more
    assert "What is broken?" in form.html
    assert "All of them" in form.html
    assert send(form).status_code == 422
    assert "What is broken?" in form.error("service_ids")
    state = unescape(state_of(form))
    checkout = form.option("service_ids", "Checkout")
    response = form.send(**form.filled(form_state=state, service_ids=checkout))
    assert response.status_code == 303, form.html
    labels = {one["label"]: one["text"] for one in Declaration.objects.get().labels}
    assert labels["Ticket"] == "CARE-9"
    assert "What is broken?" in labels


def test_a_reporter_declares_in_private_where_the_preset_makes_it_so(
    connected: Sandbox, visitor: PageClient
) -> None:
    assert 'name="private"' not in Form(visitor).html
    make_preset(private=True, kind="test")
    form = Form(visitor, PAYMENTS)
    assert "only people who are invited" in text(form)
    assert "This is a test" in text(form)
    response = send(form, private="false", mark_as_test="")
    assert response.status_code == 303, form.html
    declaration = Declaration.objects.get()
    assert (declaration.private, declaration.payload["kind"]) == (True, "test")
    (incident,) = connected.incidents()
    assert incident["private"] is True
    assert incident["kind"] == "test"


@pytest.mark.parametrize("how", ["disabled", "deleted", "not for them"])
@pytest.mark.store
def test_a_preset_that_went_leaves_a_working_form_with_all_answers(
    connected: Sandbox, visitor: PageClient, how: str
) -> None:
    row = make_preset(setting("Severity", "SEV2 Major", locked=True))
    form = Form(visitor, PAYMENTS)
    if how == "deleted":
        row.delete()
    else:
        row.enabled = how != "disabled"
        row.audience = ["support"]
        row.save()
    custom = form.field_called("How was it noticed?")
    given = {"title": "Down", custom: form.option(custom, "Customer report")}
    response = form.send(form_state=unescape(state_of(form)), **given)
    assert response.status_code == 422
    assert "no longer there" in text(form)
    assert 'name="preset"' not in form.html
    assert 'value="Down"' in form.html
    severity = setting("Severity", "SEV2 Major")[1].values[0]
    assert chosen(form, "severity_id") == [severity]
    assert not Declaration.objects.exists()
    response = form.send(form_state=unescape(state_of(form)), severity_id=severity, **given)
    assert response.status_code == 303, form.html
    assert Declaration.objects.get().payload["severity_id"] == severity


def test_what_was_to_be_private_is_not_sent_in_public_when_its_preset_goes(
    connected: Sandbox, visitor: PageClient
) -> None:
    row = make_preset(private=True)
    form = Form(visitor, PAYMENTS)
    row.delete()
    for _ in range(2):
        assert send(form).status_code == 422
        assert "can't declare a private incident" in unescape(form.error("private"))
        assert 'name="private" value="true" checked' in form.html
        form.send(**form.filled(form_state=unescape(state_of(form)), private="true", update="1"))
    assert not Declaration.objects.exists()
    assert send(form, private=None).status_code == 303, "their own word, said by taking the tick"
    assert not Declaration.objects.get().private


@pytest.mark.parametrize("slug", ["nothing", "off", "theirs", "%00", "a" * 300])
def test_one_that_is_not_there_or_not_for_them_opens_the_full_form(
    connected: Sandbox, visitor: PageClient, slug: str
) -> None:
    make_preset(setting("Severity", "SEV2 Major"), slug="off", enabled=False)
    make_preset(setting("Severity", "SEV2 Major"), slug="theirs", audience=("support",))
    form = Form(visitor, f"{NEW}?preset={slug}")
    assert "isn’t there, or not for you" in text(form)
    assert chosen(form, "severity_id") == []
    assert 'name="preset"' not in form.html
    assert send(form).status_code == 303, form.html


def test_another_audiences_preset_gives_no_right_to_privacy(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(slug="theirs", audience=("support",), private=True)
    form = Form(visitor)
    assert send(form, preset="theirs", private="true").status_code == 422
    assert not Declaration.objects.exists()
    assert connected.incidents() == []


def test_what_rootly_no_longer_has_is_left_to_them_with_a_note(
    connected: Sandbox, visitor: PageClient, admin_page: PageClient
) -> None:
    gone = connected.record("services", connected.records("services")[0]["name"])
    make_preset(
        setting("Services", gone["name"], locked=True, hidden=True), setting("Ticket", "CARE-1"),
        ("form_field_404", setting("Ticket", "x")[1]), title_pattern="{nothing}: {title}",
    )  # fmt: skip
    assert "service_ids" not in shown(Form(visitor, PAYMENTS))
    connected.change_list("services", remove=[gone["id"]])
    fetch()
    form = Form(visitor, PAYMENTS)
    assert "“Services” is left to you" in text(form)
    assert "service_ids" in shown(form)
    assert 'value="CARE-1"' in form.html
    assert send(form).status_code == 303, form.html
    told = unescape(admin_page.get("/").content.decode())
    assert f"Rootly no longer has “{gone['name']}”" in told
    assert "no longer has this field" in told
    assert "its title pattern names “nothing”" in told
    assert "left to you" not in visitor.get("/").content.decode()


def test_rootlys_form_cannot_be_private_and_nothing_is_sent_in_public(
    connected: Sandbox, visitor: PageClient
) -> None:
    placed = next(
        one for one in connected.records("form_field_placements")
        if one["form"] == "web_new_incident_form"
    )  # fmt: skip
    field = {
        **connected.records("form_fields")[0], "id": "vis", "slug": "vis", "kind": "visibility",
        "name": "Private", "default_values": ["0"], "options": [],
    }  # fmt: skip
    everywhere = [
        {**placed, "id": f"p-{one['id']}", "form_set_id": one["id"], "form_field_id": "vis",
         "non_editable": True}
        for one in connected.records("form_sets")
    ]  # fmt: skip
    connected.change_list("form_fields", upsert=[field])
    connected.change_list("form_field_placements", upsert=everywhere)
    fetch()
    assert forms().by_name["private"].read_only
    make_preset(private=True)
    form = Form(visitor, PAYMENTS)
    assert send(form).status_code == 422
    assert "Rootly’s form doesn’t allow that" in form.error("private")
    assert connected.incidents() == []


def test_the_pattern_makes_the_title_that_nobody_writes(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(setting("Title", hidden=True), title_pattern="{severity} Payments: {summary}")
    form = Form(visitor, PAYMENTS)
    assert "title" not in shown(form)
    assert send(form, title=None, summary="Cards are\r\ndeclined").status_code == 303, form.html
    assert connected.incidents()[0]["title"].startswith("SEV2 Major Payments: Cards are declined")


def test_the_preset_stays_with_redraws_drafts_and_corrections(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(setting("Ticket", "CARE-1", locked=True), setting("Summary", hidden=True))
    form = Form(visitor, PAYMENTS)
    send(form, update="1")
    assert 'name="preset" value="payments"' in form.html
    assert "summary" not in shown(form)
    form.address = "/incidents/new/draft/"
    saved = send(form)
    assert saved.status_code == 303
    again = Form(visitor, saved["Location"])
    assert 'name="preset" value="payments"' in again.html
    assert 'value="CARE-1"' in again.html
    assert Draft.objects.count() == 1
    again.address = NEW
    assert send(again).status_code == 303, again.html
    assert Declaration.objects.get().answers["preset"] == ["payments"]


def test_a_rejected_one_has_its_preset_again(connected: Sandbox, visitor: PageClient) -> None:
    make_preset(setting("Ticket", "CARE-1", locked=True))
    said = {"title": ["is too plain"]}
    connected.fault("validation", method="POST", path="/incidents$", shape="A", errors=said)
    form = Form(visitor, PAYMENTS)
    assert send(form).status_code == 422
    assert 'name="preset" value="payments"' in form.html
    row = Declaration.objects.get()
    page = Form(visitor, f"/declarations/{row.pk}/")
    assert 'name="preset" value="payments"' in page.html
    assert 'value="CARE-1"' in page.html
    assert "is too plain" in page.error("title")


def test_wording_in_the_language_that_the_browser_asks_for(
    connected: Sandbox, visitor: PageClient
) -> None:
    make_preset(
        setting(
            "Services", label="What?",
            wording={"fr": FieldWording("Quoi ?"), "pt-br": FieldWording("O quê?", "Tudo")},
        ),
        wording={"fr": Wording("Paiements", "Plus rien ne passe")},
    )  # fmt: skip
    for asked, name, label in (
        ("fr-CA,en;q=0.5", "Paiements", "Quoi ?"), ("pt-BR", "Payments", "O quê?"),
        ("en-GB,fr;q=0.9", "Payments", "What?"), ("de,fr;q=0.3", "Paiements", "Quoi ?"),
        ("", "Payments", "What?"), ("x" * 900, "Payments", "What?"),
    ):  # fmt: skip
        headers = {"Accept-Language": asked}
        page = unescape(visitor.get(PAYMENTS, headers=headers).content.decode())
        assert f">{name}</h1>" in page, asked
        assert label in page, asked
        home = unescape(visitor.get("/", headers=headers).content.decode())
        assert f">{name}</span>" in home
        assert ('lang="fr"' in home) is (name == "Paiements")


def group_default(group: str, label: str, *words: str) -> GroupDefault:
    name, made = setting(label, *words)
    field = forms().by_name[name]
    return GroupDefault.objects.create(
        upstream=connection.upstream(), group=group, field=name, label=field.label,
        source=made.source, values=list(made.values), words=list(made.words),
    )  # fmt: skip


def test_of_preset_group_and_site_the_stronger_counts(
    connected: Sandbox, visitor: PageClient, support: PageClient, set_default: SetDefault
) -> None:
    set_default("Ticket", "SITE-1")
    group_default("support", "Ticket", "GROUP-1")
    group_default("reporter", "Severity", "SEV4 Low")
    make_preset(setting("Ticket", "PRESET-1"))
    ticket = name_of("Ticket")
    for client, address, expected in (
        (visitor, NEW, "SITE-1"), (support, NEW, "GROUP-1"), (visitor, PAYMENTS, "PRESET-1"),
        (support, PAYMENTS, "PRESET-1"), (support, f"{PAYMENTS}&{ticket}=LINK-1", "LINK-1"),
    ):  # fmt: skip
        assert f'value="{expected}"' in Form(client, address).html, (address, expected)
    assert chosen(Form(visitor), "severity_id") == [setting("Severity", "SEV4 Low")[1].values[0]]
    assert chosen(Form(support), "severity_id") == []


def test_fifty_presets_ask_the_database_nothing_more(
    connected: Sandbox, visitor: PageClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def count() -> int:
        Form(visitor)
        with django_assert_max_num_queries(50) as asked:
            Form(visitor)
        return len(asked)

    before = count()
    for number in range(50):
        make_preset(setting("Ticket", f"T-{number}"), slug=f"p-{number}", audience=("support",))
    assert count() <= before + 1
