"""Geometry of the charts: numbers in, places of marks out."""

from __future__ import annotations

import re
from typing import Any

import cv2
import numpy as np
import pytest
from django.conf import settings

from detector.inference.numbers import log_odds
from detector.inference.results import MethodResult
from detector.web.presenters.charts import (
    GROUP_NAMES,
    INTERCEPT,
    MAX_OPACITY,
    draw_groups,
    draw_heat_map,
    draw_waterfall,
    name_place,
    say_side,
    side_of,
)


def heat(*rows: list[float]) -> dict[str, Any]:
    return {"rows": len(rows), "columns": len(rows[0]), "log_odds": list(rows)}


def method(key: str, number: int = 1) -> MethodResult:
    return MethodResult(key, number, key.title(), "abstained")


# Words


@pytest.mark.parametrize(
    ("value", "side", "words"),
    [
        (2.0, "ai", "strongly towards AI"),
        (0.5, "ai", "towards AI"),
        (-0.1, "real", "slightly towards real"),
        (-1.0, "real", "strongly towards real"),
        (0.04, "uncertain", "to neither side"),
        (0.0, "uncertain", "to neither side"),
    ],
)
def test_log_odds_are_said_in_words(value: float, side: str, words: str) -> None:
    assert (side_of(value), say_side(value)) == (side, words)


# Heat map


def test_cells_are_coloured_by_side_and_strength() -> None:
    drawn = draw_heat_map(heat([4.0, -2.0], [0.0, 1.0]))
    assert (drawn.rows, drawn.columns) == (2, 2)
    assert MAX_OPACITY < 0.8  # the picture is seen through it
    assert [(c.x, c.y, c.side, c.opacity) for c in drawn.cells] == [
        (0, 0, "ai", MAX_OPACITY),
        (1, 0, "real", MAX_OPACITY / 2),
        (1, 1, "ai", round(MAX_OPACITY / 4, 2)),
    ]


def test_a_weak_map_looks_weak() -> None:
    (cell,) = draw_heat_map(heat([0.2, 0.0])).cells
    assert cell.opacity == pytest.approx(MAX_OPACITY / 10)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (([0, 0, 0], [0, 0, 0], [0, 0, 0]), "No place argues for either side."),
        (([0.2, 0, 0], [0, 0, 0], [0, 0, -0.2]), "No place argues for either side."),
        (([2, 0, 0], [0, 0, 0], [0, 0, 0]),
         "The strongest evidence for AI lies at the upper left."),
        (([0, 0, 0], [0, 0, 0], [0, -2, 0]), "The strongest evidence for real lies at the bottom."),
        (([0, 0, 0], [0, 3, 0], [0, 0, -2]),
         "The strongest evidence for AI lies in the middle. "
         "The strongest evidence for real lies at the lower right."),
        (([5, 5, 5], [5, 5, 9], [5, 5, 5]), "The strongest evidence for AI lies at the right."),
    ],
)  # fmt: skip
def test_a_heat_map_says_where_the_evidence_lies(rows: tuple[list[float], ...], text: str) -> None:
    assert draw_heat_map(heat(*rows)).text == text


@pytest.mark.parametrize(
    ("x", "y", "rows", "columns", "words"),
    [
        (0, 0, 14, 20, "at the upper left"),
        (19, 13, 14, 20, "at the lower right"),
        (10, 0, 14, 20, "at the top"),
        (0, 7, 14, 20, "at the left"),
        (0, 0, 1, 1, "in the middle"),
        (4, 4, 14, 14, "at the upper left"),
        (5, 5, 14, 14, "in the middle"),
    ],
)
def test_places_are_named_by_thirds(x: int, y: int, rows: int, columns: int, words: str) -> None:
    assert name_place(x, y, rows, columns) == words


# Groups


def test_groups_are_bars_from_the_middle() -> None:
    first, second, base = draw_groups(
        [
            {"name": "noise", "log_odds": 2.0},
            {"name": "spectrum", "log_odds": -1.0},
            {"name": "baseline", "log_odds": 0.01},
        ]
    )
    assert first.x == 50 and first.width == pytest.approx(2 * second.width)
    assert second.x + second.width == pytest.approx(50)
    assert (first.side, second.side) == ("ai", "real")
    assert (first.name, first.words) == ("noise", "strongly towards AI")
    assert (base.name, base.words) == (GROUP_NAMES["baseline"], "to neither side")
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 for bar in (first, second, base))


