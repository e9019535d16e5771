"""Doctor on the database and on what stands in it: each mistake made for real."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.db.utils import ConnectionHandler
from django.utils import timezone
from pytest_django import Settings

from incidentportal.accounts import samples
from incidentportal.accounts.encryption import keyed_digest
from incidentportal.accounts.models import User
from incidentportal.catalog import current
from incidentportal.catalog.picture import Picture, Problem
from incidentportal.declarations import queue
from incidentportal.declarations.beat_model import Beat
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.queue import Cause
from incidentportal.portal.doctor import cache, database, delivery, examination, people, picture
from incidentportal.rootly.records import FormField, Placement
from tests.accounts.test_encryption import new_key
from tests.catalog.conftest import UPSTREAM, put_to_use
from tests.support.declarations import make_declaration
from tests.support.doctor import by_id, one
from tests.support.people import Person
from tests.support.processes import free_port

pytestmark = pytest.mark.django_db
Use = Callable[..., Any]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Has doctor look at another real database."""
    used: list[Any] = []

    def use(**settings: Any) -> Any:
        engine = "postgresql" if "HOST" in settings else "sqlite3"
        default = {"ENGINE": f"django.db.backends.{engine}", **settings}
        other = ConnectionHandler({"default": default})["default"]
        monkeypatch.setattr(database, "connection", other)
        used.append(other)
        return other

    yield use
    for each in used:
        each.close()


@pytest.fixture
def upstream(settings: Settings) -> Iterator[str]:
    """A Rootly where nobody listens, as the one that is set."""
    settings.ROOTLY_API_URL, settings.ROOTLY_API_TOKEN = UPSTREAM, "token"
    current.forget()
    yield UPSTREAM
    current.forget()


@pytest.mark.store
def test_a_database_that_is_right_has_nothing_to_mend() -> None:
    checks = (database.migrated, database.keeps, database.clock)
    found = by_id([database.reached(), *(each for check in checks for each in check())])
    database.be_patient_again()
    assert {"database.reached", "database.migrated", "database.clock"} <= set(found)
    assert {each.status.value for each in found.values()} == {"ok"}, found


