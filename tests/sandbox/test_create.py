from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.conftest import Api


def titles(answer: httpx.Response) -> list[str]:
    """The sentences of an answer in shape A."""
    assert answer.status_code == 422, answer.text
    return [each["title"] for each in answer.json()["errors"]]


def test_both_dialects_make_the_same_incident(api: Api) -> None:
    sandbox = api.sandbox
    severity = sandbox.record("severities", "SEV0 Emergency")["id"]
    service = sandbox.record("services", "Checkout")["id"]
    labels = {"source": "test"}
    first = api.jsonapi(title="One", severity_id=severity, service_ids=[service], labels=labels)
    number = next(
        each["id"]
        for each in api.get("api/v1/services", **{"page[size]": 100}).json()["services"]
        if each["name"] == "Checkout"
    )
    second = api.plain(title="One", severity_id=0, service_ids=[number], labels=labels)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.headers["Content-Type"].startswith("application/vnd.api+json")
    assert second.headers["Content-Type"].startswith("application/json")
    one, two = sandbox.incidents()
    for name in ("title", "severity_id", "service_ids", "labels", "kind", "status", "private"):
        assert one[name] == two[name]
    assert one["severity_id"] == severity
    assert one["body"]["data"]["attributes"]["title"] == "One"
    assert two["body"]["severity_id"] == 0


def test_an_incident_gets_what_rootly_adds(api: Api) -> None:
    answer = api.jsonapi(title="Ürgent: the Fridge is hot!").json()["data"]["attributes"]
    assert answer["slug"] == "urgent-the-fridge-is-hot"
    assert answer["sequential_id"] == 15
    assert answer["status"] == "started"
    assert answer["url"] == f"{api.sandbox.url}/incidents/15-urgent-the-fridge-is-hot"
    page = api.http.get(answer["url"])
    assert page.status_code == 200
    assert "the Fridge is hot!" in page.text
    assert api.http.get(answer["short_url"]).text == page.text
    untitled = api.jsonapi().json()["data"]["attributes"]
    assert untitled["title"] == "Incident 16"


def test_a_channel_comes_a_moment_later_and_never_for_a_private_one(api: Api) -> None:
    def channel(number: int) -> Any:
        return api.get(f"api/v1/incidents/{number}").json()["slack_channel_name"]

    made = api.plain(title="Public").json()
    private = api.plain(title="Secret", private=True).json()
    assert made["slack_channel_name"] is None
    deadline = time.monotonic() + 3
    while channel(made["id"]) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert channel(made["id"]).endswith("-public")
    assert channel(private["id"]) is None


def test_unknown_ids_and_wrong_types_are_refused_at_their_attributes(api: Api) -> None:
    bad: dict[str, Any] = {
        "title": 7,
        "severity_id": 77,
        "service_ids": ["x"],
        "environment_ids": "x",
        "private": "yes",
        "labels": [],
        "notify_emails": ["nobody"],
        "started_at": "soon",
        "kind": "odd",
    }
    answer = api.plain(**bad)
    assert answer.status_code == 422
    assert answer.json()["error"] == "unprocessable_entity"
    assert set(answer.json()["details"]) == set(bad)
    assert answer.json()["details"]["severity_id"] == ["must exist"]
    assert len(titles(api.jsonapi(**bad))) == len(bad)
    assert api.sandbox.incidents() == []


def test_a_number_is_no_id_in_jsonapi_nor_text_in_the_guides_dialect(api: Api) -> None:
    assert titles(api.jsonapi(severity_id=1)) == ["Severity is invalid"]
    assert api.plain(severity_id="1").json()["details"] == {"severity_id": ["is invalid"]}
    assert api.plain(severity_id=True).status_code == 422
    api.sandbox.switch(ids="number")
    assert api.jsonapi(severity_id="1").status_code == 201


def test_the_references_schema_takes_no_other_attributes_the_guide_ignores_them(api: Api) -> None:
    assert titles(api.jsonapi(create_test_incident=True)) == [
        "Create test incident is not a permitted attribute"
    ]
    assert api.plain(anything=1, create_test_incident=True).json()["kind"] == "test"


