"""Fixtures for all tests; `tests/conftest.py` loads them with `pytest_plugins`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

# Speed is measured in benchmarks/. In CI the same examples each time: a new one that fails is found
# by those who work on the rules, not by a change that has nothing to do with it.
hypothesis.settings.register_profile("plain", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "plain")


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    """One sandbox for the whole run (one per worker)."""
    with Sandbox("--slack-delay-s", "0.2") as running:
        yield running


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """The sandbox as if it had just started."""
    if sandbox_process.is_down:
        sandbox_process.up()
    sandbox_process.reset()
    return sandbox_process
