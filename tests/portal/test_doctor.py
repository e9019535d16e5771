"""Doctor on settings, Rootly, cache, mail, static files and keys: each mistake made for real."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pytest_django import Settings

from incidentportal.env import Environment, Wrong
from incidentportal.portal.doctor import (
    cache,
    examination,
    mail,
    people,
    static,
    upstream,
)
from incidentportal.portal.doctor import settings as own
from incidentportal.portal.doctor.findings import Finding, error, ok, warning
from incidentportal.portal.doctor.report import as_text
from tests.support.answering import refusing_mail, serving
from tests.support.doctor import by_id, one
from tests.support.processes import free_port
from tests.support.sandbox import Sandbox


@pytest.fixture
def rootly(settings: Settings, sandbox: Sandbox) -> Sandbox:
    """The sandbox; no database is there."""
    settings.ROOTLY_API_URL, settings.ROOTLY_API_TOKEN = sandbox.jsonapi_url, sandbox.token
    return sandbox


def test_a_rootly_that_is_right_has_nothing_to_mend(rootly: Sandbox) -> None:
    found = by_id(upstream.examine())
    assert {each.id: each.status.value for each in found.values()} == {
        "rootly.tls": "skipped",
        "rootly.reached": "ok",
        "rootly.token": "ok",
        "rootly.read": "ok",
        "rootly.dialect": "ok",
        "rootly.clock": "ok",
        "rootly.write": "not_tested",
    }
    assert rootly.incidents() == []
    assert {each["method"] for each in rootly.requests()} == {"GET"}


def test_only_when_asked_for_a_test_incident_is_made(rootly: Sandbox) -> None:
    status, message, _ = one(lambda: upstream.examine(test_incident=True), "rootly.write")
    (incident,) = rootly.incidents()
    assert status == "ok"
    assert f"#{incident['sequential_id']} " in message
    assert incident["kind"] == "test"


@pytest.mark.parametrize(
    ("status", "kind", "names"),
    [(403, "error", "ROOTLY_API_TOKEN"), (422, "error", "ROOTLY_API_DIALECT"),
     (404, "error", "ROOTLY_API_URL"), (500, "error", "Look in Rootly")],
)  # fmt: skip
def test_a_test_incident_that_fails(rootly: Sandbox, status: int, kind: str, names: str) -> None:
    rootly.fault("status", method="POST", status=status)
    found = one(lambda: upstream.examine(test_incident=True), "rootly.write")
    assert found[0] == kind
    assert names in found[2]


@pytest.mark.parametrize(
    ("name", "value", "id_"),
    [("ROOTLY_API_URL", "", "rootly.address"),
     ("ROOTLY_API_URL", "ftp://rootly", "rootly.address"),
     ("ROOTLY_API_URL", "http://rootly.example/v1", "rootly.address"),
     ("ROOTLY_API_TOKEN", "", "rootly.token"),
     ("ROOTLY_API_TOKEN", "two words", "rootly.token"),
     ("ROOTLY_API_DIALECT", "xml", "rootly.dialect")],
)  # fmt: skip
def test_a_setting_of_rootlys_that_cannot_be_used(
    rootly: Sandbox, settings: Settings, name: str, value: str, id_: str
) -> None:
    setattr(settings, name, value)
    status, message, remedy = one(upstream.examine, id_)
    assert status == "error"
    assert name in message
    assert name in remedy
    assert rootly.requests() == []


@pytest.mark.parametrize("silent", [False, True])
def test_a_rootly_that_is_not_there(
    settings: Settings, sandbox: Sandbox, rootly: Sandbox, *, silent: bool
) -> None:
    if silent:
        rootly.fault("status", status=503, times=None)
    else:
        settings.ROOTLY_API_URL = f"http://127.0.0.1:{free_port()}/v1"
    status, _, remedy = one(upstream.examine, "rootly.reached")
    assert status == "error"
    assert "ROOTLY_API_URL" in remedy
    assert one(upstream.examine, "rootly.read")[0] == "skipped"


def test_a_certificate_that_nobody_vouches_for(settings: Settings, tmp_path: Path) -> None:
    settings.ROOTLY_API_TOKEN = "token"
    with serving(b"{}", "application/json", tls=tmp_path) as port:
        settings.ROOTLY_API_URL = f"https://127.0.0.1:{port}/v1"
        status, message, remedy = one(upstream.examine, "rootly.tls")
    assert status == "error"
    assert "self-signed" in message
    assert "ROOTLY_API_URL" in remedy
    assert "SSL_CERT_FILE" in remedy


def test_a_port_that_speaks_no_tls(rootly: Sandbox, settings: Settings) -> None:
    settings.ROOTLY_API_URL = f"https://127.0.0.1:{rootly.port}/v1"
    status, _, remedy = one(upstream.examine, "rootly.tls")
    assert status == "error"
    assert "speaks no TLS" in remedy


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"{}"])
def test_an_address_where_something_else_answers(settings: Settings, body: bytes) -> None:
    settings.ROOTLY_API_TOKEN = "token"
    with serving(body, "text/html") as port:
        settings.ROOTLY_API_URL = f"http://127.0.0.1:{port}/v1"
        status, _, remedy = one(upstream.examine, "rootly.address")
    assert status == "error"
    assert "ROOTLY_API_URL" in remedy


def test_an_address_without_its_version_prefix(rootly: Sandbox, settings: Settings) -> None:
    settings.ROOTLY_API_URL = rootly.url
    status, _, remedy = one(upstream.examine, "rootly.address")
    assert status == "error"
    assert "ROOTLY_API_URL" in remedy
    assert "/v1" in remedy
    rootly.fault("redirect", times=None)
    assert one(upstream.examine, "rootly.address")[0] == "error"


def test_a_wrong_token_is_said_and_never_shown(rootly: Sandbox, settings: Settings) -> None:
    settings.ROOTLY_API_TOKEN = "not-the-token-at-all"
    found = by_id(upstream.examine())
    assert found["rootly.token"].status == "error"
    assert "ROOTLY_API_TOKEN" in found["rootly.token"].remedy
    assert "not-the-token-at-all" not in str(found)


def test_each_list_that_the_token_may_not_read_is_named(rootly: Sandbox) -> None:
    rootly.switch(forbidden_lists=["severities", "users"])
    rootly.fault("status", path="/form_sets$", status=404)
    rootly.fault("status", path="/alerts$", status=500)
    found = by_id(upstream.examine())
    stands = {id_: each.status.value for id_, each in found.items() if id_.count(".") == 2}
    assert stands == {
        "rootly.read.severities": "error",
        "rootly.read.users": "warning",
        "rootly.read.form_sets": "warning",
        "rootly.read.alerts": "error",
    }
    assert "ROOTLY_API_TOKEN" in found["rootly.read.users"].remedy
    assert "services" in found["rootly.read"].message


@pytest.mark.parametrize("chosen", ["jsonapi", "plain"])
def test_a_dialect_that_is_not_the_answers(
    rootly: Sandbox, settings: Settings, chosen: str
) -> None:
    settings.ROOTLY_API_DIALECT = chosen
    settings.ROOTLY_API_URL = rootly.plain_url if chosen == "jsonapi" else rootly.jsonapi_url
    status, message, remedy = one(upstream.examine, "rootly.dialect")
    assert status == "warning"
    assert f"ROOTLY_API_DIALECT is {chosen}" in message
    assert remedy == f"Set ROOTLY_API_DIALECT={'plain' if chosen == 'jsonapi' else 'jsonapi'}."


@pytest.mark.parametrize(("offset", "side"), [(3600, "ahead of"), (-3600, "behind")])
def test_a_clock_that_is_off_by_an_hour(rootly: Sandbox, offset: int, side: str) -> None:
    rootly.switch(clock_offset_s=float(offset))
    status, message, remedy = one(upstream.examine, "rootly.clock")
    assert status == "warning"
    assert side in message
    assert "ntp" in remedy


def test_settings_that_cannot_be_used_and_a_missing_secret(settings: Settings) -> None:
    settings.SETTINGS_WRONG = [Wrong("PORT", "PORT must be a number.", "Set PORT=8000")]
    settings.SECRET_KEY_MISSING = True
    found = by_id(own.values())
    assert found["settings.PORT"] == error(
        "settings.PORT", "PORT must be a number.", "Set PORT=8000"
    )
    assert found["settings.secret"].status == "error"
    assert "SECRET_KEY" in found["settings.secret"].remedy
    settings.DEBUG = True
    assert one(own.values, "settings.secret")[0] == "warning"
    settings.DEBUG = settings.SECRET_KEY_MISSING = False
    settings.SECRET_KEY = "short"
    assert "SECRET_KEY" in one(own.values, "settings.secret")[2]
    settings.SECRET_KEY = "a long enough one, with enough characters: 0123456789"
    assert one(own.values, "settings.secret")[0] == "ok"


@pytest.mark.parametrize(
    ("changes", "id_", "names"),
    [({"DEBUG": True}, "web.debug", "DEBUG"),
     ({"HTTPS_ONLY": False}, "web.https", "HTTPS_ONLY"),
     ({"HTTPS_ONLY": True}, "web.proxies", "TRUSTED_PROXIES"),
     ({"TRUSTED_PROXIES": ["0.0.0.0/0"]}, "web.proxies", "TRUSTED_PROXIES"),
     ({"ALLOWED_HOSTS": ["*"]}, "web.hosts", "ALLOWED_HOSTS"),
     ({"ALLOWED_HOSTS": ["localhost"]}, "web.hosts", "ALLOWED_HOSTS"),
     ({"SECURE_CONTENT_TYPE_NOSNIFF": False}, "web.security.W006", "documentation")],
)  # fmt: skip
def test_what_is_unsafe_on_the_web(
    settings: Settings, changes: dict[str, object], id_: str, names: str
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    status, _, remedy = one(own.web, id_)
    assert status == "warning"
    assert names in remedy


def test_static_files_that_were_not_collected_or_are_old(
    settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    assert one(static.collected, "static.collected")[0] == "error"
    (tmp_path / static.MANIFEST).write_text('{"paths": {"portal/portal.css": "x"}}')
    status, _, remedy = one(static.collected, "static.collected")
    assert status == "error"
    assert "collectstatic" in remedy


def test_mail_that_is_off_dead_or_refuses_the_password(settings: Settings) -> None:
    settings.EMAIL_IS_ON = False
    assert "EMAIL_URL" in one(mail.server, "mail.server")[2]
    settings.EMAIL_IS_ON = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    found = by_id(mail.server())
    assert found["mail.server"].status == "error"
    assert "EMAIL_URL" in found["mail.server"].remedy
    assert "DEFAULT_FROM_EMAIL" in found["mail.sender"].remedy
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "hunter22"
    with refusing_mail() as port:
        settings.EMAIL_PORT = port
        status, message, remedy = one(mail.server, "mail.server")
    assert status == "error"
    assert "password" in message
    assert "EMAIL_URL" in remedy


def test_a_redis_that_is_down(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from incidentportal.accounts.cache import ForgivingRedisCache

    monkeypatch.setattr(ForgivingRedisCache, "_silent_until", 0.0)
    settings.CACHES = {
        "default": {
            "BACKEND": "incidentportal.accounts.cache.ForgivingRedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }
    status, _, remedy = one(cache.keeps, "cache.keeps")
    assert status == "error"
    assert "CACHE_URL" in remedy


def test_a_key_that_is_derived(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    status, _, remedy = one(people.own_key, "keys.own")
    assert status == "warning"
    assert "FIELD_ENCRYPTION_KEYS" in remedy


def test_a_key_that_is_none_is_said_once_with_what_makes_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIELD_ENCRYPTION_KEYS", "no key")
    read = Environment.load(tmp_path / "none")
    read.values()
    settings.FIELD_ENCRYPTION_KEYS, settings.SETTINGS_WRONG = [], read.wrong
    remedy = one(own.values, "settings.FIELD_ENCRYPTION_KEYS")[2]
    assert 'FIELD_ENCRYPTION_KEYS="$(openssl rand -base64 32)"' in remedy
    assert one(people.own_key, "keys.own")[0] == "skipped"


def test_a_check_that_fails_itself_hides_neither_the_others_nor_tells_a_secret() -> None:
    def broken() -> list[Finding]:
        raise RuntimeError("postgres://user:hunter2@db/x")

    (found,) = examination.safely("mail.server", broken)
    assert found.status == "error"
    assert "RuntimeError" in found.message
    assert "hunter2" not in str(found)


def test_a_check_that_does_not_end_is_not_waited_for() -> None:
    over = threading.Event()
    slow = examination._Elsewhere("mail.server", lambda: [ok("mail.server", str(over.wait(30)))])
    slow.start()
    (found,) = slow.result(until=0.0)
    over.set()
    assert found.status == "error"
    assert found.id == "mail.server"


def test_a_secret_that_somebody_repeats_is_taken_out(settings: Settings) -> None:
    settings.ROOTLY_API_TOKEN = "rootly_abcdef"
    said = examination._without_secrets(error("rootly.token", "It says rootly_abcdef.", "x"))
    assert said.message == "It says [secret]."


def test_people_read_a_mark_a_word_and_a_remedy_in_one_piece() -> None:
    remedy = "Run: " + "manage.py something " * 20
    findings = [ok("mail.server", "Fine."), warning("rootly.clock", "Late.", remedy.strip())]
    text = as_text(findings)
    assert text.index("Rootly\n") < text.index("Mail\n")
    assert "▲ warning:" in text
    assert remedy.strip() in text
    assert text.endswith("\n1 warning, 1 fine.")
    assert "? warning:" in as_text(findings, "ascii")
