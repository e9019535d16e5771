from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from incidentportal.catalog import current, stored
from incidentportal.catalog.current import Catalog
from incidentportal.catalog.models import SyncState
from incidentportal.catalog.picture import Picture, Problem
from incidentportal.rootly import records
from tests.catalog.conftest import UPSTREAM, a_picture, put_to_use

pytestmark = pytest.mark.django_db


def _names(catalog: Catalog | None) -> list[str]:
    assert catalog is not None
    return [field.name for field in catalog.picture.form_fields]


def test_without_an_upstream_there_is_no_catalog(settings: Settings) -> None:
    settings.ROOTLY_API_URL = ""
    with CaptureQueriesContext(database) as queries:
        assert current.current() is None
        assert current.sync_state() is None
    assert len(queries) == 0


def test_before_the_first_sync_there_is_none(portal: Settings) -> None:
    assert current.current() is None
    SyncState.objects.create(upstream=UPSTREAM, tried_at=timezone.now(), failures=1)
    current.look_at_once()
    assert current.current() is None


def test_it_answers_from_memory(portal: Settings) -> None:
    snapshot = put_to_use(a_picture("title"))
    first = current.current()
    assert first is not None
    assert first.snapshot_id == snapshot.id
    with CaptureQueriesContext(database) as queries:
        assert all(current.current() is first for _ in range(1000))
    assert len(queries) == 0


def test_a_look_is_one_small_query_and_keeps_what_was_derived(portal: Settings) -> None:
    put_to_use(a_picture("title"))
    first = current.current()
    current.look_at_once()
    with CaptureQueriesContext(database) as queries:
        assert current.current() is first
    assert len(queries) == 1
    assert "content" not in queries[0]["sql"]


@pytest.mark.store
def test_a_new_snapshot_is_noticed_after_a_moment(
    portal: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert current.LOOK_EVERY <= 2
    monkeypatch.setattr(current, "LOOK_EVERY", 0.05)
    put_to_use(a_picture("title"))
    assert _names(current.current()) == ["title"]
    put_to_use(a_picture("title", "summary"))
    time.sleep(0.06)
    assert _names(current.current()) == ["title", "summary"]


def test_a_good_sync_without_a_change_makes_the_catalog_younger(portal: Settings) -> None:
    old = timezone.now() - timedelta(hours=3)
    put_to_use(a_picture("title"), at=old)
    catalog = current.current()
    assert catalog is not None
    assert catalog.fetched_at == old
    now = timezone.now()
    SyncState.objects.update(good_at=now)
    current.look_at_once()
    assert current.current() is catalog
    assert catalog.fetched_at == now


def test_a_snapshot_of_another_upstream_is_never_used(portal: Settings) -> None:
    put_to_use(a_picture("theirs"), "https://api.rootly.example/v1")
    assert current.current() is None
    put_to_use(a_picture("ours"))
    portal.ROOTLY_API_URL = "https://API.rootly.example:443/v1/"
    assert _names(current.current()) == ["theirs"]
    portal.ROOTLY_API_URL = UPSTREAM
    assert _names(current.current()) == ["ours"]


@pytest.mark.store
@pytest.mark.parametrize("content", [b"", b"broken", stored.encode(a_picture("x"))[:-5]])
def test_a_snapshot_that_cannot_be_read_is_passed_over(
    portal: Settings, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    good = put_to_use(a_picture("title"), at=timezone.now() - timedelta(days=1))
    broken = put_to_use(a_picture("title", "summary"), content=content)
    catalog = current.current()
    assert catalog is not None
    assert catalog.snapshot_id == good.id
    assert catalog.fetched_at == good.created_at
    assert [problem.kind for problem in catalog.problems] == ["snapshot_unreadable"]
    assert f"Snapshot {broken.id}" in caplog.text
    caplog.clear()
    current.look_at_once()
    assert current.current() is catalog
    assert not caplog.text


def test_only_snapshots_that_cannot_be_read_are_none(portal: Settings) -> None:
    put_to_use(a_picture("title"), content=b"broken")
    assert current.current() is None


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_readers_never_wait_for_a_look(portal: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    put_to_use(a_picture("old"))
    assert _names(current.current()) == ["old"]
    put_to_use(a_picture("new"))
    decoding, go_on = threading.Event(), threading.Event()
    decode = stored.decode

    def slowly(content: bytes) -> Picture:
        decoding.set()
        go_on.wait(5)
        return decode(content)

    monkeypatch.setattr(stored, "decode", slowly)
    current.look_at_once()

    def look() -> list[str]:
        try:
            return _names(current.current())
        finally:
            database.close()

    with ThreadPoolExecutor(1) as thread:
        looking = thread.submit(look)
        assert decoding.wait(5)
        assert _names(current.current()) == ["old"]
        go_on.set()
        assert looking.result(5) == ["new"]
    assert _names(current.current()) == ["new"]


def test_options_answer_to_value_kinds_and_to_lists(portal: Settings) -> None:
    picture = Picture(
        services=(records.Service(id="1", name="API"),),
        teams=(records.Team(id="2", name="Platform"),),
        catalog_entities=(records.CatalogEntity(id="3", name="EU", catalog_id="9"),),
        problems=(Problem("list_refused", "users", "No."),),
    )
    put_to_use(picture)
    catalog = current.current()
    assert catalog is not None
    assert [option.label for option in catalog.options("service")] == ["API"]
    assert catalog.options("group") is catalog.options("teams")
    assert [option.id for option in catalog.options("group")] == ["2"]
    assert [option.label for option in catalog.entities("9")] == ["EU"]
    assert len(catalog.options("user")) == len(catalog.options("__class__")) == 0
    assert catalog.problems == picture.problems


def test_what_is_derived_is_built_once_per_catalog() -> None:
    catalog = Catalog(1, timezone.now(), a_picture("title"), ())
    built = []

    def build(of: Catalog) -> str:
        assert of is catalog
        time.sleep(0.01)
        built.append(1)
        return "form"

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: catalog.cached("form", build), range(32)))
    assert answers == ["form"] * 32
    assert len(built) == 1
    assert catalog.cached("outer", lambda of: of.cached("inner", lambda _: 7) + 1) == 8
