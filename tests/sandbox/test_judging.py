"""The form's rules over HTTP, with configuration changed at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.test_create import titles

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

FORM = "web_new_incident_form"
BLANK = "can't be blank"


class Company:
    """A sandbox that enforces its form, whose Default set a test may place fields on."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.sandbox = api.sandbox
        self.sandbox.switch(enforce_required=True)

    def uid(self, list_name: str, name: str) -> str:
        return str(self.sandbox.record(list_name, name)["id"])

    def place(self, *fields: str, **attributes: Any) -> None:
        """The form is these fields, required, in this order; their ids are their names."""
        form_set = self.uid("form_sets", "Default")
        placements = [
            {
                "id": f"place {name}",
                "form_field_id": self.uid("form_fields", name),
                "form_set_id": form_set,
                "form": FORM,
                "position": position,
                "required": True,
                **attributes,
            }
            for position, name in enumerate(fields, 1)
        ]
        self.sandbox.change_list("form_field_placements", replace=placements)
        self.sandbox.change_list("form_field_placement_conditions", replace=[])

    def when(self, name: str, source: str, comparison: str, *values: str, **more: str) -> None:
        """A field is shown (or required) on a condition."""
        condition = {
            "form_field_placement_id": f"place {name}",
            "conditioned": "placement",
            "form_field_id": self.uid("form_fields", source),
            "comparison": comparison,
            "values": list(values),
            **more,
        }
        self.sandbox.change_list("form_field_placement_conditions", upsert=[condition])

    def selection(self, name: str, **value: Any) -> dict[str, Any]:
        return {"form_field_id": self.uid("form_fields", name), **value}

    def missing(self, *selections: dict[str, Any], **attributes: Any) -> list[str]:
        """The labels of what is said to be missing; asserts that nothing else is wrong."""
        answer = self.api.jsonapi(form_field_selections_attributes=list(selections), **attributes)
        if answer.status_code == 201:
            return []
        assert all(each.endswith(f" {BLANK}") for each in titles(answer)), answer.text
        return [each.removesuffix(f" {BLANK}") for each in titles(answer)]


@pytest.fixture
def company(api: Api) -> Company:
    return Company(api)


def test_the_form_set_in_force_is_the_one_its_answers_choose(company: Company) -> None:
    security = company.uid("incident_types", "Security")
    assert company.missing(incident_type_ids=[security]) == [
        *("Title", "Severity", "Attack still going on"),
    ]
    assert company.missing() == ["Title", "Severity", "How was it noticed?"]
    rule = company.sandbox.records("form_set_conditions")[0]
    more = {**rule, "id": "more", "form_field_id": company.uid("form_fields", "Severity")}
    more["values"] = [company.uid("severities", "SEV1 Critical")]
    company.sandbox.change_list("form_set_conditions", upsert=[more])
    assert "How was it noticed?" in company.missing(incident_type_ids=[security])
    severity = more["values"][0]
    assert company.missing(incident_type_ids=[security], severity_id=severity) == [
        *("Title", "Attack still going on"),
    ]


def test_of_sets_that_match_the_first_in_the_apis_order_holds(company: Company) -> None:
    another = {"id": "another", "name": "Another", "is_default": False, "forms": [FORM]}
    rule = company.sandbox.records("form_set_conditions")[0]
    before = company.sandbox.records("form_sets")
    company.sandbox.change_list("form_sets", replace=[another, *before])
    company.sandbox.change_list(
        "form_set_conditions", upsert=[{**rule, "id": "its", "form_set_id": "another"}]
    )
    security = company.uid("incident_types", "Security")
    assert company.missing(incident_type_ids=[security]) == []  # nothing is placed on it
    company.sandbox.change_list("form_sets", replace=[*before, another])
    assert "Attack still going on" in company.missing(incident_type_ids=[security])


