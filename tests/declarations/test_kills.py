"""Killed at any moment, nothing is lost and nothing is sent twice: real processes, real signals."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import killing
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")


def test_twelve_kills_under_load_lose_nothing_and_double_nothing(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    record = killing.run(tmp_path, sandbox, kills=12, seed=6)
    assert record.problems() == []
    assert any(record.open_at_kill), "a kill that meets no call under way proves little"
    assert len(record.incidents) > 24
