"""Who decides in the same moment: one does, and the others are told."""

from __future__ import annotations

import pytest

from incidentportal.declarations import claims, decisions
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.states import State
from incidentportal.rootly.records import Incident
from tests.support.deciding import at_once, standing
from tests.support.declarations import make_declaration
from tests.support.people import Person

pytestmark = pytest.mark.store


@pytest.mark.django_db(transaction=True)
def test_a_decision_and_a_claim_never_both_win(make_person: Person) -> None:
    author = make_person()
    for _ in range(10):
        row = standing(author, State.QUEUED)
        outcomes = at_once(
            lambda row=row: decisions.withdraw(row.pk, author),  # type: ignore[misc]
            lambda row=row: claims.take(row.pk) is not None,  # type: ignore[misc]
        )
        row.refresh_from_db()
        if outcomes[0] == "done":
            assert (row.state, outcomes[1]) == (State.WITHDRAWN, "lost")
        else:
            assert (row.state, outcomes[1]) == (State.DELIVERING, "done")
            assert "being sent at this moment" in outcomes[0]
        assert row.decisions.count() == (outcomes[0] == "done")


@pytest.mark.django_db(transaction=True)
def test_of_three_who_decide_one_does(make_person: Person) -> None:
    author, admin, other = make_person(), make_person("ada", "admin"), make_person("bob", "admin")
    for _ in range(5):
        row = standing(author, State.UNCONFIRMED)
        outcomes = at_once(
            lambda row=row: decisions.not_there(row.pk, author),  # type: ignore[misc]
            lambda row=row: decisions.this_one(row.pk, admin, Incident(id=str(row.pk))),  # type: ignore[misc]
            lambda row=row: decisions.give_up(row.pk, other, "Enough."),  # type: ignore[misc]
        )
        decided = row.decisions.values_list("before", "after")
        # After "it isn't there" it waits, and an admin may still give it up.
        steps = [after for _, after in decided]
        assert len(steps) == outcomes.count("done")
        assert steps in (["queued"], ["delivered"], ["failed"], ["queued", "failed"])
        row.refresh_from_db()
        assert row.state == steps[-1]
        lost = [each for each in outcomes if each != "done"]
        assert all("has already" in each or "is waiting" in each for each in lost), lost


@pytest.mark.django_db(transaction=True)
def test_two_declarations_never_become_one_incident(make_person: Person) -> None:
    author = make_person()
    upstream = make_declaration(author).upstream
    Upstream.objects.create(url=upstream)
    for number in range(5):
        one, two = standing(author, State.UNCONFIRMED), standing(author, State.UNCONFIRMED)
        incident = Incident(id=str(number))
        outcomes = at_once(
            *(
                lambda pk=row.pk, incident=incident: decisions.this_one(pk, author, incident)
                for row in (one, two)
            )
        )
        assert sorted(outcomes) == [decisions.TAKEN, "done"]
        assert Declaration.objects.filter(incident_id=str(number)).count() == 1
