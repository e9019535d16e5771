"""How soon a declaration's page looks again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidentportal.declarations.models import Declaration
from incidentportal.declarations.pace import IDLE, SLOW, look_again
from incidentportal.declarations.states import State

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"queued_at": ago(0)}, 1),
        ({"queued_at": ago(20), "state": State.DELIVERING}, 2),
        ({"queued_at": ago(300)}, 5),
        ({"queued_at": ago(86_400)}, SLOW),
        ({"state": State.UNCONFIRMED}, SLOW),
        ({"state": State.REJECTED}, SLOW),
        ({"state": State.FAILED}, 0),
        ({"state": State.WITHDRAWN}, 0),
        ({"state": State.DELIVERED, "delivered_at": ago(1), "due_at": None}, 0),
        ({"state": State.DELIVERED, "delivered_at": ago(1), "due_at": ago(-2)}, 1),
        ({"state": State.DELIVERED, "delivered_at": ago(700), "due_at": ago(-9)}, SLOW),
        ({"state": State.DELIVERED, "delivered_at": ago(1), "due_at": ago(-290)}, IDLE),
    ],
)
def test_it_slows_down_and_stops_only_when_nothing_is_left_to_happen(
    fields: dict[str, Any], seconds: int
) -> None:
    given = {"state": State.QUEUED, "queued_at": ago(99), "due_at": ago(0), **fields}

    assert look_again(Declaration(**given), NOW) == seconds