def test_a_rule_sees_every_sort_of_answer(company: Company) -> None:
    """Each answer shows a required field; without it the field is hidden, and not demanded."""
    sandbox = company.sandbox
    option = company.uid("form_field_options", "Customer report")
    entity = company.uid("catalog_entities", "Wales")
    person = company.uid("users", "Noor Rahman")
    alert = sandbox.records("alerts")[0]["id"]
    team = company.uid("teams", "Data")
    noticed = company.selection("How was it noticed?", selected_option_ids=[option])
    regions = company.selection("Affected regions", selected_catalog_entity_ids=[entity])
    lead = company.selection("Incident lead", selected_user_ids=[int(person)])
    ticked = company.selection("Customers can tell", value="1")
    cases: list[tuple[str, str, dict[str, Any], list[dict[str, Any]]]] = [
        ("Title", "odd", {"title": " odd "}, []),
        ("Severity", "sev3-minor", {"severity_id": company.uid("severities", "SEV3 Minor")}, []),
        ("Teams", team, {"group_ids": [company.uid("teams", "Mobile"), team]}, []),
        ("Private", "true", {"private": True}, []),
        ("Labels", "a=b", {"labels": {"a": "b"}}, []),
        ("Notify by mail", "a@b.example", {"notify_emails": ["a@b.example"]}, []),
        ("Alerts", alert, {"alert_ids": [alert]}, []),
        ("This is a test", "1", {"kind": "test"}, []),
        ("It is over already", "true", {"kind": "backfilled"}, []),
        ("Still in triage", "1", {"status": "in_triage"}, []),
        ("Resolved at", "2026-01-02T10:00:00Z", {"resolved_at": "2026-01-02T12:00:00+02:00"}, []),
        ("How was it noticed?", "Customer report", {}, [noticed]),
        ("Affected regions", entity, {}, [regions]),
        ("Incident lead", person, {}, [lead]),
        ("Customers can tell", "true", {}, [ticked]),
        ("Tags", "b", {}, [company.selection("Tags", value='["a", "b"]')]),
        ("Customers affected", "12", {}, [company.selection("Customers affected", value="12")]),
    ]
    for source, value, attributes, selections in cases:
        company.place(source, "Evidence", required=False)
        sandbox.change_list(
            "form_field_placements", upsert=[{"id": "place Evidence", "required": True}]
        )
        company.when("Evidence", source, "equal", value)
        assert company.missing(*selections, **attributes) == ["Evidence"], source
        assert company.missing() == [], source


def test_an_unticked_box_is_unset_and_equals_false(company: Company) -> None:
    company.place("Customers can tell", "Evidence")
    unticked = company.selection("Customers can tell", value="0")
    assert company.missing(unticked) == ["Customers can tell", "Evidence"]
    company.when("Evidence", "Customers can tell", "equal", "false")
    assert company.missing(unticked) == ["Customers can tell", "Evidence"]
    assert company.missing() == ["Customers can tell", "Evidence"]
    assert company.missing(company.selection("Customers can tell", value="1")) == []


def test_a_chain_of_hidden_fields_is_demanded_of_nobody(company: Company) -> None:
    company.place("Customers can tell", "Ticket", "Evidence")
    company.when("Ticket", "Customers can tell", "is_set")
    company.when("Evidence", "Ticket", "is_set")
    ticked = company.selection("Customers can tell", value="1")
    ticket = company.selection("Ticket", value="T-1")
    assert company.missing(ticket) == ["Customers can tell"]
    assert company.missing(ticked) == ["Ticket"]
    assert company.missing(ticked, ticket) == ["Evidence"]


def test_required_by_condition_and_unconditionally(company: Company) -> None:
    company.place("Title", "Evidence", required=False)
    company.when("Evidence", "Title", "is_set", conditioned="required")
    assert company.missing() == []
    assert company.missing(title="x") == ["Evidence"]
    company.sandbox.change_list(
        "form_field_placements", upsert=[{"id": "place Evidence", "required": True}]
    )
    assert company.missing() == ["Evidence"]


def test_what_it_can_not_judge_it_does_not_demand(company: Company) -> None:
    company.place("Title", "Evidence")
    company.when("Evidence", "Title", "resembles", "x")
    assert company.missing(title="y") == []
    company.place("Title", "Evidence")
    company.when("Evidence", "Title", "is_set", form_field_id="gone")
    assert company.missing(title="y") == []
    company.place("Ticket", "Severity", required=False)
    company.when("Severity", "Ticket", "is_not_set", conditioned="required")
    assert company.missing() == ["Severity"]
    company.sandbox.switch(inline_values="drop")
    assert company.missing() == []  # the ticket may be told later


