from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from incidentportal.catalog import connection, current, sync
from incidentportal.catalog.fetch import fetch
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.picture import Picture
from incidentportal.catalog.sync import Outcome, SyncBusyError, SyncFailedError, sync_catalog
from tests.catalog.conftest import a_picture, put_to_use
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db
CHOSEN_FROM = (
    "services", "environments", "severities", "teams", "functionalities", "incident_types",
    "causes", "catalogs", "users",
)  # fmt: skip


def _sync() -> Outcome:
    return sync_catalog(connection.client(), connection.upstream())


def _fails() -> SyncFailedError:
    with pytest.raises(SyncFailedError) as raised:
        _sync()
    return raised.value


def _state() -> SyncState:
    state = current.sync_state()
    assert state is not None
    return state


def _without_ids(picture: Picture) -> dict[str, Any]:
    """The picture as far as it doesn't depend on how ids look."""
    fields = {field.id: field.name for field in picture.form_fields}
    sets = {form_set.id: form_set.name for form_set in picture.form_sets}
    catalogs = {catalog.id: catalog.name for catalog in picture.catalogs}
    return {
        **{name: sorted(each.name for each in getattr(picture, name)) for name in CHOSEN_FROM},
        "fields": sorted(
            (
                *(field.name, field.kind, field.input_kind, field.value_kind, field.enabled),
                *(catalogs.get(field.value_kind_catalog_id or ""), len(field.default_values)),
                tuple(sorted(option.value for option in field.options)),
                tuple(sorted(position.form for position in field.positions)),
            )
            for field in picture.form_fields
        ),
        "sets": [
            (each.name, each.is_default, [fields[rule.form_field_id] for rule in each.conditions])
            for each in picture.form_sets
        ],
        "placements": sorted(
            (
                *(fields[each.form_field_id], sets[each.form_set_id], each.form),
                *(each.position, each.required, each.non_editable),
                *(each.placement_operator, each.required_operator),
                sorted(
                    (rule.conditioned, fields[rule.form_field_id], rule.comparison)
                    for rule in each.conditions
                ),
            )
            for each in picture.placements
        ),
        "entities": sorted(
            (catalogs[each.catalog_id], each.name) for each in picture.catalog_entities
        ),
    }


def test_both_dialects_give_the_same_picture(rootly: Sandbox, settings: Settings) -> None:
    jsonapi = _sync().picture
    settings.ROOTLY_API_URL = rootly.plain_url
    settings.ROOTLY_API_DIALECT = "plain"
    plain = _sync().picture
    assert _without_ids(jsonapi) == _without_ids(plain)
    assert jsonapi != plain  # the ids do differ
    for name in ("form_sets", "placements", "catalog_entities", *CHOSEN_FROM):
        assert getattr(jsonapi, name), name
    assert any(placement.conditions for placement in jsonapi.placements)
    assert any(field.options for field in jsonapi.form_fields)
    assert jsonapi.problems == plain.problems == ()
    assert Snapshot.objects.count() == SyncState.objects.count() == 2


@pytest.mark.store
def test_a_first_sync_is_put_to_use(rootly: Sandbox) -> None:
    assert current.current() is None
    outcome = _sync()
    catalog = current.current()
    assert catalog is not None
    assert catalog.snapshot_id == outcome.snapshot_id
    assert catalog.picture == outcome.picture
    state = _state()
    assert catalog.fetched_at == state.good_at
    assert (state.error, state.error_kind, state.failures) == ("", "", 0)
    assert (state.claimed_until, state.wanted, state.problems) == (None, False, [])


@pytest.mark.store
def test_only_a_change_makes_a_snapshot(rootly: Sandbox) -> None:
    first = _sync()
    assert first.changed
    for paging in ("links", "meta", "cursor"):
        rootly.switch(paging=paging, page_size_max=7)
        again = _sync()
        assert (again.changed, again.snapshot_id) == (False, first.snapshot_id)
    rootly.change_list("services", upsert=[{"name": "A new service"}])
    changed = _sync()
    assert changed.changed
    assert changed.snapshot_id > first.snapshot_id
    assert "A new service" in [service.name for service in changed.picture.services]


