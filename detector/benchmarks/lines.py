"""The lines of a measurement, and how they are printed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from detector.inference.runtime import count_cores


class Line(NamedTuple):
    """What was measured, its value in words, and what is to be reached, if there is that."""

    name: str
    value: str
    target: str = ""


def milliseconds(seconds: Sequence[float]) -> str:
    """The median, and the 95th percentile, of times in seconds."""
    middle, slow = np.percentile(seconds, (50, 95)) * 1000
    return f"{middle:,.0f} ms (95 %: {slow:,.0f})"


def describe_machine() -> str:
    """Date, cores, and how many programs wanted a core in the last minute."""
    load = os.getloadavg()[0]
    return f"{datetime.now(UTC):%d %B %Y}, {count_cores()} cores, load {load:.1f}"


def to_markdown(lines: Iterable[Line]) -> str:
    """The lines as a table of Markdown, which can be read in a terminal, too."""
    rows = [Line("", "measured", "to reach"), *lines]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    cells = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([cells[0], rule, *cells[1:]])