def test_what_a_create_call_can_not_say_is_not_demanded(company: Company) -> None:
    kinds = ("Run workflows", "Ongoing incidents", "Sub-status", "What ended it", "What eased it")
    company.place("Title", *kinds, "Why it was none")
    assert company.missing(title="x") == []
    answer = company.api.plain(title="x")  # the guide's dialect takes messages
    assert set(answer.json()["details"]) == {
        *("mitigation_message", "resolution_message", "cancellation_message"),
    }


def test_marks_and_times_are_demanded_in_each_dialects_words(company: Company) -> None:
    company.place("Private", "This is a test", "Still in triage", "Started at (by hand)")
    assert company.missing() == [
        *("Private", "This is a test", "Still in triage", "Started at (by hand)"),
    ]
    at = "2026-01-02T10:00:00Z"
    assert company.missing(private=True, kind="test", status="in_triage", started_at=at) == []
    plain = company.api.plain
    assert set(plain(private=False).json()["details"]) == {
        *("private", "create_test_incident", "in_triage_at", "started_at"),
    }
    given: dict[str, Any] = {"create_test_incident": True, "in_triage_at": at, "started_at": at}
    assert plain(private=True, **given).status_code == 201


def test_a_read_only_field_may_only_be_its_default(company: Company) -> None:
    company.place("Declared through", "Ticket", non_editable=True)
    portal, slack = (company.uid("form_field_options", name) for name in ("Portal", "Slack"))
    ticket = company.selection("Ticket", value="T-1")
    for option, wrong in ((portal, []), (slack, ["Declared through can't be changed"])):
        chosen = company.selection("Declared through", selected_option_ids=[option])
        answer = company.api.jsonapi(form_field_selections_attributes=[chosen, ticket])
        assert (titles(answer) if wrong else answer.status_code) == (wrong or 201)
    assert company.missing(ticket) == []  # its default is submitted anyway
    assert company.missing() == ["Ticket"]  # without a default it is like any other
    company.when("Ticket", "Declared through", "equal", "Portal")
    assert company.missing() == ["Ticket"]  # since that default counts, sent or not
    company.sandbox.change_list("form_field_placement_conditions", replace=[])
    company.when("Ticket", "Declared through", "equal", "Slack")
    assert (
        company.missing(company.selection("Declared through", selected_option_ids=[portal])) == []
    )
    company.sandbox.change_list("form_field_options", remove=[portal])
    chosen = company.selection("Declared through", selected_option_ids=[slack])
    assert company.missing(chosen) == ["Ticket"]  # its default is gone, and Slack holds
    private = company.sandbox.record("form_fields", "Private")
    company.place("Private", non_editable=True)
    company.sandbox.change_list("form_fields", upsert=[{**private, "default_values": ["1"]}])
    assert titles(company.api.jsonapi(private=False)) == ["Private can't be changed"]
    assert company.api.jsonapi(private=True).status_code == 201


def test_a_value_for_a_hidden_field_is_refused_when_asked(company: Company) -> None:
    company.place("Title", "Ticket", required=False)
    company.when("Ticket", "Title", "is_not_set")
    sent = [company.selection("Ticket", value="T-1"), company.selection("Evidence", value="x")]
    assert company.missing(*sent, title="x") == []
    company.sandbox.switch(reject_hidden=True, enforce_required=False)
    assert titles(company.api.jsonapi(title="x", form_field_selections_attributes=sent)) == [
        *("Ticket is not on this form", "Evidence is not on this form"),
    ]
    answer = company.api.plain(
        form_field_selections_attributes=[
            {"form_field_id": number, "value": "x"} for number in numbers(company, "Evidence")
        ]
    )
    assert answer.json()["details"] == {"evidence": ["is not on this form"]}
    assert company.missing(sent[0]) == []


