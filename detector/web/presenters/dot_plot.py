"""Where the dots and whiskers of a plot stand, for a template that draws it as SVG.

Places across are in per cent, so that the plot takes the width it is given and its text keeps its
size; places down are in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STEP = 26  # pixels from one row to the next
TICKS = 0.1

# A name, and a figure with its interval: value, low, high.
Point = tuple[str, float, float, float]


@dataclass(frozen=True)
class Dot:
    """A row: its `label`, the dot at `x`, and the whisker from `low` to `high`, in per cent."""

    label: str
    x: str
    low: str
    high: str
    y: int


@dataclass(frozen=True)
class Segment:
    """A piece of the curve through the dots."""

    x1: str
    y1: int
    x2: str
    y2: int


@dataclass(frozen=True)
class Plot:
    """`ticks` are (place, text) on an axis at the height `bottom` of `height` pixels."""

    dots: tuple[Dot, ...]
    segments: tuple[Segment, ...]
    ticks: tuple[tuple[str, str], ...]
    bottom: int
    height: int


def axis_start(lows: Iterable[float]) -> float:
    """The tick at or below all `lows`, and one half at most; the axis ends at 1."""
    return math.floor(round(min([0.5, *lows]) / TICKS, 6)) * TICKS


def draw(points: Sequence[Point], start: float) -> Plot:
    """A row for each point, on an axis from `start` (below 1) to 1."""

    def place(value: float) -> str:
        return f"{100 * (value - start) / (1 - start):.2f}%"

    dots = tuple(
        Dot(label, place(value), place(low), place(high), STEP // 2 + STEP * row)
        for row, (label, value, low, high) in enumerate(points)
    )
    segments = tuple(Segment(a.x, a.y, b.x, b.y) for a, b in zip(dots, dots[1:], strict=False))
    count = round((1 - start) / TICKS)
    ticks = tuple((place(1 - TICKS * k), f"{1 - TICKS * k:.1f}") for k in range(count, -1, -1))
    bottom = STEP * len(dots)
    return Plot(dots, segments, ticks, bottom, bottom + STEP)
