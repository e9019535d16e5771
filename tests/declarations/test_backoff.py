"""The waits between attempts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentportal.declarations.backoff import wait


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (10_000, 300)]
)
def test_the_wait_doubles_up_to_the_longest(failures: int, seconds: float) -> None:
    assert wait(failures, 2, 300, chance=0) == seconds


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_jitter_takes_at_most_half(failures: int, chance: float) -> None:
    full = wait(failures, 2, 300, chance=0)
    assert full / 2 <= wait(failures, 2, 300, chance=chance) <= full
