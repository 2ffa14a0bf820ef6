"""Where in a picture the evidence of a network lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detector.inference.results import Exhibit

Map = npt.NDArray[np.floating]

# Cells along the short side of the picture, and at most along the long one.
SHORT, LONG = 14, 42


class Box(NamedTuple):
    """A part of a picture, as shares (0..1) of its height and width."""

    top: float
    left: float
    height: float
    width: float


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the heat map of a picture of `height` x `width` pixels."""
    short = min(height, width)
    rows, columns = (min(max(round(SHORT * side / short), SHORT), LONG) for side in (height, width))
    return rows, columns


def paint(
    grid: tuple[int, int], maps: Map, boxes: Sequence[Box], elsewhere: float | None = None
) -> Map:
    """Maps (n, h, w), each of one box, on a grid (rows, columns).

    A cell is the mean of the maps over its centre; where there are none it is `elsewhere`, or the
    mean of all maps if that is None.
    """
    rows, columns = grid
    sums, counts = np.zeros(grid), np.zeros(grid)
    for values, box in zip(maps, boxes, strict=True):
        down, inside_rows = _look_up(rows, box.top, box.height, values.shape[0])
        across, inside_columns = _look_up(columns, box.left, box.width, values.shape[1])
        here = np.outer(inside_rows, inside_columns)
        sums += np.where(here, values[np.ix_(down, across)], 0)
        counts += here
    rest = maps.mean() if elsewhere is None else elsewhere
    return np.where(counts > 0, sums / np.maximum(counts, 1), rest)


def show_heat(heat: Map) -> Exhibit:
    """The log-odds of the cells (rows, columns) as an exhibit."""
    rows, columns = heat.shape
    data = {"rows": rows, "columns": columns, "log_odds": heat.round(2).tolist()}
    return Exhibit("heat_map", data)


def _look_up(
    cells: int, start: float, length: float, steps: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """For each cell of an axis the step of a map that covers its centre, and whether one does."""
    place = ((np.arange(cells) + 0.5) / cells - start) / length
    return (place * steps).astype(np.intp).clip(0, steps - 1), (place >= 0) & (place < 1)