def test_a_file_or_a_folder_that_is_not_there_is_not_made(use: Use, tmp_path: Path) -> None:
    for path, names in (
        (tmp_path / "portal.sqlite3", "manage.py migrate"),
        (tmp_path / "nowhere" / "portal.sqlite3", "folder"),
    ):
        use(NAME=path)
        found = database.reached()
        assert found.status == "error"
        assert names in found.remedy
        assert "DATABASE_URL" in found.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(use: Use, tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite3"
    path.write_bytes(b"something else " * 500)
    use(NAME=path)
    found = by_id(examination._of_the_database())
    assert found["database.reached"].status == "error"
    assert "not a database" in found["database.reached"].message
    assert found["database.migrated"].status == "skipped"


def test_a_postgresql_that_is_not_there(use: Use) -> None:
    use(HOST="127.0.0.1", PORT=free_port(), NAME="x", USER="portal", PASSWORD="hunter22")
    found = by_id(examination._of_the_database())
    assert found["database.reached"].status == "error"
    assert "DATABASE_URL" in found["database.reached"].remedy
    assert "hunter22" not in str(found)
    others = {each.status.value for id_, each in found.items() if id_ != "database.reached"}
    assert others == {"skipped"}
    assert set(found) == {"database.reached", *examination.OF_THE_DATABASE}


def test_a_database_that_was_not_migrated(use: Use, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "portal.sqlite3").close()
    (tmp_path / "portal.sqlite3").touch()
    use(NAME=tmp_path / "portal.sqlite3")
    assert database.reached().status == "ok"
    status, _, remedy = one(database.migrated, "database.migrated")
    assert status == "error"
    assert "manage.py migrate" in remedy


class Disk(NamedTuple):
    total: int
    used: int
    free: int


def test_a_journal_that_is_not_kept_and_a_disk_that_is_full(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "portal.sqlite3").touch()
    use(NAME=tmp_path / "portal.sqlite3", OPTIONS={"init_command": "PRAGMA journal_mode=DELETE"})
    status, _, remedy = one(database.keeps, "database.journal")
    assert status == "warning"
    assert "DATABASE_URL" in remedy
    for free, kind in ((10**7, "error"), (10**8, "warning"), (10**10, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: Disk(10**12, 0, free))
        assert one(database.keeps, "database.space")[0] == kind


@pytest.mark.store
def test_a_machine_whose_clock_is_not_the_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = timezone.now() - timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: ours)
    status, message, _ = one(database.clock, "database.clock")
    if connection.vendor == "sqlite":  # the same clock
        assert status == "ok"
    else:
        assert status == "warning"
        assert "ahead of" in message


def test_what_only_the_settings_keep_from_being_checked(settings: Settings, upstream: str) -> None:
    from incidentportal.env import Wrong

    Upstream.objects.create(url=upstream, sees_private=True)
    settings.SETTINGS_WRONG = [Wrong("FIELD_ENCRYPTION_KEYS", "It is no key.", "Set it")]
    (*_, last) = examination.safely("delivery.labels", delivery.learnt)
    assert (last.id, last.status) == ("delivery.labels", "skipped")
    assert one(people.stored_keys, "keys.stored")[0] == "error"


def test_a_key_that_is_not_given_any_more(settings: Settings, reporter: User) -> None:
    samples._known.clear()
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    make_declaration(reporter, payload={"title": "A theft", "private": True}, title="A theft")
    assert one(people.stored_keys, "keys.stored")[0] == "ok"
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    status, _, remedy = one(people.stored_keys, "keys.stored")
    assert status == "error"
    assert "FIELD_ENCRYPTION_KEYS" in remedy


def test_no_admin_and_demo_accounts_beside_a_real_rootly(
    settings: Settings, make_person: Person
) -> None:
    settings.ROOTLY_API_URL = "https://api.rootly.com/v1"
    assert "createsuperuser" in one(people.accounts, "accounts.admin")[2]
    make_person("ada", "admin", is_demo=True)
    found = by_id(people.accounts())
    assert found["accounts.admin"].status == "ok"
    assert found["accounts.demo"].status == "error"
    assert "DATABASE_URL" in found["accounts.demo"].remedy
    settings.ROOTLY_API_URL = "http://127.0.0.1:8001/v1"
    assert one(people.accounts, "accounts.demo")[0] == "ok"


@pytest.mark.store
def test_workers_that_live_stand_by_or_are_gone() -> None:
    assert one(delivery.worker, "delivery.worker")[0] == "error"
    assert "manage.py worker" in one(delivery.worker, "delivery.worker")[2]
    first = Beat.objects.create(host="a", process=1, stands_by=True)
    assert one(delivery.worker, "delivery.worker")[0] == "error"
    Beat.objects.create(host="b", process=1)
    assert one(delivery.worker, "delivery.worker")[0] == "ok"
    first.delete()
    Beat.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert one(delivery.worker, "delivery.worker")[0] == "error"


def test_several_processes_with_a_cache_each(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert one(cache.shared, "cache.shared")[0] == "ok"
    for host in ("a", "b"):
        Beat.objects.create(host=host, process=1)
    status, _, remedy = one(cache.shared, "cache.shared")
    assert status == "warning"
    assert "CACHE_URL" in remedy


@pytest.mark.parametrize(
    ("cause", "kind", "names"),
    [(Cause.TOKEN, "error", "ROOTLY_API_TOKEN"), (Cause.PATH, "error", "ROOTLY_API_URL"),
     (Cause.FORBIDDEN, "error", "ROOTLY_API_TOKEN"), (Cause.BREAKER, "error", "by itself"),
     (Cause.SETTINGS, "error", "ROOTLY_API_URL")],
)  # fmt: skip
def test_a_queue_that_is_held(upstream: str, cause: Cause, kind: str, names: str) -> None:
    assert one(delivery.queue, "delivery.queue")[0] == "ok"
    queue.hold(upstream, "Something is wrong.", cause)
    status, message, remedy = one(delivery.queue, "delivery.queue")
    assert status == kind
    assert "Something is wrong." in message
    assert names in remedy


def test_a_queue_that_an_admin_holds_or_that_rootly_slows(upstream: str, reporter: User) -> None:
    queue.hold_by(upstream, reporter)
    assert one(delivery.queue, "delivery.queue")[0] == "warning"
    queue.release_by(upstream, reporter)
    Upstream.objects.update(wait_until=timezone.now() + timedelta(minutes=1))
    assert one(delivery.queue, "delivery.queue")[0] == "warning"


@pytest.mark.store
def test_what_waits_too_long_or_for_another_rootly(upstream: str, reporter: User) -> None:
    row = make_declaration(reporter, upstream=upstream)
    assert one(delivery.queue, "delivery.waiting")[0] == "ok"
    hour = timezone.now() - timedelta(hours=1)
    Declaration.objects.filter(pk=row.pk).update(queued_at=hour)
    make_declaration(reporter, upstream="https://elsewhere.example/v1")
    found = by_id(delivery.queue())
    assert found["delivery.waiting"].status == "warning"
    assert "60 minutes" in found["delivery.waiting"].message
    assert "ROOTLY_API_URL" in found["delivery.elsewhere"].remedy


def test_what_deliveries_have_learnt(upstream: str, settings: Settings) -> None:
    names = ("labels", "inline_values", "creator", "private")

    def stands() -> list[str]:
        found = by_id(delivery.learnt())
        return [found[f"delivery.{name}"].status.value for name in names]

    assert stands() == ["not_tested"] * 4
    row = Upstream.objects.create(url=upstream)
    assert stands() == ["not_tested", "ok", "ok", "not_tested"]
    row.keeps_labels, row.sees_private = True, True
    row.token = keyed_digest(settings.ROOTLY_API_TOKEN.encode())
    row.save()
    assert stands() == ["ok"] * 4
    row.keeps_labels = row.sees_private = row.takes_creator = row.takes_inline_values = False
    row.save()
    assert stands() == ["warning", "ok", "warning", "warning"]
    row.keeps_labels, row.takes_labels = True, False
    row.save()
    assert stands()[0] == "warning"
    settings.ROOTLY_API_TOKEN = "another"
    assert stands()[3] == "not_tested"


def test_a_picture_that_is_missing_old_or_could_not_be_fetched(
    upstream: str, settings: Settings
) -> None:
    assert "sync_catalog" in one(picture.examine, "catalog.snapshot")[2]
    field = FormField(id="1", kind="title", enabled=True, shown=(settings.ROOTLY_FORM,))
    found = Picture(form_fields=(field,), problems=(Problem("x", "y", "A list is left out."),))
    put_to_use(found, at=timezone.now() - timedelta(hours=3), error="It is down.", form="other")
    current.look_at_once()
    rows = by_id(picture.examine())
    assert {id_: each.status.value for id_, each in rows.items()} == {
        "catalog.snapshot": "warning",
        "catalog.sync": "error",
        "catalog.problems": "warning",
        "catalog.form": "warning",
    }
    assert "3 hours" in rows["catalog.snapshot"].message
    assert "It is down." in rows["catalog.sync"].message
    settings.ROOTLY_API_URL = ""
    assert one(picture.examine, "catalog.snapshot")[0] == "skipped"


@pytest.mark.parametrize(
    ("form", "shown", "kind", "names"),
    [("web_new_incident_form", (), "ok", ""),
     ("another_form", (), "error", "ROOTLY_FORM"),
     ("", ("web_new_incident_form",), "ok", ""),
     ("", (), "warning", "ROOTLY_FORM")],
)  # fmt: skip
def test_a_form_without_fields(
    upstream: str, form: str, shown: tuple[str, ...], kind: str, names: str
) -> None:
    placements = (Placement(id="1", form_field_id="1", form=form),) if form else ()
    field = FormField(id="1", kind="title", enabled=True, shown=shown)
    put_to_use(Picture(form_fields=(field,), placements=placements))
    current.look_at_once()
    status, _, remedy = one(picture.examine, "catalog.form")
    assert status == kind
    assert names in remedy
