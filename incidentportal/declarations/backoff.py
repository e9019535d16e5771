"""How long to wait before the next attempt. Pure."""

from __future__ import annotations

import random


def wait(failures: int, first: float, longest: float, *, chance: float | None = None) -> float:
    """Seconds to wait after so many failures in a row (1, 2, …).

    Doubles from `first` up to `longest`; jitter takes away up to half, so that what failed
    together does not come back together. `chance` (0 to 1) stands in for the dice in tests.
    """
    full: float = min(longest, first * 2 ** min(max(failures - 1, 0), 30))
    dice = random.random() if chance is None else chance  # noqa: S311  # no secret depends on it
    return full * (1 - dice / 2)
