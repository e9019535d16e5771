"""Medians of warm work, and the table that shows them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

WARM_UP = 60
"""More than the web server has threads: each keeps a database connection of its own."""


def medians(
    times: int,
    *works: Callable[[], object],
    warm_up: int = WARM_UP,
    clock: Callable[[], float] = time.perf_counter,
    between: Callable[[], object] = lambda: None,
) -> list[float]:
    """Milliseconds that each work takes at the median. They take turns, so that whatever else
    the machine does meanwhile meets all of them. `clock` tells seconds: `time.thread_time` those
    of the processor alone, for a small difference between works that wait for nothing. `between`
    comes before each, and isn't timed.
    """
    taken: list[list[float]] = [[] for _ in works]
    for turn in range(warm_up + times):
        for work, kept in zip(works, taken, strict=True):
            between()
            began = clock()
            work()
            if turn >= warm_up:
                kept.append((clock() - began) * 1000)
    return [statistics.median(kept) for kept in taken]


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, its baseline of the same run, and the most that `judged` should be: the ratio
    where `of_ratio`, else the value. Without `aim` it is only told.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    against: str = ""
    aim: float | None = None
    of_ratio: bool = False
    inclusive: bool = False

    @property
    def ratio(self) -> float | None:
        """Value by baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no aim."""
        judged = self.ratio if self.of_ratio else self.value
        if self.aim is None or judged is None:
            return ""
        is_met = judged <= self.aim if self.inclusive else judged < self.aim
        return "met" if is_met else "MISSED"


def show(rows: list[Row]) -> None:
    """Print the table, and at its end how many aims were missed."""
    head = ("what", "value", "baseline", "ratio", "aim", "")
    table = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(head))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    missed = [row.name for row in rows if row.verdict == "MISSED"]
    print("\n" + (f"Missed: {'; '.join(missed)}." if missed else "Every aim is met."))


def _cells(row: Row) -> tuple[str, ...]:
    baseline = "" if row.baseline is None else f"{row.baseline:.2f} {row.against}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    aim = ""
    if row.aim is not None:
        aim = f"{'ratio ' if row.of_ratio else ''}{'≤' if row.inclusive else '<'} {row.aim:g}"
    return row.name, f"{row.value:.2f} {row.unit}", baseline, ratio, aim, row.verdict
