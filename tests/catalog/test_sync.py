from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from incidentportal.catalog import connection, current, sync
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.picture import Picture
from incidentportal.catalog.sync import SyncFailedError
from tests.catalog.conftest import a_picture, put_to_use, state_now, sync_now
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db
CHOSEN_FROM = (
    "services", "environments", "severities", "teams", "functionalities", "incident_types",
    "causes", "catalogs", "users",
)  # fmt: skip


def _fails() -> SyncFailedError:
    with pytest.raises(SyncFailedError) as raised:
        sync_now()
    return raised.value


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


def test_both_dialects_give_the_same_picture(whole_rootly: Sandbox, settings: Settings) -> None:
    jsonapi = sync_now().picture
    settings.ROOTLY_API_URL = whole_rootly.plain_url
    settings.ROOTLY_API_DIALECT = "plain"
    plain = sync_now().picture
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
    outcome = sync_now()
    catalog = current.current()
    assert catalog is not None
    assert catalog.snapshot_id == outcome.snapshot_id
    assert catalog.picture == outcome.picture
    state = state_now()
    assert catalog.fetched_at == state.good_at
    assert (state.error, state.error_kind, state.failures) == ("", "", 0)
    assert (state.claimed_until, state.wanted, state.problems) == (None, False, [])


@pytest.mark.store
def test_only_a_change_makes_a_snapshot(rootly: Sandbox) -> None:
    first = sync_now()
    assert first.changed
    for paging in ("links", "meta", "cursor"):
        rootly.switch(paging=paging, page_size_max=7)
        again = sync_now()
        assert (again.changed, again.snapshot_id) == (False, first.snapshot_id)
    rootly.change_list("services", upsert=[{"name": "A new service"}])
    changed = sync_now()
    assert changed.changed
    assert changed.snapshot_id > first.snapshot_id
    assert "A new service" in [service.name for service in changed.picture.services]


def test_records_in_another_order_are_no_change(rootly: Sandbox) -> None:
    first = sync_now()
    rootly.change_list("services", replace=rootly.records("services")[::-1])
    assert not sync_now().changed
    assert first.picture.services[0].id == rootly.records("services")[-1]["id"]


def test_a_refused_list_is_named_and_left_out(rootly: Sandbox) -> None:
    sync_now()
    rootly.switch(forbidden_lists=["users", "catalog_entities"])
    outcome = sync_now()
    assert outcome.changed
    assert not outcome.picture.users
    assert not outcome.picture.catalog_entities
    assert outcome.picture.services
    found = {problem.subject: problem for problem in outcome.picture.problems}
    assert set(found) == {"users", "catalog_entities"}
    assert found["users"].kind == "list_refused"
    assert "the token may not read it (403)" in found["users"].sentence
    assert [problem["subject"] for problem in state_now().problems] == ["catalog_entities", "users"]
    rootly.switch(forbidden_lists=[])
    assert sync_now().picture.problems == ()
    assert state_now().problems == []


@pytest.mark.parametrize("status", [401, 404, 422])
def test_a_server_without_placements_and_form_sets(rootly: Sandbox, status: int) -> None:
    for path in (r"/form_sets", r"/placements"):
        rootly.fault("status", method="GET", path=path, times=None, status=status)
    picture = sync_now().picture
    assert not picture.placements
    assert not picture.form_sets
    assert picture.form_fields
    assert picture.services
    assert {problem.subject for problem in picture.problems} == {"placements", "form_sets"}


def test_a_list_that_is_not_implemented_is_left_out(rootly: Sandbox) -> None:
    rootly.fault("status", path="/form_sets$", times=None, status=501)
    assert [problem.subject for problem in sync_now().picture.problems] == ["form_sets"]


@pytest.mark.store
def test_a_wrong_token_leaves_the_last_good_snapshot(rootly: Sandbox) -> None:
    good = sync_now()
    good_at = state_now().good_at
    rootly.switch(token="another-token")
    error = _fails()
    assert error.kind == "misconfigured"
    assert rootly.token not in str(error)
    state = state_now()
    assert (state.error_kind, state.error, state.failures) == ("misconfigured", str(error), 1)
    assert (state.snapshot_id, state.good_at, state.claimed_until) == (
        *(good.snapshot_id, good_at, None),
    )
    catalog = current.current()
    assert catalog is not None
    assert catalog.picture == good.picture
    assert len([each for each in rootly.requests() if each["status"] == 401]) == 1
    rootly.switch(token=rootly.token)
    assert not sync_now().changed
    assert (state_now().error, state_now().failures) == ("", 0)


def test_form_fields_that_may_not_be_read_fail_the_sync(rootly: Sandbox) -> None:
    rootly.switch(forbidden_lists=["form_fields"])
    assert _fails().kind == "misconfigured"
    assert {each["path"] for each in rootly.requests()} == {"/v1/form_fields"}
    assert current.current() is None