def test_records_in_another_order_are_no_change(rootly: Sandbox) -> None:
    first = _sync()
    rootly.change_list("services", replace=rootly.records("services")[::-1])
    assert not _sync().changed
    assert first.picture.services[0].id == rootly.records("services")[-1]["id"]


def test_a_refused_list_is_named_and_left_out(rootly: Sandbox) -> None:
    _sync()
    rootly.switch(forbidden_lists=["users", "catalog_entities"])
    outcome = _sync()
    assert outcome.changed
    assert not outcome.picture.users
    assert not outcome.picture.catalog_entities
    assert outcome.picture.services
    found = {problem.subject: problem for problem in outcome.picture.problems}
    assert set(found) == {"users", "catalog_entities"}
    assert found["users"].kind == "list_refused"
    assert "the token may not read it (403)" in found["users"].sentence
    assert [problem["subject"] for problem in _state().problems] == ["catalog_entities", "users"]
    rootly.switch(forbidden_lists=[])
    assert _sync().picture.problems == ()
    assert _state().problems == []


@pytest.mark.parametrize("status", [401, 404, 422])
def test_a_server_without_placements_and_form_sets(rootly: Sandbox, status: int) -> None:
    for path in (r"/form_sets", r"/placements"):
        rootly.fault("status", method="GET", path=path, times=None, status=status)
    picture = _sync().picture
    assert not picture.placements
    assert not picture.form_sets
    assert picture.form_fields
    assert picture.services
    assert {problem.subject for problem in picture.problems} == {"placements", "form_sets"}


def test_a_list_that_is_not_implemented_is_left_out(rootly: Sandbox) -> None:
    rootly.fault("status", path="/form_sets$", times=None, status=501)
    assert [problem.subject for problem in _sync().picture.problems] == ["form_sets"]


@pytest.mark.store
def test_a_wrong_token_leaves_the_last_good_snapshot(rootly: Sandbox) -> None:
    good = _sync()
    good_at = _state().good_at
    rootly.switch(token="another-token")
    error = _fails()
    assert error.kind == "misconfigured"
    assert rootly.token not in str(error)
    state = _state()
    assert (state.error_kind, state.error, state.failures) == ("misconfigured", str(error), 1)
    assert (state.snapshot_id, state.good_at, state.claimed_until) == (
        *(good.snapshot_id, good_at, None),
    )
    catalog = current.current()
    assert catalog is not None
    assert catalog.picture == good.picture
    assert len([each for each in rootly.requests() if each["status"] == 401]) == 1
    rootly.switch(token=rootly.token)
    assert not _sync().changed
    assert (_state().error, _state().failures) == ("", 0)


def test_form_fields_that_may_not_be_read_fail_the_sync(rootly: Sandbox) -> None:
    rootly.switch(forbidden_lists=["form_fields"])
    assert _fails().kind == "misconfigured"
    assert {each["path"] for each in rootly.requests()} == {"/v1/form_fields"}
    assert current.current() is None


def test_a_token_that_is_revoked_in_mid_sync_fails_it(rootly: Sandbox) -> None:
    good = _sync()
    rootly.fault("status", path="", times=None, skip=1, status=401, body={"error": "no"})
    assert _fails().kind == "misconfigured"
    assert _state().snapshot_id == good.snapshot_id


