"""The database itself refuses what the table of states does not allow."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.declarations.models import Declaration
from incidentportal.declarations.states import State, may_become
from tests.support.deciding import fitting
from tests.support.declarations import make_declaration

GUARD = importlib.import_module("incidentportal.declarations.migrations.0009_transitions")
pytestmark = [pytest.mark.django_db, pytest.mark.store]


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_the_database_allows_what_the_table_does(
    reporter: User, before: State, after: State
) -> None:
    row = make_declaration(reporter, state=before, **fitting(before))
    allowed = may_become(before, after) or before is after
    try:
        with transaction.atomic():
            Declaration.objects.filter(pk=row.pk).update(state=after, **fitting(after))
        went = True
    except IntegrityError:
        went = False
    assert went is allowed


def test_the_migration_has_the_table_of_the_code() -> None:
    frozen = {(before, after) for before, many in GUARD.ALLOWED.items() for after in many}
    code = {
        (before.value, after.value)
        for before in State
        for after in State
        if after is not State.DELIVERED and may_become(before, after)
    }
    assert frozen == code


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": State.QUEUED, "due_at": None},
        {"state": State.QUEUED, "claimed_until": Now()},
        {"state": State.DELIVERING},
        {"state": State.REJECTED, "due_at": Now()},
        {"state": State.WITHDRAWN, "due_at": None, "claimed_until": Now()},
        {"state": State.DELIVERED},
        {"state": "lost", "due_at": None},
    ],
)
def test_a_row_that_contradicts_its_state_is_refused(reporter: User, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_declaration(reporter, **{"due_at": Now(), **wrong})
