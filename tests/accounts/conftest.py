"""What every test of this folder starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    """No failed sign-in of an earlier test counts."""
    cache.clear()
    yield
    cache.clear()