@pytest.mark.parametrize(
    ("path", "fault", "kind"),
    [
        ("/services$", {"kind": "status", "status": 503}, "unreachable"),
        ("/conditions$", {"kind": "status", "status": 500}, "unreachable"),
        ("/users$", {"kind": "drop_before"}, "unreachable"),
        ("/severities$", {"kind": "malformed"}, "unreadable"),
        ("/causes$", {"kind": "status", "status": 200, "body": "42"}, "unreadable"),
        ("/form_fields$", {"kind": "status", "status": 200, "body": "{}"}, "unreadable"),
    ],
)
def test_a_list_that_fails_fails_the_whole_sync(
    rootly: Sandbox, path: str, fault: dict[str, Any], kind: str
) -> None:
    good = _sync()
    rootly.change_list("services", upsert=[{"name": "Never to be seen by half"}])
    rootly.fault(path=path, times=None, **fault)
    assert _fails().kind == kind
    state = _state()
    assert (state.snapshot_id, state.failures) == (good.snapshot_id, 1)
    assert state.error
    assert Snapshot.objects.count() == 1
    rootly.clear_faults()
    assert _sync().changed


def test_a_rootly_that_is_down_is_said_to_be(rootly: Sandbox) -> None:
    _sync()
    rootly.down(0.5)
    error = _fails()
    assert error.kind == "unreachable"
    assert _state().error == str(error)
    rootly.wait_until_up()


def test_a_hiccup_is_passed_over(rootly: Sandbox) -> None:
    rootly.fault("status", path="/services", status=503)
    rootly.fault("rate_limit", path="/users", seconds=0)
    assert _sync().picture.services


def test_records_that_cannot_be_read_are_named(rootly: Sandbox) -> None:
    hostile: list[Any] = [None, 42, "text", [], {}, {"id": None}, {"id": {"a": 1}}]
    rootly.change_list("services", raw=hostile)
    outcome = _sync()
    assert len(outcome.picture.services) == len(rootly.records("services"))
    problems = [each for each in outcome.picture.problems if each.kind == "record_skipped"]
    assert len(problems) == len(hostile)
    assert all("services" in problem.sentence for problem in problems)
    assert not _sync().changed  # they are named in the same way each time


def test_many_broken_records_are_not_as_many_problems(rootly: Sandbox) -> None:
    rootly.change_list("services", raw=[{"name": f"No id {each}"} for each in range(30)])
    problems = _sync().picture.problems
    assert len(problems) == 21
    assert problems[-1].sentence.startswith("10 more")


@pytest.mark.store
def test_hostile_text_is_stored(rootly: Sandbox) -> None:
    names = ["<script>alert(1)</script>", "\U0001f9ef é \u202e", "x" * 100_000]
    rootly.change_list("services", upsert=[{"name": name} for name in (*names, "NUL \0 in it")])
    rootly.change_list("teams", raw=[{"id": "a\0b", "type": "groups", "attributes": "a\0b"}])
    outcome = _sync()
    assert set(names) <= {service.name for service in outcome.picture.services}
    catalog = current.current()
    assert catalog is not None
    assert catalog.picture == outcome.picture


def test_what_cannot_matter_is_not_asked_for(rootly: Sandbox) -> None:
    off, alien = (rootly.record("form_fields", name)["id"] for name in ("Causes", "Labels"))
    rootly.change_list(
        "form_fields",
        upsert=[{"id": off, "enabled": False}, {"id": alien, "resource_type": "problem"}],
    )
    picture = _sync().picture
    asked = [each["path"] for each in rootly.requests()]
    for gone in (off, alien):
        assert f"/v1/form_fields/{gone}/placements" not in asked
    on_form = {place.id for place in picture.placements if place.form == "web_new_incident_form"}
    others = {place.id for place in picture.placements} - on_form
    assert others
    assert {path.split("/")[3] for path in asked if "/v1/form_field_placements/" in path} == on_form
    used = {field.value_kind_catalog_id for field in picture.form_fields} - {None}
    assert used
    assert {path.split("/")[3] for path in asked if path.endswith("/entities")} == used


def test_options_that_a_server_does_not_include_are_asked_for(rootly: Sandbox) -> None:
    _sync()
    asked = [each["path"] for each in rootly.requests()]
    assert not [path for path in asked if path.endswith("/options")]
    fields = rootly.records("form_fields")
    bare = [each for each in fields if each["kind"] == "custom"]
    shown = [{"type": "form_fields", "id": each["id"], "attributes": each} for each in bare]
    body = {"data": shown}
    rootly.fault("status", path="/form_fields$", status=200, body=body, times=None)
    picture = _sync().picture
    noticed = next(field for field in picture.form_fields if field.slug == "how-was-it-noticed")
    assert len(noticed.options) == 5


