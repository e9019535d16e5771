"""Bars for a chart that the server draws: where each stands and how high it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 480, 96, 3


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, as SVG has it: from its upper left corner, downwards. `kind` is its look."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Series:
    """One number for each place of a chart, and the look of its bars."""

    kind: str
    values: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """Its bars; `most` is what the highest stands for (0: there is none)."""

    bars: tuple[Bar, ...]
    most: int


def stacked(*series: Series) -> Chart:
    """Bars on top of each other: parts of a whole."""
    columns = list(zip(*(each.values for each in series), strict=True))
    most = max((sum(value or 0 for value in column) for column in columns), default=0)
    bars, floors = [], [0] * len(columns)
    for each in series:
        for place, value in enumerate(each.values):
            if value:
                bars.append(_bar(each.kind, place, len(columns), floors[place], value, most))
                floors[place] += value
    return Chart(tuple(bars), most)


def overlaid(*series: Series) -> Chart:
    """Bars in front of each other, the first at the back: of the same place, each within the one
    behind it.
    """
    most = max((value or 0 for each in series for value in each.values), default=0)
    bars = [
        _bar(each.kind, place, len(each.values), 0, value, most)
        for each in series
        for place, value in enumerate(each.values)
        if value
    ]
    return Chart(tuple(bars), most)


def _bar(  # what a bar is made of
    kind: str, place: int, places: int, floor: int, value: int, most: int
) -> Bar:
    step, unit = WIDTH / places, HEIGHT / most
    y = HEIGHT - (floor + value) * unit
    return Bar(
        round(place * step + GAP / 2, 1), round(y, 1), round(step - GAP, 1), round(value * unit, 1),
        kind,
    )  # fmt: skip