def test_small_groups_do_not_fill_the_chart() -> None:
    (bar,) = draw_groups([{"name": "noise", "log_odds": 0.1}])
    assert bar.width < 5
    assert draw_groups([]) == []


# Waterfall


def test_the_waterfall_runs_from_one_half_to_the_verdict() -> None:
    moves = {"intercept": -0.5, "b": -1.0, "a": 3.0}
    drawn = draw_waterfall(moves, [method("a"), method("b", 2), method("silent", 3)])
    assert drawn
    assert [step.name for step in drawn.steps] == [INTERCEPT, "Method 1: A", "Method 2: B"]
    assert [log_odds(step.after) for step in drawn.steps] == pytest.approx([-0.5, 2.5, 1.5])
    assert [step.side for step in drawn.steps] == ["real", "ai", "real"]
    assert drawn.steps[0].start == 50 and drawn.end == drawn.steps[-1].end
    for before, after in zip(drawn.steps, drawn.steps[1:], strict=False):
        assert before.end == after.start
    for step in drawn.steps:
        assert [step.left, step.left + step.width] == pytest.approx(sorted((step.start, step.end)))


@pytest.mark.parametrize("total", [0.1, 3.0, 14.0, -14.0])
def test_the_waterfall_stays_inside_its_chart(total: float) -> None:
    drawn = draw_waterfall({"a": total}, [method("a")])
    assert drawn and all(0 < place < 100 for place in (drawn.end, *(t.x for t in drawn.ticks)))
    assert {0.1, 0.5, 0.9} <= {tick.chance for tick in drawn.ticks}
    assert (0.99 in {tick.chance for tick in drawn.ticks}) == (abs(total) > 5)


def test_moves_that_change_nothing_are_left_out_but_counted() -> None:
    drawn = draw_waterfall({"intercept": 0.01, "a": 1.0}, [method("a")])
    assert drawn
    (step,) = drawn.steps
    assert log_odds(step.after) == pytest.approx(1.01)


@pytest.mark.parametrize("moves", [{}, {"intercept": 0.0, "a": -0.0}])
def test_without_moves_there_is_no_waterfall(moves: dict[str, float]) -> None:
    assert draw_waterfall(moves, [method("a")]) is None


# The colours of the heat map

# Linear RGB as deuteranopes see it: Machado, Oliveira and Fernandes 2009, severity 1.
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)


def to_lab(linear: np.ndarray) -> np.ndarray:
    """CIELAB of a colour in linear RGB, 0 to 1."""
    clipped = linear.clip(0, 1)
    srgb = np.where(clipped > 0.0031308, 1.055 * clipped ** (1 / 2.4) - 0.055, 12.92 * clipped)
    return cv2.cvtColor(srgb.astype(np.float32)[None, None], cv2.COLOR_RGB2LAB)[0, 0]


def read_heat_colours() -> list[np.ndarray]:
    """The two colours of the style sheet, in linear RGB."""
    sheet = (settings.BASE_DIR / "static" / "css" / "charts.css").read_text("utf-8")
    found = dict(re.findall(r"--heat-(ai|real): #([0-9a-f]{6})", sheet))
    srgb = [np.array(list(bytes.fromhex(found[side]))) / 255 for side in ("ai", "real")]
    return [np.where(c > 0.04045, ((c + 0.055) / 1.055) ** 2.4, c / 12.92) for c in srgb]


@pytest.mark.slow
@pytest.mark.parametrize("seen", [np.eye(3), DEUTERANOPIA], ids=["all", "deuteranopes"])
def test_the_colours_of_the_heat_map_are_told_apart(seen: np.ndarray) -> None:
    ai, real = (to_lab(seen @ colour) for colour in read_heat_colours())
    assert abs(ai[0] - real[0]) >= 20  # of 100 steps of lightness
    assert np.linalg.norm(ai - real) >= 40