def test_a_hidden_field_that_chooses_the_form_set_may_be_sent(company: Company) -> None:
    company.place("Title", required=False)
    rule = company.sandbox.records("form_set_conditions")[0]
    changed = {**rule, "form_field_id": company.uid("form_fields", "Ticket"), "values": ["T-2"]}
    company.sandbox.change_list("form_set_conditions", replace=[changed])
    company.sandbox.switch(reject_hidden=True)
    assert company.missing(company.selection("Ticket", value="T-1")) == []


def numbers(company: Company, *names: str) -> list[int]:
    """The ids that the guide's dialect knows fields by."""
    listed = company.api.get("api/v1/form_fields", **{"page[size]": 100}).json()["form_fields"]
    return [each["id"] for each in listed if each["name"] in names]


def test_a_wrong_value_is_not_called_missing_too(company: Company) -> None:
    company.place("Severity", "Customers affected")
    many = company.selection("Customers affected", value="many")
    answer = company.api.jsonapi(severity_id="none", form_field_selections_attributes=[many])
    assert titles(answer) == ["Severity must exist", "Customers affected is not a number"]


def test_a_disabled_field_is_nowhere(company: Company) -> None:
    company.place("Evidence", "Old ticket number", "Problem review")
    assert company.missing() == ["Evidence"]


def test_without_placements_the_fields_own_lists_tell(company: Company) -> None:
    company.sandbox.change_list("form_field_placements", replace=[])
    assert company.missing() == ["Title", "Severity", "How was it noticed?"]
    ticket = company.sandbox.record("form_fields", "Ticket")
    changed = {**ticket, "required": [FORM]}
    company.sandbox.change_list("form_fields", upsert=[changed])
    assert company.missing()[-1] == "Ticket"
    company.sandbox.change_list("form_fields", upsert=[{**changed, "shown": []}])
    assert "Ticket" not in company.missing()


@pytest.mark.parametrize("ids", ["text", "number", "digits"])
def test_configuration_can_be_changed_whatever_ids_look_like(company: Company, ids: str) -> None:
    sandbox = company.sandbox
    sandbox.switch(ids=ids)
    placement = {
        "form_field_id": company.uid("form_fields", "Evidence"),
        "form_set_id": sandbox.record("form_sets", "Default")["id"],
        "form": FORM,
        "position": 99,
        "required": True,
    }
    sandbox.change_list("form_field_placements", upsert=[placement])
    added = sandbox.records("form_field_placements")[-1]
    rule = {
        "form_field_placement_id": added["id"],
        "form_field_id": sandbox.record("form_fields", "Severity")["id"],
        "conditioned": "placement",
        "comparison": "equal",
        "values": [str(sandbox.record("severities", "SEV4 Low")["id"])],
    }
    sandbox.change_list("form_field_placement_conditions", upsert=[rule])
    path = f"v1/form_fields/{placement['form_field_id']}/placements"
    assert added["id"] in [each["id"] for each in company.api.get(path).json()["data"]]
    path = f"v1/form_field_placements/{added['id']}/conditions"
    [shown] = company.api.get(path).json()["data"]
    assert shown["attributes"] == rule
    low = sandbox.record("severities", "SEV4 Low")["id"]
    assert titles(company.api.jsonapi(title="x", severity_id=low)) == [
        *(f"How was it noticed? {BLANK}", f"Evidence {BLANK}"),
    ]
    sandbox.change_list("form_field_placement_conditions", remove=[shown["id"]])
    assert f"Evidence {BLANK}" in titles(company.api.jsonapi(title="x"))


def test_a_replaced_list_keeps_the_ids_of_what_stays(company: Company) -> None:
    before = company.sandbox.records("form_fields")
    listed = company.api.get("api/v1/form_fields", **{"page[size]": 100}).json()["form_fields"]
    company.sandbox.change_list("form_fields", replace=before[::-1])
    assert company.sandbox.records("form_fields") == before[::-1]
    again = company.api.get("api/v1/form_fields", **{"page[size]": 100}).json()["form_fields"]
    assert [each["id"] for each in again] == [each["id"] for each in listed][::-1]