@pytest.mark.parametrize("body", ["{", '"text"', "[]", "null", '{"title": "\\ud800"}', "{" * 9000])
def test_a_body_that_makes_no_sense_is_refused(api: Api, body: str) -> None:
    for path, media in (("v1", "application/vnd.api+json"), ("api/v1", "application/json")):
        headers = {"Content-Type": media}
        answer = api.http.post(f"/{path}/incidents", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert answer.json()


def test_media_type_and_token_are_checked_in_each_dialects_words(api: Api) -> None:
    wrong = {"Content-Type": "text/plain"}
    for path in ("v1", "api/v1"):
        assert api.http.post(f"/{path}/incidents", content="{}", headers=wrong).status_code == 415
    stranger = {"Authorization": "Bearer nonsense"}
    answer = api.http.get("/v1/services", headers=stranger)
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"title": "Invalid token", "status": "401"}]}
    answer = api.http.get("/api/v1/services", headers=stranger)
    assert answer.json() == {
        "error": "unauthorized",
        "message": "Invalid or missing API token.",
    }


def test_a_token_may_lack_rights(api: Api) -> None:
    api.sandbox.switch(forbidden_lists=["users"], read_only_token=True)
    assert api.get("v1/users").status_code == 403
    assert api.get("v1/services").status_code == 200
    assert api.plain(title="x").json() == {
        "error": "forbidden",
        "message": "You do not have permission to create incidents.",
    }


def test_required_marks_are_enforced_when_asked(api: Api) -> None:
    assert api.jsonapi(title="x").status_code == 201
    api.sandbox.switch(enforce_required=True)
    assert titles(api.jsonapi(title=" ")) == [
        *("Title can't be blank", "Severity can't be blank"),
        "How was it noticed? can't be blank",
    ]
    assert set(api.plain().json()["details"]) == {"title", "severity_id", "how-was-it-noticed"}
    security = api.sandbox.record("incident_types", "Security")["id"]
    missing = titles(api.jsonapi(title="x", incident_type_ids=[security]))
    assert missing == ["Severity can't be blank", "Attack still going on can't be blank"]
    api.sandbox.switch(inline_values="drop")
    assert titles(api.jsonapi(title="x")) == ["Severity can't be blank"]


def test_a_required_custom_field_is_satisfied_by_its_inline_value(api: Api) -> None:
    api.sandbox.switch(enforce_required=True)
    field = api.sandbox.record("form_fields", "How was it noticed?")["id"]
    option = api.sandbox.record("form_field_options", "A colleague")["id"]
    severity = api.sandbox.records("severities")[0]["id"]
    chosen = [{"form_field_id": field, "selected_option_ids": [option]}]
    answer = api.jsonapi(title="x", severity_id=severity, form_field_selections_attributes=chosen)
    assert answer.status_code == 201, answer.text
    [kept] = api.sandbox.incidents()[0]["selections"]
    assert kept["selected_option_ids"] == [option]


def test_inline_values_and_labels_are_kept_dropped_or_refused(api: Api) -> None:
    field = api.sandbox.record("form_fields", "Ticket")["id"]
    sent: dict[str, Any] = {
        "form_field_selections_attributes": [{"form_field_id": field, "value": "T-1"}],
        "labels": {"a": "b"},
    }
    api.jsonapi(**sent)
    api.sandbox.switch(inline_values="drop", labels="drop")
    api.jsonapi(**sent)
    kept, dropped = api.sandbox.incidents()
    assert [each["value"] for each in kept["selections"]] == ["T-1"]
    assert (dropped["selections"], dropped["labels"]) == ([], {})
    api.sandbox.switch(inline_values="refuse", labels="refuse")
    assert titles(api.jsonapi(**sent)) == [
        "Form field selections attributes is not a permitted attribute",
        "Labels is not a permitted attribute",
    ]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("Customers affected", "many", "is not a number"),
        ("Customers can tell", "yes", "is not included in the list"),
        ("First seen on", "24.11.2026", "is not a date"),
        ("Next update due", "noon", "is not a time"),
        ("Tags", "a, b", "is not a list of tags"),
        ("Ticket", 7, "is invalid"),
        ("Incident lead", "Ada", "takes selected records, not a value"),
    ],
)
def test_a_custom_value_must_fit_its_field(
    api: Api, field: str, value: object, message: str
) -> None:
    uid = api.sandbox.record("form_fields", field)["id"]
    sent = [{"form_field_id": uid, "value": value}]
    assert titles(api.jsonapi(form_field_selections_attributes=sent)) == [f"{field} {message}"]