def test_a_token_that_is_revoked_in_mid_sync_fails_it(rootly: Sandbox) -> None:
    good = sync_now()
    rootly.fault("status", path="", times=None, skip=1, status=401, body={"error": "no"})
    assert _fails().kind == "misconfigured"
    assert state_now().snapshot_id == good.snapshot_id


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
    good = sync_now()
    rootly.change_list("services", upsert=[{"name": "Never to be seen by half"}])
    rootly.fault(path=path, times=None, **fault)
    assert _fails().kind == kind
    state = state_now()
    assert (state.snapshot_id, state.failures) == (good.snapshot_id, 1)
    assert state.error
    assert Snapshot.objects.count() == 1
    rootly.clear_faults()
    assert sync_now().changed


def test_a_rootly_that_is_down_is_said_to_be(rootly: Sandbox) -> None:
    sync_now()
    rootly.down(0.5)
    error = _fails()
    assert error.kind == "unreachable"
    assert state_now().error == str(error)
    rootly.wait_until_up()


def test_a_hiccup_is_passed_over(rootly: Sandbox) -> None:
    rootly.fault("status", path="/services", status=503)
    rootly.fault("rate_limit", path="/users", seconds=0)
    assert sync_now().picture.services


def test_records_that_cannot_be_read_are_named(rootly: Sandbox) -> None:
    hostile: list[Any] = [None, 42, "text", [], {}, {"id": None}, {"id": {"a": 1}}]
    rootly.change_list("services", raw=hostile)
    outcome = sync_now()
    assert len(outcome.picture.services) == len(rootly.records("services"))
    problems = [each for each in outcome.picture.problems if each.kind == "record_skipped"]
    assert len(problems) == len(hostile)
    assert all("services" in problem.sentence for problem in problems)
    assert not sync_now().changed  # they are named in the same way each time


def test_many_broken_records_are_not_as_many_problems(rootly: Sandbox) -> None:
    rootly.change_list("services", raw=[{"name": f"No id {each}"} for each in range(30)])
    problems = sync_now().picture.problems
    assert len(problems) == 21
    assert problems[-1].sentence.startswith("10 more")


@pytest.mark.store
def test_hostile_text_is_stored(rootly: Sandbox) -> None:
    names = ["<script>alert(1)</script>", "\U0001f9ef é \u202e", "x" * 100_000]
    rootly.change_list("services", upsert=[{"name": name} for name in (*names, "NUL \0 in it")])
    rootly.change_list("teams", raw=[{"id": "a\0b", "type": "groups", "attributes": "a\0b"}])
    outcome = sync_now()
    stored = {service.name for service in outcome.picture.services}
    assert {names[0], "\U0001f9ef é ", names[2]} <= stored  # what turns text round is left out
    catalog = current.current()
    assert catalog is not None
    assert catalog.picture == outcome.picture


def test_what_cannot_matter_is_not_asked_for(whole_rootly: Sandbox) -> None:
    off, alien = (whole_rootly.record("form_fields", name)["id"] for name in ("Causes", "Labels"))
    whole_rootly.change_list(
        "form_fields",
        upsert=[{"id": off, "enabled": False}, {"id": alien, "resource_type": "problem"}],
    )
    picture = sync_now().picture
    asked = [each["path"] for each in whole_rootly.requests()]
    for gone in (off, alien):
        assert f"/v1/form_fields/{gone}/placements" not in asked
    on_form = {place.id for place in picture.placements if place.form == "web_new_incident_form"}
    others = {place.id for place in picture.placements} - on_form
    assert others
    assert {path.split("/")[3] for path in asked if "/v1/form_field_placements/" in path} == on_form
    used = {field.value_kind_catalog_id for field in picture.form_fields} - {None}
    assert used
    assert {path.split("/")[3] for path in asked if path.endswith("/entities")} == used


def test_options_that_a_server_does_not_include_are_asked_for(whole_rootly: Sandbox) -> None:
    sync_now()
    asked = [each["path"] for each in whole_rootly.requests()]
    assert not [path for path in asked if path.endswith("/options")]
    fields = whole_rootly.records("form_fields")
    bare = [each for each in fields if each["kind"] == "custom"]
    shown = [{"type": "form_fields", "id": each["id"], "attributes": each} for each in bare]
    body = {"data": shown}
    whole_rootly.fault("status", path="/form_fields$", status=200, body=body, times=None)
    picture = sync_now().picture
    noticed = next(field for field in picture.form_fields if field.slug == "how-was-it-noticed")
    assert len(noticed.options) == 5


def test_at_most_eight_requests_are_under_way(whole_rootly: Sandbox) -> None:
    whole_rootly.switch(latency_ms=10)
    sync_now()
    under_way = [each["under_way"] for each in whole_rootly.requests()]
    assert max(under_way) <= 8
    assert max(under_way) >= 4


def test_a_snapshot_that_cannot_be_read_back_is_mended(rootly: Sandbox) -> None:
    first = sync_now()
    Snapshot.objects.update(content=b"broken")
    second = sync_now()
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
    new = sync_now().snapshot_id
    kept = set(Snapshot.objects.values_list("id", flat=True))
    assert kept == {*old[2:], elsewhere, new}


def test_what_nobody_foresaw_is_recorded(
    rootly: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> Picture:
        raise ZeroDivisionError("by \0")

    monkeypatch.setattr(sync, "fetch", broken)
    assert _fails().kind == "broken"
    assert "ZeroDivisionError" in state_now().error
    assert "Traceback" in caplog.text
    assert state_now().claimed_until is None
