"""Special kinds of field, from the page to the incident, over a real socket in both dialects."""

from __future__ import annotations

import pytest

from incidentportal.declarations.models import Declaration
from tests.support.people import PageClient, Person
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

BOTH = pytest.mark.parametrize("dialect", ["jsonapi", "plain"], indirect=True)


@BOTH
def test_a_private_test_with_labels_arrives_as_one(connected: Sandbox, make_person: Person) -> None:
    client = PageClient()
    client.force_login(make_person("sue", "support"))
    form = Form(client)
    response = form.send(
        **form.filled(
            mark_as_test="true", private="true", labels="a=1\nb=2", notify_emails="a@x.org"
        )
    )
    assert response.status_code == 303, form.html
    (incident,) = connected.incidents()
    assert (incident["kind"], incident["private"]) == ("test", True)
    assert {"a": "1", "b": "2"}.items() <= incident["labels"].items()
    shown = {line["label"]: line["text"] for line in Declaration.objects.get().labels}
    assert (shown["This is a test"], shown["Private"]) == ("Yes", "Yes")


def test_what_is_over_is_put_on_record_with_its_times(form: Form, connected: Sandbox) -> None:
    answers = form.filled(mark_as_backfilled="true", started_at="2026-01-31T10:00")
    response = form.send(**answers, resolved_at="2026-01-31T09:00")
    assert response.status_code == 422
    assert "Resolved at can't be before Started at" in form.error("resolved_at")
    assert connected.incidents() == []
    response = form.send(**answers, resolved_at="2026-01-31T11:00")
    assert response.status_code == 303, form.html
    (incident,) = connected.incidents()
    assert incident["kind"] == "backfilled"
    assert incident["started_at"].startswith("2026-01-31T10:00")
    assert incident["resolved_at"].startswith("2026-01-31T11:00")


def test_a_test_that_is_backfilled_is_told_to_be_one_of_them(form: Form) -> None:
    answers = form.filled(mark_as_backfilled="true", mark_as_test="true")
    assert form.send(**answers, started_at="2026-01-31T10:00").status_code == 422
    assert "“This is a test”" in form.error("mark_as_backfilled")
    assert not Declaration.objects.exists()