def test_a_choice_must_belong_to_its_field(api: Api) -> None:
    sandbox = api.sandbox
    field = sandbox.record("form_fields", "Vendor")["id"]
    for entity, count in (("Map service", 0), ("Scotland", 1)):
        uid = sandbox.record("catalog_entities", entity)["id"]
        sent = [{"form_field_id": field, "selected_catalog_entity_ids": [uid]}]
        answer = api.jsonapi(form_field_selections_attributes=sent)
        assert answer.status_code == (422 if count else 201)


def test_a_sub_incident_is_one_level_deep_and_its_kind_follows(api: Api) -> None:
    first, maintenance, parent, sub = api.sandbox.records("incidents")[:4]
    made = api.jsonapi(title="x", parent_incident_id=parent["id"], kind="test")
    assert made.json()["data"]["attributes"]["kind"] == "test_sub"
    refused = titles(api.jsonapi(parent_incident_id=sub["id"]))
    assert refused == ["Parent incident can't be a sub-incident"]
    refused = titles(api.jsonapi(parent_incident_id=maintenance["id"]))
    assert refused == ["Parent incident can't be a maintenance"]
    assert titles(api.jsonapi(parent_incident_id=first["id"], kind="backfilled"))


def test_an_idempotency_key_is_honoured_or_ignored(api: Api) -> None:
    once = api.jsonapi(title="x", key="k1").json()
    assert api.jsonapi(title="x", key="k1").json() == once
    assert api.jsonapi(title="y", key="k1").status_code == 422
    assert api.jsonapi(severity_id="none", key="k2").status_code == 422
    assert api.jsonapi(title="z", key="k2").status_code == 201  # a refusal isn't remembered
    assert [each["idempotency_key"] for each in api.sandbox.incidents()] == ["k1", "k2"]
    api.sandbox.switch(idempotency="ignore")
    api.jsonapi(title="x", key="k1")
    assert len(api.sandbox.incidents()) == 3


def test_private_incidents_are_hidden_when_asked(api: Api) -> None:
    made = api.jsonapi(title="Secret", private=True).json()["data"]["id"]
    assert api.get(f"v1/incidents/{made}").status_code == 200
    api.sandbox.switch(hide_private=True)
    answer = api.get(f"v1/incidents/{made}")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["title"] == "Not found or unauthorized"
    assert made not in [each["id"] for each in api.get("v1/incidents").json()["data"]]
    assert titles(api.jsonapi(parent_incident_id=made)) == ["Parent incident must exist"]
    assert api.sandbox.incidents()[0]["private"] is True


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        ("A", {"errors": [{"title": "Severity must exist", "status": "422"}]}),
        ("B", {"severity_id": ["must exist"]}),
        (
            "C",
            {
                "error": "unprocessable_entity",
                "message": "Validation failed.",
                "details": {"severity_id": ["must exist"]},
            },
        ),
        (
            "pointer",
            {
                "errors": [
                    {
                        "title": "Severity must exist",
                        "status": "422",
                        "source": {"pointer": "/data/attributes/severity_id"},
                        "detail": "must exist",
                    }
                ]
            },
        ),
    ],
)
def test_a_422_comes_in_every_known_shape(api: Api, shape: str, content: object) -> None:
    api.sandbox.switch(errors_shape=shape)
    assert api.jsonapi(severity_id="none").json() == content
    assert api.plain(severity_id=99).json() == content


def test_what_is_detected_can_not_have_started_later(api: Api) -> None:
    times = {"started_at": "2026-01-02T10:00:00Z", "detected_at": "2026-01-02T09:00:00Z"}
    assert titles(api.jsonapi(**times)) == ["Detected at can not be before Started time"]
