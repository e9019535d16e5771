"""A link to the form, over HTTP, against the sandbox's form."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

NEW = "/incidents/new/"


@pytest.fixture
def opened(connected: Sandbox, visitor: PageClient) -> Opened:
    """Opens a link as a reporter."""
    return Opened(visitor)


class Opened:
    """The form that a link leads to."""

    def __init__(self, client: PageClient) -> None:
        self.client = client

    def __call__(self, query: str) -> Form:
        form = Form(self.client, f"{NEW}?{query}")
        form.address = NEW
        return form


def field(form: Form, name: str) -> str:
    """A field's markup."""
    return form.html.split(f'data-field="{name}"', 1)[1].split("data-field=", 1)[0]


def chosen(form: Form, name: str) -> list[str]:
    """The labels of a field's chosen options."""
    parts = re.findall(r"<(?:input|option)[^>]*>[^<]*(?:<span>)?[^<]*", field(form, name))
    ticked = [part for part in parts if re.search(r" (checked|selected)[ >]", part)]
    return [unescape(re.sub(r"<[^>]*>", "", part)).strip() for part in ticked]


def notice(form: Form) -> str:
    """What the page says about the form as a whole."""
    found = re.search(r"<div[^>]* data-notices[^>]*>(.*?)</div>", form.html, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", found[1])) if found else ""


def carried(form: Form) -> str:
    """What the form carries to the next page."""
    found = re.search(r'name="form_state" value="([^"]*)"', form.html)
    assert found
    return unescape(found[1])


def test_readable_values_fill_the_form_in(opened: Opened) -> None:
    form = opened(
        "title=Slow+%3Cb%3E&service=checkout&service=web-shop&severity=sev2-major&type=outage"
        "&team=payments&environment=staging&field.how-was-it-noticed=Customer+report"
        "&field.affected-regions=wales&field.Tags=a,b"
    )
    assert 'value="Slow &lt;b&gt;"' in field(form, "title")
    assert chosen(form, "service_ids") == ["Web shop", "Checkout"]
    assert chosen(form, "severity_id") == ["SEV2 Major"]
    assert chosen(form, "incident_type_ids") == ["Outage"]
    assert chosen(form, "group_ids") == ["Payments"]
    assert chosen(form, "environment_ids") == ["Staging"]  # and not the default, Production
    assert chosen(form, form.field_called("Affected regions")) == ["Wales"]
    assert "a,b</textarea>" in field(form, form.field_called("Tags"))
    assert notice(form) == ""


def test_a_filled_in_form_is_sent_like_any_other(opened: Opened, connected: Sandbox) -> None:
    link = "title=Linked&severity=sev1-critical&field.how-was-it-noticed=By+chance"
    form = opened(link)
    state = carried(form)
    response = form.send(**form.filled(title="", form_state=state))
    assert response.status_code == 422
    assert form.error("title")
    response = form.send(**form.filled(title="Changed", form_state=state))
    assert response.status_code == 303, form.html
    (incident,) = connected.incidents()
    assert incident["title"] == "Changed"


def test_what_does_not_fit_is_said_and_escaped(opened: Opened) -> None:
    form = opened("service=%3Cscript%3E&service=checkout&%3Ci%3E=1&severity=huge&utm_source=mail")
    assert chosen(form, "service_ids") == ["Checkout"]
    assert chosen(form, "severity_id") == []
    assert "The link asks for the service “<script>”, which Rootly doesn't have." in notice(form)
    assert "The link asks for the severity “huge”, which Rootly doesn't have." in notice(form)
    assert "The link fills in “<i>”, which is no field of this form." in notice(form)
    assert "utm" not in notice(form)
    assert "<script>”" not in form.html


def test_a_linked_type_shows_its_form(opened: Opened) -> None:
    form = opened("type=security&field.channels=iOS&field.data-at-risk=Names")
    assert 'data-field="environment_ids"' not in form.html
    assert chosen(form, form.field_called("Channels")) == ["iOS"]
    assert chosen(form, form.field_called("Data at risk")) == ["Names"]
    assert "because Types is Security" in notice(form)


def test_fields_of_another_form_wait_for_it(opened: Opened, connected: Sandbox) -> None:
    form = opened("title=x&field.channels=iOS")
    assert "fills in a field of another form" in notice(form)
    security = form.option("incident_type_ids", "Security")
    form.send(title="x", incident_type_ids=security, form_state=carried(form), update="1")
    assert form.response.status_code == 200
    assert chosen(form, form.field_called("Channels")) == ["iOS"]


def test_autofill_beats_the_link(opened: Opened) -> None:
    form = opened("field.business-customers=orchard-hotels&field.account-manager=Malik+Johnson")
    assert chosen(form, form.field_called("Account manager")) == [
        "Grace Okafor (grace.okafor@larkfield.example)"
    ]


def test_a_read_only_field_keeps_its_default(opened: Opened) -> None:
    form = opened("field.declared-through=Slack")
    assert "“Declared through” can't be changed on this form" in notice(form)
    fixed = form.html.split(f'data-field="{form.field_called("Declared through")}"')[1]
    assert "<span>Portal</span>" in fixed.split("data-field=")[0]


@pytest.mark.parametrize(
    "query",
    ["private=true&title=Secret", "title=Secret&visibility[]=private", "Private=on",
     urlencode([("x", "y")] * 2000 + [("private", "true")])],
)  # fmt: skip
def test_a_private_link_is_not_for_those_who_may_not(
    connected: Sandbox, visitor: PageClient, query: str
) -> None:
    response = visitor.get(f"{NEW}?{query}")
    html = response.content.decode()
    assert response.status_code == 403
    assert "This link is for a private incident" in html
    assert 'href="/incidents/new/"' in html
    assert 'name="title"' not in html
    assert "data-field" not in html
    assert "Secret" not in html
    assert visitor.head(f"{NEW}?{query}").status_code == 403


def test_the_page_does_not_carry_the_address_on(opened: Opened) -> None:
    form = opened("title=Wordy&summary=Confidential-words&nonsense=Strange-words")
    addresses = re.findall(r'(?:action|href|src|hx-[a-z-]+|content)="([^"]*)"', form.html)
    assert 'action="/incidents/new/"' in form.html
    assert not [one for one in addresses if "words" in one or "?title" in one]


def test_signing_in_leads_back_to_the_link(connected: Sandbox, db: None) -> None:
    link = f"{NEW}?title=Slow&service=checkout"
    response = Client().get(link)
    assert response.status_code == 302
    assert response["Location"].endswith(f"?next={quote(link)}")


@pytest.mark.parametrize(
    "query",
    ["%", "&&&===", "%00=%00", "title=%FF%FE", "title=%ED%A0%80", "%ED%A0%80=1", "title[]",
     "a=1&" * 3000, "title=" + "x" * 10_000, "service=" + "%F0%9F%94%A5" * 1000, "field.=1", ".=1",
     "[]=1", "form_state=%7B%7D", "declaration=x", "kind=", "private=", "severity_id=%EF%BF%BE"],
)  # fmt: skip
def test_odd_bytes_still_get_the_form(connected: Sandbox, visitor: PageClient, query: str) -> None:
    assert visitor.get(NEW, QUERY_STRING=query).status_code == 200
    assert visitor.head(NEW, QUERY_STRING=query).status_code == 200


@pytest.mark.parametrize("query", ["a=1&" * 20_000, "title=" + "x" * 100_000])
def test_far_too_long_a_link_is_refused(
    connected: Sandbox, visitor: PageClient, query: str
) -> None:
    assert visitor.get(NEW, QUERY_STRING=query).status_code == 414


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from(
                ["title", "summary", "severity", "service_ids[]", "field.tags", "kind", "type",
                 "detected_at", "field.customers-affected", "visibility", "labels"]
            )
            | st.text(max_size=10),
            st.text(max_size=40),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_no_link_breaks_the_form(opened: Opened, query: list[tuple[str, str]]) -> None:
    encoded = [
        (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
        for name, value in query
    ]
    response = opened.client.get(NEW, QUERY_STRING=urlencode(encoded))
    assert response.status_code in {200, 403}
