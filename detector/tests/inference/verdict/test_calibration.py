"""Probabilities, their log-odds, and the scaling between raw log-odds and a score."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from detector.inference.numbers import MIN_SCORE, log_odds, sigmoid
from detector.inference.verdict.calibration import FILENAME, Calibration


@pytest.mark.parametrize("score", [MIN_SCORE, 0.02, 0.5, 0.77, 1 - MIN_SCORE])
def test_sigmoid_undoes_log_odds(score: float) -> None:
    assert sigmoid(log_odds(score)) == pytest.approx(score)
    assert log_odds(1 - score) == pytest.approx(-log_odds(score))


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_certainty_is_held_off_the_ends(score: float) -> None:
    assert abs(log_odds(score)) == pytest.approx(math.log((1 - MIN_SCORE) / MIN_SCORE))


@pytest.mark.parametrize(("value", "score"), [(-1e6, 0), (-750, 0), (0, 0.5), (750, 1), (1e6, 1)])
def test_sigmoid_of_large_values_does_not_overflow(value: float, score: float) -> None:
    assert sigmoid(value) == score
    assert sigmoid(math.copysign(math.inf, value or 1)) in (0, 1)


def test_calibration_scales_and_shifts_log_odds() -> None:
    assert Calibration().score(1.5) == sigmoid(1.5)
    assert Calibration(slope=2, intercept=-1).score(1.5) == sigmoid(2.0)


def test_negative_log_odds_may_have_a_slope_of_their_own() -> None:
    calibration = Calibration(slope=2, intercept=-1, slope_below=0.5)
    assert calibration.log_odds(1.5) == 2.0 and calibration.log_odds(-1.5) == -1.75
    assert calibration.log_odds(0) == -1 and calibration.slope_at(-0.1) == 0.5


@pytest.mark.parametrize("below", [None, 0.0, 0.7])
def test_calibration_comes_back_as_it_was_written(tmp_path: Path, below: float | None) -> None:
    calibration = Calibration(0.1 + 0.2, -1 / 3, below)
    calibration.write(tmp_path)
    assert Calibration.read(tmp_path) == calibration


def test_a_calibration_of_one_slope_can_still_be_read(tmp_path: Path) -> None:
    (tmp_path / FILENAME).write_text('{"slope": 2, "intercept": -1}')
    assert Calibration.read(tmp_path).log_odds(-3) == -7


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "3", "{}", '{"slope": 1}', '{"slope": "steep", "intercept": 0}',
     '{"slope": null, "intercept": 0}', '{"slope": 1, "intercept": 0, "slope_below": "x"}', "\xff"],
)  # fmt: skip
def test_a_broken_calibration_is_a_value_error(tmp_path: Path, text: str) -> None:
    (tmp_path / FILENAME).write_text(text, encoding="latin-1")
    with pytest.raises(ValueError):
        Calibration.read(tmp_path)


def test_a_missing_calibration_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        Calibration.read(tmp_path)
