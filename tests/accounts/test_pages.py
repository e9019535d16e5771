"""Sign-in, sign-up and passwords, as a person meets them."""

from __future__ import annotations

import re
import socket

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from incidentportal.accounts.models import User
from tests.support.people import PageClient, Person

PASSWORD = "correct horse battery"
NEW = "a new battery staple"

pytestmark = pytest.mark.django_db


def sign_in(client: PageClient, name: str = "rita", password: str = PASSWORD) -> int:
    answers = {"login": name, "password": password}
    return int(client.post("/accounts/login/", answers).status_code)


def test_without_open_sign_up_there_is_no_such_page_and_no_link_to_it() -> None:
    client = PageClient()
    assert client.get("/accounts/signup/").status_code == 404
    assert client.post("/accounts/signup/", {"username": "eve"}).status_code == 404
    assert b"signup" not in client.get("/accounts/login/").content


def test_with_open_sign_up_one_step_makes_a_reporter(settings: Settings) -> None:
    settings.ALLOW_SIGNUP = True
    client = PageClient()
    assert b'href="/accounts/signup/"' in client.get("/accounts/login/").content
    answers = {"username": "eve", "password1": NEW, "password2": NEW}
    assert client.post("/accounts/signup/", answers).status_code == 302
    person = User.objects.get(username="eve")
    assert (person.is_staff, person.is_superuser, person.groups.count()) == (False, False, 0)
    assert client.get("/").status_code == 200


def test_a_weak_password_is_an_error_at_its_field(settings: Settings) -> None:
    settings.ALLOW_SIGNUP = True
    answers = {"username": "eve", "password1": "12345", "password2": "12345"}
    page = PageClient().post("/accounts/signup/", answers).content.decode()
    assert 'id="id_password1_error"' in page
    assert not User.objects.exists()


def test_a_password_is_changed_by_who_knows_it(visitor: PageClient) -> None:
    address = "/accounts/password/change/"
    assert visitor.get(address).status_code == 200
    answers = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    assert b'id="id_oldpassword_error"' in visitor.post(address, answers).content
    assert visitor.post(address, answers | {"oldpassword": PASSWORD}).status_code == 302
    assert visitor.get("/").status_code == 200, "who changed it stays signed in"
    assert sign_in(PageClient()) == 200
    assert sign_in(PageClient(), password=NEW) == 302


def test_changing_a_password_ends_the_persons_other_sessions(
    visitor: PageClient, reporter: User
) -> None:
    other = PageClient()
    other.force_login(reporter)
    answers = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    visitor.post("/accounts/password/change/", answers)
    assert other.get("/").status_code == 302


def test_without_mail_a_forgotten_password_is_for_an_admin(reporter: User) -> None:
    client = PageClient()
    assert b'href="/accounts/password/reset/"' in client.get("/accounts/login/").content
    response = client.post("/accounts/password/reset/", {"email": "rita@example.com"})
    assert b"ask an admin" in response.content
    assert mail.outbox == []


def test_with_mail_a_link_sets_a_new_password(make_person: Person, settings: Settings) -> None:
    settings.EMAIL_IS_ON = True
    make_person("rita", email="rita@example.com")
    client = PageClient()
    assert client.get("/accounts/password/reset/").status_code == 200
    sent = client.post("/accounts/password/reset/", {"email": "Rita@example.com"}, follow=True)
    assert b"Look into your mail" in sent.content
    (letter,) = mail.outbox
    assert letter.subject == "A new password for Incident Portal"
    (link,) = re.findall(r"http://testserver(\S+)", str(letter.body))
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0]
    assert link not in page.content.decode()
    done = client.post(address, {"password1": NEW, "password2": NEW}, follow=True)
    assert b"Your new password is set" in done.content
    assert sign_in(PageClient(), password=NEW) == 302
    assert b"was used already" in PageClient().get(link, follow=True).content


def test_a_reset_tells_nobody_which_addresses_have_an_account(settings: Settings) -> None:
    settings.EMAIL_IS_ON = True
    answers = {"email": "nobody@example.com"}
    response = PageClient().post("/accounts/password/reset/", answers, follow=True)
    assert b"Look into your mail" in response.content
    assert mail.outbox == []


def test_a_mail_server_that_is_gone_is_told(make_person: Person, settings: Settings) -> None:
    make_person("rita", email="rita@example.com")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_IS_ON = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = unused.getsockname()
        answers = {"email": "rita@example.com"}
        response = PageClient().post("/accounts/password/reset/", answers)
    assert response.status_code == 503
    assert b"could not be sent" in response.content


def test_more_resets_than_a_person_needs_get_a_page_of_ours(
    make_person: Person, settings: Settings
) -> None:
    settings.EMAIL_IS_ON = True
    make_person("rita", email="rita@example.com")
    client = PageClient()
    answers = {"email": "rita@example.com"}
    found = [client.post("/accounts/password/reset/", answers) for _ in range(6)]
    assert [response.status_code for response in found] == [302] * 5 + [429]
    assert found[-1]["Retry-After"] == "300"
    assert len(mail.outbox) == 5


def test_an_account_that_is_switched_off_says_so(make_person: Person) -> None:
    make_person("rita", is_active=False)
    client = PageClient()
    answers = {"login": "rita", "password": PASSWORD}
    response = client.post("/accounts/login/", answers, follow=True)
    assert b"Your account is switched off" in response.content
    assert client.get("/").status_code == 302


def test_the_admin_site_leads_to_the_same_sign_in(make_person: Person) -> None:
    make_person("ada", "admin", is_staff=True, is_superuser=True)
    client = PageClient()
    page = client.get("/admin/", follow=True)
    assert page.request["PATH_INFO"] == "/accounts/login/"
    answers = {"login": "ada", "password": PASSWORD, "next": "/admin/"}
    response = client.post("/accounts/login/", answers)
    assert response["Location"] == "/admin/"


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_sign_in_never_leads_elsewhere(reporter: User, after: str) -> None:
    answers = {"login": "rita", "password": PASSWORD, "next": after}
    assert PageClient().post("/accounts/login/", answers)["Location"] == "/"


def test_a_script_never_puts_the_sign_in_into_its_page() -> None:
    client = Client(headers={"HX-Request": "true"})
    assert client.get("/accounts/login/")["HX-Reswap"] == "none"
    news = client.get("/declarations/8e4a5f3c-0000-4000-8000-000000000000/")
    assert (news.status_code, news["HX-Refresh"], news.content) == (401, "true", b"")
    redraw = client.post("/incidents/new/", {"title": "x"})
    assert redraw["Location"] == "/accounts/login/?next=/incidents/new/"
