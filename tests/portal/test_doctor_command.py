"""`manage.py doctor` as a process, where nothing works, and its page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from incidentportal.declarations.beat_model import Beat
from incidentportal.portal.doctor import page, start
from incidentportal.portal.doctor.findings import error
from tests.support.doctor import clean
from tests.support.people import PageClient, Person
from tests.support.processes import free_port, manage
from tests.support.sandbox import ROOT, Sandbox


def findings(text: str) -> dict[str, dict[str, str]]:
    """What it answered as JSON, by id; nothing but that stands there."""
    document = json.loads(text)
    assert set(document) == {"findings"}
    for each in document["findings"]:
        assert set(each) == {"id", "status", "message", "remedy"}
        assert all(isinstance(value, str) for value in each.values())
    return {each["id"]: each for each in document["findings"]}


def test_it_answers_where_everything_is_broken(tmp_path: Path) -> None:
    dead = f"127.0.0.1:{free_port()}"
    environment = clean(tmp_path) | {
        "PORT": "eighty",
        "DATABASE_URL": f"postgres://portal:hunter22@{dead}/portal",
        "CACHE_URL": f"redis://:hunter22@{dead}/0",
        "EMAIL_URL": f"smtp://portal:hunter22@{dead}",
        "ROOTLY_API_URL": f"https://{dead}/v1",
        "ROOTLY_API_TOKEN": "rootly_hunter22",
        "PYTHONIOENCODING": "ascii",
    }
    done = manage(environment, "doctor", "--json")
    assert done.returncode == 1
    assert done.stderr == ""
    found = findings(done.stdout)
    wrong = {id_ for id_, each in found.items() if each["status"] == "error"}
    assert wrong - {"static.collected"} == {
        "settings.PORT", "settings.secret", "database.reached", "rootly.reached", "cache.keeps",
        "mail.server",
    }  # fmt: skip
    assert "hunter22" not in done.stdout
    assert found["database.migrated"]["status"] == "skipped"


def test_it_answers_where_nothing_is_set_and_no_database_was_made(tmp_path: Path) -> None:
    environment = clean(tmp_path) | {"DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3"}
    done = manage(environment, "doctor")
    assert done.returncode == 1
    assert done.stderr == ""
    for name in ("SECRET_KEY", "ROOTLY_API_URL", "ROOTLY_API_TOKEN", "manage.py migrate"):
        assert name in done.stdout
    assert " errors, " in done.stdout.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_it_answers_where_the_settings_do_not_even_load(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments], cwd=ROOT, text=True, check=False,
        capture_output=True, timeout=60, env={"DJANGO_SETTINGS_MODULE": "tests.nowhere"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == ""
    if arguments:
        assert findings(done.stdout)[start.ID]["status"] == "error"
    assert "tests.nowhere is missing" in done.stdout


@pytest.mark.parametrize(
    ("failure", "words"),
    [(PermissionError(13, "Denied", "/etc/portal/.env"), "/etc/portal/.env can't be read"),
     (UnicodeDecodeError("utf-8", b"hunter2", 0, 1, "bad"), "not UTF-8"),
     (ValueError("hunter2"), "(ValueError)")],
)  # fmt: skip
def test_what_keeps_it_from_loading_is_said_without_a_secret(
    failure: Exception, words: str
) -> None:
    said = start._said(failure)
    assert words in said.message
    assert said.remedy
    assert "hunter2" not in str(said)


def run(*arguments: str) -> tuple[str, int]:
    """The command in this process: what it says, and its exit status."""
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


@pytest.fixture
def well(alone: Sandbox, make_person: Person, settings: Settings, tmp_path: Path) -> Sandbox:
    """A portal that works: a picture, a worker, an admin, static files."""
    make_person("olga", "admin")
    Beat.objects.create(host="a", process=1)
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = tmp_path, []
    (tmp_path / "staticfiles.json").write_text('{"paths": {}}')
    return alone


@pytest.mark.store
@pytest.mark.django_db
def test_warnings_alone_do_not_make_it_fail(well: Sandbox) -> None:
    said, status = run("--json")
    found = findings(said)
    assert status == 0, said
    assert {each["status"] for each in found.values()} >= {"ok", "warning", "not_tested"}
    assert {id_.partition(".")[0] for id_ in found} == {
        "settings", "web", "static", "database", "keys", "accounts", "rootly", "catalog",
        "delivery", "cache", "mail",
    }  # fmt: skip
    assert well.incidents() == []
    said, status = run("--test-incident")
    (incident,) = well.incidents()
    assert status == 0
    assert f"#{incident['sequential_id']} was made" in said


@pytest.mark.django_db
def test_an_error_makes_it_fail(well: Sandbox) -> None:
    Beat.objects.all().delete()
    said, status = run()
    assert status == 1
    assert "1 error, " in said


@pytest.mark.django_db
def test_the_page_says_what_the_command_says_and_writes_nothing(
    well: Sandbox, admin_page: PageClient
) -> None:
    asked = len(well.requests(path="/form_sets"))
    first = admin_page.get("/operations/doctor/").content.decode()
    assert "data-finding" not in first
    assert len(well.requests(path="/form_sets")) == asked
    html = admin_page.post("/operations/doctor/").content.decode()
    for id_ in findings(run("--json")[0]):
        assert f'data-finding="{id_}"' in html
    assert "not tested" in html
    order = re.findall(r'data-status="(\w+)"', html)
    assert "error" not in order
    assert order.index("warning") < order.index("ok")
    assert well.incidents() == []


@pytest.mark.django_db
def test_the_page_checks_for_one_at_a_time_and_shows_hostile_words_as_text(
    admin_page: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hostile(**_: Any) -> list[Any]:
        assert "Somebody is having it checked" in (
            admin_page.post("/operations/doctor/").content.decode()
        )
        return [error("rootly.token", "<script>alert(1)</script>", "<b>Set it</b>")]

    monkeypatch.setattr(page, "examine", hostile)
    html = admin_page.post("/operations/doctor/").content.decode()
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;Set it" in html