def test_at_most_eight_requests_are_under_way(rootly: Sandbox) -> None:
    rootly.switch(latency_ms=10)
    _sync()
    under_way = [each["under_way"] for each in rootly.requests()]
    assert max(under_way) <= 8
    assert max(under_way) >= 4


@pytest.mark.store
def test_only_one_syncs_at_a_time(rootly: Sandbox) -> None:
    _sync()
    row = SyncState.objects.filter(upstream=connection.upstream())
    row.update(claimed_until=timezone.now() + timedelta(seconds=60))
    before = len(rootly.requests())
    with pytest.raises(SyncBusyError):
        _sync()
    assert len(rootly.requests()) == before
    row.update(claimed_until=timezone.now() - timedelta(seconds=1))  # its process died
    assert not _sync().changed


@pytest.mark.store
def test_a_sync_that_lost_its_claim_changes_nothing(
    rootly: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = _sync()
    rootly.change_list("services", upsert=[{"name": "A new service"}])

    def slowly(*args: Any, **kwargs: Any) -> Picture:
        picture = fetch(*args, **kwargs)
        SyncState.objects.update(claim=1000, claimed_until=timezone.now() + timedelta(minutes=1))
        return picture

    monkeypatch.setattr(sync, "fetch", slowly)
    with pytest.raises(SyncBusyError):
        _sync()
    state = _state()
    assert state.snapshot_id == good.snapshot_id
    assert state.claimed_until is not None
    assert not state.failures


@pytest.mark.store
def test_a_long_sync_keeps_its_claim(rootly: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "RENEW_EVERY", 0.0)
    monkeypatch.setattr(sync, "LEASE", 1.5)
    rootly.fault("latency", path="/causes", seconds=2.5)
    outcome = _sync()
    assert outcome.seconds > 2


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_of_several_that_begin_at_once_one_syncs(rootly: Sandbox) -> None:
    from django.db import connection as database

    SyncState.objects.create(upstream=connection.upstream())
    rootly.switch(latency_ms=10)
    outcomes: list[object] = []
    start = threading.Barrier(4)

    def one() -> None:
        start.wait()
        try:
            outcomes.append(_sync())
        except SyncBusyError as error:
            outcomes.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in outcomes if isinstance(each, Outcome)]) == 1
    assert len(outcomes) == 4
    assert Snapshot.objects.count() == 1


def test_a_snapshot_that_cannot_be_read_back_is_mended(rootly: Sandbox) -> None:
    first = _sync()
    Snapshot.objects.update(content=b"broken")
    second = _sync()
    assert second.changed
    assert second.snapshot_id > first.snapshot_id
    catalog = current.current()
    assert catalog is not None
    assert catalog.snapshot_id == second.snapshot_id


@pytest.mark.store
def test_old_snapshots_are_deleted_but_not_the_newest(
    rootly: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "KEEP_NEWEST", 3)
    long_ago = timezone.now() - timedelta(days=31)
    upstream = connection.upstream()
    old = [put_to_use(a_picture(str(each)), upstream, at=long_ago).id for each in range(4)]
    elsewhere = put_to_use(a_picture("theirs"), "https://elsewhere.example", at=long_ago).id
    new = _sync().snapshot_id
    kept = set(Snapshot.objects.values_list("id", flat=True))
    assert kept == {*old[2:], elsewhere, new}


def test_what_nobody_foresaw_is_recorded(
    rootly: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> Picture:
        raise ZeroDivisionError("by \0")

    monkeypatch.setattr(sync, "fetch", broken)
    assert _fails().kind == "broken"
    assert "ZeroDivisionError" in _state().error
    assert "Traceback" in caplog.text
    assert _state().claimed_until is None
