"""Workflows and their runs, read in either shape."""

from __future__ import annotations

from typing import Any

import pytest

from incidentportal.rootly import readers
from incidentportal.rootly.shapes import Row


@pytest.mark.parametrize(
    ("said", "triggered"),
    [
        ({"trigger_params": {"trigger_type": "incident", "triggers": []}}, ("incident", ())),
        ({"trigger_params": {"trigger_type": "alert", "triggers": ["x"]}}, ("alert", ("x",))),
        ({"trigger_params": {"trigger_type": "incident", "triggers": None}}, ("incident", ())),
        ({"trigger_params": "incident"}, ("", ())),
        ({}, ("", ())),
    ],
)
def test_a_workflow_says_what_starts_it(said: dict[str, Any], triggered: Any) -> None:
    workflow = readers.workflow(Row({"id": 0, "attributes": {"name": "Page", **said}}))
    assert (workflow.id, workflow.name, workflow.enabled) == ("0", "Page", True)
    assert (workflow.trigger_type, workflow.triggers) == triggered


@pytest.mark.parametrize(
    "said", [{"incident_id": 7}, {"incident": {"data": {"id": "7"}}}, {"incident_id": "7"}]
)
def test_a_run_says_for_which_incident(said: dict[str, Any]) -> None:
    run = readers.workflow_run(Row({"id": "r", "workflow_id": 3, "status": "queued", **said}))
    assert (run.workflow_id, run.incident_id) == ("3", "7")
    assert readers.workflow_run(Row({"id": "r", "incident_id": None})).incident_id is None
